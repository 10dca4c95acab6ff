//! Creates, lists and revokes the keys agents and people call with.

use super::database;
use crate::{
    auth::{hash, new_key},
    config::Config,
};
use ::tools::{Clock, Ids, Role};
use domain::{Error, Result, id::KeyId};
use serde_json::{Value, json};
use store::{Store, keys::KeyRow};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key and show it, once.
    Create {
        /// monitor, orchestrator, researcher, csm or admin.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Who or what it is for, as it will stand in the record of changes. [default: the role]
        #[arg(long)]
        name: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the keys, without their secrets.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a key useless from now on.
    Revoke {
        /// The key's id, as `keys list` shows it.
        id: KeyId,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::parse(text).ok_or_else(|| format!("roles are {}", roles.join(", ")))
}

pub async fn run(args: Args, config: &Config) -> Result<()> {
    let store = Store::open(&database(config)?).await?;
    let done = match args.action {
        Action::Create { role, name, json } => create(&store, role, name, json).await,
        Action::List { json } => list(&store, json).await,
        Action::Revoke { id } => revoke(&store, id).await,
    };
    store.close().await;
    done
}

async fn create(store: &Store, role: Role, name: Option<String>, json: bool) -> Result<()> {
    let id: KeyId = Ids::Random.next();
    let key = new_key(id);
    let row = KeyRow {
        id,
        name: name.unwrap_or_else(|| role.as_str().to_owned()),
        role: role.as_str().to_owned(),
        hash: hash(&key),
        created_at: Clock::System.now(),
        revoked_at: None,
    };
    let mut tx = store.write("create_key").await?;
    tx.insert_key(&row).await?;
    tx.commit().await?;
    if json {
        say!("{}", json!({ "id": id, "name": row.name, "role": role, "key": key }));
        return Ok(());
    }
    say!("{key}");
    eprintln!("This is key {id} ({}, {}). It is not kept and not shown again.", row.name, row.role);
    eprintln!("Send it as `Authorization: Bearer …`, or put it into UPTAKE_KEY.");
    Ok(())
}

async fn list(store: &Store, json: bool) -> Result<()> {
    let mut tx = store.read().await?;
    let rows = tx.list_keys().await;
    tx.rollback().await?;
    let rows = rows?;
    if json {
        say!("{}", rows.iter().map(shown).collect::<Value>());
        return Ok(());
    }
    for row in &rows {
        let state =
            row.revoked_at.map_or_else(|| "live".to_owned(), |at| format!("revoked {}", at.date_naive()));
        say!("{}  {:<12}  {:<24}  {}  {state}", row.id, row.role, row.name, row.created_at.date_naive());
    }
    if rows.is_empty() {
        eprintln!("There are no keys. Next: uptake keys create --role admin --name NAME");
    }
    Ok(())
}

fn shown(row: &KeyRow) -> Value {
    json!({ "id": row.id, "name": row.name, "role": row.role, "createdAt": row.created_at, "revokedAt": row.revoked_at })
}

async fn revoke(store: &Store, id: KeyId) -> Result<()> {
    let mut tx = store.write("revoke_key").await?;
    if tx.key(id).await?.is_none() {
        tx.rollback().await?;
        return Err(Error::not_found(format!("there is no key {id}; `uptake keys list` shows them")));
    }
    tx.revoke_key(id, Clock::System.now()).await?;
    tx.commit().await?;
    say!("{id} is revoked");
    Ok(())
}

//! What a tool is, and the one door through which every face calls it.

mod next;

use crate::{
    arguments,
    context::{Caller, Context, Host, Role},
    schema, settled,
};
use chrono::{DateTime, Utc};
use domain::{
    Code, Error, Result,
    error::FieldFault,
    text::{self, Line, Lines},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, future::Future, pin::Pin, sync::Arc};
use store::{answers::StoredAnswer, audit::AuditRow};

/// Whether a call changes anything. Read tools may be called at will; changing ones are safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Reads,
    Changes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
    Put,
}

/// The REST route of a tool; `{name}` in the path is an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Route {
    pub method: Method,
    pub path: &'static str,
}

impl Route {
    pub const fn get(path: &'static str) -> Self {
        Self { method: Method::Get, path }
    }
    pub const fn post(path: &'static str) -> Self {
        Self { method: Method::Post, path }
    }
    pub const fn put(path: &'static str) -> Self {
        Self { method: Method::Put, path }
    }
}

/// A part of a reading tool's answer at an address of its own, for all who may call the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct View {
    pub name: &'static str,
    pub title: &'static str,
    pub path: &'static str,
    /// Arguments the address stands for, as JSON.
    pub arguments: &'static str,
    /// JSON pointer of the part.
    pub part: &'static str,
}

impl View {
    pub fn fixed(&self) -> Map<String, Value> {
        serde_json::from_str(self.arguments).expect("fixed arguments are a JSON object")
    }
}

/// A request that can run. Its fields are the input, its doc comment is what agents read.
///
/// `run` works inside one transaction the door opened: it never commits, and never reaches outside the database.
/// The door commits, keeps the answer for repeats, writes the audit row, or rolls back for `dryRun`.
pub trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    const NAME: &'static str;
    const TITLE: &'static str;
    const EFFECT: Effect;
    const ROLES: &'static [Role];
    const ROUTE: Route;
    const VIEWS: &'static [View] = &[];
    /// Takes `dryRun`: answers what would happen, and leaves nothing behind.
    const DRY_RUN: bool = false;
    /// What it records cannot be undone by another call: hosts ask a person first.
    const DESTRUCTIVE: bool = false;
    /// Arguments of a call that works on the demo data, as JSON.
    const EXAMPLE: &'static str;
    type Output: Serialize + JsonSchema + Send;

    /// What is wrong with single arguments, each judged by itself and the clock. The door tells it together with faults
    /// of form; `run` tells it together with what other arguments and the records show.
    fn faults(&self, _now: DateTime<Utc>) -> Vec<FieldFault> {
        Vec::new()
    }

    fn run(self, cx: &mut Context) -> impl Future<Output = Result<Reply<Self::Output>>> + Send;
}

/// A call an agent could make next.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Next {
    pub tool: &'static str,
    pub arguments: Value,
    pub why: Line,
}

impl Next {
    pub fn call(tool: &'static str, arguments: Value, why: impl Into<Line>) -> Self {
        Self { tool, arguments, why: why.into() }
    }
}

/// What a tool answers: a headline, at most twelve short lines, the same facts as data, and what to do next.
#[derive(Debug)]
pub struct Reply<T> {
    pub headline: Line,
    pub lines: Vec<Line>,
    pub next: Vec<Next>,
    pub data: T,
}

impl<T> Reply<T> {
    pub fn new(headline: impl Into<Line>, data: T) -> Self {
        Self { headline: headline.into(), lines: Vec::new(), next: Vec::new(), data }
    }
    #[must_use]
    pub fn line(mut self, line: impl Into<Line>) -> Self {
        self.lines.push(line.into());
        self
    }
    #[must_use]
    pub fn lines(mut self, lines: impl IntoIterator<Item = impl Into<Line>>) -> Self {
        self.lines.extend(lines.into_iter().map(Into::into));
        self
    }
    #[must_use]
    pub fn next(mut self, next: Next) -> Self {
        self.next.push(next);
        self
    }
}

/// Lines shown at most: a full page of a list, or a prepared review.
const MAX_LINES: usize = 120;

/// A reply with its type erased. `structured` holds `headline`, `next`, `replayed` and the fields of the data. Whatever
/// the rows held that it was made from: its lines have no breaks, and nothing in it is hidden from a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub lines: Vec<Line>,
    pub structured: Value,
}

impl Answer {
    fn of<T: Serialize>(reply: Reply<T>) -> Result<Self> {
        let mut structured = Map::new();
        structured.insert("headline".to_owned(), reply.headline.as_str().into());
        match serde_json::to_value(reply.data).map_err(Error::internal)? {
            Value::Object(fields) => structured.extend(fields),
            other => return Err(Error::internal(format!("a tool's output must be an object, not {other}"))),
        }
        structured.insert("next".to_owned(), json!(reply.next));
        Ok(Self { lines: reply.lines, structured: shown(structured.into()) })
    }

    fn stored(text: &str) -> Result<Self> {
        let mut value: Value = serde_json::from_str(text).map_err(Error::internal)?;
        let lines = serde_json::from_value(value["lines"].take()).map_err(Error::internal)?;
        let mut structured = shown(value["structured"].take());
        structured["replayed"] = true.into();
        Ok(Self { lines, structured })
    }

    /// With what was asked, so that a later request on the same ground can be told what differs.
    fn to_store(&self, asked: &Value) -> String {
        json!({ "lines": self.lines, "structured": self.structured, settled::ASKED: asked }).to_string()
    }

    pub fn headline(&self) -> Line {
        Line::from(self.structured["headline"].as_str().unwrap_or_default())
    }

    /// What an agent reads: the headline, the lines, and the next call.
    pub fn text(&self) -> String {
        let next = self.structured["next"].as_array().into_iter().flatten().take(1);
        let next = next.map(|call| {
            let arguments = call["arguments"].as_object().into_iter().flatten();
            let arguments: Vec<String> = arguments.map(|(name, value)| format!("{name}={value}")).collect();
            Line::from(format!(
                "{NEXT} {}({})",
                call["tool"].as_str().unwrap_or_default(),
                arguments.join(", ")
            ))
        });
        let lines = std::iter::once(self.headline()).chain(self.lines.iter().take(MAX_LINES).cloned());
        let lines = lines.map(|line| not_next(&line).into_owned()).chain(next.map(String::from));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// How the one line begins that names the next call.
const NEXT: &str = "Next:";

/// A line that begins as the next call does is a quotation.
fn not_next(line: &str) -> Cow<'_, str> {
    let begins = line.trim_start().get(..NEXT.len()).is_some_and(|start| start.eq_ignore_ascii_case(NEXT));
    if begins { Cow::Owned(format!("“{line}”")) } else { Cow::Borrowed(line) }
}

/// Data with every text as it may be shown.
fn shown(mut data: Value) -> Value {
    match &mut data {
        Value::String(text) => {
            if let Cow::Owned(shown) = text::shown(text, Lines::Many) {
                *text = shown;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = shown(item.take())),
        Value::Object(fields) => fields.values_mut().for_each(|field| *field = shown(field.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    data
}

/// With the tool's example, then the arguments.
type Run = for<'a> fn(&'a mut Context, &'a Value, &'a Value) -> Running<'a>;
type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// A tool with its types erased: what faces loop over.
pub struct Entry {
    pub name: &'static str,
    pub title: &'static str,
    pub description: String,
    pub effect: Effect,
    pub roles: &'static [Role],
    pub route: Route,
    pub views: &'static [View],
    pub dry_run: bool,
    pub destructive: bool,
    pub example: Value,
    /// JSON Schema 2020-12, inlined, without `null` types.
    pub input: Value,
    pub output: Value,
    checks: schema::Checks,
    rules: fn(&Value, DateTime<Utc>) -> Vec<FieldFault>,
    run: Run,
}

impl Entry {
    pub fn of<T: Tool>() -> Self {
        let input = schema::input::<T>(T::EFFECT == Effect::Changes, T::DRY_RUN);
        Self {
            name: T::NAME,
            title: T::TITLE,
            description: input.description,
            effect: T::EFFECT,
            roles: T::ROLES,
            route: T::ROUTE,
            views: T::VIEWS,
            dry_run: T::DRY_RUN,
            destructive: T::DESTRUCTIVE,
            example: serde_json::from_str(T::EXAMPLE).expect("an example is JSON"),
            checks: input.checks,
            rules: |arguments, now| {
                T::deserialize(arguments).map_or_else(|_| Vec::new(), |request| request.faults(now))
            },
            input: input.served,
            output: schema::output::<T::Output>(),
            run: |cx, example, arguments| {
                Box::pin(async move {
                    let request: T = arguments::typed(T::NAME, example, arguments)?;
                    Answer::of(request.run(cx).await?)
                })
            },
        }
    }

    /// The schema arguments are checked by: the served one with every bound and format.
    pub const fn checked_input(&self) -> &Value {
        &self.checks.schema
    }

    /// The schema of what a view answers.
    pub fn part_schema(&self, view: &View) -> &Value {
        view.part.split('/').skip(1).fold(&self.output, |schema, name| &schema["properties"][name])
    }

    pub fn is_open_to(&self, role: Role) -> bool {
        role == Role::Admin || self.roles.contains(&role)
    }

    /// Runs the tool for a caller: refuses what the role may not, lists every fault of the arguments at once, and
    /// for a change does it once however often it is asked. A change goes on when the caller goes away.
    pub async fn call(&'static self, host: &Arc<Host>, caller: &Caller, arguments: Value) -> Result<Answer> {
        self.admit(caller)?;
        let now = host.clock.now();
        let call = Call::parse(self, arguments, now)?;
        let answer = match self.effect {
            Effect::Reads => self.read(host, caller, call).await,
            Effect::Changes => {
                let (host, caller) = (Arc::clone(host), caller.clone());
                tokio::spawn(async move { self.change(&host, &caller, call).await })
                    .await
                    .map_err(Error::internal)?
            }
        };
        Ok(answer?.with_callable_next(host, caller, now).await)
    }

    fn admit(&self, caller: &Caller) -> Result<()> {
        if self.is_open_to(caller.role) {
            return Ok(());
        }
        let may: Vec<&str> = self.roles.iter().map(|role| role.as_str()).collect();
        Err(Error::forbidden(format!(
            "{} is for {}; this key is {}. Ask someone with that role",
            self.name,
            may.join(", "),
            caller.role.as_str()
        )))
    }

    async fn read(&self, host: &Arc<Host>, caller: &Caller, call: Call) -> Result<Answer> {
        let mut cx = Context::new(host, caller, host.store.read().await?);
        let answer = (self.run)(&mut cx, &self.example, &call.arguments).await;
        cx.tx.rollback().await?;
        answer
    }

    /// Two callers with the same key may meet: the one who loses the race runs again and finds the first answer. So
    /// does a first `conflict`: the other's rows may have become visible after its answer was looked for.
    async fn change(&self, host: &Arc<Host>, caller: &Caller, call: Call) -> Result<Answer> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.change_once(host, caller, &call).await {
                Err(error) if error.raced && attempts < 4 => {}
                Err(error) if error.code == Code::Conflict && attempts == 1 => {}
                Ok(answer) => {
                    host.changed.notify_one();
                    return Ok(answer);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn change_once(&self, host: &Arc<Host>, caller: &Caller, call: &Call) -> Result<Answer> {
        let mut cx = Context::new(host, caller, host.store.write(self.name).await?);
        cx.is_dry_run = call.dry_run;
        if let Some(key) = call.key.as_ref().filter(|_| !call.dry_run) {
            let asked = settled::condensed(&call.arguments);
            cx.settle_under(key.clone(), call.digest.clone(), asked);
        }
        let first = cx.first_answer(self.name).await?;
        if let Some(first) = first {
            cx.tx.rollback().await?;
            return Answer::stored(&first);
        }
        let mut answer = match (self.run)(&mut cx, &self.example, &call.arguments).await {
            Ok(answer) => answer,
            Err(error) => return Err(cx.abandon(error).await),
        };
        let first = cx.replayed.take();
        let is_done = first.is_none() && !call.dry_run;
        if is_done {
            self.finish(cx, caller, &answer).await?;
            return Ok(answer);
        }
        cx.tx.rollback().await?;
        if let Some(first) = first {
            answer = Answer::stored(&first)?;
        }
        Ok(if call.dry_run { answer.of_dry_run(self.name, &call.arguments) } else { answer })
    }

    async fn finish(&self, mut cx: Context, caller: &Caller, answer: &Answer) -> Result<()> {
        let now = cx.now();
        for settled in std::mem::take(&mut cx.settles) {
            let answer = answer.to_store(&settled.asked);
            let stored = StoredAnswer { digest: settled.digest, answer };
            if !cx.tx.insert_answer(self.name, &settled.key, &stored, now).await? {
                return Err(cx.abandon(Error::exists()).await);
            }
        }
        let row = AuditRow {
            at: now,
            caller: caller.name.clone(),
            key: caller.key,
            role: caller.role.as_str().to_owned(),
            tool: self.name.to_owned(),
            upsell: cx.subject,
            result: answer.headline().into(),
        };
        cx.tx.insert_audit(&row).await?;
        cx.tx.commit().await
    }
}

/// A checked request: arguments without the door's own two.
struct Call {
    arguments: Value,
    key: Option<String>,
    dry_run: bool,
    digest: String,
}

impl Call {
    fn parse(entry: &Entry, arguments: Value, now: DateTime<Utc>) -> Result<Self> {
        let rules = |sound: &Value| (entry.rules)(sound, now);
        let mut arguments = arguments::checked(entry.name, &entry.checks, &entry.example, arguments, rules)?;
        let fields = arguments.as_object_mut().expect("checked to be an object");
        let key = fields.remove("idempotencyKey").and_then(|key| key.as_str().map(str::to_owned));
        let dry_run = entry.dry_run && fields.remove("dryRun").is_some_and(|dry_run| dry_run == true);
        let digest = arguments::digest(&arguments);
        Ok(Self { arguments, key, dry_run, digest })
    }
}

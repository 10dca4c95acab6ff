//! The faces of the server, spoken in their raw form over HTTP.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tools::{Entry, Method};

/// A way to call a tool from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Mcp,
    /// MCP as clients before 2026-07-28 speak it.
    McpLegacy,
    Rpc,
    Rest,
}

impl Face {
    pub const ALL: [Self; 4] = [Self::Mcp, Self::McpLegacy, Self::Rpc, Self::Rest];
}

/// A call that was refused: the code all faces share, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub code: String,
    pub message: String,
}

/// Where a server is and whose key is used.
#[derive(Clone)]
pub struct Door {
    pub client: Client,
    /// `http://127.0.0.1:PORT`
    pub base: String,
    pub key: Option<String>,
}

impl Door {
    pub fn open(base: &str) -> Self {
        Self { client: Client::new(), base: base.to_owned(), key: None }
    }

    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// Calls a tool through a face and gives its structured answer.
    pub async fn ask(&self, face: Face, tool: &str, arguments: Value) -> Result<Value, Refusal> {
        let response = self.request(face, tool, arguments).send().await.expect("the server is up");
        read(face, response).await
    }

    /// The request a face makes of a call, not yet sent.
    pub fn request(&self, face: Face, tool: &str, arguments: Value) -> RequestBuilder {
        let request = match face {
            Face::Mcp => self
                .mcp("2026-07-28")
                .header("Mcp-Method", "tools/call")
                .header("Mcp-Name", tool)
                .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                    "name": tool, "arguments": arguments, "_meta": modern_meta() } })),
            Face::McpLegacy => self.mcp("2025-11-25").json(&json!({
                "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": { "name": tool, "arguments": arguments } })),
            Face::Rpc => self.client.post(format!("{}/rpc", self.base)).json(&json!({
                "jsonrpc": "2.0", "id": 1, "method": tool, "params": arguments })),
            Face::Rest => self.rest(tool, arguments),
        };
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    fn mcp(&self, version: &str) -> RequestBuilder {
        self.client
            .post(format!("{}/mcp", self.base))
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", version)
    }

    /// Arguments named in the route go into it, the others into the query or the body.
    fn rest(&self, tool: &str, arguments: Value) -> RequestBuilder {
        let Some(entry) = tools::entry(tool) else {
            return self.client.post(format!("{}/api/no-such-tool", self.base)).json(&arguments);
        };
        let Value::Object(mut fields) = arguments else {
            return self.rest_at(entry, entry.route.path).json(&arguments);
        };
        let mut path = entry.route.path.to_owned();
        for name in placeholders(entry.route.path) {
            // An address needs something in that place; what was left out or is no word is sent as it is.
            let value = fields.remove(&name).unwrap_or_else(|| json!("-"));
            path = path.replace(&format!("{{{name}}}"), &encoded(&as_text(&value)));
        }
        let request = self.rest_at(entry, &path);
        if entry.route.method == Method::Get {
            let pairs: Vec<(String, String)> =
                fields.iter().flat_map(|(name, value)| in_query(name, value)).collect();
            return request.query(&pairs);
        }
        request.json(&fields)
    }

    fn rest_at(&self, entry: &Entry, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base);
        match entry.route.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url),
            Method::Put => self.client.put(url),
        }
    }
}

/// What every request of the 2026-07-28 protocol carries.
pub fn modern_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "uptake-tests", "version": "1" },
    })
}

async fn read(face: Face, response: Response) -> Result<Value, Refusal> {
    let status = response.status();
    let text = response.text().await.expect("an answer has a body");
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} is not JSON: {text}"));
    match face {
        _ if status == 401 => Err(plain_refusal(&body)),
        Face::Mcp | Face::McpLegacy => of_mcp(&body),
        Face::Rpc if body["error"].is_null() => Ok(body["result"].clone()),
        Face::Rpc => Err(plain_refusal(&body["error"]["data"])),
        Face::Rest if status.is_success() => Ok(body),
        Face::Rest => Err(plain_refusal(&body)),
    }
}

fn of_mcp(body: &Value) -> Result<Value, Refusal> {
    let result = &body["result"];
    if !body["error"].is_null() {
        return Err(Refusal {
            code: body["error"]["code"].to_string(),
            message: words(&body["error"]["message"]),
        });
    }
    let text = words(&result["content"][0]["text"]);
    if result["isError"] != true {
        assert!(text.starts_with(&words(&result["structuredContent"]["headline"])), "{body}");
        return Ok(result["structuredContent"].clone());
    }
    assert!(result["structuredContent"].is_null(), "an error is not held against the output schema: {body}");
    let (code, message) = text.split_once(": ").expect("an error begins with its code");
    Err(Refusal { code: code.to_owned(), message: message.to_owned() })
}

fn plain_refusal(problem: &Value) -> Refusal {
    Refusal { code: words(&problem["code"]), message: words(&problem["message"]) }
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn placeholders(path: &str) -> Vec<String> {
    let parts = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    parts.map(str::to_owned).collect()
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A list is its name repeated.
fn in_query(name: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Array(items) => items.iter().map(|item| (name.to_owned(), as_text(item))).collect(),
        _ => vec![(name.to_owned(), as_text(value))],
    }
}

/// Percent-encodes everything but letters, digits and `-_.~`.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

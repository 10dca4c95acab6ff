//! What is wrong with an MCP message, where rmcp would say nothing or something else.
//!
//! It takes a request whose id it does not know for a notification, and one whose params have the wrong form for a
//! method it does not know.

use domain::Error;
use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, ErrorCode, InitializeRequestParams, PaginatedRequestParams, RequestId,
        SubscriptionsListenRequestParams,
    },
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Methods that are only ever requests.
const REQUESTS: [&str; 6] =
    ["initialize", "ping", "server/discover", "subscriptions/listen", "tools/call", "tools/list"];

/// Methods of a handshake that 2026-07-28 did away with: from there on each request names its version.
pub const BEFORE_2026: [&str; 2] = ["initialize", "ping"];

/// Refuses what is no message of MCP. Its id is unknown or no id, so the answer has none.
pub fn check(message: &[u8]) -> Result<(), ErrorData> {
    let invalid = |what: &str| ErrorData::invalid_request(what.to_owned(), None);
    let message: Value = serde_json::from_slice(message)
        .map_err(|error| ErrorData::parse_error(format!("the message is not JSON ({error})"), None))?;
    let members = match &message {
        Value::Object(members) => members,
        Value::Array(_) => return Err(invalid("MCP has no batches; send the messages one by one")),
        _ => return Err(invalid("a message is an object with jsonrpc, id, method and params")),
    };
    if members.get("jsonrpc").is_none_or(|version| version != "2.0") {
        return Err(invalid("`jsonrpc` must be \"2.0\""));
    }
    if members.get("id").is_some_and(|id| RequestId::deserialize(id).is_err()) {
        return Err(invalid("`id` must be text or a 64-bit integer; nothing was done"));
    }
    let method = members.get("method");
    if method.is_some_and(|method| !method.is_string()) {
        return Err(invalid("`method` must be text, such as \"tools/call\""));
    }
    let is_request = method.and_then(Value::as_str).is_some_and(|method| REQUESTS.contains(&method));
    if is_request && !members.contains_key("id") {
        return Err(invalid("this method needs an `id`; nothing was done"));
    }
    if method.is_none() && !members.contains_key("result") && !members.contains_key("error") {
        return Err(invalid("`method` is missing; send one such as \"tools/call\""));
    }
    Ok(())
}

/// Why a method of the protocol was not recognised: its params, by field; else there is no such method.
pub fn misfit(method: &str, params: Option<Value>) -> ErrorData {
    let params = params.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let fault = match method {
        "tools/call" => call_fault(&params).or_else(|| form_fault::<CallToolRequestParams>(&params)),
        "tools/list" => form_fault::<PaginatedRequestParams>(&params),
        "initialize" => form_fault::<InitializeRequestParams>(&params),
        "subscriptions/listen" => form_fault::<SubscriptionsListenRequestParams>(&params),
        "ping" | "server/discover" => form_fault::<serde_json::Map<String, Value>>(&params),
        _ => None,
    };
    match fault {
        Some(fault) => ErrorData::invalid_params(sentence(format!("{method}: {fault}")), None),
        None => unknown_method(method),
    }
}

pub fn unknown_method(method: &str) -> ErrorData {
    let method: String = method.chars().take(60).collect();
    let message = format!("there is no method `{method}`; there are {}", REQUESTS.join(", "));
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, sentence(message), None)
}

/// It may have words of the message in it.
fn sentence(message: String) -> String {
    Error::invalid(message).sentence().into_owned()
}

fn call_fault(params: &Value) -> Option<String> {
    if !params.is_object() {
        return Some(format!("`params` is {}, send an object with name and arguments", kind(params)));
    }
    match (&params["name"], &params["arguments"]) {
        (Value::Null, _) => {
            Some("`name` is missing; send the name of a tool, as tools/list gives it".to_owned())
        }
        (Value::String(_), Value::Null | Value::Object(_)) => None,
        (Value::String(_), arguments) => Some(format!("`arguments` is {}, send an object", kind(arguments))),
        (name, _) => Some(format!("`name` is {}, send the name of a tool", kind(name))),
    }
}

fn form_fault<T: DeserializeOwned>(params: &Value) -> Option<String> {
    let error = serde_path_to_error::deserialize::<_, T>(params).err()?;
    Some(format!("`{}` has the wrong form ({})", error.path(), error.inner()))
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_would_be_passed_over_in_silence_is_refused() {
        for (message, code) in [
            (r#"{"jsonrpc":"2.0","id":5,"method":"tools/ca"#, -32700),
            (r#"{"jsonrpc":"2.0","id":4,"method":"tools/list","params":{"cursor":"\ud83d"}}"#, -32700),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/call"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":null,"method":"tools/call"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":[1],"method":"tools/call"}"#, -32600),
            (r#"{"jsonrpc":"2.0","method":"tools/call"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":5}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
            ("7", -32600),
        ] {
            assert_eq!(check(message.as_bytes()).map_err(|error| error.code.0), Err(code), "{message}");
        }
        for message in [
            r#"{"jsonrpc":"2.0","id":-3,"method":"tools/call","params":{"name":"x"}}"#,
            r#"{"jsonrpc":"2.0","id":"a","method":"nothing"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","method":"$/cancelRequest"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        ] {
            assert_eq!(check(message.as_bytes()), Ok(()), "{message}");
        }
    }

    #[test]
    fn a_wrong_form_is_named_by_its_field() {
        for (method, params, code, words) in [
            ("tools/call", Some(json!({ "name": "x", "arguments": "{}" })), -32602, "`arguments` is text"),
            ("tools/call", Some(json!({ "name": "x", "arguments": [] })), -32602, "`arguments` is a list"),
            ("tools/call", Some(json!({ "name": 5 })), -32602, "`name` is a number"),
            ("tools/call", Some(json!({ "name": "x", "requestState": 5 })), -32602, "`requestState`"),
            ("tools/call", Some(json!([])), -32602, "`params` is a list"),
            ("tools/call", None, -32602, "`name` is missing"),
            ("tools/list", Some(json!({ "cursor": 5 })), -32602, "`cursor`"),
            ("initialize", Some(json!({})), -32602, "protocolVersion"),
            ("tools/burn", None, -32601, "tools/call"),
        ] {
            let error = misfit(method, params);
            assert_eq!(error.code.0, code, "{method}");
            assert!(error.message.contains(words), "{}", error.message);
        }
    }
}

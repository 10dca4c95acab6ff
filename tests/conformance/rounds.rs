//! Tools that ask the client back before they answer: input-required results, round by round.

use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock,
        InputRequests, InputRequiredResult, InputResponses, RequestStateCodec,
    },
};
use serde_json::{Value, json};

/// Signs what a client must hand back untouched.
pub struct Rounds {
    codec: RequestStateCodec,
}

impl Rounds {
    pub fn new() -> Self {
        let key = *b"a key for tests, never for a server";
        Self { codec: RequestStateCodec::try_new(key).expect("the key is longer than 32 bytes") }
    }

    /// The answer of a tool that works in rounds; `None` for any other tool.
    pub fn call(
        &self,
        request: &CallToolRequestParams,
        client: &ClientCapabilities,
    ) -> Option<Result<CallToolResponse, ErrorData>> {
        let one_round = |question: &str, asked: Value, words: fn(&Value) -> String| {
            let given = answered(request.input_responses.as_ref(), &[question]);
            Ok(given.map_or_else(
                || ask(json!({ question: asked }), None),
                |given| said(&words(&given[question])),
            ))
        };
        let answer = match request.name.strip_prefix("test_input_required_result_")? {
            "elicitation" => one_round("user_name", form("What is your name?", "name"), |answer| {
                format!("Hello, {}!", answer["content"]["name"].as_str().unwrap_or("you"))
            }),
            "sampling" => {
                one_round("capital_question", sample("What is the capital of France?", 100), |answer| {
                    answer["content"].to_string()
                })
            }
            "list_roots" => one_round("client_roots", roots(), |answer| answer["roots"].to_string()),
            "request_state" => self.confirmed(request, "state-ok"),
            "tampered_state" => self.confirmed(request, "untouched"),
            "multiple_inputs" => self.three_at_once(request),
            "multi_round" => self.step_by_step(request),
            "capabilities" => Ok(ask(what_the_client_can(client), None)),
            _ => return None,
        };
        Some(answer)
    }

    fn confirmed(&self, request: &CallToolRequestParams, word: &str) -> Result<CallToolResponse, ErrorData> {
        if self.state(request)?.is_none() {
            let question = json!({ "confirm": form("Please confirm", "ok") });
            return Ok(ask(question, Some(self.codec.seal(b"confirm"))));
        }
        Ok(said(word))
    }

    fn three_at_once(&self, request: &CallToolRequestParams) -> Result<CallToolResponse, ErrorData> {
        let all = ["user_name", "greeting", "client_roots"];
        if self.state(request)?.is_some() && answered(request.input_responses.as_ref(), &all).is_some() {
            return Ok(said("all three arrived"));
        }
        let questions = json!({
            "user_name": form("What is your name?", "name"),
            "greeting": sample("Generate a greeting", 50),
            "client_roots": roots(),
        });
        Ok(ask(questions, Some(self.codec.seal(b"three"))))
    }

    fn step_by_step(&self, request: &CallToolRequestParams) -> Result<CallToolResponse, ErrorData> {
        match self.state(request)?.as_deref() {
            Some(b"step 2") => Ok(said("both steps done")),
            Some(_) => {
                let question = json!({ "step2": form("Step 2: What is your favorite color?", "color") });
                Ok(ask(question, Some(self.codec.seal(b"step 2"))))
            }
            None => {
                let question = json!({ "step1": form("Step 1: What is your name?", "name") });
                Ok(ask(question, Some(self.codec.seal(b"step 1"))))
            }
        }
    }

    /// The state the client brought back, if it is ours.
    fn state(&self, request: &CallToolRequestParams) -> Result<Option<Vec<u8>>, ErrorData> {
        let opened = request.request_state.as_deref().map(|sealed| self.codec.open(sealed)).transpose();
        opened.map_err(|error| ErrorData::invalid_params(format!("requestState: {error}"), None))
    }
}

/// The one question of a prompt that asks back.
pub fn context_question() -> InputRequiredResult {
    let questions = json!({ "user_context": form("What context should the prompt use?", "context") });
    InputRequiredResult::new(Some(requests(questions)), None)
}

/// The answers, when every one asked for is there and is an object.
fn answered<'a>(given: Option<&'a InputResponses>, wanted: &[&str]) -> Option<&'a InputResponses> {
    given.filter(|answers| wanted.iter().all(|name| answers.get(*name).is_some_and(Value::is_object)))
}

fn ask(questions: Value, state: Option<String>) -> CallToolResponse {
    InputRequiredResult::new(Some(requests(questions)), state).into()
}

fn requests(questions: Value) -> InputRequests {
    serde_json::from_value(questions).expect("the questions are written as the protocol has them")
}

fn said(words: &str) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(words)]).into()
}

fn what_the_client_can(client: &ClientCapabilities) -> Value {
    let client = serde_json::to_value(client).expect("capabilities are JSON");
    let all = [
        ("sampling", "greeting", sample("Generate a greeting", 50)),
        ("elicitation", "user_name", form("What is your name?", "name")),
        ("roots", "client_roots", roots()),
    ];
    all.into_iter()
        .filter(|(capability, ..)| !client[capability].is_null())
        .map(|(_, name, question)| (name.to_owned(), question))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn form(message: &str, field: &str) -> Value {
    let kind = if field == "ok" { "boolean" } else { "string" };
    json!({ "method": "elicitation/create", "params": {
        "message": message,
        "requestedSchema": { "type": "object", "properties": { field: { "type": kind } }, "required": [field] },
    } })
}

fn sample(words: &str, tokens: u32) -> Value {
    json!({ "method": "sampling/createMessage", "params": {
        "messages": [{ "role": "user", "content": { "type": "text", "text": words } }],
        "maxTokens": tokens,
    } })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

//! The MCP handler the conformance suite talks to.
#![expect(deprecated, reason = "the suite still asks for logging and sampling of the older protocol")]

use crate::{content, rounds};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities,
        CompleteRequestParams, CompleteResult, CompletionInfo, ContentBlock, GetPromptRequestParams,
        GetPromptResponse, GetPromptResult, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, LoggingLevel, LoggingMessageNotificationParam,
        PaginatedRequestParams, ProgressNotificationParam, ReadResourceRequestParams, ReadResourceResponse,
        ReadResourceResult, ServerCapabilities, ServerConfig, SetLevelRequestParams, SubscribeRequestParams,
        SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext, SubscriptionSendError},
};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::broadcast;

/// What a subscriber is told has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    Tools,
    Prompts,
}

#[derive(Clone)]
pub struct Fixture {
    rounds: Arc<rounds::Rounds>,
    changes: broadcast::Sender<Changed>,
}

type Asked = RequestContext<RoleServer>;

impl Fixture {
    pub fn new() -> Self {
        Self { rounds: Arc::new(rounds::Rounds::new()), changes: broadcast::channel(64).0 }
    }

    async fn run(
        &self,
        request: CallToolRequestParams,
        context: &Asked,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Some(blocks) = content::blocks_of(&request.name) {
            return Ok(CallToolResult::success(blocks).into());
        }
        let client = context.client_capabilities().unwrap_or_default();
        if let Some(answer) = self.rounds.call(&request, &client) {
            return answer;
        }
        match request.name.as_ref() {
            "test_error_handling" => Ok(failed("This tool intentionally returns an error for testing")),
            "test_tool_with_progress" => {
                report_progress(context).await?;
                Ok(done())
            }
            "test_tool_with_logging" | "test_logging_tool" => {
                log_three(context).await?;
                Ok(done())
            }
            "test_missing_capability" if client.sampling.is_none() => {
                let needed = ClientCapabilities::builder().enable_sampling().build();
                Err(ErrorData::missing_required_client_capability(needed))
            }
            "test_trigger_tool_change" => Ok(self.tell(Changed::Tools)),
            "test_trigger_prompt_change" => Ok(self.tell(Changed::Prompts)),
            "test_missing_capability" | "test_streaming_elicitation" => Ok(done()),
            // They ask the client on a connection of their own, which a server without sessions does not have.
            "test_sampling"
            | "test_elicitation"
            | "test_elicitation_sep1034_defaults"
            | "test_elicitation_sep1330_enums" => Ok(failed("there is no session to ask the client through")),
            other => Err(ErrorData::invalid_params(format!("there is no tool `{other}`"), None)),
        }
    }

    fn tell(&self, changed: Changed) -> CallToolResponse {
        // Nobody listening is no failure.
        let _ = self.changes.send(changed);
        done()
    }
}

fn done() -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text("Done.")]).into()
}

fn failed(why: &str) -> CallToolResponse {
    CallToolResult::error(vec![ContentBlock::text(why)]).into()
}

fn gone(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(format!("the client went away: {error}"), None)
}

async fn report_progress(context: &Asked) -> Result<(), ErrorData> {
    let Some(token) = context.meta.get_progress_token() else { return Ok(()) };
    for part in [0.0, 50.0, 100.0] {
        let progress = ProgressNotificationParam::new(token.clone(), part).with_total(100.0);
        context.peer.notify_progress(progress).await.map_err(gone)?;
    }
    Ok(())
}

/// Logs to peers of the old era, and to those of the new one that ask for it in the request.
async fn log_three(context: &Asked) -> Result<(), ErrorData> {
    let is_modern = context.meta.get("io.modelcontextprotocol/protocolVersion").is_some();
    if is_modern && context.meta.get("io.modelcontextprotocol/logLevel").is_none() {
        return Ok(());
    }
    for words in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(words));
        context.peer.notify_logging_message(message).await.map_err(gone)?;
    }
    Ok(())
}

/// A list of things written as JSON, in the result type of its method.
macro_rules! list {
    ($result:ty, $items:expr) => {{
        let items = serde_json::from_value($items).expect("the items are written as the protocol has them");
        let mut result = <$result>::with_all_items(items);
        result.ttl_ms = Some(60_000);
        result.cache_scope = Some(CacheScope::Private);
        Ok(result)
    }};
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let can = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_completions()
            .enable_logging();
        ServerConfig::new(can.build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Asked,
    ) -> Result<ListToolsResult, ErrorData> {
        list!(ListToolsResult, serde_json::to_value(content::tools()).expect("tools are JSON"))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Asked,
    ) -> Result<CallToolResponse, ErrorData> {
        self.run(request, &context).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Asked,
    ) -> Result<ListPromptsResult, ErrorData> {
        let needed =
            |name: &str| json!({ "name": name, "description": "A test argument.", "required": true });
        let prompt = |name: &str, arguments: Value| json!({ "name": name, "description": "A test prompt.", "arguments": arguments });
        list!(
            ListPromptsResult,
            json!([
                prompt("test_input_required_result_prompt", json!([])),
                prompt("test_prompt_with_arguments", json!([needed("arg1"), needed("arg2")])),
                prompt("test_prompt_with_embedded_resource", json!([needed("resourceUri")])),
                prompt("test_prompt_with_image", json!([])),
                prompt("test_simple_prompt", json!([])),
            ])
        )
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Asked,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name == "test_input_required_result_prompt" {
            let Some(answers) = request.input_responses else { return Ok(rounds::context_question().into()) };
            let context = answers.get("user_context").map(|answer| answer["content"]["context"].to_string());
            let words = content::text(&context.unwrap_or_default());
            let message = json!([{ "role": "user", "content": words }]);
            let messages = serde_json::from_value(message).expect("one message was written");
            return Ok(GetPromptResult::new(messages).into());
        }
        let messages = content::messages_of(&request.name, &request.arguments.unwrap_or_default());
        let unknown = || ErrorData::invalid_params(format!("there is no prompt `{}`", request.name), None);
        Ok(GetPromptResult::new(messages.ok_or_else(unknown)?).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Asked,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resource = |name: &str, kind: &str| json!({ "uri": format!("test://{name}"), "name": name, "description": "A test resource.", "mimeType": kind });
        list!(
            ListResourcesResult,
            json!([
                resource("static-binary", "image/png"),
                resource("static-text", "text/plain"),
                resource("watched-resource", "text/plain"),
            ])
        )
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Asked,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        list!(
            ListResourceTemplatesResult,
            json!([{ "uriTemplate": "test://template/{id}/data", "name": "template", "description": "A test template." }])
        )
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Asked,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let contents = content::resource_at(&request.uri).ok_or_else(|| {
            ErrorData::invalid_params("Resource not found", Some(json!({ "uri": request.uri })))
        })?;
        let mut result = ReadResourceResult::new(vec![contents]);
        result.ttl_ms = Some(60_000);
        result.cache_scope = Some(CacheScope::Private);
        Ok(result.into())
    }

    async fn complete(&self, _: CompleteRequestParams, _: Asked) -> Result<CompleteResult, ErrorData> {
        Ok(CompleteResult::new(
            CompletionInfo::new(vec!["paris".to_owned()]).expect("one value is below the limit"),
        ))
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: Asked) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Asked) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Asked) -> Result<(), ErrorData> {
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.supported_by(&self.get_info().capabilities))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes.subscribe();
        loop {
            let changed = tokio::select! {
                changed = changes.recv() => changed,
                () = context.cancelled() => return Ok(()),
            };
            let told = match changed {
                Ok(Changed::Tools) => context.sink().notify_tool_list_changed().await,
                Ok(Changed::Prompts) => context.sink().notify_prompt_list_changed().await,
                Err(_) => return Ok(()),
            };
            match told {
                // It did not ask for this kind of news.
                Ok(()) | Err(SubscriptionSendError::NotificationNotAccepted(_)) => {}
                Err(error) => return Err(gone(error)),
            }
        }
    }
}

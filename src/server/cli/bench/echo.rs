//! Servers that answer what they are asked: each protocol with nothing behind it.

use axum::{
    Router,
    body::Body,
    extract::Request,
    routing::{any, post},
};
use bytes::Bytes;
use jsonrpsee::{
    RpcModule,
    server::{Methods, Server, stop_channel},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ServerCapabilities,
        ServerConfig,
    },
    service::RequestContext,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::never::NeverSessionManager,
    },
};
use serde_json::Value;
use std::sync::Arc;
use tower::Service;

/// Plain HTTP: the body comes back.
pub fn plain() -> Router {
    Router::new().route("/echo", post(|body: Bytes| async { body }))
}

/// JSON-RPC: the params come back.
pub fn rpc() -> Router {
    let mut module = RpcModule::new(());
    module.register_method("echo", |params, (), _| params.parse::<Value>()).expect("it is the only method");
    let methods = Methods::from(module);
    let (stop, server) = stop_channel();
    let builder = Server::builder().to_service_builder();
    let answer = move |request: Request| {
        // Dropping the handle would stop the server.
        let _running = &server;
        let mut service = builder.clone().build(methods.clone(), stop.clone());
        async move {
            let response = service.call(request).await.expect("the echo answers");
            response.map(Body::new)
        }
    };
    Router::new().route("/rpc", any(answer))
}

/// MCP: the arguments come back.
pub fn mcp() -> Router {
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service: StreamableHttpService<Echo, NeverSessionManager> =
        StreamableHttpService::new(|| Ok(Echo), Arc::new(NeverSessionManager::default()), config);
    Router::new().route_service("/mcp", service)
}

#[derive(Clone, Copy)]
struct Echo;

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.map_or(Value::Null, Value::Object);
        let mut result = CallToolResult::success(vec![ContentBlock::text(arguments.to_string())]);
        result.structured_content = Some(arguments);
        Ok(result.into())
    }
}

//! Where the pages are, and how a failure looks there.

use super::{
    Visitor, measurement,
    pages::{Link, message::Message},
    portfolio,
    visitor::Kept,
};
use crate::face::{log_cause, status};
use askama::Template;
use axum::{
    Router,
    extract::{Extension, Path, Query, State},
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use domain::{Error, Result, error::Code};
use std::sync::Arc;
use tools::{Caller, Host};

type Pairs = Query<Vec<(String, String)>>;

pub fn routes() -> Router<Arc<Host>> {
    Router::new()
        .route("/", get(portfolio_page))
        .route("/portfolio.csv", get(portfolio_csv))
        .route("/m/{upsell}", get(measurement_page))
        .route("/m/{upsell}/observations.csv", get(observations_csv))
        .layer(Extension(Arc::new(Kept::default())))
}

async fn portfolio_page(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Extension(kept): Extension<Arc<Kept>>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Response {
    let visitor = Visitor::of(host, caller, kept, cookies(&headers));
    let page = async { portfolio::page(&visitor, &portfolio::Wanted::read(&pairs)?).await };
    answer(&visitor, page.await.and_then(|page| shown(&page)))
}

async fn portfolio_csv(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Extension(kept): Extension<Arc<Kept>>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Response {
    let visitor = Visitor::of(host, caller, kept, cookies(&headers));
    let file = async { portfolio::csv(&visitor, &portfolio::Wanted::read(&pairs)?).await };
    answer(&visitor, file.await)
}

async fn measurement_page(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Extension(kept): Extension<Arc<Kept>>,
    headers: HeaderMap,
    Path(upsell): Path<String>,
    Query(pairs): Pairs,
) -> Response {
    let visitor = Visitor::of(host, caller, kept, cookies(&headers));
    let page = async { measurement::page(&visitor, upsell, &measurement::Wanted::read(&pairs)?).await };
    answer(&visitor, page.await.and_then(|page| shown(&page)))
}

async fn observations_csv(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Extension(kept): Extension<Arc<Kept>>,
    headers: HeaderMap,
    Path(upsell): Path<String>,
    Query(pairs): Pairs,
) -> Response {
    let visitor = Visitor::of(host, caller, kept, cookies(&headers));
    let file = async { measurement::csv(&visitor, upsell, &measurement::Wanted::read(&pairs)?).await };
    answer(&visitor, file.await)
}

fn cookies(headers: &HeaderMap) -> &str {
    headers.get(header::COOKIE).and_then(|cookies| cookies.to_str().ok()).unwrap_or_default()
}

fn shown(page: &impl Template) -> Result<Response> {
    page.render().map(|html| Html(html).into_response()).map_err(Error::internal)
}

/// The page or the file, or a page that says what went wrong and what to do.
fn answer(visitor: &Visitor, result: Result<Response>) -> Response {
    let error = match result {
        Ok(response) => return response,
        Err(error) => error,
    };
    log_cause(&error);
    let page = Message {
        shell: visitor.shell(headline(error.code), None, false),
        headline: headline(error.code).to_owned(),
        text: format!("{}.", super::words::capital(error.message.trim_end_matches('.'))),
        next: Some(Link { text: "Portfolio".to_owned(), href: "/".to_owned() }),
    };
    match shown(&page) {
        Ok(response) => (status(error.code), response).into_response(),
        Err(error) => crate::face::refusal(&error),
    }
}

const fn headline(code: Code) -> &'static str {
    match code {
        Code::Invalid => "This address does not say what to show",
        Code::NotFound => "There is no such upsell",
        Code::Unauthenticated => "Sign in first",
        Code::Forbidden => "This is for others",
        Code::Conflict => "Something changed meanwhile",
        Code::TooMany => "Too much at once",
        Code::Unavailable => "Not available right now",
        Code::Internal => "Something failed on our side",
    }
}

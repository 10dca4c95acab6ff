//! Calls a tool of a running server over REST.

use ::tools::{Entry, Method};
use domain::{
    Error, Result,
    error::{Code, FieldFault},
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// Longer than the server's own limit, so that its answer about that arrives.
const PATIENCE: Duration = Duration::from_secs(40);

/// The answer's text: as JSON, or as an agent would read it.
pub async fn call(
    base: &str,
    key: Option<&str>,
    entry: &Entry,
    arguments: Value,
    json: bool,
) -> Result<String> {
    let client = Client::builder().timeout(PATIENCE).build().map_err(Error::internal)?;
    let Value::Object(fields) = arguments else { return Err(Error::invalid("arguments are an object")) };
    let mut request = request(&client, base, entry, fields)?;
    request = request.header(header::ACCEPT, if json { "application/json" } else { "text/plain" });
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    let away = |error: reqwest::Error| Error::unavailable(format!("cannot reach {base}")).because(error);
    let response = request.send().await.map_err(away)?;
    match response.status() {
        status if status.is_success() => response.text().await.map_err(away),
        status => Err(refused(status, response).await),
    }
}

/// What the route names goes into the path; the rest into the query or the body.
fn request(
    client: &Client,
    base: &str,
    entry: &Entry,
    mut fields: Map<String, Value>,
) -> Result<RequestBuilder> {
    let mut url = base
        .parse::<Url>()
        .ok()
        .filter(|url| !url.cannot_be_a_base())
        .ok_or_else(|| Error::invalid(format!("`{base}` is not a URL such as http://127.0.0.1:8080")))?;
    {
        let mut path = url.path_segments_mut().expect("it was checked to be a base");
        path.pop_if_empty();
        for part in entry.route.path.split('/').skip(1) {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            match name.map(|name| (name, fields.remove(name))) {
                None => path.push(part),
                Some((_, Some(value))) => path.push(&as_text(&value)),
                Some((name, None)) => {
                    return Err(Error::invalid(format!("{name} is missing; {} needs it", entry.name)));
                }
            };
        }
    }
    Ok(match entry.route.method {
        Method::Get => {
            let pairs: Vec<(String, String)> =
                fields.iter().map(|(name, value)| (name.clone(), as_text(value))).collect();
            client.get(url).query(&pairs)
        }
        Method::Post => client.post(url).json(&fields),
        Method::Put => client.put(url).json(&fields),
    })
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The body of an error, as every face gives it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Problem {
    code: Code,
    message: String,
    field_errors: Vec<FieldFault>,
    retry_after_s: Option<u32>,
}

async fn refused(status: StatusCode, response: Response) -> Error {
    match response.json::<Problem>().await {
        Ok(problem) => {
            let mut error = Error::new(problem.code, problem.message);
            error.faults = problem.field_errors;
            error.retry_after_s = problem.retry_after_s;
            error
        }
        Err(_) => {
            Error::unavailable(format!("what answers there is not Uptake, or something before it: {status}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn address(tool: &str, fields: Value) -> String {
        let Value::Object(fields) = fields else { panic!("fields") };
        let request =
            request(&Client::new(), "http://127.0.0.1:1/base/", tools::entry(tool).unwrap(), fields);
        request.unwrap().build().unwrap().url().to_string()
    }

    #[test]
    fn what_the_route_names_goes_into_the_path_and_the_rest_into_the_query() {
        let fields = json!({ "upsell": "A/S & Søn", "detail": "detailed" });
        assert_eq!(
            address("get_progress", fields),
            "http://127.0.0.1:1/base/api/upsell/A%2FS%20&%20S%C3%B8n/progress?detail=detailed"
        );
    }

    #[test]
    fn a_list_in_a_query_keeps_its_commas() {
        let address = address("list_measurements", json!({ "status": ["behind", "a,b"], "limit": 5 }));
        assert!(address.contains("status=%5B%22behind%22%2C%22a%2Cb%22%5D"), "{address}");
        assert!(address.contains("limit=5"), "{address}");
    }
}

//! The router as a whole, with local files and a database in memory.

mod bodies;
mod choices;
mod document;
mod errors;
mod files;
mod generate;
mod local_files;
mod log;
mod serving;

use std::fs;

use axum::Router;
use axum::body::Body;
use axum::handler::Handler;
use axum::http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::{AppState, PROBLEM_JSON, REQUEST_ID, router};
use crate::aws;
use crate::settings::Settings;

/// A catalogue with one model of each kind.
const CATALOGUE: &str = r#"
default = "plain"

[[models]]
id = "plain"
display_name = "Plain"
provider = "bedrock"
model = "amazon.nova-lite-v1:0"
streaming = true
max_input_chars = 20_000
max_output_tokens = 100

[[models]]
id = "other"
display_name = "Other"
provider = "sagemaker"
endpoint = "other"
streaming = false
max_input_chars = 50
max_output_tokens = 100

[[models]]
id = "off"
display_name = "Off"
provider = "bedrock"
model = "amazon.nova-lite-v1:0"
streaming = true
max_input_chars = 20_000
max_output_tokens = 100
enabled = false
"#;

/// An app of its own, whose models are at `endpoint`; at none, no call succeeds.
struct TestApp {
    state: AppState,
    /// Lives as long as the app.
    folder: TempDir,
}

impl TestApp {
    async fn new() -> Self {
        // The discard port: nobody listens there.
        Self::with_models_at("http://127.0.0.1:9").await
    }

    async fn with_models_at(endpoint: &str) -> Self {
        Self::with(&[("AWS_ENDPOINT_URL", endpoint)]).await
    }

    /// With other variables than these.
    async fn with(more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("models.toml"), CATALOGUE).unwrap();
        let variables = [
            ("STORAGE_BACKEND", "local"),
            ("LOCAL_STORAGE_ROOT", &path("files")),
            ("DATABASE_FILE", ":memory:"),
            ("MODEL_CATALOGUE", &path("models.toml")),
            ("MODEL_TIMEOUT_SECONDS", "5"),
            ("AWS_REGION", "us-west-2"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ];
        // Of a repeated name the last value counts.
        let variables = variables.iter().chain(more);
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = Settings::from_vars(variables).unwrap();
        let aws = aws::load(&settings.aws).await;
        Self { state: AppState::start(&settings, &aws).await.unwrap(), folder }
    }

    fn router(&self) -> Router {
        router(self.state.clone())
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.router().oneshot(request).await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, Body::empty())).await
    }

    async fn send_json(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = request(method, path, body);
        let json = header::HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        self.send(request).await
    }
}

/// A server that does `answer` with every request, in the place of AWS; its address.
async fn fake_aws<T: 'static>(answer: impl Handler<T, ()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder().method(method).uri(path).body(body.into()).unwrap()
}

/// An answer with its body read.
struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: bytes::Bytes,
}

impl Answer {
    async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, body }
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{:?}", self.body);
        assert_eq!(self.header(header::CONTENT_TYPE), "application/json");
        self.json()
    }

    /// The problem document, with what every one of them must have checked.
    #[track_caller]
    fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{:?}", self.body);
        assert_eq!(self.header(header::CONTENT_TYPE), PROBLEM_JSON);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:problem:app:{code}"));
        assert_eq!(problem["request_id"], self.header(REQUEST_ID));
        assert!(!self.header(REQUEST_ID).is_empty());
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        problem
    }
}

//! The app's API as its users see it: over HTTP, by nothing but status, headers and bytes.

use std::time::Duration;

use bytes::Bytes;
use eventsource_stream::Eventsource as _;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, Method, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::plain_http;

/// Where an API is served.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    base: String,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An event of a stream: its name and its JSON.
pub(crate) type Event = (String, Value);

/// Longer than any answer may take; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(25);

impl Api {
    /// The API at `http://ADDRESS`.
    pub(crate) fn at(base: String) -> Api {
        Api { base }
    }

    /// The URL of a path, which begins with `/` and is percent-encoded.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Bytes::new()).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, JSON, body.to_string()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, JSON, body.to_string()).await
    }

    /// Any request.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let url = self.url(path);
        Answer::of(plain_http::send(method, &url, headers, body)).await
    }

    /// Puts a body of pieces, whose length the server does not know beforehand.
    pub(crate) async fn put_pieces(
        &self,
        path: &str,
        pieces: impl Iterator<Item = Bytes> + Send + 'static,
    ) -> Answer {
        let url = self.url(path);
        Answer::of(plain_http::send_in_pieces(Method::PUT, &url, pieces)).await
    }

    /// Posts and reads the answer's events as they come; dropping them closes the connection.
    ///
    /// # Panics
    /// Where the answer is no stream of events.
    pub(crate) async fn stream(&self, path: &str, body: Value) -> BoxStream<'static, Event> {
        let url = self.url(path);
        let answer = plain_http::open(Method::POST, &url, JSON, body.to_string());
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("no answer in time");
        assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        let events = answer.into_body().into_data_stream().map_err(std::io::Error::other);
        let events = events.eventsource().map(|event| {
            let event = event.unwrap();
            let data = serde_json::from_str(&event.data).unwrap();
            (event.event, data)
        });
        events.boxed()
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

impl Answer {
    async fn of(response: impl Future<Output = Response<Bytes>>) -> Answer {
        let response = tokio::time::timeout(PATIENCE, response).await.expect("no answer in time");
        let (head, body) = response.into_parts();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// The body of a success.
    ///
    /// # Panics
    /// Where the answer is none, or its body no JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem document of an error with this status.
    ///
    /// # Panics
    /// Where the answer is something else, or the document lacks what every problem has.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], status);
        for member in ["title", "detail", "code", "request_id"] {
            let text = problem[member].as_str();
            assert!(text.is_some_and(|text| !text.is_empty()), "`{member}` of {problem}");
        }
        let code = problem["code"].as_str().unwrap();
        assert_eq!(problem["type"], format!("urn:problem:app:{code}"));
        assert_eq!(self.headers["x-request-id"], problem["request_id"].as_str().unwrap());
        problem
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

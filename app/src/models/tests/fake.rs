//! A server that answers from a function, in the place of the HTTP client.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, Stream, StreamExt};
use http_body_util::{BodyExt, Full, StreamBody};

use super::super::*;

/// A request as far as the tests look at it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) uri: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(n, _)| n == name);
        header.map(|(_, value)| value.as_str())
    }
}

pub(super) type Answer = Result<HttpResponse, ConnectorError>;
type Respond = dyn Fn(Request) -> BoxFuture<'static, Answer> + Send + Sync;

/// The server, with a log of what it was asked.
#[derive(Clone)]
pub(super) struct FakeServer {
    respond: Arc<Respond>,
    log: Arc<Mutex<Vec<Request>>>,
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeServer")
    }
}

impl HttpConnector for FakeServer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter();
        let body = request.body().bytes().expect("only bodies in memory are sent");
        let request = Request {
            uri: request.uri().to_owned(),
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        self.log.lock().unwrap().push(request.clone());
        HttpConnectorFuture::new((self.respond)(request))
    }
}

impl FakeServer {
    pub(super) fn new<F: Future<Output = Answer> + Send + 'static>(
        respond: impl Fn(Request) -> F + Send + Sync + 'static,
    ) -> Self {
        Self { respond: Arc::new(move |request| Box::pin(respond(request))), log: Arc::default() }
    }

    /// A server that always says the same.
    pub(super) fn saying(answer: impl Fn() -> HttpResponse + Send + Sync + 'static) -> Self {
        Self::new(move |_| std::future::ready(Ok(answer())))
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    pub(super) fn sdk_config(&self) -> aws_types::sdk_config::Builder {
        let server = self.clone();
        let credentials = Credentials::new("id", "secret", None, None, "test");
        SdkConfig::builder()
            .region(Region::new("us-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(server.clone())))
    }

    pub(super) fn models(&self) -> Models {
        self.models_within(Duration::from_secs(60))
    }

    pub(super) fn models_within(&self, timeout: Duration) -> Models {
        models(&self.sdk_config().build(), timeout)
    }
}

pub(super) fn models(aws: &SdkConfig, timeout: Duration) -> Models {
    Models::new(&ModelSettings { catalogue: None, timeout }, aws)
}

/// A whole answer.
pub(super) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> HttpResponse {
    let mut response =
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_owned()));
    for (name, value) in [("x-amzn-requestid", "REQUEST1"), ("content-type", "application/json")]
        .iter()
        .chain(headers)
    {
        response.headers_mut().insert(*name, (*value).to_owned());
    }
    response
}

/// A refusal as Bedrock words it.
pub(super) fn refusal(status: u16, code: &'static str, message: &str) -> HttpResponse {
    let body = serde_json::json!({ "message": message }).to_string();
    answer(status, &[("x-amzn-errortype", code)], &body)
}

/// A streamed answer of frames, or of what breaks it off.
pub(super) fn streamed(
    frames: impl Stream<Item = std::io::Result<Bytes>> + Send + Sync + 'static,
) -> HttpResponse {
    // The type of a body's frame has no name in the app's dependencies; a body gives one.
    let frames = frames.then(async |bytes| match bytes {
        Ok(bytes) => match Full::new(bytes).frame().await {
            Some(Ok(frame)) => Ok(frame),
            _ => Err(std::io::Error::other("no frame")),
        },
        Err(error) => Err(error),
    });
    let body = SdkBody::from_body_1_x(StreamBody::new(frames));
    let mut response = HttpResponse::new(200.try_into().unwrap(), body);
    response.headers_mut().insert("x-amzn-requestid", "REQUEST1");
    response.headers_mut().insert("content-type", "application/vnd.amazon.eventstream");
    response
}

/// A streamed answer of frames that are there at once.
pub(super) fn frames(frames: &[Bytes]) -> HttpResponse {
    streamed(stream::iter(frames.to_vec()).map(Ok))
}

/// A frame with one document of a model.
pub(super) fn chunk(document: &str) -> Bytes {
    let payload = aws_smithy_types::base64::encode(document);
    frame(
        &[(":message-type", "event"), (":event-type", "chunk")],
        &format!(r#"{{"bytes":"{payload}","p":"abc"}}"#),
    )
}

/// A frame that ends an answer before its time.
pub(super) fn exception(name: &str, body: &str) -> Bytes {
    frame(&[(":message-type", "exception"), (":exception-type", name)], body)
}

pub(super) fn frame(headers: &[(&'static str, &str)], body: &str) -> Bytes {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let headers = headers.iter().chain([&(":content-type", "application/json")]);
    let headers = headers.map(|(name, value)| Header::new(*name, text(value))).collect();
    let message = Message::new_from_parts(headers, Bytes::from(body.to_owned()));
    let mut bytes = Vec::new();
    aws_smithy_eventstream::frame::write_message_to(&message, &mut bytes).unwrap();
    bytes.into()
}

/// A model of the shipped catalogue.
pub(super) fn model(id: &str) -> Model {
    let catalogue = Catalogue::shipped();
    catalogue.usable(id).unwrap().clone()
}

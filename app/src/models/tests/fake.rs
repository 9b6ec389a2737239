//! What models answer, and clients that get it from a [`FakeServer`].

use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use aws_types::SdkConfig;
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use http_body_util::{BodyExt, Full, StreamBody};

use super::super::*;
use crate::fake_server::FakeServer;

impl FakeServer {
    pub(super) fn models(&self) -> Models {
        self.models_within(Duration::from_secs(60))
    }

    pub(super) fn models_within(&self, timeout: Duration) -> Models {
        models(&self.sdk_config().build(), timeout)
    }

    /// With the retries that there are where nobody configures any, without the pauses between them.
    pub(super) fn retrying_models_within(&self, timeout: Duration) -> Models {
        let mut aws = self.sdk_config().sleep_impl(NoSleep);
        aws.set_retry_config(None);
        models(&aws.build(), timeout)
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

/// Lets retries follow at once.
#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

impl From<NoSleep> for SharedAsyncSleep {
    fn from(sleep: NoSleep) -> Self {
        Self::new(sleep)
    }
}

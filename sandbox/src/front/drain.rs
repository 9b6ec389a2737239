//! A request body that is read to its end even when nobody wants it any more.
//!
//! A refused upload is answered before its body has been read.
//! Closing the connection then would reset it under the client's hands, and the client would report a broken pipe instead of the refusal.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::EXPECT;
use http::request::Parts;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// How long the rest of an unwanted body may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The body of a request; dropped early, its rest is read and thrown away.
pub(super) struct Drained {
    /// `None` once nothing is left to read.
    body: Option<Incoming>,
    /// The client waits for a go-ahead before it sends, so an early answer finds nothing to read.
    waits: bool,
}

impl Drained {
    pub(super) fn new(body: Incoming, parts: &Parts) -> Self {
        Self { body: Some(body), waits: parts.headers.contains_key(EXPECT) }
    }
}

impl Body for Drained {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        // Once it has begun to be read, the client has its go-ahead.
        self.waits = false;
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let Some(mut body) = self.body.take().filter(|body| !self.waits && !body.is_end_stream())
        else {
            return;
        };
        let drain = async move { while let Some(Ok(_)) = body.frame().await {} };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(PATIENCE, drain));
        }
    }
}

//! The body of an answer, counted while it is read.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};

use crate::meter::Exchange;

/// A body that is counted while it is read. What nobody reads is not counted.
#[derive(Debug)]
pub struct Counted<B> {
    body: B,
    /// `None` where nobody counts.
    exchange: Option<Exchange>,
}

impl<B> Counted<B> {
    /// The answer to a request, with its body counted where the request was.
    pub fn answer(response: Response<B>, exchange: Option<Exchange>) -> Response<Counted<B>> {
        let (head, body) = response.into_parts();
        let exchange = exchange.map(|mut exchange| {
            let header = |name: &str| head.headers.get(name)?.to_str().ok();
            exchange.answered(head.status.as_u16(), header);
            exchange
        });
        Response::from_parts(head, Counted { body, exchange })
    }

    pub(crate) fn new(body: B, exchange: Exchange) -> Counted<B> {
        Counted { body, exchange: Some(exchange) }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Counted<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(piece) = frame.data_ref()
            && let Some(exchange) = &mut self.exchange
        {
            exchange.received(piece);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

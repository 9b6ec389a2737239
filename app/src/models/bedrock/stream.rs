//! A streamed answer: frames of AWS's event stream, each with a document of the model.

use std::time::Duration;

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::invoke_model_with_response_stream::InvokeModelWithResponseStreamOutput;
use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::ResponseStream;
use aws_sdk_bedrockruntime::types::error::ResponseStreamError;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::timeout;

use super::super::call::Call;
use super::super::error::ModelError;
use super::super::failure::Failure;
use super::super::model::Family;
use super::super::request::{StopReason, StreamEvent, Usage};
use super::document::Piece;

/// An answer that has begun.
pub(in super::super) struct Answer {
    frames: EventReceiver<ResponseStream, ResponseStreamError>,
    request_id: Option<String>,
    family: Family,
    so_far: SoFar,
}

impl Answer {
    pub(super) fn new(output: InvokeModelWithResponseStreamOutput, family: Family) -> Self {
        let request_id = output.request_id().map(str::to_owned);
        Self { frames: output.body, request_id, family, so_far: SoFar::default() }
    }

    /// The answer's events; `left` is the time that the first one has left.
    pub(in super::super) fn into_events(
        self,
        call: Call,
        left: Duration,
    ) -> BoxStream<'static, Result<StreamEvent, ModelError>> {
        stream::unfold(Some((self, call, left)), |reading| async {
            let (mut answer, call, left) = reading?;
            let event = answer.next(&call, left).await;
            let more = matches!(event, Ok(StreamEvent::Text(_)));
            let limit = call.limit;
            Some((event, more.then_some((answer, call, limit))))
        })
        .boxed()
    }

    async fn next(&mut self, call: &Call, left: Duration) -> Result<StreamEvent, ModelError> {
        match timeout(left, self.text(call)).await {
            Ok(Ok(Some(text))) => Ok(StreamEvent::Text(text)),
            Ok(Ok(None)) => self.end(call),
            Ok(Err(error)) => Err(error),
            Err(_) if self.so_far.complete => self.end(call),
            Err(_) => Err(call.timed_out()),
        }
    }

    /// The next piece of text; `None` where there is no more.
    async fn text(&mut self, call: &Call) -> Result<Option<String>, ModelError> {
        loop {
            let frame = if self.so_far.complete {
                // Counts of tokens may follow, and the end of the connection, after which it can serve again;
                // for neither is a complete answer kept back.
                timeout(AFTER_END, self.frames.recv()).await.unwrap_or(Ok(None))
            } else {
                self.frames.recv().await
            };
            let id = self.request_id.as_deref();
            let chunk = match frame {
                Ok(Some(ResponseStream::Chunk(chunk))) => chunk,
                // An event that this SDK does not know.
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(None),
                Err(error) => return Err(Failure::in_stream(&error, id).of(call)),
            };
            // A chunk that has been blanked out for logging, as the SDK's own documentation has it.
            let Some(document) = chunk.bytes() else { continue };
            let piece = self.family.piece(document.as_ref()).map_err(|fault| fault.of(call, id))?;
            if let Some(text) = self.so_far.add(piece) {
                return Ok(Some(text));
            }
        }
    }

    /// What stands at the end of the frames.
    fn end(&mut self, call: &Call) -> Result<StreamEvent, ModelError> {
        if !self.so_far.complete {
            let id = self.request_id.as_deref();
            return Err(Failure::broke_off(id).of(call));
        }
        let usage = self.so_far.input_tokens.zip(self.so_far.output_tokens);
        Ok(StreamEvent::End {
            stop_reason: self.so_far.stop_reason.take().unwrap_or(StopReason::Unknown),
            usage: usage.map(|(input_tokens, output_tokens)| Usage { input_tokens, output_tokens }),
        })
    }
}

/// They come at once, or not at all.
const AFTER_END: Duration = Duration::from_secs(1);

/// What the pieces have told.
#[derive(Default)]
struct SoFar {
    stop_reason: Option<StopReason>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    complete: bool,
}

impl SoFar {
    /// Takes a piece in, and gives its text, if it has any.
    fn add(&mut self, piece: Piece) -> Option<String> {
        // A guardrail's word holds against the model's, which comes later.
        if self.stop_reason != Some(StopReason::Filtered) && piece.stop_reason.is_some() {
            self.stop_reason = piece.stop_reason;
        }
        self.input_tokens = piece.input_tokens.or(self.input_tokens);
        self.output_tokens = piece.output_tokens.or(self.output_tokens);
        self.complete |= piece.ends;
        piece.text.filter(|text| !text.is_empty())
    }
}

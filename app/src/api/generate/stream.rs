//! Answers piece by piece, as server-sent events (WHATWG HTML, "Server-sent events").

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{IntoResponses, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::document::{Problems, problems};
use super::super::extract::{JsonBody, User, UserPath};
use super::super::{ApiError, AppState, Code, Problem, RequestId};
use super::request::GenerateRequest;
use super::{Usage, resolve, stop_reason};
use crate::models::{GenerationStream, ModelError, StreamEvent};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(generate_stream))
}

/// Proxies close connections on which nothing is sent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The data of an event `text`.
#[derive(Serialize, ToSchema)]
struct TextEvent {
    /// More of the answer; never empty.
    text: String,
}

/// The data of the event `end`, the last one of a good answer.
#[derive(Serialize, ToSchema)]
struct EndEvent {
    /// The model that answered.
    model: String,
    /// As in a whole answer.
    stop_reason: String,
    /// What it took; null where the provider does not say so.
    #[schema(required = true)]
    usage: Option<Usage>,
}

/// One event of a streamed answer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is sent")]
struct StreamedEvent {
    event: EventName,
    /// By the event: a `TextEvent`, an `EndEvent` or a `Problem`.
    #[schema(content_media_type = "application/json")]
    data: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it only describes what is sent")]
enum EventName {
    Text,
    End,
    Error,
}

/// The documented answer: what stands in `schema` would be the body as a whole, which is endless.
struct Events;

impl IntoResponses for Events {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let item = Some(Ref::from_schema_name("StreamedEvent"));
        let content = ContentBuilder::new().item_schema(item).build();
        let response = ResponseBuilder::new()
            .description("The answer's pieces, and its end")
            .content("text/event-stream", content);
        BTreeMap::from([("200".to_owned(), RefOr::T(response.build()))])
    }
}

/// The schemas of what stands in events: no route names them.
pub(in super::super) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![
        (StreamedEvent::name().into_owned(), StreamedEvent::schema()),
        (TextEvent::name().into_owned(), TextEvent::schema()),
        (EndEvent::name().into_owned(), EndEvent::schema()),
    ];
    StreamedEvent::schemas(&mut schemas);
    EndEvent::schemas(&mut schemas);
    schemas
}

problems!(
    GenerateStream: Problems::ALWAYS,
    Problems::PATH,
    Problems::JSON,
    Problems::DATABASE,
    Problems::MODEL
);

/// Let a model answer a prompt, piece by piece
///
/// Events: `text` with a `TextEvent`, at the end either `end` with an `EndEvent` or `error` with a `Problem`, which is sent
/// where the answer breaks off. What fails before the first piece is an answer with its status, as everywhere.
/// A model that cannot stream answers in one piece. If the client goes away, the call is dropped.
#[utoipa::path(
    post,
    path = "/users/{user}/generate/stream",
    operation_id = "generate_stream",
    tag = "generate",
    params(UserPath),
    request_body = GenerateRequest,
    responses(
        Events,
        GenerateStream
    )
)]
async fn generate_stream(
    State(state): State<AppState>,
    User(user): User,
    request_id: RequestId,
    JsonBody(request): JsonBody<GenerateRequest>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let (model, prompt) = resolve(&state, &user, request).await?;
    let model_id = model.id.to_string();
    let GenerationStream { mut events } =
        state.unless_stopping(state.models().stream(model, &prompt)).await?;
    // The status of the answer depends on what comes first.
    let first = state.unless_stopping(async {
        let empty = || ApiError::new(Code::ModelFailed, "the model's answer was empty");
        events.next().await.ok_or_else(empty)?.map_err(ApiError::from)
    });
    let first = first.await?;
    let events = stream::iter([Ok(first)]).chain(events);
    let events = until_stopped(events.boxed(), state.stopping().clone());
    let events = events.map(move |event| Ok(encode(event, &model_id, &request_id)));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

type Piece = Result<StreamEvent, ApiError>;

/// The events up to the last one; a server that stops ends the stream with an error.
fn until_stopped(
    events: stream::BoxStream<'static, Result<StreamEvent, ModelError>>,
    stopping: CancellationToken,
) -> impl Stream<Item = Piece> {
    stream::unfold(Some(events), move |events| {
        let stopping = stopping.clone();
        async move {
            let mut events = events?;
            tokio::select! {
                biased;
                () = stopping.cancelled() => {
                    Some((Err(ApiError::stopping()), None))
                }
                event = events.next() => match event {
                    Some(Ok(StreamEvent::Text(text))) => Some((Ok(StreamEvent::Text(text)), Some(events))),
                    Some(Ok(end)) => Some((Ok(end), None)),
                    Some(Err(error)) => Some((Err(error.into()), None)),
                    None => {
                        let error = ApiError::new(Code::ModelFailed, "the model's answer broke off");
                        Some((Err(error), None))
                    }
                },
            }
        }
    })
}

fn encode(piece: Piece, model: &str, request_id: &RequestId) -> Event {
    match piece {
        Ok(StreamEvent::Text(text)) => json_event("text", &TextEvent { text }),
        Ok(StreamEvent::End { stop_reason: reason, usage }) => {
            let end = EndEvent {
                model: model.to_owned(),
                stop_reason: stop_reason(reason),
                usage: usage.map(Usage::from),
            };
            json_event("end", &end)
        }
        Err(error) => {
            error.log(request_id);
            json_event("error", &Problem::new(&error, request_id))
        }
    }
}

fn json_event(name: &str, data: &impl Serialize) -> Event {
    let event = Event::default().event(name);
    // Structs of strings and numbers: there is nothing that JSON cannot hold.
    event.json_data(data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::StopReason;

    fn text(text: &str) -> Result<StreamEvent, ModelError> {
        Ok(StreamEvent::Text(text.to_owned()))
    }

    fn end() -> Result<StreamEvent, ModelError> {
        Ok(StreamEvent::End { stop_reason: StopReason::EndTurn, usage: None })
    }

    async fn codes(
        events: impl Stream<Item = Result<StreamEvent, ModelError>> + Send + 'static,
        stopping: &CancellationToken,
    ) -> Vec<Result<&'static str, Code>> {
        let pieces = until_stopped(events.boxed(), stopping.clone());
        let codes = pieces.map(|piece| match piece {
            Ok(StreamEvent::Text(_)) => Ok("text"),
            Ok(StreamEvent::End { .. }) => Ok("end"),
            Err(error) => Err(error.code()),
        });
        codes.collect().await
    }

    #[tokio::test]
    async fn a_stream_ends_with_its_end_or_with_an_error() {
        let stopping = CancellationToken::new();
        let whole = stream::iter([text("a"), text("b"), end(), text("c")]);
        assert_eq!(codes(whole, &stopping).await, [Ok("text"), Ok("text"), Ok("end")]);
        let broken = stream::iter([text("a")]);
        assert_eq!(codes(broken, &stopping).await, [Ok("text"), Err(Code::ModelFailed)]);
    }

    #[tokio::test]
    async fn a_server_that_stops_ends_streams_with_an_error() {
        let stopping = CancellationToken::new();
        let stop = stopping.clone();
        let endless = stream::iter([text("a")]).chain(stream::once(async move {
            stop.cancel();
            std::future::pending().await
        }));
        assert_eq!(codes(endless, &stopping).await, [Ok("text"), Err(Code::ShuttingDown)]);
    }
}

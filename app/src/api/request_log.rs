//! One line of the log for each request.
//!
//! Without the query, which may hold signatures and tokens, and with the route instead of the path, which may hold names of users.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::RequestId;

/// The layer that writes the line as soon as the head of the answer is known.
pub(super) async fn write(request_id: RequestId, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut line = Line {
        request_id,
        method: request.method().clone(),
        route,
        start: Instant::now(),
        status: None,
    };
    let response = next.run(request).await;
    line.status = Some(response.status());
    response
}

struct Line {
    request_id: RequestId,
    method: Method,
    route: Option<MatchedPath>,
    start: Instant,
    /// None where the client went away before there was an answer.
    status: Option<StatusCode>,
}

/// A future that is dropped writes its line too.
impl Drop for Line {
    fn drop(&mut self) {
        let (request_id, method) = (&self.request_id, &self.method);
        let route = self.route.as_ref().map_or("-", MatchedPath::as_str);
        // The JSON log has 128-bit numbers as strings.
        let latency_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match self.status {
            Some(status) => {
                let status = status.as_u16();
                tracing::info!(%request_id, %method, route, status, latency_ms, "request");
            }
            None => {
                tracing::info!(%request_id, %method, route, latency_ms, "request given up by the client");
            }
        }
    }
}

//! The server: connections, their time limits, and an orderly end.

mod socket;

use std::io;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{AppState, router};
use socket::Socket;

/// How long the head of a request may take; also how long an idle connection stays open.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How long streams have to end; then connections are cut.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves the app on `listener` until `shutdown` is done.
///
/// Then no connection is accepted any more, requests that are on their way have `SHUTDOWN_GRACE_SECONDS` to finish, streams end
/// with an error event, and 2 seconds later what is left is cut. At the end `state` is closed.
pub async fn serve(state: AppState, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let router = router(state.clone());
    let connections = TaskTracker::new();
    let (ending, cut) = (CancellationToken::new(), CancellationToken::new());
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let connection = connection(stream, router.clone(), ending.clone());
                    connections.spawn(cut.clone().run_until_cancelled_owned(connection));
                }
                Err(error) => pause_after(&error).await,
            }
        }
    }
    drop(listener);
    tracing::info!(connections = connections.len(), "shutting down");
    ending.cancel();
    connections.close();
    if timeout(state.shutdown_grace(), connections.wait()).await.is_err() {
        state.stopping().cancel();
        if timeout(LAST_WORDS, connections.wait()).await.is_err() {
            tracing::warn!(connections = connections.len(), "connections are cut");
            // Before the state is closed: an upload that is cut aborts what S3 has of it.
            cut.cancel();
            connections.wait().await;
        }
    }
    state.close().await;
}

/// Serves one connection; its errors are the client's.
async fn connection(stream: TcpStream, router: Router, ending: CancellationToken) {
    // Pieces of a streamed answer are small, and wanted at once.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(Socket::new(stream)), service);
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = ending.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!("connection ended: {error}");
    }
}

/// A connection that is gone already is no reason to wait; too many open files are.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!("could not accept a connection: {error}");
        sleep(Duration::from_secs(1)).await;
    }
}

//! The HTTP client of what is asked without an SDK.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::TokioExecutor;
use tokio::sync::OnceCell;

/// An HTTP client that trusts what the system trusts.
pub(crate) struct HttpClient {
    plain: Client<HttpConnector, Full<Bytes>>,
    /// Made when it is needed: reading the system's root certificates takes a while.
    tls: OnceCell<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>,
}

impl HttpClient {
    /// A client that has no connection yet.
    pub(crate) fn new() -> HttpClient {
        let plain = Client::builder(TokioExecutor::new()).build_http();
        HttpClient { plain, tls: OnceCell::new() }
    }

    /// Sends a request; its answer is to be waited for.
    ///
    /// # Errors
    /// Where it needs TLS and the system's root certificates cannot be read.
    pub(crate) async fn send(&self, request: http::Request<Full<Bytes>>) -> Result<ResponseFuture> {
        match request.uri().scheme_str() {
            Some("http") => Ok(self.plain.request(request)),
            _ => Ok(self.tls.get_or_try_init(with_tls).await?.request(request)),
        }
    }
}

async fn with_tls() -> Result<Client<HttpsConnector<HttpConnector>, Full<Bytes>>> {
    // Whatever else runs on this thread would wait for the files.
    let read = tokio::task::spawn_blocking(|| HttpsConnectorBuilder::new().with_native_roots());
    let read = read.await.context("waiting for the system's root certificates")?;
    let builder = read.context("reading the system's root certificates")?;
    let connector = builder.https_only().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

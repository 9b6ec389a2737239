//! An HTTP client without credentials, for presigned URLs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::Empty;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

/// An HTTP client without credentials.
pub(crate) struct PlainClient {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

/// A client that trusts what the system trusts.
///
/// # Errors
/// Where the system's root certificates cannot be read.
pub(crate) fn client() -> Result<PlainClient> {
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .context("reading the system's root certificates")?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(PlainClient { client: Client::builder(TokioExecutor::new()).build(connector) })
}

impl PlainClient {
    /// The status that a GET of `url` is answered with.
    ///
    /// # Errors
    /// Where there is no answer within five seconds.
    pub(crate) async fn get_status(&self, url: &str) -> Result<u16> {
        let url = url.parse().context("reading the URL")?;
        let answer = tokio::time::timeout(Duration::from_secs(5), self.client.get(url)).await;
        Ok(answer.context("waiting for the answer")?.context("asking")?.status().as_u16())
    }
}

//! An HTTP client without credentials, for presigned URLs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::Empty;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use meter::{Head, Meter};

/// An HTTP client without credentials.
pub(crate) struct PlainClient {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    meter: Meter,
}

/// A client that trusts what the system trusts, and counts by `meter` what it sends to the target.
///
/// # Errors
/// Where the system's root certificates cannot be read.
pub(crate) fn client(meter: &Meter) -> Result<PlainClient> {
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .context("reading the system's root certificates")?
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    Ok(PlainClient { client, meter: meter.clone() })
}

impl PlainClient {
    /// The status that a GET of `url` is answered with.
    ///
    /// # Errors
    /// Where there is no answer within five seconds.
    pub(crate) async fn get_status(&self, url: &str) -> Result<u16> {
        let request = http::Request::get(url).body(Empty::new()).context("reading the URL")?;
        // Nobody reads the body.
        let _counted = self.meter.sent(&Head::of(&request, None));
        let answer =
            tokio::time::timeout(Duration::from_secs(5), self.client.request(request)).await;
        Ok(answer.context("waiting for the answer")?.context("asking")?.status().as_u16())
    }
}

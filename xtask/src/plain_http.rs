//! HTTP without credentials, for presigned URLs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use http_body_util::Full;
use meter::{Head, Meter};

use crate::aws::HttpClient;

/// An HTTP client without credentials.
pub(crate) struct PlainClient {
    client: HttpClient,
    meter: Meter,
}

/// A client that counts by `meter` what it sends to the target.
pub(crate) fn client(meter: &Meter) -> PlainClient {
    PlainClient { client: HttpClient::new(), meter: meter.clone() }
}

impl PlainClient {
    /// The status that a GET of `url` is answered with.
    ///
    /// # Errors
    /// Where there is no answer within five seconds.
    pub(crate) async fn get_status(&self, url: &str) -> Result<u16> {
        let request = http::Request::get(url).body(Full::default()).context("reading the URL")?;
        // Nobody reads the body.
        let _counted = self.meter.sent(&Head::of(&request, None));
        let answer = async { self.client.send(request).await?.await.context("asking") };
        let answer = tokio::time::timeout(Duration::from_secs(5), answer).await;
        Ok(answer.context("waiting for the answer")??.status().as_u16())
    }
}

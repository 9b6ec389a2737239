//! The baseline: the same requests without the app and without the SDK, signed beforehand, over
//! connections that are kept.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::{Method, Request, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::env::TestEnv;

/// Longer than any scenario runs.
const SIGNED_FOR: Duration = Duration::from_secs(3_600);

/// A plain client, and what it takes to sign for the test.
#[derive(Clone)]
pub(super) struct RawHttp {
    client: Client<HttpConnector, Full<Bytes>>,
    endpoint: String,
    region: String,
    identity: Identity,
}

/// A request that is signed, and can be sent any number of times.
#[derive(Clone)]
pub(super) struct Signed {
    method: Method,
    uri: Uri,
    range: Option<String>,
    body: Bytes,
}

impl RawHttp {
    /// For the test's own endpoint, which is on loopback, by the test's own key.
    pub(super) async fn of(env: &TestEnv) -> RawHttp {
        let config = env.sdk_config();
        let provider = config.credentials_provider().unwrap();
        let mut connector = HttpConnector::new();
        // As the server and the SDK do: what is small does not wait to become large.
        connector.set_nodelay(true);
        RawHttp {
            client: Client::builder(TokioExecutor::new()).build(connector),
            endpoint: config.endpoint_url().unwrap().to_owned(),
            region: config.region().unwrap().to_string(),
            identity: provider.provide_credentials().await.unwrap().into(),
        }
    }

    /// Signs a request by its URL; `path` begins with `/` and has a query where it needs one.
    pub(super) fn signed(&self, method: Method, path: &str, body: Bytes) -> Signed {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(SIGNED_FOR);
        let parameters = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let url = format!("{}{path}", self.endpoint);
        let nothing = std::iter::empty();
        let unsigned = SignableBody::UnsignedPayload;
        let request = SignableRequest::new(method.as_str(), &*url, nothing, unsigned).unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        let mut request = Request::builder().uri(&url).body(()).unwrap();
        instructions.apply_to_request_http1x(&mut request);
        Signed { method, uri: request.uri().clone(), range: None, body }
    }

    /// Sends it, and reads the answer to its end.
    ///
    /// # Panics
    /// Where the answer is an error: it would be too fast.
    pub(super) async fn send(&self, signed: &Signed) {
        let mut request = Request::builder().method(&signed.method).uri(&signed.uri);
        if let Some(range) = &signed.range {
            request = request.header(header::RANGE, range);
        }
        let request = request.body(Full::new(signed.body.clone())).unwrap();
        let answer = self.client.request(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    }
}

impl Signed {
    /// Asks for a part of the object only, which is not signed.
    pub(super) fn range(mut self, range: String) -> Signed {
        self.range = Some(range);
        self
    }
}

//! A sandbox with two accounts, clients for it, and what tests ask of an error.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::CreateBucketConfiguration;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Builder;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;
use sandbox::{AccessKey, Config, Sandbox};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const OTHER_ACCOUNT: &str = "444455556666";
pub(crate) const KEY: &str = "AKIASANDBOXMAIN";
pub(crate) const SECRET: &str = "main-secret";

/// A sandbox that knows the users of two accounts.
pub(crate) async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    sandbox.add_access_key(AccessKey::user(ACCOUNT, "main", KEY, SECRET));
    sandbox.add_access_key(AccessKey::user(
        OTHER_ACCOUNT,
        "other",
        "AKIASANDBOXOTHER",
        "other-secret",
    ));
    sandbox
}

/// A client of the main account in us-east-1.
pub(crate) fn client(sandbox: &Sandbox) -> Client {
    client_of(sandbox, KEY, SECRET, None, "us-east-1")
}

/// A client of the other account.
pub(crate) fn other_client(sandbox: &Sandbox) -> Client {
    client_of(sandbox, "AKIASANDBOXOTHER", "other-secret", None, "us-east-1")
}

pub(crate) fn client_in(sandbox: &Sandbox, region: &str) -> Client {
    client_of(sandbox, KEY, SECRET, None, region)
}

pub(crate) fn client_of(
    sandbox: &Sandbox,
    id: &str,
    secret: &str,
    token: Option<&str>,
    region: &str,
) -> Client {
    Client::new(&sdk_config(sandbox, id, secret, token, region))
}

pub(crate) fn sdk_config(
    sandbox: &Sandbox,
    id: &str,
    secret: &str,
    token: Option<&str>,
    region: &str,
) -> aws_types::SdkConfig {
    let credentials = Credentials::new(id, secret, token.map(str::to_owned), None, "test");
    aws_types::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(aws_types::sdk_config::SharedCredentialsProvider::new(credentials))
        .endpoint_url(sandbox.endpoint())
        .http_client(Builder::new().build_http())
        .region(Region::new(region.to_owned()))
        .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
        .stalled_stream_protection(aws_sdk_s3::config::StalledStreamProtectionConfig::disabled())
        .build()
}

/// A sandbox, its client, and a bucket named `bucket`.
pub(crate) async fn with_bucket() -> (Sandbox, Client) {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    client.create_bucket().bucket("bucket").send().await.unwrap();
    (sandbox, client)
}

/// Makes a bucket in a region other than us-east-1, by a client of that region.
pub(crate) async fn create_in(client: &Client, region: &str, bucket: &str) {
    let located = CreateBucketConfiguration::builder().location_constraint(region.into()).build();
    let create = client.create_bucket().bucket(bucket).create_bucket_configuration(located);
    create.send().await.unwrap();
}

pub(crate) async fn put(
    client: &Client,
    key: &str,
    body: &'static str,
) -> aws_sdk_s3::operation::put_object::PutObjectOutput {
    client
        .put_object()
        .bucket("bucket")
        .key(key)
        .body(ByteStream::from_static(body.as_bytes()))
        .send()
        .await
        .unwrap()
}

pub(crate) async fn text(body: ByteStream) -> String {
    String::from_utf8(body.collect().await.unwrap().to_vec()).unwrap()
}

/// Status and code of a refused call, such as `404 NoSuchKey`.
pub(crate) fn refusal<T: fmt::Debug, E: ProvideErrorMetadata + fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> String {
    match result.unwrap_err() {
        SdkError::ServiceError(error) => {
            let status = error.raw().status().as_u16();
            // A HEAD answer has no body, hence no code.
            error.err().code().map_or_else(|| status.to_string(), |code| format!("{status} {code}"))
        }
        error => panic!("not refused by the service: {error:?}"),
    }
}

/// Who signs by hand, when, and for which service.
pub(crate) struct Signer<'a> {
    pub(crate) key: (&'a str, &'a str),
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) time: SystemTime,
}

impl Signer<'_> {
    /// The main user, now.
    pub(crate) fn of(service: &'static str) -> Self {
        Self { key: (KEY, SECRET), region: "us-east-1", service, time: SystemTime::now() }
    }

    /// Sends one request with a signature (version 4) over what is said to be its body.
    pub(crate) async fn send(
        &self,
        sandbox: &Sandbox,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        signed: SignableBody<'_>,
        body: &str,
    ) -> (StatusCode, HeaderMap, Bytes) {
        let (id, secret) = self.key;
        let mut settings = SigningSettings::default();
        if self.service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = Credentials::new(id, secret, None, None, "test").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.time)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let url = format!("{}{path}", sandbox.endpoint());
        let host = sandbox.endpoint().strip_prefix("http://").unwrap();
        let with_host = headers.iter().copied().chain([("host", host)]);
        let request = SignableRequest::new(method.as_str(), &url, with_host, signed).unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        let headers: Vec<_> = headers.iter().copied().chain(instructions.headers()).collect();
        send_for_bytes(method, &url, &headers, body.to_owned()).await
    }
}

/// Status and code of an answer, such as `404 NoSuchKey`; a success has no code.
pub(crate) fn outcome((status, _, body): &(StatusCode, HeaderMap, impl AsRef<[u8]>)) -> String {
    let body = String::from_utf8_lossy(body.as_ref());
    let code = body.split("<Code>").nth(1).and_then(|rest| rest.split('<').next());
    code.map_or_else(|| status.as_u16().to_string(), |code| format!("{} {code}", status.as_u16()))
}

/// The resources that IAM was asked about, in the order of the needs.
pub(crate) fn resources(call: &sandbox::Call) -> Vec<&str> {
    call.needs.iter().map(|need| need.resource.as_str()).collect()
}

/// One plain HTTP request, without credentials or SDK.
pub(crate) async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> (StatusCode, HeaderMap, String) {
    let (status, headers, body) = send_for_bytes(method, url, headers, body).await;
    (status, headers, String::from_utf8_lossy(&body).into_owned())
}

/// The same, for an answer that is no text.
async fn send_for_bytes(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = HttpClient::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
}

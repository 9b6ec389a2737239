//! A sandbox with two accounts, clients for it, and what tests ask of an error.

use std::fmt;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
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
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = HttpClient::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
}

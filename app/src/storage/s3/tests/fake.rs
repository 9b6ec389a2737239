//! A server that answers from a function, in the place of the HTTP client: for what no good server does.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_types::SdkConfig;

use crate::settings::Settings;
use crate::storage::{Purpose, Storage};

/// A request as far as the tests look at it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(n, _)| n == name);
        header.map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The operation, as far as method and query tell.
    pub(super) fn operation(&self) -> &'static str {
        let query = self.uri.split_once('?').map_or("", |(_, query)| query);
        let has = |name: &str| query.split('&').any(|p| p.split('=').next() == Some(name));
        match self.method.as_str() {
            "POST" if has("uploads") => "CreateMultipartUpload",
            "POST" => "CompleteMultipartUpload",
            "PUT" if has("partNumber") => "UploadPart",
            "PUT" => "PutObject",
            "DELETE" if has("uploadId") => "AbortMultipartUpload",
            "DELETE" => "DeleteObject",
            "HEAD" => "HeadObject",
            "GET" if has("list-type") => "ListObjectsV2",
            _ => "GetObject",
        }
    }
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn new(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.to_owned() }
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// An error as S3 words it.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        Self::new(status, &body).header("x-amz-request-id", "REQUEST1")
    }
}

type Pending = Pin<Box<dyn Future<Output = Answer> + Send>>;
type Respond = dyn Fn(Request) -> Pending + Send + Sync;

/// The server, with a log of what it was asked.
#[derive(Clone)]
pub(super) struct FakeServer {
    respond: Arc<Respond>,
    log: Arc<Mutex<Vec<Request>>>,
}

impl fmt::Debug for FakeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeServer")
    }
}

impl HttpConnector for FakeServer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter();
        let request = Request {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            body: request.body().bytes().expect("only bodies in memory are sent").to_vec(),
        };
        self.log.lock().unwrap().push(request.clone());
        let answer = (self.respond)(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            let status = answer.status.try_into().unwrap();
            let length = answer.body.len();
            let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
            response.headers_mut().insert("content-length", length.to_string());
            for (name, value) in answer.headers {
                response.headers_mut().insert(name, value);
            }
            Ok(response)
        })
    }
}

impl FakeServer {
    pub(super) fn new<F: Future<Output = Answer> + Send + 'static>(
        respond: impl Fn(Request) -> F + Send + Sync + 'static,
    ) -> Self {
        Self { respond: Arc::new(move |request| Box::pin(respond(request))), log: Arc::default() }
    }

    /// A server that always says the same.
    pub(super) fn saying(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        Self::new(move |_| std::future::ready(answer()))
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    pub(super) fn operations(&self) -> Vec<&'static str> {
        self.requests().iter().map(Request::operation).collect()
    }

    pub(super) fn sdk_config(&self) -> aws_types::sdk_config::Builder {
        let server = self.clone();
        let credentials = Credentials::new("id", "secret", None, None, "test");
        SdkConfig::builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(server.clone())))
    }

    /// A storage on this server, in a bucket `bucket` below `pre/`.
    pub(super) fn storage(&self) -> Storage {
        let aws = self.sdk_config().endpoint_url("http://server.example").build();
        Storage::new(&settings(&[]), Purpose::Uploads, &aws).unwrap()
    }
}

pub(super) fn settings(changes: &[(&str, &str)]) -> Settings {
    let vars = [
        ("STORAGE_BACKEND", "s3"),
        ("AWS_REGION", "us-west-2"),
        ("S3_BUCKET_CREATIVES", "creatives"),
        ("S3_BUCKET_LANDING_PAGES", "landing-pages"),
        ("S3_BUCKET_EXPORTS", "exports"),
        ("S3_BUCKET_UPLOADS", "bucket"),
        ("S3_KEY_PREFIX", "pre/"),
    ];
    let vars = vars.iter().chain(changes);
    Settings::from_vars(vars.map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))).unwrap()
}

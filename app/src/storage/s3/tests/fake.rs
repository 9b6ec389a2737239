//! What S3 answers, and storages that get it from a [`FakeServer`].

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::fake_server::{FakeServer, Outcome, Request};
use crate::settings::Settings;
use crate::storage::{Purpose, Storage};

impl Request {
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
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
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

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        let status = answer.status.try_into().unwrap();
        let length = answer.body.len();
        let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
        response.headers_mut().insert("content-length", length.to_string());
        for (name, value) in answer.headers {
            response.headers_mut().insert(name, value);
        }
        response.into()
    }
}

impl FakeServer {
    pub(super) fn operations(&self) -> Vec<&'static str> {
        self.requests().iter().map(Request::operation).collect()
    }

    /// A storage on this server, in a bucket `bucket` below `pre/`.
    pub(super) fn storage(&self) -> Storage {
        let aws = self.sdk_config().endpoint_url("http://server.example").build();
        Storage::new(&settings(&[]), Purpose::Uploads, &aws).unwrap()
    }
}

/// Settings in which a bucket is called like its purpose, but that of the uploads `bucket`.
pub(super) fn settings(changes: &[(&str, &str)]) -> Settings {
    let buckets = Purpose::ALL.map(|purpose| (purpose.bucket_variable(), purpose.as_str()));
    let others = [
        ("STORAGE_BACKEND", "s3"),
        ("AWS_REGION", "us-west-2"),
        ("S3_BUCKET_UPLOADS", "bucket"),
        ("S3_KEY_PREFIX", "pre/"),
    ];
    // Of a repeated name the last value counts.
    let vars = buckets.iter().chain(&others).chain(changes);
    Settings::from_vars(vars.map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))).unwrap()
}

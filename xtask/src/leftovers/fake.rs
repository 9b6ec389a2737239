//! A server for tests, which answers as a test tells it, lies included.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use contract::Prefix;
use contract::test_id::SandboxKey;

use super::Place;
use crate::aws;

/// One request as it went out.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query, without the `x-id` that the SDK adds.
    pub(crate) target: String,
    pub(crate) body: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Asked {
    /// Whether the query has this parameter.
    pub(crate) fn has(&self, parameter: &str) -> bool {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|pair| pair.split('=').next() == Some(parameter))
    }

    /// Whether the query asks for keys below this prefix.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        self.target.contains(&format!("prefix={}", prefix.replace('/', "%2F")))
    }

    /// The keys in a DeleteObjects.
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = self.body.split("<Key>").skip(1);
        keys.filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
    }

    /// What the request is, as the tests speak of it.
    pub(crate) fn name(&self) -> &'static str {
        match self.method.as_str() {
            "GET" if self.has("versions") => "ListObjectVersions",
            "GET" if self.has("uploads") => "ListMultipartUploads",
            "GET" if self.has("uploadId") => "ListParts",
            "GET" if self.has("list-type") => "ListObjectsV2",
            "POST" if self.has("delete") => "DeleteObjects",
            "DELETE" if self.has("uploadId") => "AbortMultipartUpload",
            "DELETE" => "DeleteObject",
            "PUT" => "PutObject",
            _ => "another request",
        }
    }
}

/// The requests so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Asked>>>);

impl Log {
    pub(crate) fn all(&self) -> Vec<Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn of(&self, name: &str) -> Vec<Asked> {
        self.all().into_iter().filter(|asked| asked.name() == name).collect()
    }
}

/// A place on a server that gives `answer`, a status and a body, to each request.
pub(crate) fn place(
    prefix: Prefix,
    answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static,
) -> (Arc<Place>, Log) {
    let log = Log::default();
    let connector =
        SharedHttpConnector::new(Connector { answer: Box::new(answer), log: log.clone() });
    let key = SandboxKey { id: "AKIAFAKE".to_owned(), secret: "secret".to_owned() };
    let mut aws =
        aws::connect_to_sandbox("http://127.0.0.1:1", "eu-central-1", &key, "123456789012");
    let config = aws.s3.config().to_builder();
    let config = config.http_client(http_client_fn(move |_, _| connector.clone()));
    let retry = aws_sdk_s3::config::retry::RetryConfig::disabled();
    aws.s3 = aws_sdk_s3::Client::from_conf(config.retry_config(retry).build());
    (Arc::new(Place { aws, bucket: "bucket".to_owned(), prefix }), log)
}

/// A status and a body for each request.
type Answer = dyn Fn(&Asked) -> (u16, String) + Send + Sync;

struct Connector {
    answer: Box<Answer>,
    log: Log,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri();
        let target = uri.split_once("127.0.0.1:1").map_or(uri, |(_, target)| target).to_owned();
        let asked = Asked {
            method: request.method().to_owned(),
            target,
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        };
        let (status, body) = (self.answer)(&asked);
        self.log.0.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        let status = status.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

/// A page of ListObjectVersions; `tail` is put at its end.
pub(crate) fn versions<'a>(
    items: impl IntoIterator<Item = (&'a str, &'a str)>,
    tail: &str,
) -> String {
    let mut xml = String::from("<ListVersionsResult>");
    for (key, id) in items {
        write!(
            xml,
            "<Version><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>true</IsLatest>\
             <LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>1</Size></Version>"
        )
        .unwrap();
    }
    xml + tail + "</ListVersionsResult>"
}

/// A page of ListMultipartUploads; `tail` is put at its end.
pub(crate) fn uploads<'a>(
    items: impl IntoIterator<Item = (&'a str, &'a str)>,
    tail: &str,
) -> String {
    let mut xml = String::from("<ListMultipartUploadsResult>");
    for (key, id) in items {
        write!(
            xml,
            "<Upload><Key>{key}</Key><UploadId>{id}</UploadId>\
             <Initiated>2010-11-10T20:48:33.000Z</Initiated></Upload>"
        )
        .unwrap();
    }
    xml + tail + "</ListMultipartUploadsResult>"
}

/// An answer of DeleteObjects in quiet mode: the keys that failed, with version and code.
pub(crate) fn deleted<'a>(errors: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> String {
    let mut xml = String::from("<DeleteResult>");
    for (key, id, code) in errors {
        write!(
            xml,
            "<Error><Key>{key}</Key><VersionId>{id}</VersionId><Code>{code}</Code>\
             <Message>as told</Message></Error>"
        )
        .unwrap();
    }
    xml + "</DeleteResult>"
}

/// An error document.
pub(crate) fn error(status: u16, code: &str) -> (u16, String) {
    (status, format!("<Error><Code>{code}</Code><Message>as told</Message></Error>"))
}

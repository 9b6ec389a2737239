//! A server that answers from a function, in the place of the SDK's HTTP client: for tests of what no good server does.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

/// A request as far as the tests look at it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(n, _)| n == name);
        header.map(|(_, value)| value.as_str())
    }

    /// The body of a request that is text.
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

/// An answer, or the reason why there is none.
pub(crate) struct Outcome(Result<HttpResponse, ConnectorError>);

impl From<HttpResponse> for Outcome {
    fn from(answer: HttpResponse) -> Self {
        Self(Ok(answer))
    }
}

impl From<ConnectorError> for Outcome {
    fn from(error: ConnectorError) -> Self {
        Self(Err(error))
    }
}

type Respond = dyn Fn(Request) -> BoxFuture<'static, Outcome> + Send + Sync;

/// The server, with a log of what it was asked.
#[derive(Clone)]
pub(crate) struct FakeServer {
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
        let body = request.body().bytes().expect("only bodies in memory are sent");
        let request = Request {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            body: Bytes::copy_from_slice(body),
        };
        self.log.lock().unwrap().push(request.clone());
        HttpConnectorFuture::new((self.respond)(request).map(|outcome| outcome.0))
    }
}

impl FakeServer {
    pub(crate) fn new<A, F>(respond: impl Fn(Request) -> F + Send + Sync + 'static) -> Self
    where
        A: Into<Outcome> + 'static,
        F: Future<Output = A> + Send + 'static,
    {
        let respond = move |request| respond(request).map(Into::into).boxed();
        Self { respond: Arc::new(respond), log: Arc::default() }
    }

    /// A server that always says the same.
    pub(crate) fn saying<A>(answer: impl Fn() -> A + Send + Sync + 'static) -> Self
    where
        A: Into<Outcome> + Send + 'static,
    {
        Self::new(move |_| std::future::ready(answer()))
    }

    /// What it was asked, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    /// A configuration whose requests all come here, each of them once.
    pub(crate) fn sdk_config(&self) -> aws_types::sdk_config::Builder {
        let server = self.clone();
        let credentials = Credentials::new("id", "secret", None, None, "test");
        SdkConfig::builder()
            .region(Region::new("us-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(server.clone())))
    }
}

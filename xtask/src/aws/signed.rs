//! Signed requests to the services for which we link no SDK: a handful of calls are not worth the
//! minutes that IAM's and Bedrock's would take to compile.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use meter::{Counted, Head, Meter};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::endpoints::{Endpoints, Service};
use super::http_client::HttpClient;
use super::{AwsError, ServerClock};

mod xml;

pub(crate) use xml::Element;

/// How long one request may take. Nothing that is asked here works long for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// No answer is near it.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Sends signed requests.
#[derive(Clone)]
pub(crate) struct Signed {
    inner: Arc<Inner>,
}

struct Inner {
    provider: Option<SharedCredentialsProvider>,
    /// Asked once: some sources take their time.
    credentials: OnceCell<Credentials>,
    clock: ServerClock,
    meter: Meter,
    endpoints: Endpoints,
    region: String,
    client: HttpClient,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    /// To which service.
    pub(crate) service: Service,
    /// The IAM action that it needs, by which a failure is named.
    pub(crate) action: &'static str,
    /// What it is about, by which a failure is named.
    pub(crate) subject: String,
    /// `GET` or `POST`.
    pub(crate) method: &'static str,
    /// The path, percent-encoded.
    pub(crate) path: String,
    /// Headers beside those that every request has.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Signed {
    pub(super) fn new(
        provider: Option<SharedCredentialsProvider>,
        clock: ServerClock,
        meter: Meter,
        endpoints: Endpoints,
        region: &str,
    ) -> Signed {
        let inner = Inner {
            provider,
            credentials: OnceCell::new(),
            clock,
            meter,
            endpoints,
            region: region.to_owned(),
            client: HttpClient::new(),
        };
        Signed { inner: Arc::new(inner) }
    }

    /// Sends a request and gives the body of its answer.
    ///
    /// # Errors
    /// Every answer but a 2xx, and every way not to get one.
    pub(crate) async fn send(&self, request: Request) -> Result<Bytes, AwsError> {
        let (action, subject) = (request.action, request.subject.clone());
        let sent = tokio::time::timeout(PATIENCE, self.inner.send(request)).await;
        let unanswered = |why: String| AwsError::unanswered(action, subject.clone(), why);
        let answer = sent
            .map_err(|_| unanswered(format!("no answer within {} s", PATIENCE.as_secs())))?
            .map_err(|error| unanswered(format!("{error:#}")))?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        let (code, message) = answer.error();
        let status = answer.status.as_u16();
        Err(AwsError::answered(action, subject, status, code, message, answer.request_id))
    }
}

struct Answer {
    status: http::StatusCode,
    /// restJson1 puts it into a header.
    code: Option<String>,
    request_id: Option<String>,
    body: Bytes,
}

impl Inner {
    async fn send(&self, request: Request) -> anyhow::Result<Answer> {
        use anyhow::Context as _;
        let place = self.endpoints.place(request.service, &self.region);
        let place = place.with_context(|| {
            format!("the endpoint of this service for `{}` is not known", self.region)
        })?;
        let url = format!("{}{}", place.url, request.path);
        let body = Bytes::from(request.body);
        let mut http = http::Request::builder().method(request.method).uri(&url);
        for (name, value) in &request.headers {
            http = http.header(*name, value);
        }
        let mut http =
            http.body(Full::new(body.clone())).context("putting the request together")?;

        let identity = self.credentials().await?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&place.region)
            .name(place.signing_name)
            .time(self.clock.now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable =
            SignableRequest::new(request.method, &url, headers, SignableBody::Bytes(&body))?;
        sign(signable, &parameters)?.into_parts().0.apply_to_request_http1x(&mut http);

        let counted = self.meter.sent(&Head::of(&http, Some(&body)));
        let response = self.client.send(http).await?.await?;
        let (head, body) = Counted::answer(response, counted).into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?;
        let header = |name: &str| {
            head.headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
        };
        Ok(Answer {
            status: head.status,
            code: header("x-amzn-errortype"),
            request_id: header("x-amzn-requestid"),
            body: body.to_bytes(),
        })
    }

    async fn credentials(&self) -> anyhow::Result<Credentials> {
        use anyhow::Context as _;
        let provider = self.provider.as_ref().context("there are no credentials")?;
        let credentials = self.credentials.get_or_try_init(|| provider.provide_credentials());
        Ok(credentials.await?.clone())
    }
}

impl Answer {
    /// Code and message of an error, in whichever of AWS's forms it comes.
    fn error(&self) -> (Option<String>, String) {
        let status = || format!("HTTP status {}", self.status.as_u16());
        if let Some(document) = Element::parse(&self.body) {
            let code = document.find("Code").map(|code| code.own_text().to_owned());
            let message = document.find("Message").map(|text| text.own_text().to_owned());
            return (code, message.unwrap_or_else(status));
        }
        let document: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text = |names: [&str; 2]| {
            names.iter().find_map(|name| Some(document[*name].as_str()?.to_owned()))
        };
        let code = self.code.clone().or_else(|| text(["__type", "code"]));
        (code.map(|code| bare(&code)), text(["message", "Message"]).unwrap_or_else(status))
    }
}

/// The code without namespaces: `a#CODE:b` is `CODE` ("AWS restJson1 protocol", Smithy 2.0).
fn bare(code: &str) -> String {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(header: Option<&str>, body: &str) -> (Option<String>, String) {
        Answer {
            status: http::StatusCode::FORBIDDEN,
            code: header.map(ToOwned::to_owned),
            request_id: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
        .error()
    }

    #[test]
    fn an_error_is_read_in_each_of_its_forms() {
        let denied = |message: &str| (Some("Denied".to_owned()), message.to_owned());
        assert_eq!(error(Some("Denied:http://x/"), r#"{"Message":"no"}"#), denied("no"));
        assert_eq!(error(None, r#"{"__type":"com.x#Denied","message":"no"}"#), denied("no"));
        let xml = "<ErrorResponse><Error><Code>Denied</Code><Message>no</Message></Error></ErrorResponse>";
        assert_eq!(error(None, xml), denied("no"));
        assert_eq!(error(None, "oops"), (None, "HTTP status 403".to_owned()));
    }
}

//! The operation that a request asks for, told from its head.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use http::{Request, Uri};
use percent_encoding::percent_decode_str;

use crate::hosts::{self, Hosts, Style};

mod s3;

/// What the head of a request tells.
#[derive(Debug)]
pub struct Head<'a> {
    pub(crate) method: &'a str,
    pub(crate) uri: Uri,
    pub(crate) authorization: Option<&'a str>,
    /// `x-amz-copy-source` is there.
    pub(crate) copies: bool,
    /// The body, where it is short and known: the query protocol names the operation there.
    pub(crate) body: Option<&'a [u8]>,
}

impl<'a> Head<'a> {
    /// Of a request with its whole URI.
    pub fn of<B>(request: &'a Request<B>, body: Option<&'a [u8]>) -> Head<'a> {
        let authorization = request.headers().get(http::header::AUTHORIZATION);
        Head {
            method: request.method().as_str(),
            uri: request.uri().clone(),
            authorization: authorization.and_then(|value| value.to_str().ok()),
            copies: request.headers().contains_key(COPY_SOURCE),
            body,
        }
    }

    /// Of a request that an SDK is about to send.
    pub(crate) fn of_sdk(request: &'a HttpRequest) -> Option<Head<'a>> {
        Some(Head {
            method: request.method(),
            uri: request.uri().parse().ok()?,
            authorization: request.headers().get("authorization"),
            copies: request.headers().contains_key(COPY_SOURCE),
            body: request.body().bytes(),
        })
    }

    fn query(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.uri.query().unwrap_or_default().split('&');
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The value of a parameter as it stands, `""` where it has none.
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Who has to know the signature, by the credential's scope.
    fn signed_for(&self) -> Option<String> {
        let scope = match self.authorization {
            Some(header) => header.split_once("Credential=")?.1.split(',').next()?.to_owned(),
            None => {
                let credential = self.parameter("X-Amz-Credential")?;
                percent_decode_str(credential).decode_utf8_lossy().into_owned()
            }
        };
        // KEY/DATE/REGION/SERVICE/aws4_request, and a key may hold slashes.
        let mut parts = scope.rsplit('/');
        (parts.next() == Some("aws4_request")).then_some(())?;
        parts.next().map(ToOwned::to_owned)
    }
}

const COPY_SOURCE: &str = "x-amz-copy-source";

/// Service, operation and model.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// `s3:PutObject`; `Unknown` behind the colon where there is none that we know.
    pub(crate) name: String,
    /// The model that Bedrock is asked for, by id or ARN.
    pub(crate) model: Option<String>,
}

impl Operation {
    /// What a request asks of the target; `None` where it goes elsewhere: to the app's own server, to
    /// instance metadata, to wherever credentials come from without a signature.
    pub(crate) fn of(head: &Head<'_>, hosts: &Hosts) -> Option<Operation> {
        let host = head.uri.authority()?.as_str();
        let style = hosts.s3(host);
        let service = match head.signed_for() {
            Some(service) => service,
            None => match hosts::service(host) {
                Some(service) => service.to_owned(),
                None => style.map(|_| "s3".to_owned())?,
            },
        };
        let (name, model) = match service.as_str() {
            "s3" => (s3::operation(head, style.unwrap_or(Style::Path)), None),
            "bedrock" => {
                let (name, model) = bedrock(head);
                (name.to_owned(), model)
            }
            "sagemaker" => (sagemaker(head).to_owned(), None),
            _ => (queried(head), None),
        };
        Some(Operation { name: format!("{service}:{name}"), model })
    }
}

/// Source: the pages of these operations, Amazon Bedrock API Reference.
fn bedrock(head: &Head<'_>) -> (&'static str, Option<String>) {
    let segments: Vec<&str> = head.uri.path().trim_start_matches('/').split('/').collect();
    let model = |id: &str| Some(percent_decode_str(id).decode_utf8_lossy().into_owned());
    match (head.method, segments.as_slice()) {
        ("POST", ["model", id, "invoke"]) => ("InvokeModel", model(id)),
        ("POST", ["model", id, "invoke-with-response-stream"]) => {
            ("InvokeModelWithResponseStream", model(id))
        }
        ("POST", ["model", id, "invoke-with-bidirectional-stream"]) => {
            ("InvokeModelWithBidirectionalStream", model(id))
        }
        ("POST", ["model", id, "converse"]) => ("Converse", model(id)),
        ("POST", ["model", id, "converse-stream"]) => ("ConverseStream", model(id)),
        ("POST", ["model", _, "count-tokens"]) => ("CountTokens", None),
        ("GET", ["foundation-model-availability", _]) => ("GetFoundationModelAvailability", None),
        ("GET", ["inference-profiles", _]) => ("GetInferenceProfile", None),
        _ => ("Unknown", None),
    }
}

/// Source: the pages of these operations, Amazon SageMaker API Reference.
fn sagemaker(head: &Head<'_>) -> &'static str {
    let segments: Vec<&str> = head.uri.path().trim_start_matches('/').split('/').collect();
    match (head.method, segments.as_slice()) {
        ("POST", ["endpoints", _, "invocations"]) => "InvokeEndpoint",
        ("POST", ["endpoints", _, "async-invocations"]) => "InvokeEndpointAsync",
        ("POST", ["endpoints", _, "invocations-response-stream"]) => {
            "InvokeEndpointWithResponseStream"
        }
        _ => "Unknown",
    }
}

/// The query protocol: `Action=NAME` in a form or in the query.
fn queried(head: &Head<'_>) -> String {
    let form = head.body.and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let action = action.or_else(|| head.parameter("Action"));
    let action = action.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    action.unwrap_or("Unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, uri: &str, authorization: &str, body: &str) -> Option<String> {
        let mut request = http::Request::builder().method(method).uri(uri);
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        let request = request.body(()).unwrap();
        let hosts = Hosts::new(["http://127.0.0.1:9000"]);
        let operation = Operation::of(&Head::of(&request, Some(body.as_bytes())), &hosts)?;
        Some(match operation.model {
            Some(model) => format!("{} {model}", operation.name),
            None => operation.name,
        })
    }

    fn signed(service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIA/20261125/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0a"
        )
    }

    #[test]
    fn the_scope_of_a_signature_tells_the_service_whatever_the_host() {
        for (service, method, path, body, expected) in [
            ("s3", "PUT", "/bucket/key", "", "s3:PutObject"),
            ("sts", "POST", "/", "Action=GetCallerIdentity&Version=1", "sts:GetCallerIdentity"),
            ("iam", "GET", "/?Action=GetRole&Version=1", "", "iam:GetRole"),
            ("iam", "POST", "/", "Version=1", "iam:Unknown"),
            ("bedrock", "POST", "/model/a.b-v1%3A0/invoke", "", "bedrock:InvokeModel a.b-v1:0"),
            (
                "bedrock",
                "POST",
                "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.m/invoke-with-response-stream",
                "",
                "bedrock:InvokeModelWithResponseStream arn:aws:bedrock:us-east-1:1:inference-profile/us.m",
            ),
            ("bedrock", "POST", "/model/m/converse", "", "bedrock:Converse m"),
            (
                "bedrock",
                "GET",
                "/foundation-model-availability/m",
                "",
                "bedrock:GetFoundationModelAvailability",
            ),
            ("bedrock", "GET", "/model/m/invoke", "", "bedrock:Unknown"),
            ("sagemaker", "POST", "/endpoints/e/invocations", "", "sagemaker:InvokeEndpoint"),
            ("sagemaker", "GET", "/endpoints/e", "", "sagemaker:Unknown"),
        ] {
            let uri = format!("http://127.0.0.1:9000{path}");
            let operation = operation(method, &uri, &signed(service), body);
            assert_eq!(operation.as_deref(), Some(expected));
        }
    }

    #[test]
    fn without_a_signature_the_host_tells() {
        let presigned = "X-Amz-Credential=AKIA%2F20261125%2Feu-central-1%2Fs3%2Faws4_request";
        for (uri, expected) in [
            ("http://127.0.0.1:9000/bucket/key".to_owned(), Some("s3:GetObject")),
            ("https://b.s3.us-east-1.amazonaws.com/key".to_owned(), Some("s3:GetObject")),
            (format!("https://cdn.example/key?{presigned}"), Some("s3:ListObjects")),
            (
                format!("https://b.s3.eu-central-1.amazonaws.com/k?{presigned}"),
                Some("s3:GetObject"),
            ),
            // The app's own server, instance metadata, single sign-on.
            ("http://127.0.0.1:8080/local-files/uploads/key?signature=0a".to_owned(), None),
            ("http://169.254.169.254/latest/meta-data".to_owned(), None),
            ("https://portal.sso.us-east-1.amazonaws.com/federation/credentials".to_owned(), None),
        ] {
            assert_eq!(operation("GET", &uri, "", "").as_deref(), expected, "{uri}");
        }
        let bearer = operation(
            "POST",
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke",
            "Bearer token",
            "",
        );
        assert_eq!(bearer.as_deref(), Some("bedrock:InvokeModel m"));
    }
}

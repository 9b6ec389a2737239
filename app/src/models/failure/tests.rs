//! What is told of a failure, and what is not.

use super::super::call::Operation;
use super::super::{Catalogue, ModelId};
use super::*;

mod access;
mod wordings;

const NOVA: &str = "nova-lite";
const CLAUDE: &str = "claude-haiku-4.5";
const LLAMA: &str = "llama-3-8b";
const ENDPOINT: &str = "text-generation";

fn call(id: &str, operation: Operation) -> Call {
    let model = Catalogue::shipped().usable(id).unwrap().clone();
    Call { model, operation, region: "eu-west-1".to_owned(), limit: Duration::from_secs(60) }
}

fn error(id: &str, code: &str, message: &str) -> ModelError {
    let failure = Failure::said(code.to_owned(), message.to_owned(), Some("R"));
    failure.of(&call(id, Operation::Generate))
}

/// Model, code, message, our code, and a part of the hint; empty where there must be none.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn check(cases: &[Case]) {
    for (id, code, message, expected, hint) in cases {
        let error = error(id, code, message);
        assert_eq!(error.code(), *expected, "{code}: {message}");
        let shown = error.hint().unwrap_or_default();
        assert!(shown.contains(hint), "{code}: {message}: {shown}");
        assert_eq!(shown.is_empty(), hint.is_empty(), "{code}: {message}: {shown}");
        let text = error.to_string();
        assert!(text.contains(&format!("`{code}`: {message} (request id `R`)")), "{text}");
    }
}

#[test]
fn without_a_code_the_status_tells() {
    for (status, expected) in [
        (Some(403), "model-access-denied"),
        (Some(413), "input-too-long"),
        (Some(429), "model-throttled"),
        (Some(404), "model-failed"),
        (Some(503), "model-failed"),
        (None, "model-failed"),
    ] {
        let failure = Failure { status, message: "words".to_owned(), ..Failure::empty() };
        let error = failure.of(&call(NOVA, Operation::Generate));
        assert_eq!(error.code(), expected, "{status:?}");
        assert!(error.to_string().contains("words"), "{error}");
    }
}

#[test]
fn what_should_have_been_signed_is_not_told() {
    let message = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'POST\n/model/m/invoke\n\nhost:h\nx-amz-security-token:SESSIONTOKEN\n'";
    let text = error(NOVA, "InvalidSignatureException", message).to_string();
    assert!(text.contains("Consult the service documentation for details. (request"), "{text}");
    assert!(!text.contains("SESSIONTOKEN"), "{text}");
}

#[test]
fn long_messages_are_cut_between_characters() {
    let ModelError::ProviderFailure { message, .. } =
        error(NOVA, "ANewException", &"é".repeat(100_000))
    else {
        panic!()
    };
    assert_eq!(message, format!("`ANewException`: {}… (request id `R`)", "é".repeat(1_000)));
}

#[test]
fn denied_access_names_the_action_of_the_operation() {
    let failure = Failure { status: Some(403), ..Failure::empty() };
    let error = failure.of(&call(LLAMA, Operation::Stream));
    assert_eq!(
        error.hint().unwrap(),
        "allow `bedrock:InvokeModelWithResponseStream` on `arn:aws:bedrock:eu-west-1::foundation-model/meta.llama3-8b-instruct-v1:0`"
    );
}

#[test]
fn a_hint_offers_three_models_at_most() {
    let ids = ["a", "b", "c", "d"].map(|id| ModelId::new(id).unwrap());
    let hint = |valid: &[ModelId]| {
        ModelError::Unknown { id: "x".to_owned(), valid: valid.to_vec() }.hint()
    };
    assert_eq!(hint(&ids).unwrap(), "choose `a`, `b`, `c`, or another one of the catalogue");
    assert_eq!(hint(&ids[..1]).unwrap(), "choose `a`");
    assert_eq!(hint(&[]), None);
}

//! Whole answers, and what happens before a call.

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_types::origin::Origin;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::super::*;
use super::fake::{answer, model, models, refusal};
use crate::fake_server::FakeServer;

const NOVA: &str = r#"{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":1}}"#;

#[tokio::test]
async fn bedrock_is_called_by_invoke_model() {
    let server = FakeServer::saying(|| answer(200, &[], NOVA));
    let generation =
        server.models().generate(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap();
    let usage = Some(Usage { input_tokens: 3, output_tokens: 1 });
    assert_eq!(
        generation,
        Generation { text: "Hi".to_owned(), stop_reason: StopReason::EndTurn, usage }
    );
    let [request] = &server.requests()[..] else { panic!() };
    assert_eq!(
        request.uri,
        "https://bedrock-runtime.us-west-2.amazonaws.com/model/amazon.nova-lite-v1%3A0/invoke"
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert!(request.text().contains("\"Hello\""), "{}", request.text());
}

#[tokio::test]
async fn sagemaker_is_called_by_invoke_endpoint() {
    let server = FakeServer::saying(|| answer(200, &[], r#"[{"generated_text":"Hi"}]"#));
    let model = model("text-generation");
    let prompt = Prompt::new("Hello");
    let generation = server.models().generate(&model, &prompt).await.unwrap();
    assert_eq!(generation.text, "Hi");
    let [request] = &server.requests()[..] else { panic!() };
    assert_eq!(
        request.uri,
        "https://runtime.sagemaker.us-west-2.amazonaws.com/endpoints/text-generation/invocations"
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
}

/// As `main` loads them: each service may have an endpoint of its own, before the general one.
#[tokio::test]
async fn each_service_keeps_its_own_endpoint() {
    #[derive(Debug)]
    struct Environment;

    impl LoadServiceConfig for Environment {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let own = (key.service_id(), key.env()) == ("Bedrock Runtime", "AWS_ENDPOINT_URL");
            own.then(|| "http://bedrock.example".to_owned())
        }
    }

    let server = FakeServer::saying(|| refusal(404, "ResourceNotFoundException", "No."));
    let mut aws = server.sdk_config().service_config(Environment);
    aws.set_endpoint_url(Some("http://all.example".to_owned()));
    aws.insert_origin("endpoint_url", Origin::shared_environment_variable());
    let models = models(&aws.build(), Duration::from_secs(60));
    for id in ["nova-lite", "text-generation"] {
        assert!(models.generate(&model(id), &Prompt::new("Hello")).await.is_err());
    }
    let uris: Vec<_> = server.requests().into_iter().map(|request| request.uri).collect();
    assert_eq!(
        uris,
        [
            "http://bedrock.example/model/amazon.nova-lite-v1%3A0/invoke",
            "http://all.example/endpoints/text-generation/invocations"
        ]
    );
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_refused_before_the_call() {
    let server = FakeServer::saying(|| answer(200, &[], NOVA));
    let models = server.models();
    let mut model = model("nova-lite");
    model.limits = Limits { max_input_chars: 10, max_output_tokens: 100 };
    let prompt = |change: fn(&mut Prompt)| {
        let mut prompt = Prompt::new("ä".repeat(10));
        change(&mut prompt);
        prompt
    };
    assert!(models.generate(&model, &prompt(|_| {})).await.is_ok());
    assert!(models.generate(&model, &prompt(|p| p.max_tokens = Some(100))).await.is_ok());
    assert!(models.generate(&model, &prompt(|p| p.temperature = Some(-0.0))).await.is_ok());
    assert!(models.generate(&model, &prompt(|p| p.temperature = Some(1.0))).await.is_ok());
    assert!(models.generate(&model, &prompt(|p| p.system = Some(" ".repeat(99)))).await.is_ok());
    let calls = server.requests().len();
    for (change, code, expected) in [
        (
            prompt(|p| p.text = " \n".to_owned()),
            "invalid-prompt",
            "prompt for model `nova-lite` is invalid: `text` is empty",
        ),
        (
            prompt(|p| p.text.push('x')),
            "input-too-long",
            "input for model `nova-lite` is too long: 11 characters, the most is 10",
        ),
        (
            prompt(|p| p.system = Some("xy".to_owned())),
            "input-too-long",
            "input for model `nova-lite` is too long: 12 characters, the most is 10",
        ),
        (
            prompt(|p| p.max_tokens = Some(0)),
            "invalid-prompt",
            "prompt for model `nova-lite` is invalid: `max_tokens` is 0, expected 1 to 100",
        ),
        (
            prompt(|p| p.max_tokens = Some(101)),
            "invalid-prompt",
            "prompt for model `nova-lite` is invalid: `max_tokens` is 101, expected 1 to 100",
        ),
        (
            prompt(|p| p.temperature = Some(1.5)),
            "invalid-prompt",
            "prompt for model `nova-lite` is invalid: `temperature` is 1.5, expected 0 to 1",
        ),
        (
            prompt(|p| p.temperature = Some(-0.1)),
            "invalid-prompt",
            "prompt for model `nova-lite` is invalid: `temperature` is -0.1, expected 0 to 1",
        ),
        (
            prompt(|p| p.temperature = Some(f32::NAN)),
            "invalid-prompt",
            "prompt for model `nova-lite` is invalid: `temperature` is NaN, expected 0 to 1",
        ),
    ] {
        let error = models.generate(&model, &change).await.unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, expected));
        let error = models.stream(&model, &change).await.unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, expected));
    }
    model.enabled = false;
    let error = models.generate(&model, &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(error.code(), "disabled-model");
    let error = models.stream(&model, &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(error.code(), "disabled-model");
    assert_eq!(server.requests().len(), calls);
}

#[tokio::test]
async fn without_a_region_there_is_no_call() {
    let server = FakeServer::saying(|| answer(200, &[], NOVA));
    let aws = server.sdk_config().region(None).build();
    let models = models(&aws, Duration::from_secs(60));
    for id in ["nova-lite", "text-generation"] {
        let error = models.generate(&model(id), &Prompt::new("Hello")).await.unwrap_err();
        assert_eq!(error.to_string(), format!("model `{id}` failed: no AWS region is configured"));
        assert!(error.hint().unwrap().contains("`AWS_REGION`"));
        assert!(models.stream(&model(id), &Prompt::new("Hello")).await.is_err());
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn without_credentials_or_client_the_error_says_what_to_set() {
    let server = FakeServer::saying(|| answer(200, &[], NOVA));
    let complete = server.sdk_config().build();
    let mut without_credentials = complete.to_builder();
    without_credentials.set_credentials_provider(None);
    let mut without_client = complete.to_builder();
    without_client.set_http_client(None);
    for (aws, named) in [
        (without_credentials.build(), "`AWS_ACCESS_KEY_ID`"),
        (without_client.build(), "`http_client`"),
    ] {
        for id in ["nova-lite", "text-generation"] {
            let models = models(&aws, Duration::from_secs(60));
            let error = models.generate(&model(id), &Prompt::new("Hello")).await.unwrap_err();
            assert_eq!(error.code(), "model-failed");
            assert!(error.hint().unwrap().contains(named), "{error}: {:?}", error.hint());
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_with_its_cause() {
    let server = FakeServer::new(|_| {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        std::future::ready(ConnectorError::io(refused.into()))
    });
    let error =
        server.models().generate(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "model `nova-lite` failed: no answer: io error: connection refused"
    );
    let hint = error.hint().unwrap();
    assert!(hint.contains("`us-west-2`"), "{hint}");
    assert!(hint.contains("`AWS_ENDPOINT_URL_BEDROCK_RUNTIME`"), "{hint}");
}

#[tokio::test]
async fn broken_answers_are_failures_that_name_the_request() {
    let huge = format!(r#"{{"output":"{}"}}"#, "x".repeat(5_000_000));
    let deep = "[".repeat(100_000);
    for (id, body) in [
        ("nova-lite", ""),
        ("nova-lite", "<html></html>"),
        ("nova-lite", "{}"),
        ("nova-lite", "null"),
        ("nova-lite", r#"{"output":{"message":{"content":"Hi"}},"stopReason":"end_turn"}"#),
        ("nova-lite", r#"{"output":{"message":{"content":[]}}}"#),
        ("nova-lite", huge.as_str()),
        ("nova-lite", deep.as_str()),
        ("llama-3-8b", r#"{"generation":1,"stop_reason":"stop"}"#),
        ("claude-haiku-4.5", r#"{"content":[{"type":"text"}],"stop_reason":"end_turn"}"#),
        ("text-generation", ""),
        ("text-generation", "[]"),
        ("text-generation", "[[]]"),
        ("text-generation", r#"[{"text":"Hi"}]"#),
        ("text-generation", r#"{"generated_text":null}"#),
        ("text-generation", deep.as_str()),
    ] {
        let body = body.to_owned();
        let server = FakeServer::saying(move || answer(200, &[], &body));
        let error = server.models().generate(&model(id), &Prompt::new("Hello")).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("model `{id}` failed: the answer was not understood: ")),
            "{text}"
        );
        assert!(text.ends_with(" (request id `REQUEST1`)"), "{text}");
        assert!(text.len() < 1_200, "{}", text.len());
    }
}

#[tokio::test]
async fn a_long_answer_comes_whole() {
    let text = "é".repeat(3_000_000);
    let body = NOVA.replace("Hi", &text);
    let server = FakeServer::saying(move || answer(200, &[], &body));
    let generation = server.models().generate(&model("nova-lite"), &Prompt::new("Hello")).await;
    assert_eq!(generation.unwrap().text, text);
}

#[tokio::test]
async fn a_refusal_is_told_with_code_message_status_and_request() {
    let words = "User: arn:aws:iam::111122223333:user/me is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0 because no identity-based policy allows the bedrock:InvokeModel action";
    let server = FakeServer::saying(|| refusal(403, "AccessDeniedException", words));
    let error =
        server.models().generate(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "access to model `nova-lite` is denied: `AccessDeniedException`: {words} (status 403, request id `REQUEST1`)"
        )
    );
    assert_eq!(
        error.hint().unwrap(),
        "allow `bedrock:InvokeModel` on `arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0`"
    );
}

#[tokio::test]
async fn throttling_tells_when_to_try_again() {
    for (headers, expected, hint) in [
        (vec![("retry-after", "7")], Some(7), "try again in 7 s"),
        (
            vec![
                ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"),
                ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ],
            Some(10),
            "try again in 10 s",
        ),
        (vec![("retry-after", "99999999999999999999")], None, "try again in a minute"),
        (vec![("retry-after", "18446744073709551615")], None, "try again in a minute"),
        (vec![("retry-after", "soon")], None, "try again in a minute"),
        (vec![], None, "try again in a minute"),
    ] {
        let server = FakeServer::saying(move || {
            let mut response = refusal(429, "ThrottlingException", "Too many tokens");
            for (name, value) in headers.clone() {
                response.headers_mut().insert(name, value);
            }
            response
        });
        let error =
            server.models().generate(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap_err();
        assert!(error.hint().unwrap().starts_with(hint), "{:?}", error.hint());
        let ModelError::Throttled { retry_after, message, .. } = error else { panic!("{error:?}") };
        assert_eq!(retry_after.map(|time| time.as_secs()), expected);
        assert_eq!(
            message,
            "`ThrottlingException`: Too many tokens (status 429, request id `REQUEST1`)"
        );
    }
}

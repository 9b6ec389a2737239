//! The models that misbehave, asked for a plain answer.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use sandbox::staged::{Family, Staged};
use sandbox::{Service, Tokens};

use crate::bedrock::{NOVA, client, patient_client, question, say, send, words};
use crate::bedrock_streams::{eventually_logged, open};
use crate::support::sandbox;

#[tokio::test]
async fn each_refusal_has_the_status_and_type_that_its_row_says() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let mut refused = HashSet::new();
    for staged in Staged::ALL {
        let Some((status, code)) = staged.error(Service::Bedrock) else { continue };
        refused.insert(staged);
        for family in Family::ALL {
            let model = staged.model_id(family);
            let plain = words(send(&client, &model, question(&model, "x", 9).to_string()).await);
            assert!(plain.starts_with(&format!("{status} {code}: ")), "{model}: {plain}");
            assert!(plain.len() > format!("{status} {code}: ").len(), "{model}: {plain}");
            let streamed = words(open(&client, &model, "x").await);
            assert_eq!(plain, streamed.replace("InvokeModelWithResponseStream", "InvokeModel"));
        }
    }
    assert_eq!(refused.len(), 12, "{refused:?}");
}

/// The SDK knows every one of these errors as a type of its own.
#[tokio::test]
async fn each_refusal_is_one_that_the_sdk_knows() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for staged in Staged::ALL {
        if staged.error(Service::Bedrock).is_none() {
            continue;
        }
        let model = staged.model_id(Family::Amazon);
        let error = send(&client, &model, question(&model, "x", 9).to_string()).await.unwrap_err();
        let error = error.into_service_error();
        let known = error.is_access_denied_exception()
            || error.is_resource_not_found_exception()
            || error.is_throttling_exception()
            || error.is_service_quota_exceeded_exception()
            || error.is_model_not_ready_exception()
            || error.is_service_unavailable_exception()
            || error.is_internal_server_exception()
            || error.is_model_error_exception()
            || error.is_model_timeout_exception();
        assert!(known, "{staged}: {error:?}");
    }
}

#[tokio::test]
async fn a_denial_names_the_caller_the_action_and_the_model() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let model = Staged::Denied.model_id(Family::Anthropic);
    assert_eq!(
        words(send(&client, &model, "{}").await),
        "403 AccessDeniedException: User: arn:aws:iam::111122223333:user/main is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/anthropic.sandbox-denied-v1:0 because no identity-based policy allows the bedrock:InvokeModel action"
    );
    assert!(words(open(&client, &model, "x").await).ends_with(
        "because no identity-based policy allows the bedrock:InvokeModelWithResponseStream action"
    ));
    let calls = sandbox.calls();
    assert!(calls.iter().all(|call| call.refused && call.status == 403), "{calls:?}");
    assert!(calls.iter().all(|call| call.needs.is_empty()), "{calls:?}");
}

#[tokio::test]
async fn a_throttled_call_is_tried_again_in_vain() {
    let sandbox = sandbox().await;
    let model = Staged::Throttled.model_id(Family::Amazon);
    let answer =
        send(&patient_client(&sandbox), &model, question(&model, "x", 9).to_string()).await;
    assert_eq!(
        words(answer),
        "429 ThrottlingException: Too many requests, please wait before trying again."
    );
    assert_eq!(sandbox.calls().len(), 3);
}

#[tokio::test]
async fn only_the_variant_says_when_to_come_back() {
    let sandbox = sandbox().await;
    for (staged, expected) in [(Staged::Throttled, None), (Staged::ThrottledRetryAfter, Some("1"))]
    {
        let model = staged.model_id(Family::Meta);
        let error = send(&client(&sandbox), &model, "{}").await.unwrap_err();
        let SdkError::ServiceError(error) = error else { panic!("{error:?}") };
        assert_eq!(error.raw().headers().get("retry-after"), expected, "{staged}");
    }
}

#[tokio::test]
async fn a_flaky_model_answers_the_third_attempt() {
    let sandbox = sandbox().await;
    let model = Staged::Flaky.model_id(Family::Amazon);
    let said = say(&patient_client(&sandbox), &model, "one two").await;
    assert!(said.starts_with("You said: one two "), "{said}");
    let statuses: Vec<u16> = sandbox.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [429, 429, 200]);
    // A client that does not try again is throttled, however often it calls.
    for _ in 0..4 {
        let once = send(&client(&sandbox), &model, question(&model, "x", 9).to_string()).await;
        assert!(words(once).starts_with("429 ThrottlingException"));
    }
}

#[tokio::test]
async fn a_slow_model_sees_its_client_leave() {
    let sandbox = sandbox().await;
    let model = Staged::Slow.model_id(Family::Meta);
    let client = client(&sandbox);
    let asked = Instant::now();
    let call = send(&client, &model, question(&model, "x", 9).to_string());
    assert!(tokio::time::timeout(Duration::from_millis(200), call).await.is_err());
    let call = eventually_logged(&sandbox).await;
    assert!(asked.elapsed() < Duration::from_secs(6), "it noticed late");
    assert!(call.abandoned, "{call:?}");
    assert_eq!((call.status, call.action.as_str()), (499, "bedrock:InvokeModel"));
}

#[tokio::test]
async fn a_garbled_answer_is_no_json_and_a_cut_one_no_answer() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let model = Staged::Garbled.model_id(Family::Anthropic);
    let answer = send(&client, &model, question(&model, "x", 9).to_string()).await.unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(answer.body().as_ref()).is_err());

    let model = Staged::Cut.model_id(Family::Anthropic);
    let error = send(&client, &model, question(&model, "x", 9).to_string()).await.unwrap_err();
    assert!(!matches!(error, SdkError::ServiceError(_)), "{error:?}");
    assert_eq!(error.code(), None);
}

#[tokio::test]
async fn what_answers_answers_as_an_ordinary_model() {
    let sandbox = sandbox().await;
    for staged in [Staged::Breaks, Staged::Held] {
        for family in Family::ALL {
            let said = say(&client(&sandbox), &staged.model_id(family), "one two").await;
            assert!(said.starts_with("You said: one two "), "{said}");
        }
    }
    // And is as strict.
    let model = Staged::Breaks.model_id(Family::Meta);
    assert!(
        words(send(&client(&sandbox), &model, "{}").await).starts_with("400 ValidationException")
    );
}

#[tokio::test]
async fn the_log_tells_the_tokens_of_an_answer_that_comes_to_its_end() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for (model, plain, streamed) in [
        (NOVA.to_owned(), true, true),
        (Staged::Held.model_id(Family::Meta), true, true),
        (Staged::Breaks.model_id(Family::Amazon), true, false),
        (Staged::Denied.model_id(Family::Amazon), false, false),
    ] {
        // A held stream waits for the plain call.
        let stream = open(&client, &model, "one two").await;
        let answer = send(&client, &model, question(&model, "one two", 9).to_string()).await;
        assert_eq!(answer.is_ok(), plain, "{model}");
        if let Ok(mut stream) = stream {
            while let Ok(Some(_)) = stream.body.recv().await {}
        }
        let calls = sandbox.take_calls();
        assert_eq!(calls.len(), 2, "{model}");
        for call in calls {
            assert_eq!(call.model.as_deref(), Some(&*model));
            let told = if call.action == "bedrock:InvokeModel" { plain } else { streamed };
            let tokens = told.then_some(Tokens { input: 2, output: 8 });
            assert_eq!(call.tokens, tokens, "{model} {}", call.action);
        }
    }
}

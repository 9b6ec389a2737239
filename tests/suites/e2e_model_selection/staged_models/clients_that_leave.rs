//! Who goes away before the answer is there cancels the call: nobody pays for what nobody reads.

use std::time::Duration;

use sandbox::Call;

use super::*;
use crate::env::OwnSandbox;

#[tokio::test]
async fn a_stream_that_nobody_reads_any_more_is_cancelled() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let app = serve(env, Staged::Slow, &[]).await;
        let mut events = app.stream("/users/ada/generate/stream", prompt("amazon", "hello")).await;
        assert_eq!(events.next().await.unwrap().0, "text");
        drop(events);
        let call = abandoned(&sandbox).await;
        assert_eq!(call.action, "bedrock:InvokeModelWithResponseStream");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_any_more_is_cancelled() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let app = serve(env, Staged::Slow, &[]).await;
        for (model, action) in
            [("amazon", "bedrock:InvokeModel"), ("sagemaker", "sagemaker:InvokeEndpoint")]
        {
            let request = app.post("/users/ada/generate", prompt(model, "hello"));
            let answer = tokio::time::timeout(Duration::from_millis(500), request).await;
            assert!(answer.is_err(), "{model} was not slow");
            let call = abandoned(&sandbox).await;
            assert_eq!(call.action, action);
        }
    })
    .await;
}

/// The next call whose caller went away; panics where none does in time.
async fn abandoned(sandbox: &OwnSandbox) -> Call {
    for _ in 0..100 {
        if let Some(call) = sandbox.take_calls().into_iter().find(|call| call.abandoned) {
            return call;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no call was given up within 5 s");
}

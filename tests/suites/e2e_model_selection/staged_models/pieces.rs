//! Answers come in pieces while they are made.

use std::time::Duration;

use futures::FutureExt as _;

use super::*;

const PATH: &str = "/users/ada/generate/stream";

#[tokio::test]
async fn the_pieces_of_the_chosen_model_are_its_whole_answer() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for id in ONE_OF_EACH {
            choose(&app, "ada", id).await.json();
            let whole = generate(&app, "ada", "one two three").await.json();
            assert_eq!(whole["model"], id);
            let events = stream(&app, "ada", json!({ "prompt": "one two three" })).await;
            assert_eq!(text_of(&events), whole["text"], "{id}");
            let (name, end) = events.last().unwrap();
            assert_eq!(name, "end", "{id}");
            for member in ["model", "stop_reason", "usage"] {
                assert_eq!(end[member], whole[member], "{id}: {member}");
            }
            let pieces = events.len() - 1;
            assert!(if id == "text-generation" { pieces == 1 } else { pieces > 3 }, "{events:?}");
        }
    })
    .await;
}

/// The model keeps the rest back until it is called a second time, which happens only after the
/// first piece has arrived here: whoever waits for the whole answer waits for ever.
#[tokio::test]
async fn the_first_piece_comes_before_the_last_is_sent() {
    TestEnv::run(async |env| {
        let app = serve(env, Staged::Held, &[]).await;
        for model in ["anthropic", "amazon", "meta"] {
            let mut events = app.stream(PATH, prompt(model, "hello")).await;
            let first = events.next().await.unwrap();
            assert_eq!(first.0, "text", "{model}");
            let second = tokio::time::timeout(Duration::from_millis(50), events.next()).await;
            assert!(second.is_err(), "{model} did not hold back: {second:?}");

            app.post("/users/ada/generate", prompt(model, "hello")).await.json();
            let rest: Vec<_> = events.collect().await;
            assert_eq!(rest.last().unwrap().0, "end", "{model}");
            assert!(text_of(&rest).contains("hello"), "{model}: {rest:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_failure_in_mid_stream_is_the_last_event() {
    TestEnv::run(async |env| {
        for staged in [Staged::Breaks, Staged::Cut] {
            let app = serve(env, staged, &[]).await;
            for model in ["anthropic", "amazon", "meta"] {
                let events = stream(&app, "ada", prompt(model, "hello")).await;
                let (last, pieces) = events.split_last().unwrap();
                assert_eq!(last.0, "error", "{model}: {events:?}");
                assert_eq!(
                    (&last.1["status"], &last.1["code"]),
                    (&json!(502), &json!("model-failed"))
                );
                let detail = format!("the provider of model `{model}` failed");
                assert_eq!(last.1["detail"], detail);
                assert!(last.1["request_id"].is_string(), "{model}");
                assert!(!text_of(pieces).is_empty(), "{model}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_pause_that_is_too_long_is_a_time_out_in_mid_stream() {
    TestEnv::run(async |env| {
        let app = serve(env, Staged::Slow, &[("MODEL_TIMEOUT_SECONDS", "1")]).await;
        let events = stream(&app, "ada", prompt("amazon", "hello")).await;
        let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["text", "error"]);
        assert_eq!(events[1].1["code"], "model-timed-out");
        assert_eq!(events[1].1["detail"], "model `amazon` did not answer in time");
    })
    .await;
}

#[tokio::test]
async fn many_streams_at_once_do_not_mix() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let streams = (0..32).map(|index| {
            let app = &app;
            async move {
                let text = format!("stream number {index}");
                let events = stream(app, "ada", prompt("nova-lite", &text)).await;
                assert!(text_of(&events).starts_with(&format!("You said: {text} ")), "{events:?}");
            }
            .boxed_local()
        });
        futures::future::join_all(streams).await;
    })
    .await;
}

/// A server that stops lets nobody wait for ever.
#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    TestEnv::run(async |env| {
        let app = serve(env, Staged::Slow, &[("SHUTDOWN_GRACE_SECONDS", "0")]).await;
        let mut events = app.stream(PATH, prompt("amazon", "hello")).await;
        assert_eq!(events.next().await.unwrap().0, "text");
        let (rest, ()) = tokio::join!(events.collect::<Vec<_>>(), app.stop());
        assert_eq!(rest.last().map(|(name, _)| name.as_str()), Some("error"), "{rest:?}");
        assert_eq!(rest.last().unwrap().1["code"], "shutting-down");
    })
    .await;
}

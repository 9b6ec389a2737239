//! Every provider and every family answers, through the app.

use super::*;

#[tokio::test]
async fn every_shipped_model_answers_the_user_who_has_chosen_it() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for model in Catalogue::shipped().models().iter().filter(|model| model.enabled) {
            let id = model.id.as_str();
            choose(&app, "ada", id).await.json();
            let answer = generate(&app, "ada", "Name three colours of the sea").await.json();
            assert_eq!(answer["model"], id);
            let text = answer["text"].as_str().unwrap();
            assert!(text.starts_with("You said: Name three colours of the sea"), "{id}: {text}");
            // A text-generation container says neither why it stopped nor what it counted.
            let counts = matches!(model.provider, Provider::Bedrock { .. });
            let reason = if counts { "end-turn" } else { "unknown" };
            assert_eq!(answer["stop_reason"], reason, "{id}");
            let counted = answer["usage"]["output_tokens"].as_u64();
            assert_eq!(counted.is_some_and(|tokens| tokens > 0), counts, "{id}: {answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_choice_answers_alike_after_a_restart() {
    TestEnv::run(async |env| {
        let database = env.file("app.sqlite");
        let changes = [("DATABASE_FILE", database.as_str())];
        let app = env.serve_with(&changes).await;
        let mut before = Vec::new();
        for id in ONE_OF_EACH {
            // Everybody is called like the model that they choose.
            choose(&app, id, id).await.json();
            before.push(generate(&app, id, "hello").await.json());
        }
        app.stop().await;

        let app = env.serve_with(&changes).await;
        for (id, before) in ONE_OF_EACH.into_iter().zip(before) {
            let after = generate(&app, id, "hello").await.json();
            assert_eq!(after["model"], id);
            assert_eq!(after, before);
            let events = stream(&app, id, json!({ "prompt": "hello" })).await;
            assert_eq!(text_of(&events), before["text"]);
            assert_eq!(events.last().unwrap().1["model"], id);
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_model_is_told_beforehand_reaches_it() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for id in ONE_OF_EACH {
            let plain = app.post("/users/ada/generate", prompt(id, "hello")).await.json();
            let mut body = prompt(id, "hello");
            body["system"] = json!("Be brief and kind.");
            let told = app.post("/users/ada/generate", body).await.json();
            if id == "text-generation" {
                // A container knows one text only: both together.
                let text = told["text"].as_str().unwrap();
                assert!(text.starts_with("You said: Be brief and kind. hello"), "{text}");
            } else {
                let read = |answer: &Value| answer["usage"]["input_tokens"].as_u64().unwrap();
                assert!(read(&told) > read(&plain), "{id}: {told}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn another_model_gives_another_answer() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        choose(&app, "ada", "nova-lite").await.json();
        let one = generate(&app, "ada", "hello").await.json();
        choose(&app, "ada", "nova-micro").await.json();
        let other = generate(&app, "ada", "hello").await.json();
        assert_eq!(other["model"], "nova-micro");
        assert_ne!(one["text"], other["text"]);
        // For one answer, without being chosen.
        let answer = app.post("/users/ada/generate", prompt("nova-lite", "hello")).await.json();
        assert_eq!(answer["text"], one["text"]);
        let again = generate(&app, "ada", "hello").await.json();
        assert_eq!(again["text"], other["text"]);
    })
    .await;
}

#[tokio::test]
async fn the_limit_on_tokens_is_kept() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for id in ONE_OF_EACH {
            let mut body = prompt(id, "one two three four five six");
            body["max_tokens"] = json!(3);
            let answer = app.post("/users/ada/generate", body).await.json();
            assert_eq!(answer["text"], "You said: one", "{id}");
            if id != "text-generation" {
                assert_eq!(answer["stop_reason"], "max-tokens", "{id}");
                assert_eq!(answer["usage"]["output_tokens"], 3, "{id}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn text_of_any_script_comes_back_unharmed() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let text = "Grüße, 世界! \u{1f980} \"quoted\" \\ \u{202e}odd <b>tag</b>";
        for id in ONE_OF_EACH {
            let answer = app.post("/users/ada/generate", prompt(id, text)).await.json();
            let said = answer["text"].as_str().unwrap();
            assert!(said.starts_with(&format!("You said: {text} ")), "{id}: {said}");
            assert_eq!(text_of(&stream(&app, "ada", prompt(id, text)).await), said, "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_model_that_is_busy_at_first_answers_in_the_end() {
    TestEnv::run(async |env| {
        let app = serve(env, Staged::Flaky, &[]).await;
        for model in ["anthropic", "amazon", "meta", "sagemaker"] {
            let answer = app.post("/users/ada/generate", prompt(model, "hello")).await.json();
            assert!(answer["text"].as_str().unwrap().starts_with("You said: hello"), "{model}");
        }
    })
    .await;
}

//! A user chooses a model, switches, finds it again, and goes back to the default.

use serde_json::json;

use super::{Entry, catalogue, choose, current, generate, switches};
use crate::env::TestEnv;

fn chosen(model: &str) -> (String, String) {
    (model.to_owned(), "chosen".to_owned())
}

fn default(model: &str) -> (String, String) {
    (model.to_owned(), "default".to_owned())
}

#[tokio::test]
async fn who_has_chosen_nothing_has_the_default() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let models = app.get("/models").await.json();
        let answer = app.get("/users/ada/model").await.json();
        assert_eq!(answer["model"], models["default"]);
        assert_eq!(answer["source"], "default");
        assert_eq!(answer["usable"], true);
        assert_eq!(answer["chosen_at"], json!(null));
        assert_eq!(switches(&app, "ada").await, []);
    })
    .await;
}

#[tokio::test]
async fn a_choice_is_found_again() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let answer = choose(&app, "ada", "nova-micro").await.json();
        assert_eq!(answer["model"], "nova-micro");
        assert_eq!(answer["source"], "chosen");
        assert_eq!(app.get("/users/ada/model").await.json(), answer);
    })
    .await;
}

#[tokio::test]
async fn a_second_choice_replaces_the_first() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        choose(&app, "ada", "nova-micro").await.json();
        choose(&app, "ada", "claude-haiku-4.5").await.json();
        assert_eq!(current(&app, "ada").await, chosen("claude-haiku-4.5"));
    })
    .await;
}

#[tokio::test]
async fn every_enabled_model_can_be_chosen() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let models = app.get("/models").await.json();
        for model in models["models"].as_array().unwrap() {
            let id = model["id"].as_str().unwrap();
            let answer = choose(&app, "ada", id).await;
            if model["enabled"] == true {
                assert_eq!(answer.json()["model"], id);
            } else {
                assert_eq!(answer.problem(409)["code"], "disabled-model");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_reset_goes_back_to_the_default() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let before = current(&app, "ada").await;
        choose(&app, "ada", "nova-micro").await.json();
        let answer = app.delete("/users/ada/model").await.json();
        assert_eq!(answer["source"], "default");
        assert_eq!(current(&app, "ada").await, before);
    })
    .await;
}

#[tokio::test]
async fn a_reset_of_nothing_is_fine_and_recorded_nowhere() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for _ in 0..2 {
            assert_eq!(app.delete("/users/ada/model").await.json()["source"], "default");
        }
        assert_eq!(switches(&app, "ada").await, []);
    })
    .await;
}

#[tokio::test]
async fn two_users_do_not_see_each_other() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let untouched = current(&app, "grace").await;
        choose(&app, "ada", "nova-micro").await.json();
        assert_eq!(current(&app, "grace").await, untouched);
        assert_eq!(switches(&app, "grace").await, []);

        choose(&app, "grace", "llama-3-8b").await.json();
        assert_eq!(current(&app, "ada").await, chosen("nova-micro"));
        assert_eq!(switches(&app, "ada").await, [(json!(null), json!("nova-micro"))]);

        app.delete("/users/ada/model").await.json();
        assert_eq!(current(&app, "grace").await, chosen("llama-3-8b"));
    })
    .await;
}

#[tokio::test]
async fn users_are_told_apart_by_every_byte() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        choose(&app, "ada", "nova-micro").await.json();
        // Case, a space, a composed and a decomposed letter, a slash.
        for other in ["Ada", "ada%20", "ad%C3%A1", "ada%CC%81", "ada%2F"] {
            assert_eq!(current(&app, other).await.1, "default", "{other}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_model_is_refused_with_the_nearest_ones_first() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        choose(&app, "ada", "nova-lite").await.json();
        let problem = choose(&app, "ada", "nova-mikro").await.problem(404);
        assert_eq!(problem["code"], "unknown-model");
        assert_eq!(problem["detail"], "no model `nova-mikro`");
        let hint =
            "choose `nova-micro`, `nova-lite`, `nova-2-lite`, or another one of the catalogue";
        assert_eq!(problem["hint"], hint);
        let valid = problem["valid_models"].as_array().unwrap();
        assert_eq!(valid[0], "nova-micro");
        let models = app.get("/models").await.json();
        let enabled = models["models"].as_array().unwrap().iter();
        assert_eq!(valid.len(), enabled.filter(|model| model["enabled"] == true).count());
        // What was refused has changed nothing.
        assert_eq!(current(&app, "ada").await, chosen("nova-lite"));
        assert_eq!(switches(&app, "ada").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_model_is_refused() {
    TestEnv::run(async |env| {
        let entries = [
            Entry::bedrock("first", "amazon.nova-lite-v1:0"),
            Entry::bedrock("second", "amazon.nova-micro-v1:0").disabled(),
        ];
        let app = catalogue::serve(env, &entries).await;
        let body = json!({ "prompt": "hello", "model": "second" });
        for answer in [
            choose(&app, "ada", "second").await,
            app.post("/users/ada/generate", body.clone()).await,
            app.post("/users/ada/generate/stream", body).await,
        ] {
            let problem = answer.problem(409);
            assert_eq!(problem["code"], "disabled-model");
            assert_eq!(problem["detail"], "model `second` is disabled");
            assert_eq!(problem["valid_models"], json!(["first"]));
        }
        assert_eq!(current(&app, "ada").await, default("first"));
    })
    .await;
}

/// Never another model in silence.
#[tokio::test]
async fn a_choice_that_was_disabled_or_removed_since_is_told_and_not_replaced() {
    TestEnv::run(async |env| {
        let database = env.file("app.sqlite");
        let first = || Entry::bedrock("first", "amazon.nova-lite-v1:0");
        let second = || Entry::bedrock("second", "amazon.nova-micro-v1:0");
        let both = catalogue::write(env, "both.toml", &[first(), second()]);
        let disabled = catalogue::write(env, "disabled.toml", &[first(), second().disabled()]);
        let removed = catalogue::write(env, "removed.toml", &[first()]);

        let changes = [("DATABASE_FILE", database.as_str()), ("MODEL_CATALOGUE", &both)];
        let app = env.serve_with(&changes).await;
        choose(&app, "ada", "second").await.json();
        app.stop().await;

        for (file, status, code) in
            [(&disabled, 409, "disabled-model"), (&removed, 404, "unknown-model")]
        {
            let changes = [("DATABASE_FILE", database.as_str()), ("MODEL_CATALOGUE", file)];
            let app = env.serve_with(&changes).await;
            let answer = app.get("/users/ada/model").await.json();
            assert_eq!((&answer["model"], &answer["usable"]), (&json!("second"), &json!(false)));
            assert_eq!(answer["reason"]["code"], code);
            let streamed = app.post("/users/ada/generate/stream", json!({ "prompt": "hello" }));
            for answer in [generate(&app, "ada", "hello").await, streamed.await] {
                let problem = answer.problem(status);
                assert_eq!(problem["code"], code);
                let hint =
                    "this user has chosen the model while it could be used: choose another one";
                assert_eq!(problem["hint"], hint);
            }
            app.stop().await;
        }

        // It is still the user's choice when it can be used again.
        let changes = [("DATABASE_FILE", database.as_str()), ("MODEL_CATALOGUE", &both)];
        let app = env.serve_with(&changes).await;
        assert_eq!(current(&app, "ada").await, chosen("second"));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_default_follows_the_catalogue() {
    TestEnv::run(async |env| {
        let database = env.file("app.sqlite");
        for name in ["first", "second"] {
            let entries = [Entry::bedrock(name, "amazon.nova-lite-v1:0")];
            let file = catalogue::write(env, "models.toml", &entries);
            let changes = [("DATABASE_FILE", database.as_str()), ("MODEL_CATALOGUE", &file)];
            let app = env.serve_with(&changes).await;
            assert_eq!(current(&app, "ada").await, default(name));
            app.stop().await;
        }
    })
    .await;
}

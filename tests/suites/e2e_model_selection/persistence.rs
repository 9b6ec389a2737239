//! What survives a restart of the server.

use serde_json::json;

use super::{choose, current, switches};
use crate::env::TestEnv;

#[tokio::test]
async fn choices_and_history_survive_a_restart() {
    TestEnv::run(async |env| {
        let database = env.file("app.sqlite");
        let changes = [("DATABASE_FILE", database.as_str())];
        let app = env.serve_with(&changes).await;
        choose(&app, "ada", "nova-micro").await.json();
        choose(&app, "grace", "nova-micro").await.json();
        choose(&app, "grace", "llama-3-8b").await.json();
        let ada = app.get("/users/ada/model").await.json();
        let history = app.get("/users/grace/model/history").await.json();
        app.stop().await;

        let app = env.serve_with(&changes).await;
        assert_eq!(app.get("/users/ada/model").await.json(), ada);
        assert_eq!(app.get("/users/grace/model/history").await.json(), history);
        // It goes on where it stopped.
        choose(&app, "grace", "nova-lite").await.json();
        let expected = (json!("llama-3-8b"), json!("nova-lite"));
        assert_eq!(switches(&app, "grace").await[0], expected);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn two_servers_on_one_file_see_the_same() {
    TestEnv::run(async |env| {
        let database = env.file("app.sqlite");
        let changes = [("DATABASE_FILE", database.as_str())];
        let one = env.serve_with(&changes).await;
        let other = env.serve_with(&changes).await;
        choose(&one, "ada", "nova-micro").await.json();
        assert_eq!(current(&other, "ada").await.0, "nova-micro");
        choose(&other, "ada", "nova-lite").await.json();
        assert_eq!(current(&one, "ada").await.0, "nova-lite");
        assert_eq!(switches(&one, "ada").await, switches(&other, "ada").await);
        one.stop().await;
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_database_in_memory_forgets() {
    TestEnv::run(async |env| {
        let one = env.serve().await;
        let other = env.serve().await;
        choose(&one, "ada", "nova-micro").await.json();
        assert_eq!(current(&other, "ada").await.1, "default");
        one.stop().await;
        let again = env.serve().await;
        assert_eq!(current(&again, "ada").await.1, "default");
    })
    .await;
}

/// What was acknowledged is there for whoever comes after, though nobody closed anything.
#[tokio::test]
async fn a_choice_survives_a_server_that_just_vanishes() {
    TestEnv::run(async |env| {
        let database = env.file("app.sqlite");
        let changes = [("DATABASE_FILE", database.as_str())];
        let app = env.serve_with(&changes).await;
        choose(&app, "ada", "nova-micro").await.json();
        // As a process that was killed leaves it: the file, its write-ahead log, and nothing tidied.
        let copy = env.file("copy.sqlite");
        for suffix in ["", "-wal"] {
            let from = format!("{database}{suffix}");
            if std::fs::exists(&from).unwrap() {
                std::fs::copy(&from, format!("{copy}{suffix}")).unwrap();
            }
        }
        let after = env.serve_with(&[("DATABASE_FILE", copy.as_str())]).await;
        assert_eq!(current(&after, "ada").await.0, "nova-micro");
        app.stop().await;
        after.stop().await;
    })
    .await;
}

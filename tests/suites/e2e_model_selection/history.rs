//! What a user chose when.

use serde_json::{Value, json};

use super::{choose, switches, time_of};
use crate::api::Api;
use crate::env::TestEnv;

#[tokio::test]
async fn every_switch_is_recorded_the_latest_first() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        choose(&app, "ada", "nova-micro").await.json();
        choose(&app, "ada", "nova-lite").await.json();
        // The same again is a decision, too.
        choose(&app, "ada", "nova-lite").await.json();
        app.delete("/users/ada/model").await.json();
        let expected = [
            (json!("nova-lite"), json!(null)),
            (json!("nova-lite"), json!("nova-lite")),
            (json!("nova-micro"), json!("nova-lite")),
            (json!(null), json!("nova-micro")),
        ];
        assert_eq!(switches(&app, "ada").await, expected);
    })
    .await;
}

#[tokio::test]
async fn the_last_switch_has_the_time_of_the_choice() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let answer = choose(&app, "ada", "nova-micro").await.json();
        let history = app.get("/users/ada/model/history").await.json();
        assert_eq!(history["switches"][0]["switched_at"], answer["chosen_at"]);
        let age = std::time::SystemTime::now().duration_since(time_of(&answer["chosen_at"]));
        assert!(age.unwrap().as_secs() < 60, "{answer}");
    })
    .await;
}

#[tokio::test]
async fn pages_join_without_gap_or_overlap() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for model in ["nova-micro", "nova-lite"].into_iter().cycle().take(7) {
            choose(&app, "ada", model).await.json();
            // Another's switches stand between them.
            choose(&app, "grace", model).await.json();
        }
        let whole = page(&app, "limit=100").await;
        assert_eq!(whole.0.len(), 7);
        assert_eq!(whole.1, json!(null));
        let sequences: Vec<i64> = whole.0.iter().map(sequence).collect();
        assert!(sequences.is_sorted_by(|one, next| one > next), "{sequences:?}");

        let mut pieces = Vec::new();
        let mut query = "limit=3".to_owned();
        loop {
            let (switches, next) = page(&app, &query).await;
            assert!(switches.len() <= 3);
            pieces.extend(switches);
            if next.is_null() {
                break;
            }
            query = format!("limit=3&before={next}");
        }
        assert_eq!(pieces, whole.0);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_makes_no_sense_is_refused() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for query in ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "before=0", "after=1"] {
            let answer = app.get(&format!("/users/ada/model/history?{query}")).await;
            assert_eq!(answer.problem(400)["code"], "invalid-query", "{query}");
        }
    })
    .await;
}

async fn page(api: &Api, query: &str) -> (Vec<Value>, Value) {
    let mut answer = api.get(&format!("/users/ada/model/history?{query}")).await.json();
    let next = answer["next_before"].take();
    match answer["switches"].take() {
        Value::Array(switches) => (switches, next),
        other => panic!("{other} is no list of switches"),
    }
}

fn sequence(switch: &Value) -> i64 {
    switch["sequence"].as_i64().unwrap()
}

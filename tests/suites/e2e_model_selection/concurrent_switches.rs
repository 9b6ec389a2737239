//! Many switches at the same moment: all of them recorded, in an order, and the last one wins.

use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::{choose, current, time_of};
use crate::api::Api;
use crate::env::TestEnv;

const MODELS: [&str; 3] = ["nova-micro", "nova-lite", "llama-3-8b"];

#[tokio::test]
async fn hundreds_of_switches_of_one_user_are_a_chain() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        switch_at_once(&[&app], &["ada"], 300).await;
        assert_chain(&app, "ada", 300).await;
    })
    .await;
}

#[tokio::test]
async fn hundreds_of_switches_of_many_users_are_a_chain_each() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let users = ["ada", "grace", "edsger", "barbara", "tony"];
        switch_at_once(&[&app], &users, 300).await;
        for user in users {
            assert_chain(&app, user, 60).await;
        }
    })
    .await;
}

#[tokio::test]
async fn two_servers_on_one_file_lose_no_switch() {
    TestEnv::run(async |env| {
        let database = env.file("app.sqlite");
        let changes = [("DATABASE_FILE", database.as_str())];
        let one = env.serve_with(&changes).await;
        let other = env.serve_with(&changes).await;
        switch_at_once(&[&one, &other], &["ada"], 200).await;
        assert_chain(&one, "ada", 200).await;
        assert_eq!(current(&one, "ada").await, current(&other, "ada").await);
        one.stop().await;
        other.stop().await;
    })
    .await;
}

/// Whoever resets reads before it writes: what it has read must still hold then.
#[tokio::test]
async fn resets_among_switches_are_links_of_the_chain() {
    TestEnv::run(async |env| {
        let database = env.file("app.sqlite");
        let changes = [("DATABASE_FILE", database.as_str())];
        let servers = [env.serve_with(&changes).await, env.serve_with(&changes).await];
        let switches = stream::iter(0..200).for_each_concurrent(64, async |index| {
            let server = &servers[index % 2];
            if index % 4 < 2 {
                choose(server, "ada", MODELS[index % MODELS.len()]).await.json();
            } else {
                server.delete("/users/ada/model").await.json();
            }
        });
        switches.await;
        let history = history(&servers[0], "ada").await;
        assert_links(&servers[0], "ada", &history).await;
        assert_eq!(history.iter().filter(|switch| !switch["to"].is_null()).count(), 100);
        // A reset of nothing is none.
        let nothing = |switch: &&Value| switch["from"].is_null() && switch["to"].is_null();
        assert_eq!(history.iter().find(nothing), None);
        for server in servers {
            server.stop().await;
        }
    })
    .await;
}

/// Makes `count` switches, as many at once as a machine's clients would.
async fn switch_at_once(servers: &[&Api], users: &[&str], count: usize) {
    let switches = stream::iter(0..count).for_each_concurrent(64, async |index| {
        let server = servers[index % servers.len()];
        choose(server, users[index % users.len()], MODELS[index % MODELS.len()]).await.json();
    });
    switches.await;
}

/// [`assert_links`], with no switch missing.
async fn assert_chain(api: &Api, user: &str, count: usize) {
    let history = history(api, user).await;
    assert_eq!(history.len(), count);
    assert_links(api, user, &history).await;
}

/// Every switch begins where the one before ended, and the last is in force.
async fn assert_links(api: &Api, user: &str, history: &[Value]) {
    match current(api, user).await {
        (model, source) if source == "chosen" => assert_eq!(history[0]["to"], model),
        _ => assert!(history[0]["to"].is_null(), "{}", history[0]),
    }
    assert!(history.last().unwrap()["from"].is_null());
    for pair in history.windows(2) {
        let (later, earlier) = (&pair[0], &pair[1]);
        assert_eq!(later["from"], earlier["to"], "{earlier} {later}");
        assert!(later["sequence"].as_i64() > earlier["sequence"].as_i64());
        assert!(time_of(&later["switched_at"]) >= time_of(&earlier["switched_at"]));
    }
}

/// All of it, the latest first.
async fn history(api: &Api, user: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut before = String::new();
    loop {
        let path = format!("/users/{user}/model/history?limit=100{before}");
        let page = api.get(&path).await.json();
        all.extend(page["switches"].as_array().unwrap().iter().cloned());
        match &page["next_before"] {
            Value::Null => return all,
            next => before = format!("&before={next}"),
        }
    }
}

//! Answers that are held back.

use std::time::{Duration, Instant};

use aws_sdk_s3::Client;
use sandbox::{AccessKey, Config, Latency, Sandbox};

use crate::support::{ACCOUNT, KEY, SECRET, client, refusal, sandbox};

const MS: Duration = Duration::from_millis(1);

async fn sandbox_with(latency: Latency) -> (Sandbox, Client) {
    let config = Config { latency: Some(latency), ..Config::default() };
    let sandbox = Sandbox::start(config).await.unwrap();
    sandbox.add_access_key(AccessKey::user(ACCOUNT, "main", KEY, SECRET));
    let client = client(&sandbox);
    (sandbox, client)
}

/// How long one call takes, from before it is made until its answer is there.
async fn time_of(call: impl Future) -> Duration {
    let started = Instant::now();
    call.await;
    started.elapsed()
}

#[tokio::test]
async fn every_answer_is_held_back_a_refusal_too() {
    let (_sandbox, client) = sandbox_with(Latency { fixed: 60 * MS, ..Latency::default() }).await;
    assert!(time_of(client.list_buckets().send()).await >= 60 * MS);
    let missing = async {
        let refused = client.list_objects_v2().bucket("nobody-made-it").send().await;
        assert_eq!(refusal(refused), "404 NoSuchBucket");
    };
    assert!(time_of(missing).await >= 60 * MS);
}

#[tokio::test]
async fn answers_are_held_back_side_by_side() {
    let (_sandbox, client) = sandbox_with(Latency { fixed: 250 * MS, ..Latency::default() }).await;
    let together = futures::future::join_all((0..8).map(|_| client.list_buckets().send()));
    let time = time_of(together).await;
    assert!(time >= 250 * MS, "{time:?}");
    // One after another they would take two seconds.
    assert!(time < 1_500 * MS, "{time:?}");
}

#[tokio::test]
async fn noise_differs_from_answer_to_answer() {
    let (_sandbox, client) =
        sandbox_with(Latency { fixed: 10 * MS, noise: 100 * MS, seed: 3 }).await;
    let mut times = Vec::new();
    for _ in 0..10 {
        times.push(time_of(client.list_buckets().send()).await);
    }
    times.sort();
    assert!(times[0] >= 10 * MS, "{times:?}");
    // With this seed they are spread over most of the 100 ms; without noise, over what the machine adds.
    assert!(times[7] - times[1] > 30 * MS, "{times:?}");
}

#[tokio::test]
async fn without_it_answers_come_at_once() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let mut times = Vec::new();
    for _ in 0..10 {
        times.push(time_of(client.list_buckets().send()).await);
    }
    // The fastest of ten, since the machine may be busy.
    assert!(times.iter().min().unwrap() < &(20 * MS), "{times:?}");
}

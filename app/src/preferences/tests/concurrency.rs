//! Many switches at once, in one process and in several, and switches that nobody waits for any longer.

use std::collections::HashSet;
use std::slice;

use futures::future::join_all;
use tempfile::TempDir;

use super::*;

async fn in_file(folder: &TempDir) -> Preferences {
    let file = folder.path().join("app.sqlite");
    Preferences::open(&DatabaseLocation::File(file)).await.unwrap()
}

/// Lets every user switch so often, all at once, through each of `doors` in turn.
async fn switch_at_once(doors: &[Preferences], users: &[UserId], per_user: usize) {
    let mut tasks = Vec::new();
    for index in 0..users.len() * per_user {
        let preferences = doors[index % doors.len()].clone();
        let user = users[index / doors.len() % users.len()].clone();
        tasks.push(tokio::spawn(async move {
            if index % 7 == 6 {
                preferences.reset(&user).await.map(|_| ())
            } else {
                preferences.choose(&user, &model(&format!("m{index}"))).await.map(|_| ())
            }
        }));
    }
    for done in join_all(tasks).await {
        done.unwrap().unwrap();
    }
}

/// Every user's history is a chain that lost nothing, and no number was given twice.
async fn check_all(preferences: &Preferences, users: &[UserId], chosen: usize) {
    let (mut sequences, mut switches) = (HashSet::new(), 0);
    for user in users {
        check_chain(preferences, user).await;
        for switch in all(preferences, user).await {
            assert!(sequences.insert(switch.sequence), "{switch:?}");
            switches += usize::from(switch.to.is_some());
        }
    }
    assert_eq!(switches, chosen);
}

fn four_users() -> Vec<UserId> {
    ["anna", "ben", "cleo", "dan"].map(user).to_vec()
}

/// How many of so many calls are no resets.
fn chosen(calls: usize) -> usize {
    (0..calls).filter(|index| index % 7 != 6).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_switches_at_once_make_one_chain_per_user() {
    let folder = TempDir::new().unwrap();
    for preferences in [in_memory().await, in_file(&folder).await] {
        let users = four_users();
        switch_at_once(slice::from_ref(&preferences), &users, 125).await;
        check_all(&preferences, &users, chosen(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn switches_through_two_doors_of_one_file_make_one_chain_per_user() {
    let folder = TempDir::new().unwrap();
    let doors = [in_file(&folder).await, in_file(&folder).await];
    let users = four_users();
    switch_at_once(&doors, &users, 75).await;
    for door in &doors {
        check_all(door, &users, chosen(300)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_missing_file_is_opened_by_many_at_once() {
    let folder = TempDir::new().unwrap();
    let doors = join_all((0..12).map(|_| in_file(&folder))).await;
    let anna = user("anna");
    for door in &doors {
        door.choose(&anna, &model("nova")).await.unwrap();
    }
    assert_eq!(check_chain(&doors[0], &anna).await, doors.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_is_opened_used_and_closed_all_the_time() {
    let folder = TempDir::new().unwrap();
    let users = four_users();
    let rounds = users.iter().map(|user| async {
        for round in 0..10 {
            let preferences = in_file(&folder).await;
            preferences.choose(user, &model(&format!("m{round}"))).await.unwrap();
            assert_eq!(check_chain(&preferences, user).await, round + 1);
            preferences.close().await;
        }
    });
    join_all(rounds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_future_leaves_nothing_half_done() {
    let folder = TempDir::new().unwrap();
    let preferences = in_file(&folder).await;
    let anna = user("anna");
    let (mut acknowledged, mut dropped) = (0, 0);
    for round in 0..400_u64 {
        let wanted = model(&format!("m{round}"));
        let patience = Duration::from_micros(round % 100 * 15);
        let switch = async {
            if round % 5 == 4 {
                preferences.reset(&anna).await.unwrap()
            } else {
                Some(preferences.choose(&anna, &wanted).await.unwrap())
            }
        };
        match tokio::time::timeout(patience, switch).await {
            Ok(switch) => acknowledged += usize::from(switch.is_some()),
            Err(_) => dropped += 1,
        }
        if round % 20 == 19 {
            // A commit that was on its way when its future was dropped may still come: after this it has.
            preferences.database.write().await.unwrap().rollback().await.unwrap();
            assert!(check_chain(&preferences, &anna).await >= acknowledged);
        }
    }
    assert!(dropped > 0);
    // Whoever comes next finds a connection that is not in a transaction.
    let last = preferences.choose(&anna, &model("last")).await.unwrap();
    assert_eq!(preferences.current(&anna).await.unwrap().unwrap().chosen_at, last.switched_at);
    assert!(check_chain(&preferences, &anna).await > acknowledged);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_do_not_wait_for_a_writer() {
    let folder = TempDir::new().unwrap();
    let preferences = in_file(&folder).await;
    let anna = user("anna");
    preferences.choose(&anna, &model("nova")).await.unwrap();
    let held = preferences.database.write().await.unwrap();
    let read = async {
        preferences.ping().await.unwrap();
        check_chain(&preferences, &anna).await
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), read).await, Ok(1));
    held.rollback().await.unwrap();
}

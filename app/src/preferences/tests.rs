//! Choices and their history, in memory.

use super::*;

mod concurrency;
mod opening;

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn model(name: &str) -> ModelId {
    ModelId::new(name).unwrap()
}

async fn in_memory() -> Preferences {
    Preferences::open(&DatabaseLocation::Memory).await.unwrap()
}

/// The whole history, the oldest first.
async fn all(preferences: &Preferences, user: &UserId) -> Vec<Switch> {
    let mut switches = preferences.history(user, u32::MAX, None).await.unwrap();
    switches.reverse();
    switches
}

/// Checks what is promised of every history, and gives its length.
async fn check_chain(preferences: &Preferences, user: &UserId) -> usize {
    let switches = all(preferences, user).await;
    assert_eq!(switches.first().and_then(|first| first.from.clone()), None);
    for pair in switches.windows(2) {
        assert_eq!(pair[1].from, pair[0].to, "{pair:?}");
        assert!(pair[1].sequence > pair[0].sequence, "{pair:?}");
        assert!(pair[1].switched_at >= pair[0].switched_at, "{pair:?}");
    }
    let current = preferences.current(user).await.unwrap();
    let last = switches.last().and_then(|last| {
        let model = last.to.clone()?;
        Some(Choice { model, chosen_at: last.switched_at })
    });
    assert_eq!(current, last);
    switches.len()
}

#[tokio::test]
async fn a_choice_holds_until_the_next_one_or_a_reset() {
    let preferences = in_memory().await;
    let anna = user("anna");
    assert_eq!(preferences.current(&anna).await.unwrap(), None);
    assert_eq!(preferences.reset(&anna).await.unwrap(), None);

    let before = SystemTime::now() - Duration::from_millis(1);
    let first = preferences.choose(&anna, &model("nova")).await.unwrap();
    assert_eq!((first.from, first.to), (None, Some("nova".to_owned())));
    assert!(first.switched_at > before && first.switched_at <= SystemTime::now());
    let current = preferences.current(&anna).await.unwrap().unwrap();
    assert_eq!(current, Choice { model: "nova".to_owned(), chosen_at: first.switched_at });

    let again = preferences.choose(&anna, &model("nova")).await.unwrap();
    assert_eq!((again.from.as_deref(), again.to.as_deref()), (Some("nova"), Some("nova")));
    let second = preferences.choose(&anna, &model("llama")).await.unwrap();
    assert_eq!((second.from.as_deref(), second.to.as_deref()), (Some("nova"), Some("llama")));
    assert_eq!(preferences.current(&anna).await.unwrap().unwrap().model, "llama");

    let reset = preferences.reset(&anna).await.unwrap().unwrap();
    assert_eq!((reset.from.as_deref(), reset.to), (Some("llama"), None));
    assert_eq!(preferences.current(&anna).await.unwrap(), None);
    assert_eq!(preferences.reset(&anna).await.unwrap(), None);
    let after = preferences.choose(&anna, &model("nova")).await.unwrap();
    assert_eq!(after.from, None);
    assert_eq!(check_chain(&preferences, &anna).await, 5);
}

#[tokio::test]
async fn users_are_told_apart_byte_by_byte() {
    let preferences = in_memory().await;
    let names = ["anna", "Anna", "anna ", "ann", "ann%", "\u{e9}", "e\u{301}", "a'; --"];
    for (index, name) in names.iter().enumerate() {
        preferences.choose(&user(name), &model(&format!("m{index}"))).await.unwrap();
    }
    for (index, name) in names.iter().enumerate() {
        let current = preferences.current(&user(name)).await.unwrap().unwrap();
        assert_eq!(current.model, format!("m{index}"), "{name:?}");
        assert_eq!(check_chain(&preferences, &user(name)).await, 1);
    }
}

#[tokio::test]
async fn the_history_comes_page_by_page_the_latest_first() {
    let preferences = in_memory().await;
    let (anna, ben) = (user("anna"), user("ben"));
    let mut expected = Vec::new();
    for index in 0..7 {
        expected.push(preferences.choose(&anna, &model(&format!("m{index}"))).await.unwrap());
        preferences.choose(&ben, &model("nova")).await.unwrap();
    }
    expected.reverse();
    for limit in 1..=8 {
        let (mut pages, mut before) = (Vec::new(), None);
        loop {
            let page = preferences.history(&anna, limit, before).await.unwrap();
            assert!(page.len() <= limit as usize && pages.len() <= expected.len());
            let Some(last) = page.last() else { break };
            before = Some(last.sequence);
            pages.extend(page);
        }
        assert_eq!(pages, expected, "{limit}");
    }
    assert_eq!(preferences.history(&anna, 0, None).await.unwrap(), []);
    assert_eq!(preferences.history(&anna, 9, Some(0)).await.unwrap(), []);
    assert_eq!(preferences.history(&anna, 9, Some(i64::MIN)).await.unwrap(), []);
    assert_eq!(preferences.history(&user("nobody"), 9, None).await.unwrap(), []);
}

#[tokio::test]
async fn time_never_goes_back() {
    let preferences = in_memory().await;
    let (anna, ben, nova) = (user("anna"), user("ben"), model("nova"));
    let late = || UNIX_EPOCH + Duration::from_nanos(5_000_001_999);
    let early = || UNIX_EPOCH + Duration::from_secs(3);
    let before_the_epoch = || UNIX_EPOCH - Duration::from_secs(1);
    let last = || UNIX_EPOCH + Duration::from_secs(6);

    let first = preferences.choose_by(&anna, &nova, before_the_epoch).await.unwrap();
    assert_eq!(first.switched_at, UNIX_EPOCH);
    let second = preferences.choose_by(&anna, &nova, late).await.unwrap();
    // Cut to microseconds, and the same when it is read again.
    assert_eq!(second.switched_at, UNIX_EPOCH + Duration::from_micros(5_000_001));
    let third = preferences.choose_by(&ben, &nova, early).await.unwrap();
    assert_eq!(third.switched_at, second.switched_at);
    let fourth = preferences.choose_by(&anna, &nova, last).await.unwrap();
    assert_eq!(fourth.switched_at, last());
    assert_eq!(all(&preferences, &anna).await, [first, second, fourth]);
}

#[tokio::test]
async fn two_databases_in_memory_share_nothing_and_stay() {
    let (one, other) = (in_memory().await, in_memory().await);
    let anna = user("anna");
    one.choose(&anna, &model("nova")).await.unwrap();
    assert_eq!(other.current(&anna).await.unwrap(), None);
    // A clone is the same database, also when the first one is gone.
    let clone = one.clone();
    drop(one);
    assert_eq!(check_chain(&clone, &anna).await, 1);
    // Nothing of what closes connections for their age is on.
    let options = clone.database.readers().options();
    assert_eq!((options.get_idle_timeout(), options.get_max_lifetime()), (None, None));
    assert_eq!(options.get_max_connections(), 1);
}

#[tokio::test]
async fn a_closed_database_says_so() {
    let preferences = in_memory().await;
    preferences.ping().await.unwrap();
    preferences.close().await;
    let anna = user("anna");
    for error in [
        preferences.ping().await.unwrap_err(),
        preferences.current(&anna).await.unwrap_err(),
        preferences.choose(&anna, &model("nova")).await.unwrap_err(),
        preferences.reset(&anna).await.unwrap_err(),
        preferences.history(&anna, 1, None).await.unwrap_err(),
    ] {
        assert_eq!(error.fault(), &Fault::Closed, "{error}");
    }
    preferences.close().await;
}

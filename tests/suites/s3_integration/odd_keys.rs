//! Keys are bytes: whatever stands in them, each names its own object.

use std::collections::BTreeSet;

use app::storage::{KeyError, ObjectKey, StorageError};
use futures::TryStreamExt as _;

use super::{for_all, key, plainly, prefix};
use crate::env::TestEnv;

/// What is escaped, folded or normalised somewhere on the way, by somebody.
pub(super) const ODD_KEYS: [&str; 25] = [
    "two words",
    " blanks around ",
    "plus+plus",
    "100%",
    "slash%2Fslash",
    "slash/slash",
    "%25%2B%20",
    "what?",
    "what?x=1&y=2",
    "hash#hash",
    "a&b=c;d",
    "'single' \"double\" `back`",
    "<tag>&amp;</tag>",
    "a,b:c@d$e!f*(g)~h",
    "back\\slash",
    "[brackets]{braces}|^",
    "UPPER",
    "upper",
    "...dots..",
    "trailing/",
    "größe/日本語/ключ",
    // "é" composed, and as a letter with a combining accent: two keys.
    "caf\u{e9}",
    "cafe\u{301}",
    "\u{1f980} crab \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "أهلا",
];

#[tokio::test]
async fn odd_keys_come_back_as_they_were() {
    TestEnv::run_on_each_storage(async |_, storage| {
        for_all(ODD_KEYS, async |text| {
            storage.upload(&key(text), text.into(), &plainly()).await.unwrap();
        })
        .await;

        let listed: Vec<_> = storage.list(&prefix("")).try_collect().await.unwrap();
        let listed: Vec<_> = listed.iter().map(|entry| entry.key.as_str()).collect();
        let sorted: Vec<_> = BTreeSet::from(ODD_KEYS).into_iter().collect();
        assert_eq!(listed, sorted);

        for_all(ODD_KEYS, async |text| {
            let key = key(text);
            assert_eq!(storage.download(&key).await.unwrap(), text);
            assert_eq!(storage.metadata(&key).await.unwrap().size_bytes, text.len() as u64);
            storage.delete(&key).await.unwrap();
        })
        .await;
        assert_eq!(storage.list(&prefix("")).try_collect::<Vec<_>>().await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_whole_key_of_1024_bytes_is_taken_and_one_of_1025_is_not() {
    TestEnv::run_on_each_storage(async |env, storage| {
        let room = ObjectKey::MAX_BYTES - env.key_prefix().len();
        let longest_plain = key(&"k".repeat(room));
        // Three bytes each; what is left over is filled up.
        let longest_unicode = key(&format!("{}{}", "語".repeat(room / 3), "x".repeat(room % 3)));
        for longest in [longest_plain, longest_unicode] {
            storage.upload(&longest, "long".into(), &plainly()).await.unwrap();
            assert_eq!(storage.download(&longest).await.unwrap(), "long");
            let listed: Vec<_> = storage.list(&prefix("")).try_collect().await.unwrap();
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0].key, longest);
            storage.delete(&longest).await.unwrap();
        }
        let too_long = key(&"k".repeat(room + 1));
        let error = storage.upload(&too_long, "long".into(), &plainly()).await.unwrap_err();
        let StorageError::Key(KeyError::TooLongWithPrefix { key_bytes, prefix_bytes }) = error
        else {
            panic!("{error:?}");
        };
        assert_eq!(key_bytes + prefix_bytes, ObjectKey::MAX_BYTES + 1);
    })
    .await;
}

#[tokio::test]
async fn generated_keys_do_not_collide() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let generated = || ObjectKey::generate(&prefix("images/"), "Hero.PNG").unwrap();
        let keys = BTreeSet::from_iter(std::iter::repeat_with(generated).take(10));
        for key in &keys {
            storage.upload(key, "png".into(), &plainly()).await.unwrap();
        }
        let listed: Vec<_> = storage.list(&prefix("images/")).try_collect().await.unwrap();
        assert_eq!(listed.len(), 10);
        assert!(listed.iter().all(|entry| keys.contains(&entry.key)));
        assert!(listed.iter().all(|entry| entry.key.as_str().ends_with(".png")));
    })
    .await;
}

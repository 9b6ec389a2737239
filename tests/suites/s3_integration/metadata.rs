//! What is known about an object besides its bytes.

use std::time::{Duration, SystemTime};

use app::storage::{MetadataError, Prefix, UserMetadata};
use futures::TryStreamExt as _;

use super::{key, plainly};
use crate::env::TestEnv;

#[tokio::test]
async fn size_type_and_user_metadata_come_back() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("page.html");
        let user = [("campaign-id", "42"), ("title", "Spring; \"sale\" = 50 %")];
        let user = UserMetadata::new(user).unwrap();
        let options = plainly()
            .content_type("text/html; charset=utf-8".parse().unwrap())
            .metadata(user.clone());
        storage.upload(&key, "<html>".into(), &options).await.unwrap();

        let known = storage.metadata(&key).await.unwrap();
        assert_eq!(known.size_bytes, 6);
        assert_eq!(known.content_type.as_str(), "text/html; charset=utf-8");
        assert_eq!(known.user, user);
        assert_eq!(storage.download_stream(&key).await.unwrap().metadata, known);
    })
    .await;
}

#[tokio::test]
async fn an_object_of_no_stated_type_is_bytes() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("unknown");
        storage.upload(&key, "?".into(), &plainly()).await.unwrap();
        let known = storage.metadata(&key).await.unwrap();
        assert_eq!(known.content_type.as_str(), "application/octet-stream");
        assert!(known.user.is_empty());
    })
    .await;
}

#[tokio::test]
async fn upload_metadata_and_listing_agree_on_the_etag() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("object");
        let uploaded = storage.upload(&key, "one".into(), &plainly()).await.unwrap();
        assert!(uploaded.etag.len() > 2);
        assert!(uploaded.etag.starts_with('"') && uploaded.etag.ends_with('"'));
        let known = storage.metadata(&key).await.unwrap();
        let listed: Vec<_> = storage.list(&Prefix::all()).try_collect().await.unwrap();
        assert_eq!(known.etag, uploaded.etag);
        assert_eq!(listed[0].etag, uploaded.etag);
        assert_eq!(listed[0].last_modified, known.last_modified);

        let same = storage.upload(&key, "one".into(), &plainly()).await.unwrap();
        let other = storage.upload(&key, "two".into(), &plainly()).await.unwrap();
        assert_ne!(other.etag, same.etag);
    })
    .await;
}

#[tokio::test]
async fn last_modified_is_now() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("object");
        storage.upload(&key, "x".into(), &plainly()).await.unwrap();
        let modified = storage.metadata(&key).await.unwrap().last_modified;
        let now = SystemTime::now();
        let apart = now.duration_since(modified).or_else(|_| modified.duration_since(now)).unwrap();
        // AWS takes no request from a clock that is further off.
        assert!(apart < Duration::from_mins(15), "{apart:?}");
    })
    .await;
}

#[test]
fn metadata_that_s3_would_change_is_refused() {
    for (name, value) in [("Title", "x"), ("title", "grün"), ("title", " x"), ("ti tle", "x")] {
        let refused = UserMetadata::new([(name, value)]).unwrap_err();
        assert!(
            matches!(refused, MetadataError::Name { .. } | MetadataError::Value { .. }),
            "{refused:?}"
        );
    }
}

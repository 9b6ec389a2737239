//! Versions and delete markers.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::types::{
    BucketVersioningStatus, Delete, ObjectAttributes, ObjectCannedAcl, ObjectIdentifier,
    VersioningConfiguration,
};

use crate::support::{put, refusal, text, with_bucket};

async fn set_versioning(client: &Client, status: BucketVersioningStatus) {
    let configuration = VersioningConfiguration::builder().status(status).build();
    client
        .put_bucket_versioning()
        .bucket("bucket")
        .versioning_configuration(configuration)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_delete_hides_and_can_be_undone() {
    let (_sandbox, client) = with_bucket().await;
    assert_eq!(
        client.get_bucket_versioning().bucket("bucket").send().await.unwrap().status(),
        None
    );
    set_versioning(&client, BucketVersioningStatus::Enabled).await;
    let first = put(&client, "k", "1").await.version_id.unwrap();
    let second = put(&client, "k", "2").await.version_id.unwrap();
    assert_ne!(first, second);
    let deleted = client.delete_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id.unwrap();

    let error = client.get_object().bucket("bucket").key("k").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().headers().get("x-amz-delete-marker"), Some("true"));
    assert_eq!(
        error.raw_response().unwrap().headers().get("x-amz-version-id"),
        Some(marker.as_str())
    );
    assert_eq!(refusal(Err::<(), _>(error)), "404 NoSuchKey");
    assert_eq!(
        refusal(client.get_object().bucket("bucket").key("k").version_id(&marker).send().await),
        "405 MethodNotAllowed"
    );
    assert_eq!(
        text(
            client
                .get_object()
                .bucket("bucket")
                .key("k")
                .version_id(&first)
                .send()
                .await
                .unwrap()
                .body
        )
        .await,
        "1"
    );
    assert!(client.list_objects_v2().bucket("bucket").send().await.unwrap().contents().is_empty());
    assert_eq!(refusal(client.delete_bucket().bucket("bucket").send().await), "409 BucketNotEmpty");

    let undone =
        client.delete_object().bucket("bucket").key("k").version_id(&marker).send().await.unwrap();
    assert_eq!(undone.delete_marker(), Some(true));
    assert_eq!(
        text(client.get_object().bucket("bucket").key("k").send().await.unwrap().body).await,
        "2"
    );
}

#[tokio::test]
async fn a_delete_marker_has_neither_attributes_nor_tags_nor_an_acl() {
    let (sandbox, client) = with_bucket().await;
    set_versioning(&client, BucketVersioningStatus::Enabled).await;
    put(&client, "k", "1").await;
    let deleted = client.delete_object().bucket("bucket").key("k").send().await.unwrap();
    let id = deleted.version_id().unwrap();
    let marker = "405 MethodNotAllowed";
    let get = client.get_object_attributes().bucket("bucket").key("k").version_id(id);
    let get = get.object_attributes(ObjectAttributes::Etag).send().await;
    assert_eq!(refusal(get), marker);
    let get = client.get_object_tagging().bucket("bucket").key("k").version_id(id).send().await;
    assert_eq!(refusal(get), marker);
    let get = client.get_object_acl().bucket("bucket").key("k").version_id(id).send().await;
    assert_eq!(refusal(get), marker);
    let put = client.put_object_acl().bucket("bucket").key("k").version_id(id);
    let put = put.acl(ObjectCannedAcl::BucketOwnerFullControl).send().await;
    assert_eq!(refusal(put), marker);
    assert!(sandbox.calls().iter().all(|call| !call.refused));
}

#[tokio::test]
async fn every_operation_on_a_version_names_the_one_that_is_missing() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "1").await;
    let named = |response: Option<&HttpResponse>| {
        let response = response.unwrap();
        let body = String::from_utf8_lossy(response.body().bytes().unwrap()).into_owned();
        assert_eq!(response.status().as_u16(), 404, "{body}");
        assert!(body.contains("<Key>k</Key><VersionId>gone</VersionId>"), "{body}");
    };
    let get = client.get_object().bucket("bucket").key("k").version_id("gone").send().await;
    named(get.unwrap_err().raw_response());
    let get = client.get_object_attributes().bucket("bucket").key("k").version_id("gone");
    let get = get.object_attributes(ObjectAttributes::Etag).send().await;
    named(get.unwrap_err().raw_response());
    let get = client.get_object_tagging().bucket("bucket").key("k").version_id("gone");
    named(get.send().await.unwrap_err().raw_response());
    let get = client.get_object_acl().bucket("bucket").key("k").version_id("gone");
    named(get.send().await.unwrap_err().raw_response());
    let copy = client.copy_object().bucket("bucket").key("c");
    let copy = copy.copy_source("bucket/k?versionId=gone").send().await;
    named(copy.unwrap_err().raw_response());
}

#[tokio::test]
async fn suspension_writes_the_null_version() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "before").await;
    set_versioning(&client, BucketVersioningStatus::Enabled).await;
    put(&client, "k", "versioned").await;
    set_versioning(&client, BucketVersioningStatus::Suspended).await;
    assert_eq!(put(&client, "k", "suspended").await.version_id(), Some("null"));
    assert_eq!(
        text(
            client
                .get_object()
                .bucket("bucket")
                .key("k")
                .version_id("null")
                .send()
                .await
                .unwrap()
                .body
        )
        .await,
        "suspended"
    );
    let deleted = client.delete_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!((deleted.delete_marker(), deleted.version_id()), (Some(true), Some("null")));
    let listed = client.list_object_versions().bucket("bucket").send().await.unwrap();
    assert_eq!((listed.versions().len(), listed.delete_markers().len()), (1, 1));
    assert_eq!(listed.delete_markers()[0].is_latest(), Some(true));
}

#[tokio::test]
async fn pages_resume_at_markers_that_are_gone() {
    let (_sandbox, client) = with_bucket().await;
    set_versioning(&client, BucketVersioningStatus::Enabled).await;
    for _ in 0..3 {
        for key in ["a", "b"] {
            put(&client, key, "x").await;
            client.delete_object().bucket("bucket").key(key).send().await.unwrap();
        }
    }
    // As a clean-up does it: list a page, delete it, go on with its markers.
    let (mut key, mut version, mut deleted, mut pages) = (None, None, 0, 0);
    loop {
        let page = client
            .list_object_versions()
            .bucket("bucket")
            .max_keys(5)
            .set_key_marker(key)
            .set_version_id_marker(version)
            .send()
            .await
            .unwrap();
        pages += 1;
        let versions = page
            .versions()
            .iter()
            .map(|version| (version.key().unwrap(), version.version_id().unwrap()));
        let markers = page
            .delete_markers()
            .iter()
            .map(|marker| (marker.key().unwrap(), marker.version_id().unwrap()));
        let objects: Vec<_> = versions
            .chain(markers)
            .map(|(key, id)| ObjectIdentifier::builder().key(key).version_id(id).build().unwrap())
            .collect();
        deleted += objects.len();
        let delete = Delete::builder().set_objects(Some(objects)).build().unwrap();
        assert!(
            client
                .delete_objects()
                .bucket("bucket")
                .delete(delete)
                .send()
                .await
                .unwrap()
                .errors()
                .is_empty()
        );
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
    assert_eq!((deleted, pages), (12, 3));
    client.delete_bucket().bucket("bucket").send().await.unwrap();
}

#[tokio::test]
async fn versioning_cannot_be_unset() {
    let (_sandbox, client) = with_bucket().await;
    let unset = client
        .put_bucket_versioning()
        .bucket("bucket")
        .versioning_configuration(VersioningConfiguration::builder().build());
    assert_eq!(refusal(unset.send().await), "400 IllegalVersioningConfigurationException");
}

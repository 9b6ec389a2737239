//! What the call log says that IAM had to allow: buckets, objects, and what has no needs.

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketCannedAcl, BucketInfo, CreateBucketConfiguration, Delete, Destination, MetadataDirective,
    ObjectAttributes, ObjectCannedAcl, ObjectIdentifier, ObjectLockLegalHoldStatus, ObjectLockMode,
    ObjectOwnership, ReplicationConfiguration, ReplicationRule, ReplicationRuleStatus, Tag,
    TaggingDirective,
};
use http::Method;
use sandbox::{AccessKey, Sandbox};

use crate::support::{
    ACCOUNT, KEY, client, client_in, client_of, other_client, put, sandbox, sdk_config, send,
    with_bucket,
};

/// The needs of the calls since the last time, one line a call.
pub(crate) fn needs(sandbox: &Sandbox) -> Vec<String> {
    let line = |call: sandbox::Call| {
        let needs: Vec<String> = call
            .needs
            .iter()
            .map(|need| {
                let resource =
                    need.resource.strip_prefix("arn:aws:s3:::").unwrap_or(&need.resource);
                format!("{} {resource}", need.action.trim_start_matches("s3:"))
            })
            .collect();
        needs.join(", ")
    };
    sandbox.take_calls().into_iter().map(line).collect()
}

#[tokio::test]
async fn an_object_is_written_read_and_deleted() {
    let (sandbox, client) = with_bucket().await;
    client.list_buckets().send().await.unwrap();
    client.head_bucket().bucket("bucket").send().await.unwrap();
    put(&client, "a b/ü+*", "x").await;
    client.get_object().bucket("bucket").key("a b/ü+*").send().await.unwrap();
    client.head_object().bucket("bucket").key("a b/ü+*").send().await.unwrap();
    client.list_objects_v2().bucket("bucket").prefix("a").send().await.unwrap();
    client.list_objects().bucket("bucket").send().await.unwrap();
    client.list_object_versions().bucket("bucket").send().await.unwrap();
    client.delete_object().bucket("bucket").key("a b/ü+*").send().await.unwrap();
    client.delete_bucket().bucket("bucket").send().await.unwrap();
    assert_eq!(
        needs(&sandbox),
        [
            "CreateBucket bucket",
            "ListAllMyBuckets *",
            "ListBucket bucket",
            "PutObject bucket/a b/ü+*",
            "GetObject bucket/a b/ü+*",
            "GetObject bucket/a b/ü+*",
            "ListBucket bucket",
            "ListBucket bucket",
            "ListBucketVersions bucket",
            "DeleteObject bucket/a b/ü+*",
            "DeleteBucket bucket",
        ]
    );
}

#[tokio::test]
async fn to_be_told_that_a_key_is_missing_takes_list_bucket() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    sandbox.take_calls();
    let _ = client.get_object().bucket("bucket").key("missing").send().await;
    let _ = client.head_object().bucket("bucket").key("missing").send().await;
    let _ = client
        .get_object_attributes()
        .bucket("bucket")
        .key("missing")
        .object_attributes(ObjectAttributes::Etag)
        .send()
        .await;
    let _ =
        client.copy_object().bucket("bucket").key("c").copy_source("bucket/missing").send().await;
    // 404, but not of the key.
    let _ = client.get_object().bucket("nobody-made-it").key("k").send().await;
    let _ = client.get_object_tagging().bucket("bucket").key("missing").send().await;
    // 412 and 304 tell of what is there.
    let _ = client.get_object().bucket("bucket").key("k").if_match("\"x\"").send().await;
    let etag = client.head_object().bucket("bucket").key("k").send().await.unwrap();
    let etag = etag.e_tag().unwrap();
    let _ = client.get_object().bucket("bucket").key("k").if_none_match(etag).send().await;
    assert_eq!(
        needs(&sandbox),
        [
            "GetObject bucket/missing, ListBucket bucket",
            "GetObject bucket/missing, ListBucket bucket",
            "GetObject bucket/missing, GetObjectAttributes bucket/missing, ListBucket bucket",
            "PutObject bucket/c, GetObject bucket/missing, ListBucket bucket",
            "GetObject nobody-made-it/k",
            "GetObjectTagging bucket/missing",
            "GetObject bucket/k",
            "GetObject bucket/k",
            "GetObject bucket/k",
        ]
    );
}

#[tokio::test]
async fn versions_have_actions_of_their_own() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    sandbox.take_calls();
    let of = |id: &'static str| {
        let client = client.clone();
        async move {
            let attributes = ObjectAttributes::Etag;
            let get = client.get_object().bucket("bucket").key("k").version_id(id);
            get.send().await.unwrap();
            let head = client.head_object().bucket("bucket").key("k").version_id(id);
            head.send().await.unwrap();
            let get = client.get_object_attributes().bucket("bucket").key("k").version_id(id);
            get.object_attributes(attributes).send().await.unwrap();
            let get = client.get_object_tagging().bucket("bucket").key("k").version_id(id);
            get.send().await.unwrap();
            let get = client.get_object_acl().bucket("bucket").key("k").version_id(id);
            get.send().await.unwrap();
            let copy = client.copy_object().bucket("bucket").key("c");
            copy.copy_source(format!("bucket/k?versionId={id}")).send().await.unwrap();
            let delete = client.delete_object_tagging().bucket("bucket").key("k").version_id(id);
            delete.send().await.unwrap();
            let delete = client.delete_object().bucket("bucket").key("k").version_id(id);
            delete.send().await.unwrap();
        }
    };
    of("null").await;
    let _ = client.get_object().bucket("bucket").key("k").version_id("null").send().await;
    assert_eq!(
        needs(&sandbox),
        [
            "GetObjectVersion bucket/k",
            "GetObjectVersion bucket/k",
            "GetObjectVersion bucket/k, GetObjectVersionAttributes bucket/k",
            "GetObjectVersionTagging bucket/k",
            "GetObjectVersionAcl bucket/k",
            "PutObject bucket/c, GetObjectVersion bucket/k",
            "DeleteObjectVersionTagging bucket/k",
            "DeleteObjectVersion bucket/k",
            "GetObjectVersion bucket/k, ListBucket bucket",
        ]
    );
}

#[tokio::test]
async fn headers_of_an_upload_need_more() {
    let (sandbox, client) = with_bucket().await;
    let etag = put(&client, "k", "x").await;
    sandbox.take_calls();
    let upload =
        || client.put_object().bucket("bucket").key("k").body(ByteStream::from_static(b"x"));
    upload().tagging("a=1").send().await.unwrap();
    let _ = upload().acl(ObjectCannedAcl::Private).send().await;
    let _ = upload().grant_read("id=\"x\"").send().await;
    let _ = upload().object_lock_mode(ObjectLockMode::Governance).send().await;
    let _ = upload().object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On).send().await;
    upload().if_match(etag.e_tag().unwrap()).send().await.unwrap();
    let _ = upload().if_none_match("*").send().await;
    let create = client.create_multipart_upload().bucket("bucket").key("k");
    let _ = create.tagging("a=1").acl(ObjectCannedAcl::Private).send().await;
    assert_eq!(
        needs(&sandbox),
        [
            "PutObject bucket/k, PutObjectTagging bucket/k",
            "PutObject bucket/k, PutObjectAcl bucket/k",
            "PutObject bucket/k, PutObjectAcl bucket/k",
            "PutObject bucket/k, PutObjectRetention bucket/k",
            "PutObject bucket/k, PutObjectLegalHold bucket/k",
            "PutObject bucket/k, GetObject bucket/k",
            "PutObject bucket/k",
            "PutObject bucket/k, PutObjectAcl bucket/k, PutObjectTagging bucket/k",
        ]
    );
}

#[tokio::test]
async fn a_copy_needs_both_sides_and_the_tags_that_it_takes_along() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "plain", "x").await;
    let tagged = client.put_object().bucket("bucket").key("tagged").tagging("a=1");
    tagged.body(ByteStream::from_static(b"x")).send().await.unwrap();
    sandbox.take_calls();
    let copy = |source: &str| {
        client.copy_object().bucket("bucket").key("c").copy_source(format!("bucket/{source}"))
    };
    copy("plain").send().await.unwrap();
    copy("tagged").send().await.unwrap();
    let replace = || copy("tagged").tagging_directive(TaggingDirective::Replace);
    replace().send().await.unwrap();
    replace().tagging("b=2").send().await.unwrap();
    copy("plain").tagging("b=2").metadata_directive(MetadataDirective::Copy).send().await.unwrap();
    assert_eq!(
        needs(&sandbox),
        [
            "PutObject bucket/c, GetObject bucket/plain",
            "PutObject bucket/c, GetObject bucket/tagged, GetObjectTagging bucket/tagged, PutObjectTagging bucket/c",
            "PutObject bucket/c, GetObject bucket/tagged",
            "PutObject bucket/c, PutObjectTagging bucket/c, GetObject bucket/tagged",
            "PutObject bucket/c, GetObject bucket/plain",
        ]
    );
}

#[tokio::test]
async fn a_multipart_upload_is_put_object_but_for_its_lists_and_its_end() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "source", "x").await;
    sandbox.take_calls();
    let upload = client.create_multipart_upload().bucket("bucket").key("m").send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let part = client.upload_part().bucket("bucket").key("m").upload_id(id).part_number(1);
    part.body(ByteStream::from_static(b"x")).send().await.unwrap();
    let copy = client.upload_part_copy().bucket("bucket").key("m").upload_id(id).part_number(2);
    copy.copy_source("bucket/source").send().await.unwrap();
    client.list_parts().bucket("bucket").key("m").upload_id(id).send().await.unwrap();
    client.list_multipart_uploads().bucket("bucket").send().await.unwrap();
    let complete = client.complete_multipart_upload().bucket("bucket").key("m").upload_id(id);
    let _ = complete.send().await;
    client.abort_multipart_upload().bucket("bucket").key("m").upload_id(id).send().await.unwrap();
    assert_eq!(
        needs(&sandbox),
        [
            "PutObject bucket/m",
            "PutObject bucket/m",
            "PutObject bucket/m, GetObject bucket/source",
            "ListMultipartUploadParts bucket/m",
            "ListBucketMultipartUploads bucket",
            "PutObject bucket/m",
            "AbortMultipartUpload bucket/m",
        ]
    );
}

#[tokio::test]
async fn of_many_deletes_each_key_is_a_need() {
    let (sandbox, client) = with_bucket().await;
    sandbox.take_calls();
    let key = |key: &str, version: Option<&str>| {
        ObjectIdentifier::builder()
            .key(key)
            .set_version_id(version.map(str::to_owned))
            .build()
            .unwrap()
    };
    let delete = |objects: Vec<ObjectIdentifier>| {
        let delete = Delete::builder().set_objects(Some(objects)).build().unwrap();
        client.delete_objects().bucket("bucket").delete(delete)
    };
    delete(vec![key("a", None), key("b", Some("null")), key("a", None)]).send().await.unwrap();
    delete(vec![key("a", None)]).bypass_governance_retention(true).send().await.unwrap();
    let single = client.delete_object().bucket("bucket").key("a").version_id("null");
    single.bypass_governance_retention(true).send().await.unwrap();
    let conditional = ObjectIdentifier::builder().key("a").e_tag("\"x\"").build().unwrap();
    delete(vec![conditional]).send().await.unwrap();
    let _ = client.delete_object().bucket("bucket").key("a").if_match("*").send().await;
    assert_eq!(
        needs(&sandbox),
        [
            "DeleteObject bucket/a, DeleteObjectVersion bucket/b",
            "DeleteObject bucket/a, BypassGovernanceRetention bucket/a",
            "DeleteObjectVersion bucket/a, BypassGovernanceRetention bucket/a",
            "DeleteObject bucket/a, GetObject bucket/a",
            "DeleteObject bucket/a",
        ]
    );
}

#[tokio::test]
async fn a_new_bucket_needs_what_is_asked_of_it() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let create = |name: &str| client.create_bucket().bucket(name);
    create("plain").acl(BucketCannedAcl::Private).send().await.unwrap();
    create("locked").object_lock_enabled_for_bucket(true).send().await.unwrap();
    let ownership = create("acls").object_ownership(ObjectOwnership::ObjectWriter);
    ownership.acl(BucketCannedAcl::AuthenticatedRead).send().await.unwrap_err();
    let tag = Tag::builder().key("a").value("1").build().unwrap();
    let tags = CreateBucketConfiguration::builder().tags(tag).bucket(BucketInfo::builder().build());
    create("tagged").create_bucket_configuration(tags.build()).send().await.unwrap();
    assert_eq!(
        needs(&sandbox),
        [
            "CreateBucket plain",
            "CreateBucket locked, PutBucketObjectLockConfiguration locked, PutBucketVersioning locked",
            "CreateBucket acls, PutBucketAcl acls, PutBucketOwnershipControls acls",
            "CreateBucket tagged, TagResource tagged",
        ]
    );
}

#[tokio::test]
async fn a_buckets_configuration_is_read_and_written_by_its_own_actions() {
    let (sandbox, client) = with_bucket().await;
    sandbox.take_calls();
    client.get_bucket_location().bucket("bucket").send().await.unwrap();
    client.get_bucket_versioning().bucket("bucket").send().await.unwrap();
    let _ = client.get_bucket_tagging().bucket("bucket").send().await;
    client.delete_bucket_tagging().bucket("bucket").send().await.unwrap();
    let _ = client.get_bucket_encryption().bucket("bucket").send().await;
    client.delete_bucket_encryption().bucket("bucket").send().await.unwrap();
    let _ = client.get_bucket_lifecycle_configuration().bucket("bucket").send().await;
    client.delete_bucket_lifecycle().bucket("bucket").send().await.unwrap();
    client.get_public_access_block().bucket("bucket").send().await.unwrap();
    client.delete_public_access_block().bucket("bucket").send().await.unwrap();
    let _ = client.get_bucket_cors().bucket("bucket").send().await;
    let _ = client.get_bucket_policy().bucket("bucket").send().await;
    client.delete_bucket_policy().bucket("bucket").send().await.unwrap();
    let destination = Destination::builder().bucket("arn:aws:s3:::replica").build().unwrap();
    let rule = ReplicationRule::builder().status(ReplicationRuleStatus::Enabled);
    let replication = ReplicationConfiguration::builder()
        .role("arn:aws:iam::111122223333:role/r")
        .rules(rule.destination(destination).build().unwrap());
    let replicate = client.put_bucket_replication().bucket("bucket");
    let _ = replicate.replication_configuration(replication.build().unwrap()).send().await;
    assert_eq!(
        needs(&sandbox),
        [
            "GetBucketLocation bucket",
            "GetBucketVersioning bucket",
            "GetBucketTagging bucket",
            "PutBucketTagging bucket",
            "GetEncryptionConfiguration bucket",
            "PutEncryptionConfiguration bucket",
            "GetLifecycleConfiguration bucket",
            "PutLifecycleConfiguration bucket",
            "GetBucketPublicAccessBlock bucket",
            "PutBucketPublicAccessBlock bucket",
            "GetBucketCORS bucket",
            "GetBucketPolicy bucket",
            "DeleteBucketPolicy bucket",
            "PutReplicationConfiguration bucket, iam:PassRole arn:aws:iam::111122223333:role/r",
        ]
    );
}

#[tokio::test]
async fn who_is_refused_or_sent_elsewhere_shows_no_needs() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    sandbox.take_calls();
    let _ = client_of(&sandbox, KEY, "wrong", None, "us-east-1").list_buckets().send().await;
    let _ = other_client(&sandbox).get_object().bucket("bucket").key("k").send().await;
    let _ = client_in(&sandbox, "eu-west-1").get_object().bucket("bucket").key("k").send().await;
    let foreign = client.get_object().bucket("bucket").key("k");
    let _ = foreign.expected_bucket_owner("444455556666").send().await;
    send(Method::GET, &format!("{}/bucket/k", sandbox.endpoint()), &[], "").await;
    send(Method::PUT, &format!("{}/bucket/k?nonsense", sandbox.endpoint()), &[], "").await;
    assert_eq!(needs(&sandbox), [""; 6]);
}

#[tokio::test]
async fn a_presigned_url_is_its_signers_call() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let role = AccessKey::assumed_role(ACCOUNT, "r", "s", "ASIAPRESIGN", "secret", "token");
    sandbox.add_access_key(role);
    let signer = client_of(&sandbox, "ASIAPRESIGN", "secret", Some("token"), "us-east-1");
    let expires = PresigningConfig::expires_in(std::time::Duration::from_secs(60)).unwrap();
    let url = signer.get_object().bucket("bucket").key("k").presigned(expires).await.unwrap();
    sandbox.take_calls();
    send(Method::GET, url.uri(), &[], "").await;
    assert_eq!(sandbox.calls()[0].access_key.as_deref(), Some("ASIAPRESIGN"));
    assert_eq!(needs(&sandbox), ["GetObject bucket/k"]);
}

#[tokio::test]
async fn to_ask_who_one_is_needs_nothing() {
    let sandbox = sandbox().await;
    let config = sdk_config(&sandbox, KEY, "main-secret", None, "us-east-1");
    aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(needs(&sandbox), [""]);
}

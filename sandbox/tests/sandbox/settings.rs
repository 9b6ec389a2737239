//! Bucket settings: defaults, validation, round trips.

use aws_sdk_s3::types::{
    Delete, ObjectCannedAcl, ObjectIdentifier, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    Tag, Tagging,
};

use crate::support::{put, refusal, with_bucket};

#[tokio::test]
async fn new_buckets_are_private_encrypted_and_without_acls() {
    let (_sandbox, client) = with_bucket().await;
    let block = client
        .get_public_access_block()
        .bucket("bucket")
        .send()
        .await
        .unwrap()
        .public_access_block_configuration
        .unwrap();
    let switches = [
        block.block_public_acls(),
        block.block_public_policy(),
        block.ignore_public_acls(),
        block.restrict_public_buckets(),
    ];
    assert_eq!(switches, [Some(true); 4]);
    let ownership = client
        .get_bucket_ownership_controls()
        .bucket("bucket")
        .send()
        .await
        .unwrap()
        .ownership_controls
        .unwrap();
    assert_eq!(ownership.rules()[0].object_ownership(), &ObjectOwnership::BucketOwnerEnforced);
    let encryption = client
        .get_bucket_encryption()
        .bucket("bucket")
        .send()
        .await
        .unwrap()
        .server_side_encryption_configuration
        .unwrap();
    assert_eq!(
        encryption.rules()[0].apply_server_side_encryption_by_default().unwrap().sse_algorithm(),
        &ServerSideEncryption::Aes256
    );
    assert_eq!(
        refusal(client.get_bucket_tagging().bucket("bucket").send().await),
        "404 NoSuchTagSet"
    );
    assert_eq!(
        refusal(client.get_bucket_lifecycle_configuration().bucket("bucket").send().await),
        "404 NoSuchLifecycleConfiguration"
    );
    let public =
        client.put_object().bucket("bucket").key("k").acl(ObjectCannedAcl::PublicRead).send().await;
    assert_eq!(refusal(public), "400 AccessControlListNotSupported");
    client
        .put_object()
        .bucket("bucket")
        .key("k")
        .acl(ObjectCannedAcl::BucketOwnerFullControl)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn canned_acls_are_taken_where_acls_are_enabled() {
    let (_sandbox, client) = with_bucket().await;
    let rule = OwnershipControlsRule::builder()
        .object_ownership(ObjectOwnership::ObjectWriter)
        .build()
        .unwrap();
    let controls = OwnershipControls::builder().rules(rule).build().unwrap();
    client
        .put_bucket_ownership_controls()
        .bucket("bucket")
        .ownership_controls(controls)
        .send()
        .await
        .unwrap();
    let public = || client.put_object().bucket("bucket").key("k").acl(ObjectCannedAcl::PublicRead);
    assert_eq!(refusal(public().send().await), "403 AccessDenied");
    client.delete_public_access_block().bucket("bucket").send().await.unwrap();
    public().send().await.unwrap();
    let acl = client.get_object_acl().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(acl.grants().len(), 2);
    assert_eq!(
        refusal(client.get_public_access_block().bucket("bucket").send().await),
        "404 NoSuchPublicAccessBlockConfiguration"
    );
}

#[tokio::test]
async fn what_is_put_comes_back() {
    let (_sandbox, client) = with_bucket().await;
    let tagging = Tagging::builder()
        .tag_set(Tag::builder().key("a").value("b").build().unwrap())
        .build()
        .unwrap();
    client.put_bucket_tagging().bucket("bucket").tagging(tagging).send().await.unwrap();
    assert_eq!(
        client.get_bucket_tagging().bucket("bucket").send().await.unwrap().tag_set()[0].value(),
        "b"
    );
    client.delete_bucket_tagging().bucket("bucket").send().await.unwrap();
    assert_eq!(
        refusal(client.get_bucket_tagging().bucket("bucket").send().await),
        "404 NoSuchTagSet"
    );

    let block = PublicAccessBlockConfiguration::builder().block_public_acls(true).build();
    client
        .put_public_access_block()
        .bucket("bucket")
        .public_access_block_configuration(block)
        .send()
        .await
        .unwrap();
    let block = client
        .get_public_access_block()
        .bucket("bucket")
        .send()
        .await
        .unwrap()
        .public_access_block_configuration
        .unwrap();
    assert_eq!((block.block_public_acls(), block.block_public_policy()), (Some(true), Some(false)));

    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id("key")
        .build()
        .unwrap();
    let configuration = ServerSideEncryptionConfiguration::builder()
        .rules(
            ServerSideEncryptionRule::builder()
                .apply_server_side_encryption_by_default(default)
                .build(),
        )
        .build()
        .unwrap();
    client
        .put_bucket_encryption()
        .bucket("bucket")
        .server_side_encryption_configuration(configuration)
        .send()
        .await
        .unwrap();
    let written = put(&client, "k", "x").await;
    assert_eq!(
        (written.server_side_encryption(), written.ssekms_key_id()),
        (Some(&ServerSideEncryption::AwsKms), Some("key"))
    );
}

#[tokio::test]
async fn a_policy_denies_key_by_key() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "free/k", "x").await;
    put(&client, "kept/k", "x").await;
    let policy = r#"{"Statement":{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::bucket/kept/*"}}"#;
    client.put_bucket_policy().bucket("bucket").policy(policy).send().await.unwrap();
    assert_eq!(
        client.get_bucket_policy().bucket("bucket").send().await.unwrap().policy(),
        Some(policy)
    );
    let objects = ["free/k", "kept/k"]
        .map(|key| ObjectIdentifier::builder().key(key).build().unwrap())
        .to_vec();
    let delete = Delete::builder().set_objects(Some(objects)).build().unwrap();
    let answer = client.delete_objects().bucket("bucket").delete(delete).send().await.unwrap();
    assert_eq!(answer.deleted()[0].key(), Some("free/k"));
    assert_eq!(
        (answer.errors()[0].key(), answer.errors()[0].code()),
        (Some("kept/k"), Some("AccessDenied"))
    );
    assert_eq!(
        refusal(client.delete_object().bucket("bucket").key("kept/k").send().await),
        "403 AccessDenied"
    );
    client.delete_bucket_policy().bucket("bucket").send().await.unwrap();
    client.delete_object().bucket("bucket").key("kept/k").send().await.unwrap();
    assert_eq!(
        refusal(client.get_bucket_policy().bucket("bucket").send().await),
        "404 NoSuchBucketPolicy"
    );
}

#[tokio::test]
async fn a_policy_lets_another_account_in_and_a_public_one_is_blocked() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let policy = |principal: &str| {
        format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}}}}"#
        )
    };
    let put_policy = async |policy: String| {
        client.put_bucket_policy().bucket("bucket").policy(policy).send().await
    };
    let get =
        || crate::support::other_client(&sandbox).get_object().bucket("bucket").key("k").send();
    assert_eq!(refusal(get().await), "403 AccessDenied");
    put_policy(policy(crate::support::OTHER_ACCOUNT)).await.unwrap();
    get().await.unwrap();
    assert_eq!(refusal(put_policy(policy("*")).await), "403 AccessDenied");
    assert_eq!(refusal(put_policy("{}".into()).await), "400 MalformedPolicy");
}

#[tokio::test]
async fn uploads_are_encrypted_as_their_bucket_says() {
    let (_sandbox, client) = with_bucket().await;
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .build()
        .unwrap();
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(true)
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder().rules(rule).build().unwrap();
    client
        .put_bucket_encryption()
        .bucket("bucket")
        .server_side_encryption_configuration(configuration)
        .send()
        .await
        .unwrap();
    let written = put(&client, "default", "x").await;
    assert_eq!(written.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    let key = written.ssekms_key_id().unwrap();
    assert!(key.starts_with("arn:aws:kms:us-east-1:111122223333:key/"), "{key}");
    let head = client.head_object().bucket("bucket").key("default").send().await.unwrap();
    assert_eq!((head.ssekms_key_id(), head.bucket_key_enabled()), (Some(key), Some(true)));

    for (asked, bucket_key) in
        [(ServerSideEncryption::AwsKms, Some(true)), (ServerSideEncryption::Aes256, None)]
    {
        let written = client
            .put_object()
            .bucket("bucket")
            .key("asked")
            .server_side_encryption(asked.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(
            (written.server_side_encryption(), written.bucket_key_enabled()),
            (Some(&asked), bucket_key)
        );
    }
}

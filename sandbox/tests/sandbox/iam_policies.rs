//! Identity-based policies: what they let through in S3, alone and with the bucket's own policy.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectCannedAcl, ObjectIdentifier};
use sandbox::{AccessKey, Sandbox};

use crate::support::{ACCOUNT, OTHER_ACCOUNT, client_of, put, refusal, with_bucket};

const PETER: &str = "arn:aws:iam::111122223333:user/peter";

/// A policy of one statement.
pub(crate) fn policy(effect: &str, actions: &[&str], resources: &[&str]) -> String {
    with_condition(effect, actions, resources, "{}")
}

pub(crate) fn with_condition(
    effect: &str,
    actions: &[&str],
    resources: &[&str],
    condition: &str,
) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":{actions:?},"Resource":{resources:?},"Condition":{condition}}}}}"#
    )
}

/// The user `peter` of the main account, held to policies.
pub(crate) fn peter<T: AsRef<str>>(sandbox: &Sandbox, policies: &[T]) -> Client {
    let key = AccessKey::user(ACCOUNT, "peter", "AKIAPETER", "peter-secret");
    sandbox.add_access_key(key.with_policies(policies).unwrap());
    client_of(sandbox, "AKIAPETER", "peter-secret", None, "us-east-1")
}

/// The message of a refusal.
fn message<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> String {
    match result.unwrap_err() {
        SdkError::ServiceError(error) => error.err().message().unwrap_or_default().to_owned(),
        error => panic!("not refused by the service: {error:?}"),
    }
}

async fn set_bucket_policy(owner: &Client, principal: &str, effect: &str, action: &str) {
    let policy = format!(
        r#"{{"Statement":{{"Effect":"{effect}","Principal":{principal},"Action":"{action}","Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]}}}}"#
    );
    owner.put_bucket_policy().bucket("bucket").policy(policy).send().await.unwrap();
}

#[tokio::test]
async fn what_no_policy_allows_is_denied_in_awss_words() {
    let (sandbox, owner) = with_bucket().await;
    put(&owner, "k", "x").await;
    let get = policy("Allow", &["s3:GetObject"], &["arn:aws:s3:::bucket/*"]);
    let deny = policy("Deny", &["s3:GetObject"], &["arn:aws:s3:::bucket/locked/*"]);
    let peter = peter(&sandbox, &[get, deny]);
    peter.get_object().bucket("bucket").key("k").send().await.unwrap();
    let upload = peter.put_object().bucket("bucket").key("ü k").body(ByteStream::from_static(b"x"));
    assert_eq!(
        message(upload.send().await),
        format!(
            "User: {PETER} is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::bucket/ü k\" because no identity-based policy allows the s3:PutObject action"
        )
    );
    assert_eq!(
        message(peter.get_object().bucket("bucket").key("locked/k").send().await),
        format!(
            "User: {PETER} is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::bucket/locked/k\" with an explicit deny in an identity-based policy"
        )
    );
    assert_eq!(
        message(peter.list_buckets().send().await),
        format!(
            "User: {PETER} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
        )
    );
    assert_eq!(
        message(peter.create_bucket().bucket("peters").send().await),
        format!(
            "User: {PETER} is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::peters\" because no identity-based policy allows the s3:CreateBucket action"
        )
    );
    // Without a body there are no words.
    assert_eq!(refusal(peter.head_bucket().bucket("bucket").send().await), "403");
    assert_eq!(refusal(peter.head_object().bucket("bucket").key("locked/k").send().await), "403");
    let refused = sandbox.calls().into_iter().filter(|call| call.status == 403);
    assert!(refused.into_iter().all(|call| call.refused && call.needs.is_empty()));
}

#[tokio::test]
async fn policies_are_replaced_and_a_malformed_one_changes_nothing() {
    let (sandbox, owner) = with_bucket().await;
    put(&owner, "k", "x").await;
    let none: [&str; 0] = [];
    let peter = peter(&sandbox, &none);
    let get = || peter.get_object().bucket("bucket").key("k").send();
    assert_eq!(refusal(get().await), "403 AccessDenied");
    let allow = policy("Allow", &["s3:*"], &["*"]);
    sandbox.set_policies("AKIAPETER", [&allow]).unwrap();
    get().await.unwrap();
    let wrong =
        with_condition("Allow", &["s3:*"], &["*"], r#"{"StringMatches":{"s3:prefix":"a"}}"#);
    assert_eq!(
        sandbox.set_policies("AKIAPETER", [&allow, &wrong]).unwrap_err().to_string(),
        "policy document 2 is malformed: Statement.Condition.StringMatches: unknown condition operator `StringMatches`"
    );
    get().await.unwrap();
    assert_eq!(
        sandbox.set_policies("AKIANOBODY", [&allow]).unwrap_err().to_string(),
        "the sandbox knows no access key `AKIANOBODY`"
    );
}

#[tokio::test]
async fn a_missing_key_is_told_to_those_who_may_list() {
    let (sandbox, owner) = with_bucket().await;
    put(&owner, "k", "x").await;
    let get = policy("Allow", &["s3:GetObject"], &["arn:aws:s3:::bucket/*"]);
    let list = policy("Allow", &["s3:ListBucket"], &["arn:aws:s3:::bucket"]);
    let write = policy("Allow", &["s3:PutObject"], &["arn:aws:s3:::bucket/*"]);
    let peter = peter(&sandbox, &[&get, &write]);
    let read = || peter.get_object().bucket("bucket").key("missing").send();
    assert_eq!(
        message(read().await),
        format!(
            "User: {PETER} is not authorized to perform: s3:ListBucket on resource: \"arn:aws:s3:::bucket\" because no identity-based policy allows the s3:ListBucket action"
        )
    );
    let head = || peter.head_object().bucket("bucket").key("missing").send();
    assert_eq!(refusal(head().await), "403");
    let copy =
        || peter.copy_object().bucket("bucket").key("c").copy_source("bucket/missing").send();
    assert_eq!(refusal(copy().await), "403 AccessDenied");
    sandbox.set_policies("AKIAPETER", [&get, &write, &list]).unwrap();
    assert_eq!(refusal(read().await), "404 NoSuchKey");
    assert_eq!(refusal(head().await), "404 NotFound");
    assert_eq!(refusal(copy().await), "404 NoSuchKey");
    sandbox.set_policies("AKIAPETER", [&list]).unwrap();
    assert_eq!(refusal(read().await), "403 AccessDenied");
}

#[tokio::test]
async fn each_need_of_a_call_is_checked() {
    let (sandbox, owner) = with_bucket().await;
    put(&owner, "plain", "x").await;
    let tagged = owner.put_object().bucket("bucket").key("tagged").tagging("a=1");
    tagged.body(ByteStream::from_static(b"x")).send().await.unwrap();
    let body = || ByteStream::from_static(b"x");
    let all = [
        "s3:GetObject",
        "s3:PutObject",
        "s3:GetObjectTagging",
        "s3:PutObjectTagging",
        "s3:PutObjectAcl",
    ];
    let peter = peter(&sandbox, &[policy("Allow", &all, &["*"])]);
    let copy = |source: &str| {
        peter.copy_object().bucket("bucket").key("c").copy_source(format!("bucket/{source}")).send()
    };
    let with_tags =
        || peter.put_object().bucket("bucket").key("k").tagging("a=1").body(body()).send();
    let with_acl = || {
        let upload = peter.put_object().bucket("bucket").key("k").body(body());
        upload.acl(ObjectCannedAcl::BucketOwnerFullControl).send()
    };
    copy("plain").await.unwrap();
    copy("tagged").await.unwrap();
    with_tags().await.unwrap();
    with_acl().await.unwrap();
    for (missing, plain, tags, tagging, acl) in [
        ("s3:GetObject", false, false, true, true),
        ("s3:PutObject", false, false, false, false),
        ("s3:GetObjectTagging", true, false, true, true),
        ("s3:PutObjectTagging", true, false, false, true),
        ("s3:PutObjectAcl", true, true, true, false),
    ] {
        let deny = policy("Deny", &[missing], &["*"]);
        sandbox.set_policies("AKIAPETER", [&policy("Allow", &all, &["*"]), &deny]).unwrap();
        let done = [
            copy("plain").await.is_ok(),
            copy("tagged").await.is_ok(),
            with_tags().await.is_ok(),
            with_acl().await.is_ok(),
        ];
        assert_eq!(done, [plain, tags, tagging, acl], "without {missing}");
    }
}

#[tokio::test]
async fn many_deletes_are_decided_key_by_key() {
    let (sandbox, owner) = with_bucket().await;
    put(&owner, "mine/k", "x").await;
    put(&owner, "theirs/k", "x").await;
    let delete = policy("Allow", &["s3:DeleteObject"], &["arn:aws:s3:::bucket/mine/*"]);
    let peter = peter(&sandbox, &[delete]);
    let object = |key: &str, version: Option<&str>| {
        let object = ObjectIdentifier::builder().key(key);
        object.set_version_id(version.map(str::to_owned)).build().unwrap()
    };
    let objects =
        [object("mine/k", None), object("theirs/k", None), object("mine/k", Some("null"))];
    let delete = Delete::builder().set_objects(Some(objects.to_vec())).build().unwrap();
    let output = peter.delete_objects().bucket("bucket").delete(delete).send().await.unwrap();
    let deleted: Vec<_> = output.deleted().iter().filter_map(|deleted| deleted.key()).collect();
    assert_eq!(deleted, ["mine/k"]);
    let errors: Vec<String> = output
        .errors()
        .iter()
        .map(|error| {
            let version = error.version_id().unwrap_or("-");
            format!("{} {version} {}", error.key().unwrap(), error.code().unwrap())
        })
        .collect();
    assert_eq!(errors, ["theirs/k - AccessDenied", "mine/k null AccessDenied"]);
    assert!(output.errors()[0].message().unwrap().contains("s3:DeleteObject on resource"));
    let call = sandbox.calls().pop().unwrap();
    assert_eq!((call.status, call.needs.len()), (200, 1));
    assert_eq!(call.needs[0].resource, "arn:aws:s3:::bucket/mine/k");
    owner.head_object().bucket("bucket").key("theirs/k").send().await.unwrap();
}

#[tokio::test]
async fn lists_are_narrowed_by_their_parameters() {
    let (sandbox, _) = with_bucket().await;
    let bucket = "arn:aws:s3:::bucket";
    let narrow =
        |condition: &str| with_condition("Allow", &["s3:ListBucket"], &[bucket], condition);
    let peter = peter(
        &sandbox,
        &[narrow(
            r#"{"StringLike":{"s3:prefix":"home/${aws:username}/*"},"StringEquals":{"s3:delimiter":"/"},"NumericLessThanEquals":{"s3:max-keys":"10"}}"#,
        )],
    );
    let list = |prefix: &str, delimiter: Option<&str>, most: i32| {
        let list = peter.list_objects_v2().bucket("bucket").prefix(prefix).max_keys(most);
        list.set_delimiter(delimiter.map(str::to_owned)).send()
    };
    list("home/peter/x", Some("/"), 10).await.unwrap();
    for (prefix, delimiter, most) in [
        ("home/paul/x", Some("/"), 10),
        ("home/peter/x", None, 10),
        ("home/peter/x", Some("/"), 11),
        ("", Some("/"), 10),
    ] {
        assert_eq!(refusal(list(prefix, delimiter, most).await), "403 AccessDenied", "{prefix}");
    }
    // HeadBucket has no prefix.
    assert_eq!(refusal(peter.head_bucket().bucket("bucket").send().await), "403");
    sandbox.set_policies("AKIAPETER", [narrow(r#"{"Null":{"s3:prefix":"true"}}"#)]).unwrap();
    peter.head_bucket().bucket("bucket").send().await.unwrap();
    assert_eq!(refusal(list("home/peter/x", None, 10).await), "403 AccessDenied");
}

#[tokio::test]
async fn conditions_see_the_caller_the_region_and_the_request() {
    let (sandbox, owner) = with_bucket().await;
    put(&owner, "k", "x").await;
    let key = AccessKey::assumed_role(ACCOUNT, "r", "s", "ASIAROLE", "secret", "token");
    let allow = policy("Allow", &["s3:*"], &["*"]);
    sandbox.add_access_key(key.with_role_path("/team/").with_policies([&allow]).unwrap());
    let role = client_of(&sandbox, "ASIAROLE", "secret", Some("token"), "us-east-1");
    for (condition, holds) in [
        (r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/team/r"}}"#, true),
        (r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/r"}}"#, false),
        (r#"{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}"#, true),
        (r#"{"Null":{"aws:username":"true"}}"#, true),
        (r#"{"StringLike":{"aws:userid":"AROA*:s"}}"#, true),
        (r#"{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}"#, true),
        (r#"{"StringNotEquals":{"aws:RequestedRegion":["us-east-1"]}}"#, false),
        (r#"{"StringEquals":{"aws:ResourceAccount":"111122223333"}}"#, true),
        (r#"{"StringEquals":{"s3:ResourceAccount":"${aws:PrincipalAccount}"}}"#, true),
        (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, true),
        (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, false),
        (r#"{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}"#, true),
        (r#"{"StringEquals":{"s3:ExistingObjectTag/a":"1"}}"#, false),
        (
            r#"{"StringEquals":{"s3:authType":"REST-HEADER","s3:signatureversion":"AWS4-HMAC-SHA256"}}"#,
            true,
        ),
        (
            r#"{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01"},"NumericGreaterThan":{"aws:EpochTime":"1"}}"#,
            true,
        ),
    ] {
        let policy = with_condition("Allow", &["s3:GetObject"], &["*"], condition);
        sandbox.set_policies("ASIAROLE", [&policy]).unwrap();
        let got = role.get_object().bucket("bucket").key("k").send().await;
        assert_eq!(got.is_ok(), holds, "{condition}");
    }
    let private = r#"{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}"#;
    let upload = with_condition("Allow", &["s3:PutObject", "s3:PutObjectAcl"], &["*"], private);
    sandbox.set_policies("ASIAROLE", [&upload]).unwrap();
    let upload = || role.put_object().bucket("bucket").key("u").body(ByteStream::from_static(b"x"));
    upload().acl(ObjectCannedAcl::BucketOwnerFullControl).send().await.unwrap();
    assert_eq!(refusal(upload().send().await), "403 AccessDenied");
}

#[tokio::test]
async fn odd_keys_are_text_on_both_sides() {
    let (sandbox, owner) = with_bucket().await;
    let long = "k".repeat(1_024);
    for (key, pattern, allowed) in [
        ("a b+c", "a b+c", true),
        ("a*", "a${*}", true),
        ("ab", "a${*}", false),
        ("a?", "a?", true),
        ("${aws:username}", "${$}{aws:username}", true),
        ("peter", "${aws:username}", true),
        ("*", "${aws:username}", false),
        ("日本/語", "日本/*", true),
        ("日本/語", "日?/*", true),
        ("A", "a", false),
        (long.as_str(), "k*", true),
    ] {
        let body = ByteStream::from_static(b"x");
        owner.put_object().bucket("bucket").key(key).body(body).send().await.unwrap();
        let resource = format!("arn:aws:s3:::bucket/{pattern}");
        let peter = peter(&sandbox, &[policy("Allow", &["s3:GetObject"], &[&resource])]);
        let got = peter.get_object().bucket("bucket").key(key).send().await;
        assert_eq!(got.is_ok(), allowed, "{key} {pattern}");
    }
}

#[tokio::test]
async fn within_an_account_either_policy_allows_and_both_deny() {
    let (sandbox, owner) = with_bucket().await;
    put(&owner, "k", "x").await;
    let none: [&str; 0] = [];
    let peter = peter(&sandbox, &none);
    let get = || peter.get_object().bucket("bucket").key("k").send();
    let to_peter = format!(r#"{{"AWS":"{PETER}"}}"#);
    let to_account = format!(r#"{{"AWS":"{ACCOUNT}"}}"#);

    set_bucket_policy(&owner, &to_peter, "Allow", "s3:GetObject").await;
    get().await.unwrap();
    // The account may then decide, and it has not.
    set_bucket_policy(&owner, &to_account, "Allow", "s3:GetObject").await;
    assert!(
        message(get().await)
            .ends_with("because no identity-based policy allows the s3:GetObject action")
    );
    let allow = policy("Allow", &["s3:*"], &["*"]);
    sandbox.set_policies("AKIAPETER", [&allow]).unwrap();
    get().await.unwrap();
    set_bucket_policy(&owner, &to_peter, "Deny", "s3:GetObject").await;
    assert!(message(get().await).ends_with(
        "s3:GetObject on resource: \"arn:aws:s3:::bucket/k\" with an explicit deny in a resource-based policy"
    ));
    set_bucket_policy(&owner, &to_peter, "Allow", "s3:GetObject").await;
    sandbox.set_policies("AKIAPETER", [policy("Deny", &["s3:Get*"], &["*"])]).unwrap();
    assert!(message(get().await).ends_with("with an explicit deny in an identity-based policy"));
}

#[tokio::test]
async fn across_accounts_both_policies_must_allow() {
    let (sandbox, owner) = with_bucket().await;
    put(&owner, "k", "x").await;
    let key = AccessKey::user(OTHER_ACCOUNT, "olga", "AKIAOLGA", "olga-secret");
    let allow = policy("Allow", &["s3:GetObject"], &["arn:aws:s3:::bucket/*"]);
    sandbox.add_access_key(key.with_policies([&allow]).unwrap());
    let olga = client_of(&sandbox, "AKIAOLGA", "olga-secret", None, "us-east-1");
    let get = || olga.get_object().bucket("bucket").key("k").send();
    // Strangers learn nothing.
    assert_eq!(message(get().await), "Access Denied");
    set_bucket_policy(&owner, &format!(r#"{{"AWS":"{OTHER_ACCOUNT}"}}"#), "Allow", "s3:GetObject")
        .await;
    get().await.unwrap();
    let none: [&str; 0] = [];
    sandbox.set_policies("AKIAOLGA", none).unwrap();
    assert_eq!(message(get().await), "Access Denied");
    sandbox.set_policies("AKIAOLGA", [&allow]).unwrap();
    set_bucket_policy(&owner, &format!(r#"{{"AWS":"{OTHER_ACCOUNT}"}}"#), "Deny", "s3:GetObject")
        .await;
    assert_eq!(message(get().await), "Access Denied");
}

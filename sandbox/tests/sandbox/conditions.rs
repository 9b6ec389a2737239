//! Conditional reads, writes and deletes.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::primitives::{ByteStream, DateTime};

use crate::support::{put, refusal, with_bucket};

#[tokio::test]
async fn a_read_is_answered_where_its_conditions_hold() {
    let (_sandbox, client) = with_bucket().await;
    let etag = put(&client, "k", "x").await.e_tag.unwrap();
    let get = || client.get_object().bucket("bucket").key("k");
    let past = DateTime::from(SystemTime::now() - Duration::from_secs(3_600));
    let future = DateTime::from(SystemTime::now() + Duration::from_secs(3_600));
    get().if_match(&etag).send().await.unwrap();
    get().if_none_match("\"other\"").send().await.unwrap();
    get().if_modified_since(past).send().await.unwrap();
    get().if_match(&etag).if_unmodified_since(past).send().await.unwrap();
    assert_eq!(refusal(get().if_match("\"other\"").send().await), "412 PreconditionFailed");
    assert_eq!(refusal(get().if_unmodified_since(past).send().await), "412 PreconditionFailed");
    assert_eq!(refusal(get().if_none_match(&etag).send().await), "304");
    assert_eq!(refusal(get().if_modified_since(future).send().await), "304");
}

#[tokio::test]
async fn a_write_overwrites_or_creates_as_its_conditions_say() {
    let (_sandbox, client) = with_bucket().await;
    let write =
        || client.put_object().bucket("bucket").key("k").body(ByteStream::from_static(b"y"));
    assert_eq!(refusal(write().if_match("\"any\"").send().await), "404 NoSuchKey");
    let etag = write().if_none_match("*").send().await.unwrap().e_tag.unwrap();
    assert_eq!(refusal(write().if_none_match("*").send().await), "412 PreconditionFailed");
    assert_eq!(refusal(write().if_match("\"other\"").send().await), "412 PreconditionFailed");
    assert_eq!(refusal(write().if_none_match(&etag).send().await), "501 NotImplemented");
    write().if_match(&etag).send().await.unwrap();
}

#[tokio::test]
async fn a_delete_wants_the_object_that_it_names() {
    let (_sandbox, client) = with_bucket().await;
    let etag = put(&client, "k", "x").await.e_tag.unwrap();
    let delete = || client.delete_object().bucket("bucket").key("k");
    assert_eq!(refusal(delete().if_match("\"other\"").send().await), "412 PreconditionFailed");
    delete().if_match(&etag).send().await.unwrap();
    assert_eq!(refusal(delete().if_match("*").send().await), "412 PreconditionFailed");
    delete().send().await.unwrap();
}

#[tokio::test]
async fn of_many_creators_one_wins() {
    let (_sandbox, client) = with_bucket().await;
    let mut creators = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = client.clone();
        creators.spawn(async move {
            client.put_object().bucket("bucket").key("k").if_none_match("*").send().await.is_ok()
        });
    }
    let winners = creators.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(winners, 1);
}

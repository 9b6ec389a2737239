//! What S3 overlooks in a request, signed or not.

use http::Method;

use crate::support::{KEY, client_of, put, refusal, send, text, with_bucket};

#[tokio::test]
async fn a_range_that_is_none_gives_the_whole_object() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "hello").await;
    for range in ["bytes=0-1,3-4", "bytes=3-1", "lines=0-1"] {
        let got = client.get_object().bucket("bucket").key("k").range(range).send().await.unwrap();
        assert_eq!(got.content_range(), None, "{range}");
        assert_eq!(text(got.body).await, "hello", "{range}");
        client.head_object().bucket("bucket").key("k").range(range).send().await.unwrap();
    }
    let ranged = client.get_object().bucket("bucket").key("k").range("bytes=1-2");
    assert_eq!(text(ranged.send().await.unwrap().body).await, "el");
    // What is overlooked is still signed.
    let stranger = client_of(&sandbox, KEY, "wrong", None, "us-east-1");
    let got = stranger.get_object().bucket("bucket").key("k").range("bytes=3-1").send().await;
    assert_eq!(refusal(got), "403 SignatureDoesNotMatch");
    let url = format!("{}/bucket/k", sandbox.endpoint());
    let (status, ..) = send(Method::GET, &url, &[("range", "bytes=3-1")], "").await;
    assert_eq!(status.as_u16(), 403);
}

#[tokio::test]
async fn a_condition_without_a_date_is_none() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "hello").await;
    for (name, date, expected) in [
        ("if-unmodified-since", "yesterday", Ok(())),
        ("if-unmodified-since", "Sunday, 06-Nov-94 08:49:37 GMT", Err("412 PreconditionFailed")),
        ("if-modified-since", "0", Ok(())),
    ] {
        let got = client
            .get_object()
            .bucket("bucket")
            .key("k")
            .customize()
            .mutate_request(move |request| {
                request.headers_mut().insert(name, date);
            })
            .send()
            .await;
        match expected {
            Ok(()) => drop(got.unwrap()),
            Err(code) => assert_eq!(refusal(got), code, "{name}: {date}"),
        }
    }
}

#[tokio::test]
async fn expires_is_kept_as_it_was_sent() {
    let (_sandbox, client) = with_bucket().await;
    for sent in ["0", "Sunday, 06-Nov-94 08:49:37 GMT"] {
        client
            .put_object()
            .bucket("bucket")
            .key("k")
            .customize()
            .mutate_request(move |request| {
                request.headers_mut().insert("expires", sent);
            })
            .send()
            .await
            .unwrap();
        let head = client.head_object().bucket("bucket").key("k").send().await.unwrap();
        assert_eq!(head.expires_string(), Some(sent));
    }
}

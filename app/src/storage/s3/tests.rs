//! What the shared suites cannot show on a good server: refusals, odd answers, uploads that go wrong.

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use bytes::Bytes;
use futures::TryStreamExt;

use super::super::*;
use super::*;

mod fake;
mod multipart;

use crate::fake_server::{FakeServer, Request};
use fake::{Answer, settings};

fn key(name: &str) -> ObjectKey {
    ObjectKey::new(name).unwrap()
}

fn expiry() -> UrlExpiry {
    UrlExpiry::from_secs(60).unwrap()
}

#[test]
fn content_ranges_are_read_strictly() {
    assert_eq!(content_range("bytes 0-9/100"), Some((0..10, 100)));
    assert_eq!(content_range("bytes 99-99/100"), Some((99..100, 100)));
    for bad in ["", "bytes */100", "bytes 0-9/*", "bytes 9-0/100", "bytes 0-100/100", "0-9/100"] {
        assert_eq!(content_range(bad), None, "{bad:?}");
    }
    assert_eq!(whole_size("bytes */100"), Some(100));
    assert_eq!(whole_size("bytes */*"), None);
}

#[test]
fn without_credentials_or_http_client_there_is_no_storage() {
    let server = FakeServer::saying(|| Answer::new(200, ""));
    let complete = server.sdk_config().build();
    let mut without_credentials = complete.to_builder();
    without_credentials.set_credentials_provider(None);
    let mut without_client = complete.to_builder();
    without_client.set_http_client(None);
    for (aws, named) in [
        (without_credentials.build(), "`AWS_ACCESS_KEY_ID`"),
        (without_client.build(), "`http_client`"),
    ] {
        let error = Storage::new(&settings(&[]), Purpose::Uploads, &aws).unwrap_err();
        assert!(matches!(error, StorageError::NotConfigured { .. }), "{error:?}");
        assert!(error.to_string().contains(named), "{error}");
    }
    assert!(Storage::new(&settings(&[]), Purpose::Uploads, &complete).is_ok());
}

#[tokio::test]
async fn each_purpose_has_its_bucket_addressed_as_configured() {
    for (purpose, endpoint, style, expected) in [
        (Purpose::Creatives, None, "auto", "https://creatives.s3.us-west-2.amazonaws.com/pre/k?"),
        (Purpose::Exports, None, "path", "https://s3.us-west-2.amazonaws.com/exports/pre/k?"),
        (
            Purpose::LandingPages,
            Some("http://s.example"),
            "auto",
            "http://s.example/landing-pages/pre/k?",
        ),
        (Purpose::Uploads, Some("http://s.example"), "virtual", "http://bucket.s.example/pre/k?"),
    ] {
        let mut aws = FakeServer::saying(|| Answer::new(200, "")).sdk_config();
        aws.set_endpoint_url(endpoint.map(str::to_owned));
        let settings = settings(&[("S3_ADDRESSING_STYLE", style)]);
        let storage = Storage::new(&settings, purpose, &aws.build()).unwrap();
        let url = storage.presign_get(&key("k"), expiry()).await.unwrap().url;
        assert!(url.as_str().starts_with(expected), "{url}");
    }
}

#[tokio::test]
async fn a_presigned_put_binds_the_content_type_only_if_told_to() {
    let storage = FakeServer::saying(|| Answer::new(200, "")).storage();
    let free = storage.presign_put(&key("k"), expiry(), None).await.unwrap();
    assert!(free.headers.is_empty(), "{free:?}");
    assert!(free.url.query().unwrap().contains("X-Amz-SignedHeaders=host&"));
    assert!(free.url.query().unwrap().contains("X-Amz-Expires=60&"));
    let html = ContentType::new("text/html").unwrap();
    let bound = storage.presign_put(&key("k"), expiry(), Some(&html)).await.unwrap();
    assert_eq!(bound.headers, [("content-type".to_owned(), "text/html".to_owned())]);
    assert!(bound.url.query().unwrap().contains("X-Amz-SignedHeaders=content-type%3Bhost&"));
    let left = bound.expires_at.duration_since(SystemTime::now()).unwrap();
    assert!((58..=60).contains(&left.as_secs()), "{left:?}");
}

#[test]
fn cdn_urls_are_of_the_whole_key_and_only_with_a_domain() {
    let aws = FakeServer::saying(|| Answer::new(200, "")).sdk_config().build();
    let open = |vars: &[_]| Storage::new(&settings(vars), Purpose::Uploads, &aws).unwrap();
    assert_eq!(open(&[]).cdn_url(&key("a b")).unwrap(), None);
    let with_domain = open(&[("CLOUDFRONT_DOMAIN", "cdn.example.org")]);
    let url = with_domain.cdn_url(&key("a b")).unwrap().unwrap();
    assert_eq!(url.as_str(), "https://cdn.example.org/pre/a%20b");
    assert!(with_domain.cdn_url(&key(&"k".repeat(1_021))).is_err());
}

#[tokio::test]
async fn refusals_say_what_aws_says_and_what_to_do() {
    type Case = (fn() -> Answer, &'static str, &'static str);
    let cases: [Case; 11] = [
        (
            || Answer::error(403, "AccessDenied", "Access Denied"),
            "`GetObject` on `s3://bucket/pre/k` failed: `AccessDenied`: Access Denied (status 403, request id `REQUEST1`)",
            "allow `s3:GetObject` on `arn:aws:s3:::bucket/pre/k`; without `s3:ListBucket`",
        ),
        (
            || Answer::error(404, "NoSuchBucket", "The specified bucket does not exist"),
            "`NoSuchBucket`",
            "set `S3_BUCKET_UPLOADS` to a bucket that exists, or create it: aws s3 mb s3://bucket",
        ),
        (
            || {
                Answer::error(301, "PermanentRedirect", "Use the endpoint")
                    .header("x-amz-bucket-region", "eu-west-1")
            },
            "status 301",
            "the bucket is in another region: AWS_REGION=eu-west-1",
        ),
        (
            || {
                let message = "the region 'us-west-2' is wrong; expecting 'eu-west-1'";
                Answer::error(400, "AuthorizationHeaderMalformed", message)
            },
            "`AuthorizationHeaderMalformed`",
            "AWS_REGION=eu-west-1",
        ),
        (
            || Answer::error(400, "ExpiredToken", "The provided token has expired."),
            "`ExpiredToken`",
            "the temporary credentials have expired",
        ),
        (
            || Answer::error(403, "InvalidAccessKeyId", "does not exist in our records"),
            "`InvalidAccessKeyId`",
            "aws configure list",
        ),
        (
            || Answer::error(403, "SignatureDoesNotMatch", "does not match"),
            "`SignatureDoesNotMatch`",
            "check `AWS_SECRET_ACCESS_KEY`",
        ),
        (
            || Answer::error(403, "RequestTimeTooSkewed", "too large"),
            "`RequestTimeTooSkewed`",
            "set this machine's clock",
        ),
        (
            || Answer::error(501, "NotImplemented", "A header implies functionality"),
            "`NotImplemented`",
            "this server does not offer `GetObject`",
        ),
        (
            || Answer::error(503, "SlowDown", "Please reduce your request rate."),
            "`SlowDown`",
            "try again later",
        ),
        (
            || Answer::new(403, "<html>proxy</html>"),
            "(status 403, no request id)",
            "allow `s3:GetObject`",
        ),
    ];
    for (answer, message, hint) in cases {
        let storage = FakeServer::saying(answer).storage();
        let error = storage.download(&key("k")).await.unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(message), "{message}\nis not in\n{shown}");
        let given = error.hint().unwrap_or_default();
        assert!(given.contains(hint), "{hint}\nis not in\n{given}");
        assert!(!error.is_not_found());
    }
}

#[tokio::test]
async fn each_operation_names_its_permission() {
    let denied = || FakeServer::saying(|| Answer::error(403, "AccessDenied", "no")).storage();
    let options = UploadOptions::default();
    let all = ListRequest::new(Prefix::all());
    for (error, hint) in [
        (
            denied().upload(&key("k"), Bytes::new(), &options).await.unwrap_err(),
            "allow `s3:PutObject` on `arn:aws:s3:::bucket/pre/k`",
        ),
        (
            denied().delete(&key("k")).await.unwrap_err(),
            "allow `s3:DeleteObject` on `arn:aws:s3:::bucket/pre/k`",
        ),
        (
            denied().list_page(&all).await.unwrap_err(),
            "allow `s3:ListBucket` on `arn:aws:s3:::bucket`",
        ),
    ] {
        assert_eq!(error.hint().as_deref(), Some(hint));
    }
}

#[tokio::test]
async fn a_refused_head_is_explained_by_a_get() {
    for (code, status) in [("ExpiredToken", 400), ("NoSuchBucket", 404), ("AccessDenied", 403)] {
        let server = FakeServer::new(move |request: Request| async move {
            match request.method.as_str() {
                "HEAD" => Answer::new(status, ""),
                _ => Answer::error(status, code, "because"),
            }
        });
        for error in [
            server.storage().metadata(&key("k")).await.unwrap_err(),
            server.storage().exists(&key("k")).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains(&format!("`{code}`: because")), "{error}");
        }
    }
    let missing = FakeServer::new(|request: Request| async move {
        match request.method.as_str() {
            "HEAD" => Answer::new(404, ""),
            _ => Answer::error(404, "NoSuchKey", "The specified key does not exist."),
        }
    });
    assert!(!missing.storage().exists(&key("k")).await.unwrap());
    assert_eq!(missing.operations(), ["HeadObject", "GetObject"]);
}

#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let error = CredentialsError::not_loaded("no providers in chain provided credentials");
        future::ProvideCredentials::ready(Err(error))
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_had_are_named() {
    let server = FakeServer::saying(|| Answer::new(200, ""));
    let aws = server.sdk_config();
    let aws = aws.credentials_provider(SharedCredentialsProvider::new(NoCredentials)).build();
    let storage = Storage::new(&settings(&[]), Purpose::Uploads, &aws).unwrap();
    let error = storage.download(&key("k")).await.unwrap_err();
    assert!(error.hint().unwrap().contains("`AWS_PROFILE`"), "{error:?}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_range_that_the_server_ignores_is_an_error() {
    let storage = FakeServer::saying(|| Answer::new(200, "the whole object")).storage();
    let range = ByteRange::closed(0, 2).unwrap();
    let error = storage.download_range(&key("k"), range).await.unwrap_err();
    assert!(error.to_string().contains("the whole object instead of a range"), "{error}");
}

#[tokio::test]
async fn uploads_carry_their_checksum_in_a_header() {
    let server = FakeServer::saying(|| Answer::new(200, "").header("etag", "\"e\""));
    server.storage().upload(&key("k"), "body".into(), &UploadOptions::default()).await.unwrap();
    let request = &server.requests()[0];
    assert!(request.header("x-amz-checksum-crc32").is_some(), "{request:?}");
    assert!(request.header("x-amz-trailer").is_none(), "{request:?}");
    assert_eq!(request.header("content-encoding"), None);
    assert_eq!(request.header("content-type"), Some("application/octet-stream"));
}

#[tokio::test]
async fn listings_are_decoded_only_where_the_server_has_encoded() {
    let list = |encoding: &'static str, key: &'static str| {
        FakeServer::saying(move || {
            let body = format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated>{encoding}\
                 <Contents><Key>{key}</Key><Size>3</Size><ETag>\"e\"</ETag></Contents>\
                 <Contents><Key>pre/</Key><Size>0</Size></Contents>\
                 <Contents><Key>pre/a/../b</Key><Size>0</Size></Contents></ListBucketResult>"
            );
            Answer::new(200, &body)
        })
    };
    let encoded = list("<EncodingType>url</EncodingType>", "pre/a+b%2Bc%25%C3%A9");
    let plain = list("", "pre/a+b%2B");
    for (server, name) in [(encoded, "a b+c%é"), (plain, "a+b%2B")] {
        let page = server.storage().list_page(&ListRequest::new(Prefix::all())).await.unwrap();
        assert_eq!(page.entries.len(), 1);
        assert_eq!(page.entries[0].key.as_str(), name);
        assert_eq!((page.entries[0].size_bytes, page.entries[0].etag.as_str()), (3, "\"e\""));
        assert_eq!(page.unaddressable, ["pre/", "pre/a/../b"]);
        assert!(page.next.is_none());
    }
}

#[tokio::test]
async fn a_listing_that_cannot_go_on_is_an_error() {
    let body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    let storage = FakeServer::saying(move || Answer::new(200, body)).storage();
    let listed: Result<Vec<_>, _> = storage.list(&Prefix::all()).try_collect().await;
    assert!(listed.unwrap_err().to_string().contains("there are more keys"));
}

//! Local files, through the operations that everybody uses.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_types::SdkConfig;
use tempfile::TempDir;

use super::super::*;
use crate::settings::Settings;

mod listing;
mod safety;

struct TestFolder {
    folder: TempDir,
    storage: Storage,
}

fn open(root: &Path, purpose: Purpose, key_prefix: &str) -> Result<Storage, StorageError> {
    let vars = [
        ("STORAGE_BACKEND", "local"),
        ("LOCAL_STORAGE_ROOT", root.to_str().unwrap()),
        ("S3_KEY_PREFIX", key_prefix),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::from_vars(vars).unwrap();
    Storage::new(&settings, purpose, &SdkConfig::builder().build())
}

impl TestFolder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = open(folder.path(), Purpose::Uploads, "").unwrap();
        Self { folder, storage }
    }

    fn objects(&self) -> PathBuf {
        self.folder.path().join("uploads/objects")
    }

    /// How many files are being written, or were given up without being removed.
    fn incoming(&self) -> usize {
        fs::read_dir(self.folder.path().join("uploads/incoming")).unwrap().count()
    }

    async fn put(&self, name: &str, body: &str) -> Uploaded {
        let body = Bytes::from(body.to_owned());
        self.storage.upload(&key(name), body, &UploadOptions::default()).await.unwrap()
    }

    async fn get(&self, name: &str) -> Result<Bytes, StorageError> {
        self.storage.download(&key(name)).await
    }

    async fn list(&self, prefix: &str) -> Vec<String> {
        let entries = self.storage.list(&Prefix::new(prefix).unwrap());
        let keys = entries.map_ok(|entry| entry.key.to_string());
        keys.try_collect().await.unwrap()
    }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new(name).unwrap()
}

/// Keys that a naive mapping to paths would confuse, lose or refuse.
fn odd_keys() -> Vec<String> {
    let plain = [
        "a",
        "a/b",
        "a/b/c",
        "a/",
        "a//b",
        "a//",
        "A",
        "A/b",
        "a b",
        "a+b",
        "a%2Fb",
        "%",
        "=",
        "+",
        "~",
        "a~",
        "a+/",
        ".a",
        "a/.b",
        "...",
        "a-",
        "a0",
        "a.",
        "é",
        "e\u{301}",
        "\u{1f980}",
        "\\",
        "con",
        "nul.txt",
        "*?<>|:\"'",
    ];
    let long = [
        "x".repeat(63),
        "x".repeat(64),
        format!("{}/", "x".repeat(64)),
        "x".repeat(65),
        "x".repeat(300),
        "X".repeat(1_024),
        "é".repeat(512),
        "y/".repeat(512),
        format!("{}/z", "x".repeat(300)),
    ];
    plain.map(str::to_owned).into_iter().chain(long).collect()
}

#[tokio::test]
async fn what_is_uploaded_is_downloaded_with_its_metadata() {
    let test = TestFolder::new();
    let options = UploadOptions::default()
        .content_type(ContentType::new("text/plain; charset=utf-8").unwrap())
        .metadata(UserMetadata::new([("owner", "me"), ("empty", "")]).unwrap());
    let uploaded = test.storage.upload(&key("a/b"), "body".into(), &options).await.unwrap();
    assert_eq!(uploaded.size_bytes, 4);

    let download = test.storage.download_stream(&key("a/b")).await.unwrap();
    assert_eq!(download.metadata, test.storage.metadata(&key("a/b")).await.unwrap());
    assert_eq!(download.content_length(), 4);
    assert_eq!(download.content_range().unwrap(), "bytes 0-3/4");
    let metadata = download.metadata.clone();
    assert_eq!(download.into_bytes().await.unwrap(), "body");

    assert_eq!(metadata.size_bytes, 4);
    assert_eq!(metadata.content_type.as_str(), "text/plain; charset=utf-8");
    assert_eq!(metadata.etag, uploaded.etag);
    assert!(metadata.etag.starts_with('"') && metadata.etag.ends_with('"'));
    assert_eq!(metadata.user.get("owner"), Some("me"));
    assert_eq!(metadata.user.iter().count(), 2);
    let age = SystemTime::now().duration_since(metadata.last_modified).unwrap();
    assert!(age < Duration::from_secs(60), "{age:?}");
    assert_eq!(test.incoming(), 0);
}

#[tokio::test]
async fn empty_and_large_bodies_survive() {
    let test = TestFolder::new();
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    for body in [Bytes::new(), Bytes::from_static(b"\0"), Bytes::from(large)] {
        let options = UploadOptions::default().content_length(body.len() as u64);
        test.storage.upload(&key("k"), body.clone(), &options).await.unwrap();
        assert!(test.get("k").await.unwrap() == body);
    }
    test.put("k", "").await;
    let download = test.storage.download_stream(&key("k")).await.unwrap();
    assert_eq!((download.content_length(), download.content_range()), (0, None));
}

#[tokio::test]
async fn a_missing_object_is_not_found_and_deleted_without_complaint() {
    let test = TestFolder::new();
    test.put("dir/present", "x").await;
    for missing in ["missing", "dir", "dir/", "dir/present/below", "dir/presen"] {
        assert!(test.get(missing).await.unwrap_err().is_not_found(), "{missing}");
        let error = test.storage.metadata(&key(missing)).await.unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!(error.to_string().contains(&format!("`{missing}`")), "{error}");
        assert!(!test.storage.exists(&key(missing)).await.unwrap());
        test.storage.delete(&key(missing)).await.unwrap();
    }
    assert!(test.storage.exists(&key("dir/present")).await.unwrap());
}

#[tokio::test]
async fn an_object_is_replaced_as_a_whole() {
    let test = TestFolder::new();
    let options = UploadOptions::default()
        .content_type(ContentType::new("a/b").unwrap())
        .metadata(UserMetadata::new([("n", "v")]).unwrap());
    let old = test.storage.upload(&key("k"), "long old body".into(), &options).await.unwrap();
    let new = test.put("k", "new").await;
    assert_ne!(old.etag, new.etag);
    let metadata = test.storage.metadata(&key("k")).await.unwrap();
    assert_eq!(metadata.size_bytes, 3);
    assert_eq!(metadata.content_type, ContentType::default());
    assert!(metadata.user.is_empty());
    assert_eq!(test.get("k").await.unwrap(), "new");
}

#[tokio::test]
async fn every_odd_key_is_an_object_of_its_own() {
    let test = TestFolder::new();
    for name in odd_keys() {
        test.put(&name, &name).await;
    }
    for name in odd_keys() {
        assert_eq!(test.get(&name).await.unwrap(), name, "{name}");
    }
    let expected: BTreeSet<_> = odd_keys().into_iter().collect();
    // A `BTreeSet` of strings has the order of UTF-8 bytes.
    assert_eq!(test.list("").await, expected.into_iter().collect::<Vec<_>>());
    for name in odd_keys() {
        test.storage.delete(&key(&name)).await.unwrap();
        assert!(!test.storage.exists(&key(&name)).await.unwrap());
    }
    assert_eq!(fs::read_dir(test.objects()).unwrap().count(), 0, "folders stay behind");
}

#[tokio::test]
async fn ranges_are_read() {
    let test = TestFolder::new();
    test.put("k", "0123456789").await;
    for (range, expected) in [
        ("bytes=0-0", "0"),
        ("bytes=2-4", "234"),
        ("bytes=7-", "789"),
        ("bytes=8-99", "89"),
        ("bytes=-3", "789"),
        ("bytes=-99", "0123456789"),
    ] {
        let range: ByteRange = range.parse().unwrap();
        let download = test.storage.download_range_stream(&key("k"), range).await.unwrap();
        assert_eq!(download.metadata.size_bytes, 10);
        assert_eq!(download.content_length(), expected.len() as u64);
        assert_eq!(download.into_bytes().await.unwrap(), expected);
    }
    test.put("empty", "").await;
    for (name, range, size) in
        [("k", "bytes=10-", 10), ("k", "bytes=-0", 10), ("empty", "bytes=0-", 0)]
    {
        let range = range.parse().unwrap();
        match test.storage.download_range(&key(name), range).await.unwrap_err() {
            StorageError::RangeNotSatisfiable { size_bytes, .. } => {
                assert_eq!(size_bytes, Some(size))
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn an_object_that_must_be_new_does_not_replace_another() {
    let test = TestFolder::new();
    let options = UploadOptions::default().only_if_absent();
    let uploads = (0..16).map(|n| {
        let (storage, options) = (test.storage.clone(), options.clone());
        tokio::spawn(async move {
            storage.upload(&key("dir/k"), format!("{n}").into(), &options).await.map(|_| n)
        })
    });
    let mut winners = Vec::new();
    for upload in uploads.collect::<Vec<_>>() {
        match upload.await.unwrap() {
            Ok(n) => winners.push(n),
            Err(StorageError::AlreadyExists { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(test.get("dir/k").await.unwrap(), winners[0].to_string());
    assert_eq!(test.incoming(), 0);
}

#[tokio::test]
async fn presigned_urls_are_verified_by_the_storage_that_signed_them() {
    let test = TestFolder::new();
    let expiry = UrlExpiry::from_secs(60).unwrap();
    let html = ContentType::new("text/html").unwrap();
    let get = test.storage.presign_get(&key("a b"), expiry).await.unwrap();
    let put = test.storage.presign_put(&key("a b"), expiry, Some(&html)).await.unwrap();
    assert_eq!(put.headers, [("content-type".to_owned(), "text/html".to_owned())]);
    let target = |url: &Url| format!("{}?{}", url.path(), url.query().unwrap());
    let now = SystemTime::now();
    let verify = |method, url: &Url, header| {
        test.storage.verify_presigned(method, &target(url), header, now)
    };
    assert_eq!(verify("GET", &get.url, None), Ok(key("a b")));
    assert_eq!(verify("PUT", &put.url, Some("text/html")), Ok(key("a b")));
    assert!(matches!(verify("PUT", &get.url, None), Err(UrlRefusal::WrongMethod { .. })));
    let later = now + Duration::from_secs(61);
    let late = test.storage.verify_presigned("GET", &target(&get.url), None, later);
    assert!(matches!(late, Err(UrlRefusal::Expired { .. })));
}

#[tokio::test]
async fn there_is_no_public_address_of_a_local_file() {
    let test = TestFolder::new();
    assert_eq!(test.storage.cdn_url(&key("k")).unwrap(), None);
}

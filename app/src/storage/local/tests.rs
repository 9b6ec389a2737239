//! Local files, through the operations that everybody uses.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_types::SdkConfig;
use tempfile::TempDir;

use super::super::*;
use crate::settings::Settings;

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
async fn a_body_that_breaks_off_leaves_nothing_behind() {
    let test = TestFolder::new();
    test.put("k", "old").await;
    let broken = stream::iter([Ok(Bytes::from("half")), Err(std::io::Error::other("cut"))]);
    let options = UploadOptions::default();
    let error = test.storage.upload_stream(&key("k"), broken, &options).await.unwrap_err();
    assert!(matches!(error, StorageError::Body { read_bytes: 4, .. }), "{error}");
    for length in [0, 3, 5] {
        let options = UploadOptions::default().content_length(length);
        let error = test.storage.upload(&key("k"), "half".into(), &options).await.unwrap_err();
        assert!(matches!(error, StorageError::LengthMismatch { .. }), "{error}");
    }
    assert_eq!(test.get("k").await.unwrap(), "old");
    assert_eq!(test.incoming(), 0);
}

#[tokio::test]
async fn a_dropped_upload_leaves_nothing_behind() {
    let test = TestFolder::new();
    let endless = stream::iter([Ok::<_, Infallible>(Bytes::from("half"))]).chain(stream::pending());
    let options = UploadOptions::default();
    let key = key("k");
    let upload = test.storage.upload_stream(&key, endless, &options);
    let timed_out = tokio::time::timeout(Duration::from_millis(100), upload).await;
    assert!(timed_out.is_err());
    assert_eq!(test.incoming(), 0);
    assert!(test.list("").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_one_version_or_the_other_while_it_is_replaced_and_deleted() {
    let test = TestFolder::new();
    let body = |n: u8| Bytes::from(vec![n; 200_000 + usize::from(n)]);
    let writers = (1..=4_u8).map(|n| {
        let storage = test.storage.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                let metadata = UserMetadata::new([("n", n.to_string())]).unwrap();
                let options = UploadOptions::default().metadata(metadata);
                storage.upload(&key("a/b/k"), body(n), &options).await.unwrap();
                if n == 4 {
                    storage.delete(&key("a/b/k")).await.unwrap();
                }
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut seen = 0;
    while seen == 0 || writers.iter().any(|writer| !writer.is_finished()) {
        let download = match test.storage.download_stream(&key("a/b/k")).await {
            Err(error) if error.is_not_found() => continue,
            download => download.unwrap(),
        };
        let metadata = download.metadata.clone();
        let bytes = download.into_bytes().await.unwrap();
        let n: u8 = metadata.user.get("n").unwrap().parse().unwrap();
        assert!(bytes == body(n), "a mixture of versions");
        assert_eq!(metadata.size_bytes, bytes.len() as u64);
        seen += 1;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(test.incoming(), 0);
}

#[tokio::test]
async fn a_download_outlives_the_deletion_of_its_object() {
    let test = TestFolder::new();
    test.put("k", "body").await;
    let download = test.storage.download_stream(&key("k")).await.unwrap();
    test.storage.delete(&key("k")).await.unwrap();
    assert_eq!(download.into_bytes().await.unwrap(), "body");
}

#[tokio::test]
async fn listings_are_cut_to_the_prefix() {
    let test = TestFolder::new();
    for name in ["a", "a/1", "a/2", "a-b", "ab/1", "b", "x/y/z", "x/y", &"l".repeat(200)] {
        test.put(name, "").await;
    }
    for (prefix, expected) in [
        ("a", &["a", "a-b", "a/1", "a/2", "ab/1"][..]),
        ("a/", &["a/1", "a/2"]),
        ("a/1", &["a/1"]),
        ("a/1/", &[]),
        ("A", &[]),
        ("x/y", &["x/y", "x/y/z"]),
        ("x/y/", &["x/y/z"]),
        ("nothing/", &[]),
    ] {
        assert_eq!(test.list(prefix).await, expected, "{prefix}");
    }
    let long = "l".repeat(200);
    for length in [1, 63, 64, 65, 128, 150, 200] {
        assert_eq!(test.list(&long[..length]).await, [long.as_str()], "{length}");
    }
}

#[tokio::test]
async fn pages_of_any_size_add_up_in_both_kinds_of_listing() {
    let test = TestFolder::new();
    for name in odd_keys() {
        test.put(&name, "").await;
    }
    let all: Vec<_> = odd_keys().into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    for prefix in ["", "a", "a/", "x", "y/y/"] {
        let below: Vec<_> = all.iter().filter(|k| k.starts_with(prefix)).cloned().collect();
        let rolled_up: BTreeSet<_> = below
            .iter()
            .map(|k| match k[prefix.len()..].find('/') {
                Some(end) => k[..=prefix.len() + end].to_owned(),
                None => k.clone(),
            })
            .collect();
        for page_size in [1, 2, 3, 7, 1_000] {
            for by_folder in [false, true] {
                let mut request =
                    ListRequest::new(Prefix::new(prefix).unwrap()).page_size(page_size);
                if by_folder {
                    request = request.by_folder();
                }
                let mut names = Vec::new();
                loop {
                    let page = test.storage.list_page(&request).await.unwrap();
                    let keys = page.entries.iter().map(|entry| entry.key.to_string());
                    let prefixes = page.common_prefixes.iter().map(ToString::to_string);
                    let mut on_page: Vec<_> = keys.chain(prefixes).collect();
                    assert!(on_page.len() <= usize::from(page_size));
                    on_page.sort();
                    names.extend(on_page);
                    match page.next {
                        Some(token) => request = request.continue_from(token),
                        None => break,
                    }
                }
                let expected =
                    if by_folder { rolled_up.iter().cloned().collect() } else { below.clone() };
                assert_eq!(names, expected, "{prefix:?} by {page_size}, by folder: {by_folder}");
            }
        }
    }
}

#[tokio::test]
async fn a_full_last_page_promises_no_further_one() {
    let test = TestFolder::new();
    for name in ["a", "b", "c/1", "c/2"] {
        test.put(name, "").await;
    }
    let all = ListRequest::new(Prefix::all());
    for (request, full) in [(all.clone(), 4), (all.by_folder(), 3)] {
        let page = |size| {
            let (storage, request) = (test.storage.clone(), request.clone().page_size(size));
            async move { storage.list_page(&request).await.unwrap() }
        };
        assert!(page(full).await.next.is_none());
        assert!(page(full - 1).await.next.is_some());
    }
}

#[tokio::test]
async fn a_made_up_continuation_token_is_refused() {
    let test = TestFolder::new();
    let request = ListRequest::new(Prefix::all()).continue_from(ContinuationToken::new("../x"));
    let error = test.storage.list_page(&request).await.unwrap_err();
    assert!(matches!(error, StorageError::ContinuationToken), "{error}");
}

#[tokio::test]
async fn the_key_prefix_and_the_purpose_keep_objects_apart() {
    let folder = tempfile::tempdir().unwrap();
    let open = |purpose, prefix| open(folder.path(), purpose, prefix).unwrap();
    let inside = open(Purpose::Uploads, "test/a");
    let beside = open(Purpose::Uploads, "test/a-b");
    let whole = open(Purpose::Uploads, "");
    let other = open(Purpose::Exports, "");
    let options = UploadOptions::default();
    inside.upload(&key("k/1"), "inside".into(), &options).await.unwrap();
    beside.upload(&key("k/1"), "beside".into(), &options).await.unwrap();
    assert_eq!(inside.download(&key("k/1")).await.unwrap(), "inside");
    assert_eq!(whole.download(&key("test/a/k/1")).await.unwrap(), "inside");
    assert!(!other.exists(&key("test/a/k/1")).await.unwrap());
    let keys = |storage: &Storage| {
        let keys = storage.list(&Prefix::all()).map_ok(|entry| entry.key.to_string());
        keys.try_collect::<Vec<_>>()
    };
    assert_eq!(keys(&inside).await.unwrap(), ["k/1"]);
    assert_eq!(keys(&whole).await.unwrap(), ["test/a-b/k/1", "test/a/k/1"]);
    assert!(keys(&other).await.unwrap().is_empty());
    let page = inside.list_page(&ListRequest::new(Prefix::all()).by_folder()).await.unwrap();
    assert_eq!(page.common_prefixes, [Prefix::new("k/").unwrap()]);

    let too_long =
        inside.upload(&key(&"k".repeat(1_020)), Bytes::new(), &options).await.unwrap_err();
    assert!(
        matches!(too_long, StorageError::Key(KeyError::TooLongWithPrefix { .. })),
        "{too_long}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_symlink_leads_nowhere_outside() {
    use std::os::unix::fs::symlink;
    let test = TestFolder::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    symlink(outside.path(), test.objects().join("folder+")).unwrap();
    symlink(outside.path().join("secret"), test.objects().join("file")).unwrap();
    symlink("../../../../../../../../etc/passwd", test.objects().join("relative")).unwrap();

    for name in ["folder/secret", "file", "relative"] {
        let error = test.get(name).await.unwrap_err();
        assert!(matches!(error, StorageError::OutsideRoot { .. }), "{name}: {error:?}");
        assert!(error.hint().is_some());
        let error = test.storage.metadata(&key(name)).await.unwrap_err();
        assert!(matches!(error, StorageError::OutsideRoot { .. }), "{name}: {error:?}");
    }
    let options = UploadOptions::default();
    let written = test.storage.upload(&key("folder/new"), "x".into(), &options).await;
    assert!(matches!(written, Err(StorageError::OutsideRoot { .. })), "{written:?}");
    let deleted = test.storage.delete(&key("folder/secret")).await;
    assert!(matches!(deleted, Err(StorageError::OutsideRoot { .. })), "{deleted:?}");

    let page = test.storage.list_page(&ListRequest::new(Prefix::all())).await.unwrap();
    assert!(page.entries.is_empty());
    let foreign: BTreeSet<_> = page.unaddressable.iter().map(String::as_str).collect();
    assert_eq!(foreign, ["file", "folder+", "relative"].into());

    // A link itself may be replaced and removed; what it points to stays.
    test.put("file", "mine").await;
    assert_eq!(test.get("file").await.unwrap(), "mine");
    test.storage.delete(&key("relative")).await.unwrap();
    let kept: Vec<_> =
        fs::read_dir(outside.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(kept, ["secret"]);
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"secret");
    assert_eq!(test.incoming(), 0);
}

#[cfg(unix)]
#[test]
fn the_folder_of_a_purpose_may_not_be_a_symlink_to_the_outside() {
    let [root, outside] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    std::os::unix::fs::symlink(outside.path(), root.path().join("uploads")).unwrap();
    let error = open(root.path(), Purpose::Uploads, "").unwrap_err();
    assert!(matches!(error, StorageError::OutsideRoot { .. }), "{error:?}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn damaged_and_foreign_files_are_told_from_objects() {
    let test = TestFolder::new();
    test.put("damaged", "body").await;
    test.put("good", "body").await;
    let path = test.objects().join("damaged");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[1..]).unwrap();
    fs::write(test.objects().join("README.md"), "not ours").unwrap();
    let error = test.get("damaged").await.unwrap_err();
    assert!(matches!(error, StorageError::Corrupt { .. }), "{error}");
    let page = test.storage.list_page(&ListRequest::new(Prefix::all())).await.unwrap();
    assert_eq!(page.entries.len(), 1);
    assert_eq!(page.unaddressable, ["README.md", "damaged"]);
    test.put("damaged", "again").await;
    assert_eq!(test.get("damaged").await.unwrap(), "again");
}

#[tokio::test]
async fn a_file_that_shrinks_during_a_download_ends_it_with_an_error() {
    let test = TestFolder::new();
    test.put("k", &"x".repeat(1_000_000)).await;
    let download = test.storage.download_stream(&key("k")).await.unwrap();
    let file = fs::OpenOptions::new().write(true).open(test.objects().join("k")).unwrap();
    file.set_len(500_000).unwrap();
    let error = download.into_bytes().await.unwrap_err();
    assert!(matches!(error, StorageError::Corrupt { .. }), "{error}");
}

#[test]
fn files_of_interrupted_uploads_are_removed_a_day_later() {
    let test = TestFolder::new();
    let incoming = test.folder.path().join("uploads/incoming");
    fs::write(incoming.join("young"), "").unwrap();
    let old = fs::File::create(incoming.join("old")).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_secs(25 * 60 * 60)).unwrap();
    open(test.folder.path(), Purpose::Uploads, "").unwrap();
    let left: Vec<_> = fs::read_dir(incoming).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["young"]);
}

#[test]
fn a_root_that_is_a_file_is_an_error_with_a_hint() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = open(file.path(), Purpose::Uploads, "").unwrap_err();
    assert!(matches!(error, StorageError::Local { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("LOCAL_STORAGE_ROOT"), "{error:?}");
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

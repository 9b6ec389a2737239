//! What must not happen to local files: halves, mixtures, leftovers, ways out of the root.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use super::*;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_folder_may_be_emptied_while_another_object_comes_into_it() {
    let test = TestFolder::new();
    let tasks = (0..8).map(|n| {
        let storage = test.storage.clone();
        tokio::spawn(async move {
            let key = key(&format!("a/b/c/{n}"));
            let options = UploadOptions::default();
            for _ in 0..50 {
                storage.upload(&key, "x".into(), &options).await.unwrap();
                storage.delete(&key).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(fs::read_dir(test.objects()).unwrap().count(), 0);
}

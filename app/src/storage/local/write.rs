//! Writes and removes files of objects.
//!
//! A file is written in the folder `incoming`, brought to the disk, and only then given its name.
//! What a crash leaves there is removed at a later start.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cap_std::fs::{Dir, OpenOptions};
use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::super::error::StorageError;
use super::super::key::ObjectKey;
use super::super::metadata::ObjectMetadata;
use super::super::transfer::{IncomingBody, UploadOptions, Uploaded};
use super::{LocalBackend, blocking, encoding, failed, file_format};

/// So long nobody writes to a file without having been interrupted for good.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Hashed and written at once, in bytes: a large body must not keep the runtime's thread to itself.
const PIECE_BYTES: usize = 256 * 1024;

/// A removal of the emptied folder can come between making a folder and using it; more often in a row it cannot.
const PLACE_ATTEMPTS: u32 = 100;

pub(super) async fn write(
    backend: &LocalBackend,
    key: &ObjectKey,
    mut body: IncomingBody<'_>,
    options: &UploadOptions,
) -> Result<Uploaded, StorageError> {
    let io_failed = |error| failed("write", key.as_str(), &backend.place, error);
    let incoming = backend.incoming.clone();
    let mut file = blocking(move || Incoming::create(incoming)).await.map_err(io_failed)?;
    let mut hash = Sha256::new();
    let mut size_bytes = 0;
    let mismatch = |actual| StorageError::LengthMismatch {
        key: key.clone(),
        expected_bytes: options.content_length.unwrap_or_default(),
        actual,
    };
    while let Some(chunk) = body.next().await {
        let mut chunk: Bytes = chunk.map_err(|source| StorageError::Body {
            key: key.clone(),
            read_bytes: size_bytes,
            source,
        })?;
        size_bytes += chunk.len() as u64;
        if options.content_length.is_some_and(|length| size_bytes > length) {
            return Err(mismatch("more".to_owned()));
        }
        while !chunk.is_empty() {
            let piece = chunk.split_to(chunk.len().min(PIECE_BYTES));
            hash.update(&piece);
            file.file.write_all(&piece).await.map_err(io_failed)?;
        }
    }
    if options.content_length.is_some_and(|length| size_bytes != length) {
        return Err(mismatch(format!("{size_bytes} bytes")));
    }
    let metadata = ObjectMetadata {
        size_bytes,
        content_type: options.content_type.clone().unwrap_or_default(),
        etag: format!("\"{}\"", hex::encode(hash.finalize())),
        last_modified: SystemTime::now(),
        user: options.metadata.clone(),
    };
    let trailer = file_format::trailer(&metadata).map_err(io_failed)?;
    file.file.write_all(&trailer).await.map_err(io_failed)?;
    file.file.sync_data().await.map_err(io_failed)?;
    let (objects, path) = (backend.objects.clone(), encoding::file_of(key.as_str()));
    let only_if_absent = options.only_if_absent;
    // From here on it happens as a whole, also if the caller goes away.
    match blocking(move || file.place(&objects, &path, only_if_absent)).await {
        Ok(()) => Ok(Uploaded { etag: metadata.etag, size_bytes }),
        Err(error) if only_if_absent && error.kind() == io::ErrorKind::AlreadyExists => {
            Err(StorageError::AlreadyExists { key: key.clone(), place: backend.place() })
        }
        Err(error) => Err(io_failed(error)),
    }
}

/// A file that has no place among the objects yet; dropped before it has, it is removed.
struct Incoming {
    folder: Arc<Dir>,
    name: String,
    file: tokio::fs::File,
}

impl Incoming {
    fn create(folder: Arc<Dir>) -> io::Result<Self> {
        let name = Uuid::new_v4().to_string();
        let options = OpenOptions::new().write(true).create_new(true).clone();
        let file = folder.open_with(&name, &options)?;
        Ok(Self { folder, name, file: tokio::fs::File::from_std(file.into_std()) })
    }

    fn place(self, objects: &Dir, path: &str, only_if_absent: bool) -> io::Result<()> {
        let mut attempts_left = PLACE_ATTEMPTS;
        loop {
            match self.try_place(objects, path, only_if_absent) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && attempts_left > 0 => {
                    attempts_left -= 1;
                }
                placed => return placed,
            }
        }
    }

    fn try_place(&self, objects: &Dir, path: &str, only_if_absent: bool) -> io::Result<()> {
        if let Some((folder, _)) = path.rsplit_once('/') {
            make_folder(objects, folder)?;
        }
        // A link is refused where there is something, a rename replaces it: both at one moment.
        if only_if_absent {
            self.folder.hard_link(&self.name, objects, path)
        } else {
            self.folder.rename(&self.name, objects, path)
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Already gone if it was renamed.
        let _ = self.folder.remove_file(&self.name);
    }
}

/// Makes a folder and those above it, where they are missing.
pub(super) fn make_folder(dir: &Dir, path: &str) -> io::Result<()> {
    match dir.create_dir_all(path) {
        // A symlink or a file is in the way: opening it tells whether it leads outside.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            dir.open_dir(path).map(|_| ())
        }
        made => made,
    }
}

/// Removes a file, and the folders that it leaves empty; a missing file counts as removed.
pub(super) fn remove(objects: &Dir, path: &str) -> io::Result<()> {
    match objects.remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let folders = Path::new(path).ancestors().skip(1);
    for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
        // Not empty, gone already, or somebody else's business: nothing to do.
        if objects.remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// Removes files that were being written when the process ended.
pub(super) fn remove_abandoned(incoming: &Dir, now: SystemTime) -> io::Result<()> {
    for entry in incoming.entries()? {
        let entry = entry?;
        // Another process may have finished it meanwhile.
        let Ok(modified) = entry.metadata().and_then(|metadata| metadata.modified()) else {
            continue;
        };
        let age = now.duration_since(modified.into_std()).unwrap_or_default();
        if age > ABANDONED_AFTER {
            let _ = entry.remove_file();
        }
    }
    Ok(())
}

//! The file of an object: its bytes, then what is known about them.
//!
//! Bytes and metadata are one file, so that one atomic rename replaces both; a file beside it could always belong to another version.
//! The metadata stands behind the bytes, since length and ETag are known only when all have come:
//!
//! ```text
//! content | metadata as JSON | length of content (u64, little endian) | length of metadata (u32, little endian) | MAGIC
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::super::metadata::{ContentType, ObjectMetadata, UserMetadata};
use super::super::unix_time;

/// The end of every file, with the version of this format.
const MAGIC: &[u8; 8] = b"object\x001";
const FOOTER_BYTES: u64 = 8 + 4 + MAGIC.len() as u64;

/// More than a checked content type and checked user metadata can need; a larger number is damage.
const MAX_METADATA_BYTES: u32 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Stored {
    content_type: ContentType,
    etag: String,
    last_modified_unix_seconds: u64,
    user: UserMetadata,
}

/// An object whose file is open.
#[derive(Debug)]
pub(super) struct Opened {
    /// Its first [`ObjectMetadata::size_bytes`] bytes are the content.
    pub(super) file: File,
    pub(super) metadata: ObjectMetadata,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) enum FormatError {
    Io(io::Error),
    Damaged(&'static str),
}

impl From<io::Error> for FormatError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged("it is too short"),
            _ => Self::Io(error),
        }
    }
}

/// What has to be written behind the content.
pub(super) fn trailer(metadata: &ObjectMetadata) -> io::Result<Vec<u8>> {
    let stored = Stored {
        content_type: metadata.content_type.clone(),
        etag: metadata.etag.clone(),
        last_modified_unix_seconds: unix_time::seconds(metadata.last_modified),
        user: metadata.user.clone(),
    };
    let mut trailer = serde_json::to_vec(&stored)?;
    let length = u32::try_from(trailer.len()).map_err(io::Error::other)?;
    trailer.extend(metadata.size_bytes.to_le_bytes());
    trailer.extend(length.to_le_bytes());
    trailer.extend(MAGIC);
    Ok(trailer)
}

/// Reads the metadata of an open file.
pub(super) fn open(mut file: File) -> Result<Opened, FormatError> {
    let on_disk = file.metadata()?;
    if !on_disk.is_file() {
        return Err(FormatError::Damaged("it is no regular file"));
    }
    let footer_at =
        on_disk.len().checked_sub(FOOTER_BYTES).ok_or(FormatError::Damaged("it is too short"))?;
    file.seek(SeekFrom::Start(footer_at))?;
    let size_bytes = u64::from_le_bytes(read_array(&mut file)?);
    let length = u32::from_le_bytes(read_array(&mut file)?);
    if &read_array(&mut file)? != MAGIC {
        return Err(FormatError::Damaged("this app has not written it"));
    }
    if length > MAX_METADATA_BYTES || size_bytes.checked_add(length.into()) != Some(footer_at) {
        return Err(FormatError::Damaged("its length is not what it says"));
    }
    let mut json = vec![0; usize::try_from(length).unwrap_or_default()];
    file.seek(SeekFrom::Start(size_bytes))?;
    file.read_exact(&mut json)?;
    let stored: Stored = serde_json::from_slice(&json)
        .map_err(|_| FormatError::Damaged("its metadata cannot be read"))?;
    let last_modified = UNIX_EPOCH
        .checked_add(Duration::from_secs(stored.last_modified_unix_seconds))
        .ok_or(FormatError::Damaged("its time is not a time"))?;
    let metadata = ObjectMetadata {
        size_bytes,
        content_type: stored.content_type,
        etag: stored.etag,
        last_modified,
        user: stored.user,
    };
    Ok(Opened { file, metadata })
}

fn read_array<const N: usize>(file: &mut File) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn metadata(size_bytes: u64) -> ObjectMetadata {
        ObjectMetadata {
            size_bytes,
            content_type: ContentType::new("text/plain").unwrap(),
            etag: "\"e\"".to_owned(),
            last_modified: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            user: UserMetadata::new([("a", "b")]).unwrap(),
        }
    }

    fn read(bytes: &[u8]) -> Result<Opened, FormatError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        open(file)
    }

    #[test]
    fn what_was_written_is_read() {
        for content in [&b""[..], b"x", b"object\x001"] {
            let metadata = metadata(content.len() as u64);
            let file = [content, &trailer(&metadata).unwrap()].concat();
            let mut opened = read(&file).unwrap();
            assert_eq!(opened.metadata, metadata);
            let mut read = vec![0; content.len()];
            opened.file.rewind().unwrap();
            opened.file.read_exact(&mut read).unwrap();
            assert_eq!(read, content);
        }
    }

    fn damage(bytes: &[u8]) -> &'static str {
        match read(bytes) {
            Err(FormatError::Damaged(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_damaged() {
        let file = [b"content", trailer(&metadata(7)).unwrap().as_slice()].concat();
        for length in 0..file.len() {
            damage(&file[..length]);
        }
        for start in 1..file.len() - usize::try_from(FOOTER_BYTES).unwrap() {
            assert_eq!(damage(&file[start..]), "its length is not what it says");
        }
        for start in file.len() - usize::try_from(FOOTER_BYTES).unwrap() + 1..file.len() {
            assert_eq!(damage(&file[start..]), "it is too short");
        }
    }

    #[test]
    fn foreign_files_are_told_from_ours() {
        for bytes in [&b""[..], b"short"] {
            assert_eq!(damage(bytes), "it is too short");
        }
        let mut file = trailer(&metadata(0)).unwrap();
        *file.last_mut().unwrap() = b'2';
        for bytes in [&file[..], &[0; 100], &[0xff; 100]] {
            assert_eq!(damage(bytes), "this app has not written it");
        }
    }

    #[test]
    fn metadata_of_an_absurd_length_is_not_read() {
        let mut file = trailer(&metadata(0)).unwrap();
        let end_of_length = file.len() - MAGIC.len();
        file[end_of_length - 1] = 0xff;
        assert_eq!(damage(&file), "its length is not what it says");
    }
}

//! Multipart uploads in progress, and the memory of those just completed.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::time::SystemTime;

use super::checksum::{Algorithm, ChecksumKind};
use super::listing::common_prefix;
use super::object::{Metadata, Part};
use super::versions::Properties;
use super::{Bucket, Missing};
use crate::ids;

/// How many completions a bucket remembers: enough for any client that tries again, and no leak in a server that runs for days.
const REMEMBERED: usize = 1_000;

/// An upload in progress.
#[derive(Clone)]
pub(crate) struct Upload {
    pub(crate) initiated: SystemTime,
    pub(crate) initiator: Initiator,
    pub(crate) metadata: Metadata,
    pub(crate) properties: Properties,
    /// What the client asked for; `None` means that the store keeps a CRC-64/NVME by itself.
    pub(crate) checksum: Option<(Algorithm, ChecksumKind)>,
    pub(crate) parts: BTreeMap<i32, Part>,
}

impl Upload {
    /// Everything but the parts, for those who only want to know.
    pub(crate) fn without_parts(&self) -> Self {
        Self {
            initiated: self.initiated,
            initiator: self.initiator.clone(),
            metadata: self.metadata.clone(),
            properties: self.properties.clone(),
            checksum: self.checksum,
            parts: BTreeMap::new(),
        }
    }
}

/// Who began an upload.
#[derive(Clone)]
pub(crate) struct Initiator {
    pub(crate) arn: String,
    pub(crate) user_id: String,
}

/// What a repeated CompleteMultipartUpload answers again.
#[derive(Clone)]
pub(crate) struct Completed {
    pub(crate) key: String,
    pub(crate) etag: String,
    pub(crate) version: Option<String>,
    /// `x-amz-expiration`.
    pub(crate) expiration: Option<String>,
    pub(crate) checksum: Option<super::Checksum>,
    pub(crate) metadata: Metadata,
    /// Part numbers and ETags of the request that completed it.
    pub(crate) request: Vec<(i32, String)>,
}

/// The uploads of a bucket, by key and then by the time of their beginning.
#[derive(Default)]
pub(crate) struct Uploads {
    /// By key; within a key, in the order in which they began.
    by_key: BTreeMap<String, Vec<(String, Upload)>>,
    /// Upload ids and what they came to, the latest last.
    completed: VecDeque<(String, Completed)>,
}

/// A page of uploads.
#[derive(Default)]
pub(crate) struct UploadPage {
    /// Key, upload id, upload.
    pub(crate) uploads: Vec<(String, String, Upload)>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) truncated: bool,
    /// Key (or common prefix) and upload id of the page's last line.
    pub(crate) last: Option<(String, String)>,
}

impl Bucket {
    /// Begins an upload; its id.
    pub(crate) fn begin_upload(&mut self, key: &str, upload: Upload) -> String {
        let id = ids::upload_id();
        self.uploads.by_key.entry(key.to_owned()).or_default().push((id.clone(), upload));
        id
    }

    /// # Errors
    /// `Missing::Upload`.
    pub(crate) fn upload(&self, key: &str, id: &str) -> Result<&Upload, Missing> {
        let uploads = self.uploads.by_key.get(key).ok_or(Missing::Upload)?;
        uploads.iter().find(|(this, _)| this == id).map(|(_, upload)| upload).ok_or(Missing::Upload)
    }

    /// Stores a part; one of the same number is replaced.
    ///
    /// # Errors
    /// `Missing::Upload`: aborted or completed while the part came in.
    pub(crate) fn put_part(&mut self, key: &str, id: &str, part: Part) -> Result<(), Missing> {
        let uploads = self.uploads.by_key.get_mut(key).ok_or(Missing::Upload)?;
        let (_, upload) = uploads.iter_mut().find(|(this, _)| this == id).ok_or(Missing::Upload)?;
        upload.parts.insert(part.number, part);
        Ok(())
    }

    /// Takes an upload out, parts and all.
    ///
    /// # Errors
    /// `Missing::Upload`.
    pub(crate) fn end_upload(&mut self, key: &str, id: &str) -> Result<Upload, Missing> {
        let uploads = self.uploads.by_key.get_mut(key).ok_or(Missing::Upload)?;
        let index = uploads.iter().position(|(this, _)| this == id).ok_or(Missing::Upload)?;
        let (_, upload) = uploads.remove(index);
        if uploads.is_empty() {
            self.uploads.by_key.remove(key);
        }
        Ok(upload)
    }

    /// Remembers a completion, so that repeating it answers the same; the oldest of too many is forgotten.
    pub(crate) fn remember_completed(&mut self, id: &str, completed: Completed) {
        let remembered = &mut self.uploads.completed;
        if remembered.len() == REMEMBERED {
            remembered.pop_front();
        }
        remembered.push_back((id.to_owned(), completed));
    }

    pub(crate) fn completed(&self, key: &str, id: &str) -> Option<&Completed> {
        let mut remembered = self.uploads.completed.iter().rev();
        let found = remembered.find(|(this, completed)| this == id && completed.key == key);
        found.map(|(_, completed)| completed)
    }

    /// Uploads under `prefix`, after the key marker or, with `id_marker`, after that upload of the marker's key.
    pub(crate) fn list_uploads(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        key_marker: &str,
        id_marker: Option<&str>,
        limit: usize,
    ) -> UploadPage {
        let mut page = UploadPage::default();
        let lower = match (prefix > key_marker, id_marker) {
            (true, _) => Bound::Included(prefix),
            (false, Some(_)) => Bound::Included(key_marker),
            (false, None) => Bound::Excluded(key_marker),
        };
        let keys = self
            .uploads
            .by_key
            .range::<str, _>((lower, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix));
        'keys: for (key, uploads) in keys {
            if let Some(rolled) = common_prefix(key, prefix, delimiter) {
                let shown = page.prefixes.last().is_some_and(|last| last == rolled)
                    || (!key_marker.is_empty() && key_marker.starts_with(rolled));
                if shown {
                    continue;
                }
                if page.uploads.len() + page.prefixes.len() == limit {
                    page.truncated = limit > 0;
                    break;
                }
                page.prefixes.push(rolled.to_owned());
                page.last = Some((rolled.to_owned(), String::new()));
                continue;
            }
            for (id, upload) in uploads {
                // Ids sort by age, so a marker works even when its upload has ended meanwhile.
                if key == key_marker && id_marker.is_some_and(|marker| id.as_str() <= marker) {
                    continue;
                }
                if page.uploads.len() + page.prefixes.len() == limit {
                    page.truncated = limit > 0;
                    break 'keys;
                }
                page.uploads.push((key.clone(), id.clone(), upload.without_parts()));
                page.last = Some((key.clone(), id.clone()));
            }
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_completions_are_remembered() {
        let mut bucket = Bucket::new("b".into(), "us-east-1".into(), "111111111111".into());
        let completed = |index: usize| Completed {
            key: format!("k{index}"),
            etag: String::new(),
            version: None,
            expiration: None,
            checksum: None,
            metadata: Metadata::default(),
            request: Vec::new(),
        };
        for index in 0..=REMEMBERED {
            bucket.remember_completed(&format!("id{index}"), completed(index));
        }
        let knows = |index: usize, id: &str| bucket.completed(&format!("k{index}"), id).is_some();
        assert!(!knows(0, "id0"));
        assert!(knows(1, "id1") && knows(REMEMBERED, &format!("id{REMEMBERED}")));
        // Of another key.
        assert!(!knows(2, "id1"));
    }
}

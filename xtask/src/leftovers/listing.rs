//! The listings, page by page: object versions, current objects where there is nothing better, and
//! unfinished multipart uploads.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::time::SystemTime;

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::EncodingType;

use super::encoding::decoded;
use super::{Kind, Leftover, Listed, Notice, Place};
use crate::aws::{AwsError, ErrorKind};

/// Object versions and delete markers; current objects on a server that lists no versions.
pub(super) struct Versions<'a> {
    place: &'a Place,
    position: Position,
    plain: bool,
}

impl<'a> Versions<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        Versions { place, position: Position::new(Listed::Versions), plain: false }
    }

    /// The next page, possibly an empty one; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Leftover>>, AwsError> {
        if self.position.ended {
            return Ok(None);
        }
        if !self.plain {
            match self.versions().await {
                Err(error) if lacks_listing(self.place, &error) && self.position.is_at_start() => {
                    self.position.notices.insert(Notice::NotSupported(Listed::Versions));
                    self.plain = true;
                }
                page => return page.map(Some),
            }
        }
        self.current_objects().await.map(Some)
    }

    /// What the reader has to know about the pages so far.
    pub(super) fn notices(&self) -> BTreeSet<Notice> {
        self.position.notices.clone()
    }

    async fn versions(&mut self) -> Result<Vec<Leftover>, AwsError> {
        let Place { aws, bucket, prefix } = self.place;
        let output = aws
            .s3
            .list_object_versions()
            .bucket(bucket)
            .prefix(prefix.as_str())
            .encoding_type(EncodingType::Url)
            .set_key_marker(self.position.key.clone())
            .set_version_id_marker(self.position.id.clone())
            .set_expected_bucket_owner(aws.expected_owner())
            .send()
            .await
            .map_err(|error| AwsError::new("s3:ListBucketVersions", bucket, error))?;
        let key = Keys::of(output.encoding_type());
        let versions = output.versions.into_iter().flatten().map(|version| Leftover {
            key: key.read(version.key),
            kind: if version.is_latest == Some(false) { Kind::Version } else { Kind::Object },
            id: id(version.version_id),
            bytes: bytes(version.size),
            modified: time(version.last_modified),
        });
        let markers = output.delete_markers.into_iter().flatten().map(|marker| Leftover {
            key: key.read(marker.key),
            kind: Kind::DeleteMarker,
            id: id(marker.version_id),
            bytes: 0,
            modified: time(marker.last_modified),
        });
        let page: Vec<_> = versions.chain(markers).collect();
        let next_key = output.next_key_marker.map(|marker| key.read(Some(marker)));
        self.position.step(&page, output.is_truncated, next_key, output.next_version_id_marker);
        Ok(self.position.only_inside(self.place, page))
    }

    async fn current_objects(&mut self) -> Result<Vec<Leftover>, AwsError> {
        let Place { aws, bucket, prefix } = self.place;
        let output = aws
            .s3
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix.as_str())
            .encoding_type(EncodingType::Url)
            .set_continuation_token(self.position.key.clone())
            .set_expected_bucket_owner(aws.expected_owner())
            .send()
            .await
            .map_err(|error| AwsError::new("s3:ListBucket", bucket, error))?;
        let key = Keys::of(output.encoding_type());
        let objects = output.contents.into_iter().flatten().map(|object| Leftover {
            key: key.read(object.key),
            kind: Kind::Object,
            id: None,
            bytes: bytes(object.size),
            modified: time(object.last_modified),
        });
        let page: Vec<_> = objects.collect();
        self.position.step(&page, output.is_truncated, output.next_continuation_token, None);
        Ok(self.position.only_inside(self.place, page))
    }
}

/// Unfinished multipart uploads.
pub(super) struct Uploads<'a> {
    place: &'a Place,
    position: Position,
}

impl<'a> Uploads<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        Uploads { place, position: Position::new(Listed::Uploads) }
    }

    /// The next page, possibly an empty one; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Leftover>>, AwsError> {
        if self.position.ended {
            return Ok(None);
        }
        let Place { aws, bucket, prefix } = self.place;
        let list = aws
            .s3
            .list_multipart_uploads()
            .bucket(bucket)
            .prefix(prefix.as_str())
            .encoding_type(EncodingType::Url)
            .set_key_marker(self.position.key.clone())
            .set_upload_id_marker(self.position.id.clone())
            .set_expected_bucket_owner(aws.expected_owner())
            .send()
            .await;
        let output = match list {
            Ok(output) => output,
            Err(error) => {
                let error = AwsError::new("s3:ListBucketMultipartUploads", bucket, error);
                if !lacks_listing(self.place, &error) || !self.position.is_at_start() {
                    return Err(error);
                }
                self.position.notices.insert(Notice::NotSupported(Listed::Uploads));
                self.position.ended = true;
                return Ok(None);
            }
        };
        let key = Keys::of(output.encoding_type());
        let uploads = output.uploads.into_iter().flatten().map(|upload| Leftover {
            key: key.read(upload.key),
            kind: Kind::Upload,
            id: id(upload.upload_id),
            bytes: 0,
            modified: time(upload.initiated),
        });
        let page: Vec<_> = uploads.collect();
        let next_key = output.next_key_marker.map(|marker| key.read(Some(marker)));
        self.position.step(&page, output.is_truncated, next_key, output.next_upload_id_marker);
        Ok(Some(self.position.only_inside(self.place, page)))
    }

    /// What the reader has to know about the pages so far.
    pub(super) fn notices(&self) -> BTreeSet<Notice> {
        self.position.notices.clone()
    }
}

/// So many pages in a row may have nothing on them. S3 promises a page no least size.
const EMPTY_PAGES: u32 = 100;

/// Where the next page begins.
struct Position {
    listed: Listed,
    key: Option<String>,
    id: Option<String>,
    ended: bool,
    /// A hash of where each page so far began, and of the first thing on it: a server that sends us in
    /// a circle must not hang us, whatever it calls the way.
    seen: HashSet<u64>,
    /// How many pages in a row had nothing on them.
    empty_pages: u32,
    notices: BTreeSet<Notice>,
}

impl Position {
    fn new(listed: Listed) -> Position {
        Position {
            listed,
            key: None,
            id: None,
            ended: false,
            seen: HashSet::new(),
            empty_pages: 0,
            notices: BTreeSet::new(),
        }
    }

    fn is_at_start(&self) -> bool {
        self.key.is_none()
    }

    /// Goes on after `page`. A server that does not say whether there is more, but where, has more.
    fn step(
        &mut self,
        page: &[Leftover],
        truncated: Option<bool>,
        key: Option<String>,
        id: Option<String>,
    ) {
        if !truncated.unwrap_or_else(|| key.as_ref().is_some_and(|key| !key.is_empty())) {
            self.ended = true;
            return;
        }
        self.empty_pages = if page.is_empty() { self.empty_pages + 1 } else { 0 };
        let is_new_page = page.first().is_none_or(|item| {
            self.seen.insert(hash(&("thing", &item.key, item.kind, &item.id, item.modified)))
        });
        let is_new_place = key.is_some() && self.seen.insert(hash(&("place", &key, &id)));
        if !is_new_page || !is_new_place || self.empty_pages > EMPTY_PAGES {
            self.notices.insert(Notice::Endless(self.listed));
            self.ended = true;
        }
        (self.key, self.id) = (key, id.filter(|id| !id.is_empty()));
    }

    /// Some servers pay no attention to the prefix.
    fn only_inside(&mut self, place: &Place, mut page: Vec<Leftover>) -> Vec<Leftover> {
        let all = page.len();
        page.retain(|item| place.prefix.contains(&item.key));
        if page.len() < all {
            self.notices.insert(Notice::Outside(self.listed));
        }
        page
    }
}

/// How the keys of an answer are written.
#[derive(Clone, Copy)]
enum Keys {
    Plain,
    UrlEncoded,
}

impl Keys {
    /// Not every server does what it was asked; those that do say so in the answer.
    fn of(encoding: Option<&EncodingType>) -> Keys {
        match encoding {
            Some(EncodingType::Url) => Keys::UrlEncoded,
            _ => Keys::Plain,
        }
    }

    fn read(self, key: Option<String>) -> String {
        // A key left out is the empty one, which lies below no prefix.
        let key = key.unwrap_or_default();
        match self {
            Keys::Plain => key,
            Keys::UrlEncoded => decoded(&key),
        }
    }
}

/// Whether the server has no such listing. One that overlooks the subresource answers with an
/// ordinary listing, which does not parse; AWS never does.
fn lacks_listing(place: &Place, error: &AwsError) -> bool {
    error.kind == ErrorKind::NotSupported
        || error.kind == ErrorKind::NotTheProtocol && place.aws.endpoint.is_some()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// An empty id is none: it would be sent as one, and mean something else.
fn id(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty())
}

fn bytes(size: Option<i64>) -> u64 {
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0)
}

fn time(time: Option<DateTime>) -> Option<SystemTime> {
    time.and_then(|time| SystemTime::try_from(time).ok())
}

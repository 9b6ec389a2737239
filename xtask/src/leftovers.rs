//! What lies below a [`Prefix`] in a bucket, and how it is removed: every version of every object,
//! delete markers, and unfinished multipart uploads.
//!
//! Shared by `cleanup`, which empties the two roots, and by `test`, which sweeps after itself.
//! Listings come page by page and are never held whole: of what was deleted a hash is kept, of at most
//! a million things, so that tens of millions of objects need some megabytes more than a thousand.

use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

use contract::Prefix;

use crate::aws::{Aws, AwsError};

mod backoff;
#[cfg(test)]
mod bad_answers;
mod claims;
mod encoding;
mod failures;
#[cfg(test)]
pub(crate) mod fake;
mod job;
mod listing;
mod pace;
mod remove;
mod request;
mod sweep;
mod tally;
#[cfg(test)]
mod tests;

pub(crate) use failures::{Failures, NotRemoved};
pub(crate) use remove::{Engine, Removal, remove};
pub(crate) use sweep::{Owner, sweep};
pub(crate) use tally::Tally;

use listing::{Uploads, Versions};

/// A prefix in a bucket: all that a listing or a removal is ever given.
#[derive(Clone)]
pub(crate) struct Place {
    /// The connection.
    pub(crate) aws: Aws,
    /// The bucket.
    pub(crate) bucket: String,
    /// Nothing outside it is touched.
    pub(crate) prefix: Prefix,
}

/// One thing that lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// Its key.
    pub(crate) key: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// The version id, or the upload id. `None` where the server has no versions.
    pub(crate) id: Option<String>,
    /// Its size. An upload's is not known without a call for each.
    pub(crate) bytes: u64,
    /// When it was last modified, or when the upload was initiated.
    pub(crate) modified: Option<SystemTime>,
}

/// What a leftover is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// The current version of an object.
    Object,
    /// An older version.
    Version,
    /// A delete marker, current or not.
    DeleteMarker,
    /// An unfinished multipart upload.
    Upload,
}

impl Kind {
    /// As it is shown.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Object => "object",
            Kind::Version => "version",
            Kind::DeleteMarker => "delete-marker",
            Kind::Upload => "upload",
        }
    }
}

/// Something about a listing that the reader has to know, since it makes the result less than it
/// seems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Notice {
    /// The server has no such listing.
    NotSupported(Listed),
    /// The server does not page: it leaves out where to go on, or sends back to where we were.
    Endless(Listed),
    /// The server listed what does not lie below the prefix; it was left alone.
    Outside(Listed),
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Listed {
    /// Object versions and delete markers.
    Versions,
    /// Unfinished multipart uploads.
    Uploads,
}

impl Notice {
    /// Whether something may be left that was not seen, although the server can list it.
    pub(crate) fn hides_leftovers(self) -> bool {
        matches!(self, Notice::Endless(_))
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::NotSupported(Listed::Versions) => f.write_str(
                "ListObjectVersions is not supported by this server: only current objects are seen",
            ),
            Notice::NotSupported(Listed::Uploads) => f.write_str(
                "ListMultipartUploads is not supported by this server: unfinished uploads are not seen",
            ),
            Notice::Endless(listed) => write!(
                f,
                "this server's {} does not page: not all of it is seen",
                listed.operation()
            ),
            Notice::Outside(listed) => write!(
                f,
                "this server's {} names keys outside the prefix that was asked for; they are left alone",
                listed.operation()
            ),
        }
    }
}

impl Listed {
    fn operation(self) -> &'static str {
        match self {
            Listed::Versions => "ListObjectVersions",
            Listed::Uploads => "ListMultipartUploads",
        }
    }
}

/// Shows `each` everything that lies in a place, in no particular order.
///
/// # Errors
/// Where a listing fails for another reason than that the server has no such listing.
pub(crate) async fn visit(
    place: &Place,
    each: impl FnMut(&Leftover),
) -> Result<BTreeSet<Notice>, AwsError> {
    let each = std::cell::RefCell::new(each);
    let show = |items: &[Leftover]| items.iter().for_each(&mut *each.borrow_mut());
    let versions = async {
        let mut pages = Versions::new(place);
        while let Some(page) = pages.next().await? {
            show(&page);
        }
        Ok(pages.notices())
    };
    let uploads = async {
        let mut pages = Uploads::new(place);
        while let Some(page) = pages.next().await? {
            show(&page);
        }
        Ok(pages.notices())
    };
    let (versions, uploads) = futures::try_join!(versions, uploads)?;
    Ok(&versions | &uploads)
}

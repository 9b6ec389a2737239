//! What could not be removed, and why.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Kind, Leftover};

/// How many are kept in full.
const KEPT: usize = 1_000;

/// A thing that could not be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotRemoved {
    /// Its key.
    pub(crate) key: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// Its version id or upload id.
    pub(crate) id: Option<String>,
    /// The server's error code, or one of ours: `OutsidePrefix`, `NoUploadId`, `StillListed`,
    /// `JustWritten`.
    pub(crate) code: String,
    /// What the server says.
    pub(crate) message: String,
}

impl NotRemoved {
    pub(super) fn new(item: Leftover, code: impl Into<String>, message: &str) -> NotRemoved {
        NotRemoved {
            key: item.key,
            kind: item.kind,
            id: item.id,
            code: code.into(),
            message: message.trim_end_matches('.').to_owned(),
        }
    }
}

/// All that could not be removed: how many, and the first thousand in full. A bucket that denies a
/// million deletes must not fill the memory with them.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    shown: Vec<NotRemoved>,
    seen: HashSet<u64>,
}

impl Failures {
    /// How many things could not be removed.
    pub(crate) fn total(&self) -> usize {
        self.seen.len()
    }

    /// The first of them.
    pub(crate) fn shown(&self) -> &[NotRemoved] {
        &self.shown
    }

    /// Adds what others could not remove.
    pub(crate) fn merge(&mut self, other: Failures) {
        for failure in other.shown {
            self.add(failure);
        }
        self.seen.extend(other.seen);
    }

    pub(super) fn add(&mut self, failure: NotRemoved) {
        let hash = hash(&failure.key, failure.kind, failure.id.as_deref());
        if self.seen.insert(hash) && self.shown.len() < KEPT {
            self.shown.push(failure);
        }
    }

    /// Whether this thing is known not to go.
    pub(super) fn holds(&self, item: &Leftover) -> bool {
        self.seen.contains(&hash(&item.key, item.kind, item.id.as_deref()))
    }
}

/// A version becomes the current object when the one above it goes, so that the kind is no part of
/// what a thing is; but version ids and upload ids are two kinds of ids.
pub(super) fn hash(key: &str, kind: Kind, id: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, kind == Kind::Upload, id).hash(&mut hasher);
    hasher.finish()
}

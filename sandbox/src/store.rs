//! What the sandbox holds: buckets, their objects in all versions, uploads in progress. Pure data, no HTTP.
//!
//! One lock over everything, held for the time of a look-up or an insertion alone: bodies arrive whole before it is taken, and leave as shared buffers after it is released.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use acl::{Grant, Grantee, Permission, allows};
pub(crate) use bucket::{Bucket, ObjectOwnership, Settings};
pub(crate) use checksum::{Algorithm, Checksum, ChecksumKind, Hasher};
pub(crate) use content::Content;
pub(crate) use listing::{Entry, Page, VersionEntry};
pub(crate) use object::{Encryption, Metadata, Object, Part};
pub(crate) use uploads::{Completed, Initiator, Upload};
pub(crate) use versions::{Deleted, Properties, Retention, Version, VersionId, Versioning};

mod acl;
mod bucket;
mod checksum;
mod content;
mod listing;
mod object;
pub(crate) mod policy;
mod uploads;
mod versions;

/// All buckets of all accounts and regions: their names share one space, as on AWS.
#[derive(Default)]
pub(crate) struct Store {
    /// New buckets begin with ACLs enabled and public access not blocked.
    pub(crate) legacy_bucket_defaults: bool,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

/// What can be wrong with a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// No bucket of that name.
    Bucket(String),
    /// No current object under that key.
    Key,
    /// The current version is a delete marker, of this id.
    Marker(VersionId),
    /// No version of that id.
    Version,
    /// No upload of that id under that key.
    Upload,
}

impl Store {
    pub(crate) fn new(legacy_bucket_defaults: bool) -> Self {
        Self { legacy_bucket_defaults, ..Self::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `f` on a bucket under the lock; `f` must not wait for anything.
    ///
    /// # Errors
    /// `Missing::Bucket`, and whatever `f` says.
    pub(crate) fn with<T, E: From<Missing>>(
        &self,
        name: &str,
        f: impl FnOnce(&mut Bucket) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut buckets = self.lock();
        f(buckets.get_mut(name).ok_or_else(|| Missing::Bucket(name.to_owned()))?)
    }

    /// Inserts a bucket unless the name is taken; then `f` sees the one that is there.
    pub(crate) fn create<E>(
        &self,
        bucket: Bucket,
        taken: impl FnOnce(&mut Bucket) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut buckets = self.lock();
        if let Some(existing) = buckets.get_mut(&bucket.name) {
            return taken(existing);
        }
        buckets.insert(bucket.name.clone(), bucket);
        Ok(())
    }

    /// Removes a bucket if it is empty; `false` if it is not.
    ///
    /// # Errors
    /// `Missing::Bucket`.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, Missing> {
        let mut buckets = self.lock();
        let bucket = buckets.get(name).ok_or_else(|| Missing::Bucket(name.to_owned()))?;
        let empty = bucket.is_empty();
        if empty {
            buckets.remove(name);
        }
        Ok(empty)
    }

    /// `f` of every bucket of an account, by name.
    pub(crate) fn owned_by<T>(&self, account: &str, f: impl Fn(&Bucket) -> T) -> Vec<T> {
        self.lock().values().filter(|bucket| bucket.owner == account).map(f).collect()
    }
}

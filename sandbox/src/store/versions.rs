//! The versions of one key: what a write, a delete and a read do under each versioning state.
//!
//! Source: "How S3 Versioning works" and "Working with objects in a versioning-suspended bucket", S3 User Guide.

use std::sync::Arc;
use std::time::SystemTime;

use super::acl::Grant;
use super::object::Object;
use super::{Bucket, Missing};
use crate::ids;

/// The versioning state of a bucket; once enabled it can only be suspended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Versioning {
    #[default]
    Unversioned,
    Enabled,
    Suspended,
}

/// The id of a version; `null` is the one written without versioning or while it is suspended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VersionId {
    Null,
    Id(String),
}

impl VersionId {
    pub(crate) fn parse(text: &str) -> Self {
        if text == "null" { Self::Null } else { Self::Id(text.to_owned()) }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Id(id) => id,
        }
    }
}

/// One version of a key.
#[derive(Clone)]
pub(crate) struct Version {
    pub(crate) id: VersionId,
    pub(crate) modified: SystemTime,
    pub(crate) body: VersionBody,
    pub(crate) properties: Properties,
}

/// What can be changed on a version in place.
#[derive(Clone, Default)]
pub(crate) struct Properties {
    /// The owning account, 12 digits.
    pub(crate) owner: String,
    pub(crate) tags: Vec<(String, String)>,
    /// Empty where the bucket's ACLs are disabled: the owner alone.
    pub(crate) grants: Vec<Grant>,
    pub(crate) retention: Option<Retention>,
    pub(crate) legal_hold: bool,
}

/// Object lock: how and until when a version is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub(crate) mode: String,
    pub(crate) until: SystemTime,
}

impl Properties {
    /// The version that these properties and an object make.
    pub(crate) fn version(self, object: Object) -> Version {
        Version {
            id: VersionId::Null,
            modified: SystemTime::now(),
            body: VersionBody::Object(Arc::new(object)),
            properties: self,
        }
    }
}

/// An object, or the mark that there is none.
#[derive(Clone)]
pub(crate) enum VersionBody {
    Object(Arc<Object>),
    DeleteMarker,
}

impl Version {
    fn marker(id: VersionId, owner: &str) -> Self {
        let properties = Properties { owner: owner.to_owned(), ..Properties::default() };
        Self { id, modified: SystemTime::now(), body: VersionBody::DeleteMarker, properties }
    }

    pub(crate) fn object(&self) -> Option<&Arc<Object>> {
        match &self.body {
            VersionBody::Object(object) => Some(object),
            VersionBody::DeleteMarker => None,
        }
    }

    pub(crate) fn is_marker(&self) -> bool {
        matches!(self.body, VersionBody::DeleteMarker)
    }
}

/// All versions of one key, oldest first.
#[derive(Default)]
pub(crate) struct Versions(pub(super) Vec<Version>);

impl Versions {
    pub(crate) fn current(&self) -> Option<&Version> {
        self.0.last()
    }

    fn find(&self, id: &VersionId) -> Option<usize> {
        self.0.iter().position(|version| version.id == *id)
    }
}

/// What a delete did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// A delete marker was made, or the version that went was one.
    pub(crate) marker: bool,
    /// The id of the marker that was made or of the version that went.
    pub(crate) version: Option<VersionId>,
}

impl Bucket {
    /// The current object, or the version asked for.
    ///
    /// # Errors
    /// `Missing::Key`, `Missing::Marker` (the current version is one), `Missing::Version`.
    pub(crate) fn version(&self, key: &str, id: Option<&VersionId>) -> Result<&Version, Missing> {
        let versions = self.objects.get(key);
        match id {
            None => match versions.and_then(Versions::current) {
                None => Err(Missing::Key),
                Some(version) if version.is_marker() => Err(Missing::Marker(version.id.clone())),
                Some(version) => Ok(version),
            },
            Some(id) => versions
                .and_then(|versions| versions.find(id).map(|index| &versions.0[index]))
                .ok_or(Missing::Version),
        }
    }

    /// As `version`, for a change in place (tags, ACL, retention).
    ///
    /// # Errors
    /// As `version`.
    pub(crate) fn version_mut(
        &mut self,
        key: &str,
        id: Option<&VersionId>,
    ) -> Result<&mut Version, Missing> {
        let id = self.version(key, id)?.id.clone();
        let versions = self.objects.get_mut(key).ok_or(Missing::Key)?;
        let index = versions.find(&id).ok_or(Missing::Version)?;
        Ok(&mut versions.0[index])
    }

    /// Writes an object as the current version; its id, where the bucket has versions.
    pub(crate) fn put(&mut self, key: &str, mut version: Version) -> Option<VersionId> {
        let versioning = self.settings.versioning;
        let versions = self.objects.entry(key.to_owned()).or_default();
        if versioning == Versioning::Enabled {
            version.id = VersionId::Id(ids::version_id());
        } else {
            version.id = VersionId::Null;
            versions.0.retain(|version| version.id != VersionId::Null);
        }
        let id = version.id.clone();
        versions.0.push(version);
        (versioning != Versioning::Unversioned).then_some(id)
    }

    /// Deletes a key, or one version of it for good; deleting what is not there is no error.
    pub(crate) fn delete(&mut self, key: &str, id: Option<&VersionId>) -> Deleted {
        let Some(id) = id else { return self.delete_current(key) };
        let Some(versions) = self.objects.get_mut(key) else {
            return Deleted { marker: false, version: Some(id.clone()) };
        };
        let removed = versions.find(id).map(|index| versions.0.remove(index));
        if versions.0.is_empty() {
            self.objects.remove(key);
        }
        Deleted {
            marker: removed.is_some_and(|version| version.is_marker()),
            version: Some(id.clone()),
        }
    }

    fn delete_current(&mut self, key: &str) -> Deleted {
        let id = match self.settings.versioning {
            Versioning::Unversioned => {
                self.objects.remove(key);
                return Deleted::default();
            }
            Versioning::Enabled => VersionId::Id(ids::version_id()),
            Versioning::Suspended => VersionId::Null,
        };
        let owner = self.owner.clone();
        let versions = self.objects.entry(key.to_owned()).or_default();
        if id == VersionId::Null {
            versions.0.retain(|version| version.id != VersionId::Null);
        }
        versions.0.push(Version::marker(id.clone(), &owner));
        Deleted { marker: true, version: Some(id) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(versioning: Versioning) -> Bucket {
        let mut bucket = Bucket::new("b".into(), "us-east-1".into(), "111111111111".into());
        bucket.settings.versioning = versioning;
        bucket
    }

    fn object(etag: &str) -> Version {
        Properties::default().version(Object { etag: etag.into(), ..Object::default() })
    }

    fn etags(bucket: &Bucket, key: &str) -> Vec<String> {
        bucket.objects.get(key).map_or_else(Vec::new, |versions| {
            versions
                .0
                .iter()
                .map(|version| {
                    format!(
                        "{}:{}",
                        if version.id == VersionId::Null { "null" } else { "id" },
                        version.object().map_or("marker", |object| object.etag.as_str())
                    )
                })
                .collect()
        })
    }

    #[test]
    fn without_versioning_a_write_replaces_and_a_delete_removes() {
        let mut bucket = bucket(Versioning::Unversioned);
        assert_eq!(bucket.put("k", object("1")), None);
        assert_eq!(bucket.put("k", object("2")), None);
        assert_eq!(etags(&bucket, "k"), ["null:2"]);
        assert_eq!(bucket.delete("k", None), Deleted::default());
        assert!(bucket.is_empty());
    }

    #[test]
    fn with_versioning_a_delete_adds_a_marker_that_can_be_deleted() {
        let mut bucket = bucket(Versioning::Enabled);
        bucket.put("k", object("1"));
        bucket.put("k", object("2"));
        let deleted = bucket.delete("k", None);
        assert!(deleted.marker);
        assert_eq!(etags(&bucket, "k"), ["id:1", "id:2", "id:marker"]);
        assert!(matches!(bucket.version("k", None), Err(Missing::Marker(_))));

        let undone = bucket.delete("k", deleted.version.as_ref());
        assert!(undone.marker);
        assert_eq!(bucket.version("k", None).unwrap().object().unwrap().etag, "2");
    }

    #[test]
    fn suspended_versioning_replaces_the_null_version_alone() {
        let mut bucket = bucket(Versioning::Unversioned);
        bucket.put("k", object("0"));
        bucket.settings.versioning = Versioning::Enabled;
        bucket.put("k", object("1"));
        bucket.settings.versioning = Versioning::Suspended;
        assert_eq!(bucket.put("k", object("2")), Some(VersionId::Null));
        assert_eq!(etags(&bucket, "k"), ["id:1", "null:2"]);
        assert_eq!(
            bucket.delete("k", None),
            Deleted { marker: true, version: Some(VersionId::Null) }
        );
        assert_eq!(etags(&bucket, "k"), ["id:1", "null:marker"]);
    }

    #[test]
    fn the_last_version_takes_the_key_with_it() {
        let mut bucket = bucket(Versioning::Enabled);
        let id = bucket.put("k", object("1"));
        bucket.delete("k", id.as_ref());
        assert!(bucket.is_empty());
    }
}

//! Listings: keys and versions in byte order, rolled up at a delimiter, cut into pages.

use std::ops::Bound;
use std::sync::Arc;
use std::time::SystemTime;

use super::Bucket;
use super::object::Object;
use super::versions::{Version, VersionId, Versions};

/// One line of a listing of current objects.
#[derive(Clone)]
pub(crate) enum Entry {
    Object { key: String, modified: SystemTime, object: Arc<Object> },
    CommonPrefix(String),
}

impl Entry {
    /// The key or the common prefix.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Object { key, .. } => key,
            Self::CommonPrefix(prefix) => prefix,
        }
    }
}

/// A page of current objects.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    pub(crate) truncated: bool,
}

/// One line of a listing of versions.
#[derive(Clone)]
pub(crate) enum VersionEntry {
    Version { key: String, version: Version, latest: bool },
    CommonPrefix(String),
}

/// A page of versions, newest first within a key.
#[derive(Default)]
pub(crate) struct VersionPage {
    pub(crate) entries: Vec<VersionEntry>,
    pub(crate) truncated: bool,
}

/// The common prefix that `key` rolls up into: up to and with the first delimiter after `prefix`.
pub(crate) fn common_prefix<'a>(
    key: &'a str,
    prefix: &str,
    delimiter: Option<&str>,
) -> Option<&'a str> {
    let delimiter = delimiter?;
    let at = key[prefix.len()..].find(delimiter)?;
    Some(&key[..prefix.len() + at + delimiter.len()])
}

/// The smallest text that sorts after all that begins with `prefix`; `None` where none is known.
fn past(prefix: &str) -> Option<String> {
    let last = prefix.chars().next_back()?;
    let next = (last..=char::MAX).nth(1)?;
    Some(format!("{}{next}", &prefix[..prefix.len() - last.len_utf8()]))
}

impl Bucket {
    fn keys_from<'a>(
        &'a self,
        prefix: &'a str,
        after: &str,
        with_after: bool,
    ) -> impl Iterator<Item = (&'a String, &'a Versions)> + use<'a> {
        let lower = match (prefix > after, with_after) {
            (true, _) | (false, true) => {
                Bound::Included(if prefix > after { prefix } else { after })
            }
            (false, false) => Bound::Excluded(after),
        };
        // An excluded empty marker would leave out nothing: a key is never empty.
        self.objects
            .range::<str, _>((lower, Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// Current objects under `prefix` and after the marker `after` (a key or a common prefix), at most `limit` lines.
    pub(crate) fn list(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        after: &str,
        limit: usize,
    ) -> Page {
        let mut page = Page::default();
        let mut last_prefix: Option<&str> = None;
        let mut keys = self.keys_from(prefix, after, false);
        while let Some((key, versions)) = keys.next() {
            let Some((version, object)) = versions
                .current()
                .and_then(|version| version.object().map(|object| (version, object)))
            else {
                continue;
            };
            let rolled = common_prefix(key, prefix, delimiter);
            if let Some(rolled) = rolled {
                // A marker that is this very prefix, or lies inside it, has shown it already.
                if last_prefix == Some(rolled) || (!after.is_empty() && after.starts_with(rolled)) {
                    // However many keys are rolled up, they are not visited one by one.
                    if let Some(past) = past(rolled) {
                        keys = self.keys_from(prefix, &past, true);
                    }
                    continue;
                }
            }
            if page.entries.len() == limit {
                page.truncated = limit > 0;
                break;
            }
            page.entries.push(match rolled {
                Some(rolled) => Entry::CommonPrefix(rolled.to_owned()),
                None => Entry::Object {
                    key: key.clone(),
                    modified: version.modified,
                    object: object.clone(),
                },
            });
            last_prefix = rolled;
        }
        page
    }

    /// All versions under `prefix`, after the key marker or, with `version_marker`, after that version of the marker's key.
    pub(crate) fn list_versions(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        key_marker: &str,
        version_marker: Option<&VersionId>,
        limit: usize,
    ) -> VersionPage {
        let mut page = VersionPage::default();
        let mut last_prefix: Option<&str> = None;
        let mut keys = self.keys_from(prefix, key_marker, version_marker.is_some());
        'keys: while let Some((key, versions)) = keys.next() {
            if let Some(rolled) = common_prefix(key, prefix, delimiter) {
                if last_prefix == Some(rolled)
                    || (!key_marker.is_empty() && key_marker.starts_with(rolled))
                {
                    if let Some(past) = past(rolled) {
                        keys = self.keys_from(prefix, &past, true);
                    }
                    continue;
                }
                if page.entries.len() == limit {
                    page.truncated = limit > 0;
                    break;
                }
                page.entries.push(VersionEntry::CommonPrefix(rolled.to_owned()));
                last_prefix = Some(rolled);
                continue;
            }
            let mut skipping = version_marker.filter(|marker| {
                key == key_marker && versions.0.iter().any(|version| version.id == **marker)
            });
            // A marker that is gone (deleted since the last page) still divides: ids sort as versions are listed.
            let gone = version_marker.filter(|_| key == key_marker && skipping.is_none());
            for (index, version) in versions.0.iter().enumerate().rev() {
                if let Some(marker) = skipping {
                    if version.id == *marker {
                        skipping = None;
                    }
                    continue;
                }
                if let (Some(VersionId::Id(marker)), VersionId::Id(id)) = (gone, &version.id)
                    && id <= marker
                {
                    continue;
                }
                if page.entries.len() == limit {
                    page.truncated = limit > 0;
                    break 'keys;
                }
                page.entries.push(VersionEntry::Version {
                    key: key.clone(),
                    version: version.clone(),
                    latest: index + 1 == versions.0.len(),
                });
            }
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Properties, Versioning};

    fn bucket(keys: &[&str]) -> Bucket {
        let mut bucket = Bucket::new("b".into(), "us-east-1".into(), "111111111111".into());
        for key in keys {
            bucket.put(key, object());
        }
        bucket
    }

    fn object() -> Version {
        Properties::default().version(Object::default())
    }

    fn names(page: &Page) -> Vec<&str> {
        page.entries.iter().map(Entry::name).collect()
    }

    #[test]
    fn pages_follow_one_another_without_gap_or_repetition() {
        let bucket = bucket(&["a", "b/1", "b/2", "c", "d/1"]);
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = bucket.list("", Some("/"), &after, 1);
            seen.extend(names(&page).into_iter().map(str::to_owned));
            if !page.truncated {
                break;
            }
            after = seen.last().unwrap().clone();
        }
        assert_eq!(seen, ["a", "b/", "c", "d/"]);
    }

    #[test]
    fn the_last_full_page_is_not_truncated() {
        let page = bucket(&["a/1", "a/2", "a/3"]).list("", Some("/"), "", 1);
        assert_eq!(names(&page), ["a/"]);
        assert!(!page.truncated);
    }

    #[test]
    fn a_start_inside_a_common_prefix_hides_it_and_one_before_does_not() {
        let bucket = bucket(&["a/1", "a/2", "b"]);
        assert_eq!(names(&bucket.list("", Some("/"), "a", 10)), ["a/", "b"]);
        assert_eq!(names(&bucket.list("", Some("/"), "a/1", 10)), ["b"]);
        assert_eq!(names(&bucket.list("a/", Some("/"), "a/1", 10)), ["a/2"]);
    }

    #[test]
    fn what_comes_after_a_common_prefix_is_not_skipped_with_it() {
        let keys = ["a/", "a/1", "a/2", "a/\u{10ffff}x", "a0", "a0b", "b"];
        assert_eq!(names(&bucket(&keys).list("", Some("/"), "", 10)), ["a/", "a0", "a0b", "b"]);
        let bucket = bucket(&keys);
        let versions = bucket.list_versions("", Some("/"), "", None, 10).entries;
        assert_eq!(versions.len(), 4);
    }

    #[test]
    fn a_delimiter_may_be_the_last_of_all_characters() {
        let keys = ["a\u{10ffff}", "a\u{10ffff}1", "a\u{10ffff}\u{10ffff}", "b"];
        let page = bucket(&keys).list("", Some("\u{10ffff}"), "", 10);
        assert_eq!(names(&page), ["a\u{10ffff}", "b"]);
    }

    #[test]
    fn prefix_is_not_a_path() {
        assert_eq!(
            names(&bucket(&["test", "test-data", "test/x"]).list("test", None, "", 10)),
            ["test", "test-data", "test/x"]
        );
        assert_eq!(
            names(&bucket(&["test", "test-data", "test/x"]).list("test/", None, "", 10)),
            ["test/x"]
        );
    }

    #[test]
    fn zero_lines_are_never_truncated() {
        let page = bucket(&["a"]).list("", None, "", 0);
        assert!(page.entries.is_empty() && !page.truncated);
    }

    #[test]
    fn version_pages_resume_inside_a_key() {
        let mut bucket = bucket(&[]);
        bucket.settings.versioning = Versioning::Enabled;
        for _ in 0..3 {
            bucket.put("k", object());
        }
        bucket.put("l", object());
        let all = bucket.list_versions("", None, "", None, 10).entries;
        assert_eq!(all.len(), 4);
        let VersionEntry::Version { version, latest, .. } = &all[1] else { panic!("a version") };
        assert!(!latest);
        let rest = bucket.list_versions("", None, "k", Some(&version.id), 10).entries;
        assert_eq!(rest.len(), 2);
        assert_eq!(bucket.list_versions("", None, "k", None, 10).entries.len(), 1);
    }

    #[test]
    fn a_version_marker_that_is_gone_repeats_nothing() {
        let mut bucket = bucket(&[]);
        bucket.settings.versioning = Versioning::Enabled;
        let ids: Vec<VersionId> =
            (0..3).map(|_| bucket.put("k", object()).expect("versions")).collect();
        bucket.delete("k", Some(&ids[1]));
        let rest = bucket.list_versions("", None, "k", Some(&ids[1]), 10).entries;
        let [VersionEntry::Version { version, .. }] = &rest[..] else { panic!("one version") };
        assert_eq!(version.id, ids[0]);
    }
}

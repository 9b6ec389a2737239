//! Counts of leftovers.

use std::time::SystemTime;

use super::{Kind, Leftover};

/// How many keys are kept to show.
const EXAMPLES: usize = 3;

/// How many things of which kind, how large, and how old.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Current objects.
    pub(crate) objects: u64,
    /// Older versions.
    pub(crate) versions: u64,
    /// Delete markers.
    pub(crate) delete_markers: u64,
    /// Unfinished multipart uploads.
    pub(crate) uploads: u64,
    /// The size of objects and versions; nobody says that of uploads.
    pub(crate) bytes: u64,
    /// The oldest thing's time.
    pub(crate) oldest: Option<SystemTime>,
    /// The newest thing's time.
    pub(crate) newest: Option<SystemTime>,
    /// A few of the keys.
    pub(crate) examples: Vec<String>,
}

impl Tally {
    /// Counts one thing.
    pub(crate) fn add(&mut self, item: &Leftover) {
        match item.kind {
            Kind::Object => self.objects += 1,
            Kind::Version => self.versions += 1,
            Kind::DeleteMarker => self.delete_markers += 1,
            Kind::Upload => self.uploads += 1,
        }
        // A server may say anything.
        self.bytes = self.bytes.saturating_add(item.bytes);
        self.span(item.modified, item.modified);
        self.show(&item.key);
    }

    /// Adds what another tally counted.
    pub(crate) fn merge(&mut self, other: &Tally) {
        self.objects += other.objects;
        self.versions += other.versions;
        self.delete_markers += other.delete_markers;
        self.uploads += other.uploads;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.span(other.oldest, other.newest);
        other.examples.iter().for_each(|key| self.show(key));
    }

    /// Takes away what was counted and turned out to be still there.
    pub(crate) fn take_away(&mut self, other: &Tally) {
        self.objects = self.objects.saturating_sub(other.objects);
        self.versions = self.versions.saturating_sub(other.versions);
        self.delete_markers = self.delete_markers.saturating_sub(other.delete_markers);
        self.uploads = self.uploads.saturating_sub(other.uploads);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }

    /// How many things there are.
    pub(crate) fn things(&self) -> u64 {
        self.objects + self.versions + self.delete_markers + self.uploads
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.things() == 0
    }

    /// The kinds and their numbers, as in `3 objects, 1 upload`; `nothing` where there is nothing.
    pub(crate) fn in_words(&self) -> String {
        let words: Vec<String> = [
            (self.objects, "object"),
            (self.versions, "older version"),
            (self.delete_markers, "delete marker"),
            (self.uploads, "unfinished upload"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }

    fn span(&mut self, oldest: Option<SystemTime>, newest: Option<SystemTime>) {
        self.oldest = self.oldest.into_iter().chain(oldest).min();
        self.newest = self.newest.max(newest);
    }

    fn show(&mut self, key: &str) {
        if self.examples.len() < EXAMPLES && !self.examples.iter().any(|known| known == key) {
            self.examples.push(key.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn item(key: &str, kind: Kind, bytes: u64, at: u64) -> Leftover {
        let modified = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(at));
        Leftover { key: key.to_owned(), kind, id: None, bytes, modified }
    }

    #[test]
    fn kinds_sizes_and_ages_are_added_up() {
        let mut one = Tally::default();
        one.add(&item("a", Kind::Object, 5, 10));
        one.add(&item("a", Kind::Version, 7, 3));
        let mut other = Tally::default();
        other.add(&item("b", Kind::DeleteMarker, 0, 20));
        other.add(&item("c", Kind::Upload, 0, 1));
        other.add(&item("d", Kind::Upload, 0, 1));
        one.merge(&other);
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!((one.things(), one.bytes), (5, 12));
        assert_eq!((one.oldest, one.newest), (at(1), at(20)));
        assert_eq!(one.examples, ["a", "b", "c"]);
        assert_eq!(
            one.in_words(),
            "1 object, 1 older version, 1 delete marker, 2 unfinished uploads"
        );
        assert_eq!(Tally::default().in_words(), "nothing");
    }

    #[test]
    fn sizes_that_cannot_be_are_added_up_to_the_largest_number() {
        let mut tally = Tally::default();
        for key in ["a", "b", "c"] {
            tally.add(&item(key, Kind::Object, u64::MAX / 2, 1));
        }
        assert_eq!(tally.bytes, u64::MAX);
        let other = tally.clone();
        tally.merge(&other);
        assert_eq!((tally.things(), tally.bytes), (6, u64::MAX));
    }

    #[test]
    fn a_thing_without_a_time_does_not_make_the_rest_ageless() {
        let mut tally = Tally::default();
        tally.add(&Leftover { modified: None, ..item("a", Kind::Object, 0, 0) });
        assert_eq!((tally.oldest, tally.newest), (None, None));
        tally.add(&item("b", Kind::Object, 0, 4));
        assert_eq!(tally.oldest, tally.newest);
        assert!(tally.oldest.is_some());
    }
}

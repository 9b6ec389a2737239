//! What the server has said is gone, so that a thing that is listed again is known for what it is.

use std::collections::HashSet;

use super::{Leftover, failures};

/// So many hashes are kept, in about 18 MB; beyond it every second one is let go, and again, so that
/// millions of things need no more.
const KEPT: usize = 1 << 20;

/// Everything that was to be deleted so far, or a sample of it.
///
/// The sample is taken by the hash, so that a thing is either in every sample or in none: where all
/// that is listed was listed before, nothing in the sample is new.
#[derive(Debug)]
pub(super) struct Claims {
    hashes: HashSet<u64>,
    /// Hashes with one of these bits are let go.
    mask: u64,
    kept: usize,
}

/// What is known of a thing that is listed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It was not listed before.
    First,
    /// It was listed before, and the server said that it was deleted.
    Again,
    /// The sample does not say.
    Unknown,
}

impl Claims {
    pub(super) fn new() -> Claims {
        Claims::keeping(KEPT)
    }

    fn keeping(kept: usize) -> Claims {
        Claims { hashes: HashSet::new(), mask: 0, kept }
    }

    /// Looks a thing up and remembers it.
    pub(super) fn see(&mut self, item: &Leftover) -> Seen {
        let hash = failures::hash(&item.key, item.kind, item.id.as_deref());
        if hash & self.mask != 0 {
            return Seen::Unknown;
        }
        if !self.hashes.insert(hash) {
            return Seen::Again;
        }
        if self.hashes.len() > self.kept {
            self.mask = self.mask << 1 | 1;
            self.hashes.retain(|hash| hash & self.mask == 0);
        }
        Seen::First
    }

    /// How many things one of the sample stands for.
    pub(super) fn scale(&self) -> u64 {
        self.mask + 1
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    #[test]
    fn a_sample_is_bounded_and_knows_what_is_listed_again() {
        let items: Vec<_> = (0..1_000)
            .map(|number| Leftover {
                key: format!("test/{number}"),
                kind: Kind::Object,
                id: None,
                bytes: 0,
                modified: None,
            })
            .collect();
        let mut claims = Claims::keeping(100);
        for item in &items {
            assert_ne!(claims.see(item), Seen::Again);
        }
        assert!(claims.hashes.len() <= 100 && claims.scale() >= 8, "{claims:?}");
        let second: Vec<_> = items.iter().map(|item| claims.see(item)).collect();
        assert!(second.contains(&Seen::Again) && !second.contains(&Seen::First));

        let mut all = Claims::keeping(1_000);
        assert!(items.iter().all(|item| all.see(item) == Seen::First));
        assert!(items.iter().all(|item| all.see(item) == Seen::Again));
    }
}

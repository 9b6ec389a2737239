//! The grammar of keys: `test/<run-id>/<test>/<nonce>/...` and `perf-test/<run-id>/<test>/<nonce>/...`,
//! and one mark per run, `<root>/<run-id>/_run.json`.
//!
//! Everything that deletes takes a [`Prefix`]. A prefix cannot be empty and always ends in `/`, so
//! that neither a whole bucket nor a neighbour (`test` also begins `test-data`) can be meant by it.

use std::fmt;

use crate::{RunId, TestId};

/// The name of the mark that a live run keeps at `<root>/<run-id>/`.
pub const MARK_NAME: &str = "_run.json";

/// The two places in a bucket where tests may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// `test/`
    Test,
    /// `perf-test/`
    PerfTest,
}

impl Root {
    /// Both roots, in the order of their keys.
    pub const ALL: [Root; 2] = [Root::PerfTest, Root::Test];

    /// Where the tests of a suite write.
    pub fn of_suite(suite: &str) -> Root {
        if suite == "performance_aws" { Root::PerfTest } else { Root::Test }
    }

    /// The root with its closing `/`.
    pub fn as_str(self) -> &'static str {
        match self {
            Root::Test => "test/",
            Root::PerfTest => "perf-test/",
        }
    }
}

/// A place that may be emptied.
///
/// Invariant: begins with one of the two roots and ends in `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// All of `test/` or `perf-test/`.
    pub fn of_root(root: Root) -> Prefix {
        Prefix(root.as_str().to_owned())
    }

    /// All that one run wrote below a root.
    pub fn of_run(root: Root, run: &RunId) -> Prefix {
        Prefix(format!("{}{run}/", root.as_str()))
    }

    /// All that one test of a run wrote.
    pub fn of_test(root: Root, run: &RunId, test: &TestId) -> Prefix {
        Prefix(format!("{}{run}/{}/", root.as_str(), test.segment()))
    }

    /// What one attempt of a test wrote: `nonce` tells attempts apart.
    ///
    /// # Errors
    /// Where `nonce` is not 1 to 40 ASCII letters or digits.
    pub fn of_attempt(
        root: Root,
        run: &RunId,
        test: &TestId,
        nonce: &str,
    ) -> Result<Prefix, String> {
        if !is_nonce(nonce) {
            return Err(format!(
                "`{}` is not a nonce: expected 1 to 40 ASCII letters or digits",
                nonce.escape_debug()
            ));
        }
        Ok(Prefix(format!("{}{run}/{}/{nonce}/", root.as_str(), test.segment())))
    }

    /// The prefix as S3 takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `key` lies below this prefix.
    pub fn contains(&self, key: &str) -> bool {
        key.starts_with(&self.0)
    }

    /// The key of the run mark below this prefix, which [`Prefix::of_run`] made.
    pub fn mark(root: Root, run: &RunId) -> String {
        format!("{}{run}/{MARK_NAME}", root.as_str())
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key is by the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind<'a> {
    /// Written by a test.
    Test {
        /// Below which root.
        root: Root,
        /// By which run.
        run: RunId,
        /// The test, as [`TestId::segment`] spells it.
        segment: &'a str,
    },
    /// The mark of a run.
    Mark {
        /// Below which root.
        root: Root,
        /// Of which run.
        run: RunId,
    },
    /// Below a root, but not by the grammar: not made by a run.
    Stray {
        /// Below which root.
        root: Root,
    },
    /// Below neither root: never touched.
    Outside,
}

impl<'a> KeyKind<'a> {
    /// Reads a key by the grammar.
    pub fn of(key: &'a str) -> KeyKind<'a> {
        let Some((root, rest)) =
            Root::ALL.into_iter().find_map(|root| Some((root, key.strip_prefix(root.as_str())?)))
        else {
            return KeyKind::Outside;
        };
        let stray = KeyKind::Stray { root };
        let Some((run, rest)) = rest.split_once('/') else { return stray };
        let Ok(run) = RunId::parse(run) else { return stray };
        if rest == MARK_NAME {
            return KeyKind::Mark { root, run };
        }
        let mut segments = rest.splitn(3, '/');
        match (segments.next(), segments.next(), segments.next()) {
            (Some(segment), Some(nonce), Some(_))
                if TestId::is_segment(segment) && is_nonce(nonce) =>
            {
                KeyKind::Test { root, run, segment }
            }
            _ => stray,
        }
    }
}

fn is_nonce(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunId {
        RunId::parse("r-1").unwrap()
    }

    fn test_id() -> TestId {
        TestId::new("tests::suites", "s3_integration::keys::odd_keys_round_trip")
    }

    #[test]
    fn every_prefix_begins_with_a_root_and_ends_in_a_slash() {
        for root in Root::ALL {
            let prefixes = [
                Prefix::of_root(root),
                Prefix::of_run(root, &run()),
                Prefix::of_test(root, &run(), &test_id()),
                Prefix::of_attempt(root, &run(), &test_id(), "n0").unwrap(),
            ];
            for prefix in prefixes {
                assert!(prefix.as_str().starts_with(root.as_str()), "{prefix}");
                assert!(prefix.as_str().ends_with('/'), "{prefix}");
            }
        }
    }

    #[test]
    fn neighbours_are_not_contained() {
        let prefix = Prefix::of_root(Root::Test);
        assert!(prefix.contains("test/x"));
        for neighbour in ["test", "testing/x", "test-data/x", "a/test/x", "Test/x", "/test/x"] {
            assert!(!prefix.contains(neighbour), "{neighbour}");
        }
    }

    #[test]
    fn a_nonce_cannot_leave_its_segment() {
        for bad in ["", "a/b", "..", "a b", &"n".repeat(41)] {
            assert!(Prefix::of_attempt(Root::Test, &run(), &test_id(), bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn keys_are_read_back_as_they_were_made() {
        let key = format!(
            "{}some/key",
            Prefix::of_attempt(Root::PerfTest, &run(), &test_id(), "n0").unwrap()
        );
        assert_eq!(
            KeyKind::of(&key),
            KeyKind::Test {
                root: Root::PerfTest,
                run: run(),
                segment: "s3_integration.keys.odd_keys_round_trip"
            }
        );
        assert_eq!(
            KeyKind::of(&Prefix::mark(Root::Test, &run())),
            KeyKind::Mark { root: Root::Test, run: run() }
        );
    }

    #[test]
    fn keys_that_do_not_follow_the_grammar_are_strays_or_outside() {
        for stray in [
            "test/",
            "test/x",
            "test/UPPER/t/n/x",
            "test/r-1/",
            "test/r-1/t",
            "test/r-1/t/n",
            "test//t/n/x",
            "test/r-1//n/x",
            "test/r-1/t/bad nonce/x",
            "test/r-1/_run.json/x",
            "test/r-1/_other.json",
        ] {
            assert_eq!(KeyKind::of(stray), KeyKind::Stray { root: Root::Test }, "{stray}");
        }
        for outside in ["", "test", "testing/x", "a/test/x", "perf-tests/x", "/test/x", "TEST/x"] {
            assert_eq!(KeyKind::of(outside), KeyKind::Outside, "{outside}");
        }
    }
}

//! What a run saw, held against the lock.

use std::collections::{BTreeMap, BTreeSet};

use contract::TestId;
use serde::{Serialize, Serializer};

use super::{Lock, Needs, Subject};

/// What a run saw.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// The needs of each test that passed at its first attempt: another one may have needed more, or
    /// less.
    pub(crate) tests: BTreeMap<TestId, Needs>,
    /// The needs of those that many tests share: the app, the fixtures.
    pub(crate) shared: BTreeMap<Subject, Needs>,
    /// Every test that there is, whether it ran or not.
    pub(crate) existing: BTreeSet<TestId>,
}

/// What one subject's entry says, and should not, or does not, and should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// Whose entry.
    #[serde(serialize_with = "as_text")]
    pub(crate) subject: Subject,
    /// What is the matter with the entry as a whole.
    pub(crate) change: Change,
    /// What it lacks, as lines of the lock.
    pub(crate) added: Vec<String>,
    /// What it has too much.
    pub(crate) removed: Vec<String>,
}

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    /// There is none yet.
    New,
    /// It says something else.
    Changed,
    /// Its test is no more.
    Gone,
}

impl Lock {
    /// The lock as a run saw it: what did not run stays, what is no more goes.
    pub(crate) fn updated(&self, observed: &Observed) -> Lock {
        let mut entries = self.entries.clone();
        entries.retain(|subject, _| match subject {
            Subject::Test(test) => observed.existing.contains(test),
            _ => true,
        });
        for (test, needs) in &observed.tests {
            entries.insert(Subject::Test(test.clone()), needs.clone());
        }
        for (subject, needs) in &observed.shared {
            let entry = entries.entry(subject.clone()).or_default();
            if observed.is_complete() {
                *entry = needs.clone();
            } else {
                // Of a part of the tests it is known what they need, not what the others do not.
                entry.extend(needs.iter().cloned());
            }
        }
        Lock { entries }
    }

    /// What differs from another lock, which is the truth.
    pub(crate) fn differences(&self, truth: &Lock) -> Vec<Difference> {
        let subjects: BTreeSet<&Subject> =
            self.entries.keys().chain(truth.entries.keys()).collect();
        subjects.into_iter().filter_map(|subject| self.difference(truth, subject)).collect()
    }

    fn difference(&self, truth: &Lock, subject: &Subject) -> Option<Difference> {
        let (old, new) = (self.needs(subject), truth.needs(subject));
        let change = match (old, new) {
            (None, _) => Change::New,
            (_, None) => Change::Gone,
            (old, new) if old == new => return None,
            _ => Change::Changed,
        };
        let nothing = Needs::new();
        let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
        let lines = |needs: &Needs, other: &Needs| {
            let mut lines: Vec<_> = needs.difference(other).map(ToString::to_string).collect();
            lines.sort();
            lines
        };
        let (added, removed) = (lines(new, old), lines(old, new));
        Some(Difference { subject: subject.clone(), change, added, removed })
    }
}

impl Observed {
    /// Whether every test that there is was seen.
    fn is_complete(&self) -> bool {
        self.existing.iter().all(|test| self.tests.contains_key(test))
    }
}

fn as_text<S: Serializer>(subject: &Subject, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Requirement;

    fn needs(lines: &[&str]) -> Needs {
        lines.iter().map(|line| Requirement::parse(line).unwrap()).collect()
    }

    fn test(name: &str) -> TestId {
        TestId::new("tests::suites", name)
    }

    const GET: &str = "s3:GetObject arn:aws:s3:::{uploads}/test/*";
    const PUT: &str = "s3:PutObject arn:aws:s3:::{uploads}/test/*";

    fn lock(entries: &[(Subject, &[&str])]) -> Lock {
        let entries = entries.iter().map(|(subject, lines)| (subject.clone(), needs(lines)));
        Lock { entries: entries.collect() }
    }

    fn in_words(differences: &[Difference]) -> Vec<String> {
        let words = |difference: &Difference| {
            let Difference { subject, change, added, removed } = difference;
            format!("{subject} {change:?} +{added:?} -{removed:?}").replace("arn:aws:s3:::", "")
        };
        differences.iter().map(words).collect()
    }

    #[test]
    fn tests_that_did_not_run_stay_those_that_are_no_more_go() {
        let old = lock(&[
            (Subject::Test(test("a::gone")), &[GET]),
            (Subject::Test(test("a::not_run")), &[GET]),
            (Subject::Test(test("a::other")), &[GET]),
            (Subject::Test(test("a::same")), &[PUT]),
        ]);
        let observed = Observed {
            tests: [("a::new", &[][..]), ("a::other", &[PUT]), ("a::same", &[PUT])]
                .map(|(name, lines)| (test(name), needs(lines)))
                .into(),
            shared: BTreeMap::new(),
            existing: ["a::new", "a::not_run", "a::other", "a::same"].map(test).into(),
        };
        let new = old.updated(&observed);
        assert_eq!(
            in_words(&old.differences(&new)),
            [
                r#"tests::suites a::gone Gone +[] -["s3:GetObject {uploads}/test/*"]"#,
                r#"tests::suites a::new New +[] -[]"#,
                r#"tests::suites a::other Changed +["s3:PutObject {uploads}/test/*"] -["s3:GetObject {uploads}/test/*"]"#,
            ]
        );
        assert_eq!(new.differences(&new), []);
        assert_eq!(new.needs(&Subject::Test(test("a::not_run"))), Some(&needs(&[GET])));
    }

    #[test]
    fn what_many_tests_share_shrinks_only_when_all_have_run() {
        let old = lock(&[(Subject::App, &[GET]), (Subject::Test(test("a::x")), &[GET])]);
        let mut observed = Observed {
            tests: [(test("a::y"), needs(&[PUT]))].into(),
            shared: [(Subject::App, needs(&[PUT]))].into(),
            existing: ["a::x", "a::y"].map(test).into(),
        };
        assert_eq!(old.updated(&observed).needs(&Subject::App), Some(&needs(&[GET, PUT])));
        observed.tests.insert(test("a::x"), needs(&[]));
        assert_eq!(old.updated(&observed).needs(&Subject::App), Some(&needs(&[PUT])));
    }
}

//! What earlier runs called, kept in `target/xtask/calls.json`: what a planned run will call is known
//! from it.
//!
//! Below `target/` rather than beside `tests/permissions.lock`: what a test calls changes with every
//! test that is written, and a run on the embedded AWS tells it again in seconds and for free.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use contract::calls::{self, Calls};
use contract::{Record, TestId};
use serde::{Deserialize, Serialize};

use super::Spending;
use crate::context::Context;
use crate::replace::{Readers, replace};

/// The version of the file's format.
const FORMAT: u32 = 1;

/// Stands for the model that the tests may invoke, which another run may be given another of.
const TEST_MODEL: &str = "{bedrock-model}";

/// What earlier runs called.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    format: u32,
    /// By `xtask` itself, in the latest run.
    pub(super) own: Calls,
    tests: Vec<Remembered>,
}

/// One test's calls in the latest run in which it passed.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Remembered {
    binary: String,
    name: String,
    /// The samples of its scenario that took the fewest, where it measures.
    samples: Option<u64>,
    calls: Calls,
}

/// What there is to learn from a run.
pub(crate) struct Lesson<'a> {
    /// What it called.
    pub(crate) spending: &'a Spending,
    /// Whether a test passed; what others called may be half of it.
    pub(crate) passed: &'a dyn Fn(&TestId) -> bool,
    /// Of each test that measured, the samples of its scenario that took the fewest.
    pub(crate) samples: &'a BTreeMap<TestId, u64>,
    /// Whether their number was asked for. Then these tests teach nothing: how many samples they take
    /// of themselves would be forgotten.
    pub(crate) samples_asked: bool,
    /// The model that the tests could invoke.
    pub(crate) model: Option<&'a str>,
}

impl Memory {
    /// What is remembered in this workspace; nothing where the file is missing or another version's.
    pub(crate) fn read(cx: &Context) -> Memory {
        Memory::read_from(&path(cx))
    }

    /// Learns, and writes it down.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn learn(cx: &Context, lesson: &Lesson<'_>) -> Result<()> {
        Memory::learn_at(&path(cx), lesson)
    }

    fn learn_at(path: &Path, lesson: &Lesson<'_>) -> Result<()> {
        let folder = path.parent().context("a file has a folder")?;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("making the folder `{}`", folder.display()))?;
        // Of two runs that end together, the second is to learn on top of the first.
        let lock = path.with_extension("lock");
        let lock = std::fs::File::create(&lock)
            .with_context(|| format!("making the file `{}`", lock.display()))?;
        // A file system without locks is worth no failure.
        let _ = lock.lock();
        let mut memory = Memory::read_from(path);
        memory.take(lesson);
        replace(path, &serde_json::to_vec_pretty(&memory)?, Readers::Usual)
    }

    /// What a test called, with `model` for the one that it may invoke, and the fewest samples.
    pub(super) fn of(&self, test: &TestId, model: Option<&str>) -> Option<(Calls, Option<u64>)> {
        let known = self
            .tests
            .iter()
            .find(|known| known.name == test.name() && known.binary == test.binary_id())?;
        let model = model.unwrap_or(TEST_MODEL);
        Some((renamed(&known.calls, TEST_MODEL, model), known.samples))
    }

    /// Of one run alone.
    #[cfg(test)]
    pub(super) fn of_lesson(lesson: &Lesson<'_>) -> Memory {
        let mut memory = Memory::default();
        memory.take(lesson);
        memory
    }

    fn take(&mut self, lesson: &Lesson<'_>) {
        self.format = FORMAT;
        self.own = lesson.spending.own.clone();
        for (test, calls) in &lesson.spending.by_test {
            let samples = lesson.samples.get(test).copied();
            if !(lesson.passed)(test) || (lesson.samples_asked && samples.is_some()) {
                continue;
            }
            let (binary, name) = (test.binary_id().to_owned(), test.name().to_owned());
            let calls = match lesson.model {
                Some(model) => renamed(calls, model, TEST_MODEL),
                None => calls.clone(),
            };
            self.tests.retain(|known| known.name != name || known.binary != binary);
            self.tests.push(Remembered { binary, name, samples, calls });
        }
        self.tests.sort_by(|a, b| (&a.binary, &a.name).cmp(&(&b.binary, &b.name)));
    }

    fn read_from(path: &Path) -> Memory {
        let text = std::fs::read(path).unwrap_or_default();
        let memory = serde_json::from_slice(&text).ok();
        memory.filter(|memory: &Memory| memory.format == FORMAT).unwrap_or_default()
    }
}

/// Of each test that measured, the samples of its scenario that took the fewest.
pub(crate) fn fewest_samples<'a>(
    records: impl IntoIterator<Item = &'a Record>,
) -> BTreeMap<TestId, u64> {
    let mut fewest = BTreeMap::new();
    for record in records {
        for measurement in &record.measurements {
            let known = fewest.entry(record.test()).or_insert(u64::MAX);
            *known = measurement.latency.count.min(*known);
        }
    }
    fewest
}

/// The same calls, with another name for a model.
fn renamed(calls: &Calls, from: &str, to: &str) -> Calls {
    let mut renamed = Calls::default();
    for (key, count) in &calls.0 {
        match calls::parts(key) {
            (operation, Some(model)) if model == from => {
                renamed.add(&calls::key(operation, Some(to)), *count);
            }
            _ => renamed.add(key, *count),
        }
    }
    renamed
}

fn path(cx: &Context) -> PathBuf {
    cx.workspace().join("target/xtask/calls.json")
}

#[cfg(test)]
mod tests {
    use contract::calls::CallCount;

    use super::*;

    fn test(name: &str) -> TestId {
        TestId::new("tests::suites", name)
    }

    fn requests(key: &str, requests: u64) -> Calls {
        let mut calls = Calls::default();
        calls.add(key, CallCount { requests, ..CallCount::default() });
        calls
    }

    struct Run {
        spending: Spending,
        passed: Vec<TestId>,
        samples: BTreeMap<TestId, u64>,
        samples_asked: bool,
        model: Option<&'static str>,
    }

    /// A run in which each of these tests passed with these calls.
    fn run(tests: &[(&str, Calls)]) -> Run {
        let by_test: BTreeMap<_, _> =
            tests.iter().map(|(name, calls)| (test(name), calls.clone())).collect();
        let passed = by_test.keys().cloned().collect();
        let spending = Spending { by_test, own: requests("s3:GetObject", 1) };
        Run { spending, passed, samples: BTreeMap::new(), samples_asked: false, model: None }
    }

    fn learn(memory: &mut Memory, run: &Run) {
        with_lesson(run, |lesson| memory.take(lesson));
    }

    fn with_lesson(run: &Run, then: impl FnOnce(&Lesson<'_>)) {
        then(&Lesson {
            spending: &run.spending,
            passed: &|test| run.passed.contains(test),
            samples: &run.samples,
            samples_asked: run.samples_asked,
            model: run.model,
        });
    }

    #[test]
    fn of_runs_that_end_together_each_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("xtask/calls.json");
        let names: Vec<String> = (0..16).map(|number| format!("t{number}")).collect();
        std::thread::scope(|scope| {
            for name in &names {
                scope.spawn(|| {
                    let run = run(&[(name, requests("s3:PutObject", 1))]);
                    with_lesson(&run, |lesson| Memory::learn_at(&path, lesson).unwrap());
                });
            }
        });
        let memory = Memory::read_from(&path);
        for name in names {
            assert!(memory.of(&test(&name), None).is_some(), "{name} is forgotten");
        }
    }

    #[test]
    fn the_latest_run_in_which_a_test_passed_counts() {
        let mut memory = Memory::default();
        learn(&mut memory, &run(&[("a", requests("s3:PutObject", 1)), ("b", Calls::default())]));
        let mut second = run(&[("a", requests("s3:PutObject", 2)), ("c", Calls::default())]);
        second.passed = vec![test("a")];
        second.spending.own = requests("s3:GetObject", 7);
        learn(&mut memory, &second);
        assert_eq!(memory.of(&test("a"), None), Some((requests("s3:PutObject", 2), None)));
        // It called nothing, and that is known.
        assert_eq!(memory.of(&test("b"), None), Some((Calls::default(), None)));
        assert_eq!(memory.of(&test("c"), None), None);
        assert_eq!(memory.of(&TestId::new("other", "a"), None), None);
        assert_eq!(memory.own, requests("s3:GetObject", 7));
    }

    #[test]
    fn a_number_of_samples_that_was_asked_for_is_not_taken_for_the_tests_own() {
        let mut memory = Memory::default();
        let mut own = run(&[("measures", requests("s3:PutObject", 30)), ("a", Calls::default())]);
        own.samples = [(test("measures"), 30)].into();
        learn(&mut memory, &own);
        let mut asked =
            run(&[("measures", requests("s3:PutObject", 5)), ("a", requests("s3:PutObject", 1))]);
        asked.samples = [(test("measures"), 5)].into();
        asked.samples_asked = true;
        learn(&mut memory, &asked);
        let measures = memory.of(&test("measures"), None);
        assert_eq!(measures, Some((requests("s3:PutObject", 30), Some(30))));
        assert_eq!(memory.of(&test("a"), None), Some((requests("s3:PutObject", 1), None)));
    }

    #[test]
    fn the_tests_model_is_remembered_as_whichever_it_will_be() {
        let mut memory = Memory::default();
        let mut both = requests("bedrock:InvokeModel of.the-sandbox", 1);
        both.merge(&requests("bedrock:InvokeModel of.the-catalogue", 1));
        let mut first = run(&[("a", both)]);
        first.model = Some("of.the-sandbox");
        learn(&mut memory, &first);
        let (calls, _) = memory.of(&test("a"), Some("of.aws")).unwrap();
        let keys: Vec<_> = calls.0.keys().map(String::as_str).collect();
        assert_eq!(keys, ["bedrock:InvokeModel of.aws", "bedrock:InvokeModel of.the-catalogue"]);
    }

    #[test]
    fn it_is_read_as_it_was_written_and_nothing_else_is_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("xtask/calls.json");
        assert_eq!(Memory::read_from(&path), Memory::default());
        let run = run(&[("a", requests("s3:PutObject", 1))]);
        let mut memory = Memory::default();
        learn(&mut memory, &run);
        with_lesson(&run, |lesson| Memory::learn_at(&path, lesson).unwrap());
        assert_eq!(Memory::read_from(&path), memory);
        for other in ["", "{", "{\"format\": 1}", "{\"format\": 2, \"own\": {}, \"tests\": []}"] {
            std::fs::write(&path, other).unwrap();
            assert_eq!(Memory::read_from(&path), Memory::default(), "{other}");
        }
    }
}

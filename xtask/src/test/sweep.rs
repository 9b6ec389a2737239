//! After the run: what the tests left behind, by test, and its removal.

use std::collections::BTreeMap;

use contract::{Root, RunId};
use serde::Serialize;

use super::capabilities;
use super::plan::ListedTest;
use super::target::RunTarget;
use crate::context::Context;
use crate::leftovers;
use crate::ui::Tone;

/// How many keys are named below one test.
const NAMED: usize = 3;

/// What the sweep found and did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Swept {
    /// What each test left behind, by the test's name.
    pub(crate) leaks: BTreeMap<String, Leak>,
    /// What could not be removed or looked at, in words.
    pub(crate) failures: Vec<String>,
}

/// What one test left behind.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Leak {
    /// How many objects, versions, delete markers and unfinished uploads.
    pub(crate) count: u64,
    /// Some of them.
    pub(crate) examples: Vec<String>,
}

//! What a test leaves for the run that started it, beside its outcome: one JSON file each, in the
//! folder that [`RECORDS_VARIABLE`](crate::target::RECORDS_VARIABLE) names.

use serde::{Deserialize, Serialize};

use crate::measurement::Measurement;
use crate::{TestId, calls::Calls};

/// What one attempt of a test leaves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Nextest's id of the test's binary.
    pub binary_id: String,
    /// The test's full name in its binary.
    pub name: String,
    /// Nextest's number of the attempt, from 1.
    pub attempt: u32,
    /// What it measured, in the order in which it did.
    #[serde(default)]
    pub measurements: Vec<Measurement>,
    /// What it called on the target; empty where the target counts itself.
    #[serde(default)]
    pub calls: Calls,
}

impl Record {
    /// An empty one.
    pub fn of(test: &TestId, attempt: u32) -> Record {
        Record {
            binary_id: test.binary_id().to_owned(),
            name: test.name().to_owned(),
            attempt,
            ..Record::default()
        }
    }

    /// The test that left it.
    pub fn test(&self) -> TestId {
        TestId::new(&*self.binary_id, &*self.name)
    }

    /// The file's name; `nonce` tells apart what else is alike.
    pub fn file_name(&self, nonce: &str) -> String {
        format!("{}.{nonce}.json", self.test().segment())
    }
}

//! The rows of the table: what differs in nothing but the bucket stands in one.

use std::collections::{BTreeMap, BTreeSet};

use super::question::Thing;
use super::verdict::Verdict;
use super::verify::Answer;
use crate::permissions::{Command, Places, Subject};

/// A row.
#[derive(Debug)]
pub(super) struct Row {
    verdict: Verdict,
    action: String,
    /// The first of them is shown.
    resource: String,
    /// How many more there are.
    more: usize,
    needed_by: BTreeSet<Subject>,
    evidence: String,
}

/// The rows, in the order of the answers.
pub(super) fn rows(places: &Places, answers: &[Answer]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut known: BTreeMap<(Verdict, String, String, String), usize> = BTreeMap::new();
    for answer in answers {
        let verdict = answer.finding.verdict;
        let bucket = bucket(answer);
        // A bucket that is not there, or elsewhere, is so for every action.
        let is_whole =
            bucket.is_some() && matches!(verdict, Verdict::Missing | Verdict::WrongRegion);
        let (action, resource, alike) = match (is_whole, bucket) {
            (true, Some(bucket)) => {
                let arn = format!("arn:{}:s3:::{bucket}", places.partition);
                ("s3:*".to_owned(), arn.clone(), arn)
            }
            (_, bucket) => {
                let resource = resource(places, answer);
                let alike = match bucket {
                    Some(bucket) => resource.replacen(bucket, "", 1),
                    None => resource.clone(),
                };
                (answer.question.action.clone(), resource, alike)
            }
        };
        let evidence = evidence(answer);
        let key = (verdict, action.clone(), alike, evidence.clone());
        match known.get(&key).and_then(|index| rows.get_mut(*index)) {
            Some(row) => {
                row.more += usize::from(!is_whole);
                row.needed_by.extend(answer.needed_by.iter().cloned());
            }
            None => {
                known.insert(key, rows.len());
                let needed_by = answer.needed_by.clone();
                rows.push(Row { verdict, action, resource, more: 0, needed_by, evidence });
            }
        }
    }
    rows
}

impl Row {
    /// Verdict, action, resource, needed by, evidence.
    pub(super) fn cells(&self) -> [String; 5] {
        let resource = match self.more {
            0 => self.resource.clone(),
            1 => format!("{} and 1 bucket more", self.resource),
            more => format!("{} and {more} buckets more", self.resource),
        };
        [
            self.verdict.as_str().to_owned(),
            self.action.clone(),
            resource,
            needed_by(&self.needed_by),
            self.evidence.clone(),
        ]
    }
}

fn bucket(answer: &Answer) -> Option<&str> {
    match &answer.question.thing {
        Thing::Bucket(bucket) | Thing::Objects(bucket, _) => Some(bucket),
        _ => None,
    }
}

fn resource(places: &Places, answer: &Answer) -> String {
    let resource = answer.question.resource(places);
    match answer.question.prefix(places) {
        Some(prefix) => format!("{resource} prefix={prefix}"),
        None => resource,
    }
}

fn evidence(answer: &Answer) -> String {
    match &answer.disagrees {
        Some(decision) => {
            format!("{}; IAM's simulator says otherwise: {decision}", answer.finding.evidence)
        }
        None => answer.finding.evidence.clone(),
    }
}

/// Commands by name, tests by number.
fn needed_by(subjects: &BTreeSet<Subject>) -> String {
    let mut names = BTreeSet::new();
    for subject in subjects {
        match subject {
            Subject::App => drop(names.insert("the app")),
            Subject::Command(Command::Test) | Subject::Fixtures => drop(names.insert("every test")),
            Subject::Command(command) => drop(names.insert(command.name())),
            Subject::Test(_) => {}
        }
    }
    let tests = subjects.iter().filter(|subject| matches!(subject, Subject::Test(_))).count();
    match (names.contains("every test"), tests) {
        (true, _) | (_, 0) => names.into_iter().collect::<Vec<_>>().join(", "),
        (false, 1) => "1 test".to_owned(),
        (false, count) => format!("{count} tests"),
    }
}

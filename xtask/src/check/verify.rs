//! Finds the verdicts on all questions at once: what can be tried is tried, what cannot is asked of
//! IAM's simulator. Where both speak, what was tried counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use contract::RunId;
use futures::future::{join, join_all};

use super::buckets::{Asked, Looked};
use super::models;
use super::question::{Question, Questions, Thing};
use super::simulator::{self, Simulated, Simulation};
use super::verdict::{Basis, Finding, Verdict};
use crate::aws::Aws;
use crate::permissions::{Places, Subject};

/// The answer to a question.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// What was asked.
    pub(crate) question: Question,
    /// Who needs it.
    pub(crate) needed_by: BTreeSet<Subject>,
    /// What is known.
    pub(crate) finding: Finding,
    /// The simulator's word, where it says something else than the finding.
    pub(crate) disagrees: Option<String>,
}

/// All answers, and what else came up on the way.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    /// The answers, the worst first.
    pub(crate) answers: Vec<Answer>,
    /// What could not be removed again.
    pub(crate) left: Vec<String>,
    /// The fastest way to a bucket and back.
    pub(crate) latency: Option<Duration>,
    /// The buckets that can be looked into.
    pub(crate) usable: Vec<String>,
    /// Why the simulator said nothing, where it was asked.
    pub(crate) no_simulator: Option<String>,
}

/// Finds the verdicts. Where `may_be_missing`, a bucket that is not there is yet to be made, and says
/// nothing.
pub(crate) async fn verify(
    aws: &Aws,
    places: &Places,
    run: &RunId,
    questions: &Questions,
    may_be_missing: bool,
) -> Verified {
    let aws = &aws.impatient();
    let mut by_bucket: BTreeMap<&str, Vec<&Question>> = BTreeMap::new();
    let mut others = Vec::new();
    for question in questions.keys() {
        match &question.thing {
            Thing::Bucket(bucket) | Thing::Objects(bucket, _) => {
                by_bucket.entry(bucket).or_default().push(question);
            }
            _ => others.push(question),
        }
    }
    let buckets = by_bucket.into_iter().map(|(bucket, questions)| {
        let asked = Asked { aws, places, run, bucket, questions, may_be_missing };
        async move { (bucket.to_owned(), asked.look().await) }
    });
    let probes = join(join_all(buckets), models::look(aws, places, &others));
    let all: Vec<&Question> = questions.keys().collect();
    let simulation = simulator::ask(aws, places, run, &all);
    let ((buckets, models), simulation) = join(probes, simulation).await;

    let mut verified = Verified::default();
    let mut findings: BTreeMap<Question, Finding> = models.into_iter().collect();
    for (bucket, looked) in buckets {
        let Looked { findings: found, left, latency, is_usable } = looked;
        findings.extend(found);
        verified.left.extend(left);
        verified.latency = verified.latency.into_iter().chain(latency).min();
        verified.usable.extend(is_usable.then_some(bucket));
    }
    for (question, needed_by) in questions {
        let finding = findings.remove(question).unwrap_or_else(|| untried(question));
        let simulated = simulation.as_ref().ok().and_then(|simulated| simulated.get(question));
        let (finding, disagrees) = weighed(finding, simulated);
        let (question, needed_by) = (question.clone(), needed_by.clone());
        verified.answers.push(Answer { question, needed_by, finding, disagrees });
    }
    verified
        .answers
        .sort_by(|a, b| (a.finding.verdict, &a.question).cmp(&(b.finding.verdict, &b.question)));
    verified.no_simulator = why_silent(&simulation);
    verified
}

fn why_silent(simulation: &Simulation) -> Option<String> {
    simulation.as_ref().err().cloned()
}

/// Why nothing was tried.
fn untried(question: &Question) -> Finding {
    let name = question.action.split_once(':').map_or("", |(_, name)| name);
    let is_read = ["Get", "List", "Head", "Describe"].iter().any(|verb| name.starts_with(verb));
    Finding::unknown(match (is_read, &question.thing) {
        (true, _) => "nothing is known that would tell",
        (false, Thing::Bucket(_)) => "not tried: it would change the bucket",
        (false, Thing::Objects(..)) => "not tried: it would write beside the tests' own places",
        (false, _) => "not tried: it would have an effect",
    })
}

/// The simulator fills what could not be found out; what was found out counts.
fn weighed(finding: Finding, simulated: Option<&Simulated>) -> (Finding, Option<String>) {
    let Some(simulated) = simulated else { return (finding, None) };
    match (finding.verdict, simulated.verdict) {
        (Verdict::Unknown, verdict @ (Verdict::Allowed | Verdict::Denied)) => {
            let evidence =
                format!("IAM's simulator says {} ({})", simulated.decision, finding.evidence);
            (Finding { verdict, basis: Basis::Simulator, evidence }, None)
        }
        (Verdict::Allowed, Verdict::Denied) | (Verdict::Denied, Verdict::Allowed) => {
            (finding, Some(simulated.decision.clone()))
        }
        _ => (finding, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulator_fills_gaps_and_what_was_tried_counts() {
        let simulated =
            |verdict, decision: &str| Simulated { verdict, decision: decision.to_owned() };
        let denied = simulated(Verdict::Denied, "implicitDeny");
        let allowed = simulated(Verdict::Allowed, "allowed");
        let unsure = simulated(Verdict::Unknown, "implicitDeny");
        let gap = || Finding::unknown("not tried");
        let tried = |verdict| Finding::probed(verdict, "tried");
        let table = [
            (gap(), Some(&denied), Verdict::Denied, None),
            (gap(), Some(&allowed), Verdict::Allowed, None),
            (gap(), Some(&unsure), Verdict::Unknown, None),
            (gap(), None, Verdict::Unknown, None),
            (tried(Verdict::Allowed), Some(&denied), Verdict::Allowed, Some("implicitDeny")),
            (tried(Verdict::Denied), Some(&allowed), Verdict::Denied, Some("allowed")),
            (tried(Verdict::Missing), Some(&allowed), Verdict::Missing, None),
        ];
        for (finding, simulated, verdict, says_otherwise) in table {
            let (finding, disagrees) = weighed(finding, simulated);
            assert_eq!((finding.verdict, disagrees.as_deref()), (verdict, says_otherwise));
        }
    }
}

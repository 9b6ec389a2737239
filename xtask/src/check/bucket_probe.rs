//! What every test does with objects, tried in one bucket: for `setup`, which has just made it.

use contract::{Root, RunId};

use super::buckets::{Asked, Looked};
use super::question::{Question, Thing};
use super::verdict::{Finding, Verdict};
use crate::aws::Aws;
use crate::permissions::{Keys, Places};

/// Without these no test gets through, nor can what it leaves be removed.
const ON_OBJECTS: [&str; 4] =
    ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion"];

/// What was tried in a bucket.
#[derive(Debug, Clone, Default)]
pub(crate) struct BucketProbe {
    /// Each action and what came of it.
    pub(crate) probes: Vec<Probe>,
    /// What could not be removed again: bucket and key, with the version where there is one.
    pub(crate) left: Vec<String>,
}

/// One action that was tried.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    /// The IAM action.
    pub(crate) action: String,
    /// The ARN that a policy would name.
    pub(crate) resource: String,
    /// What came of it.
    pub(crate) finding: Finding,
}

impl BucketProbe {
    /// Tries, below the prefix of `run`, and takes back what it wrote.
    pub(crate) async fn of(aws: &Aws, run: &RunId, bucket: &str) -> BucketProbe {
        let below = Keys::Below(Root::Test);
        let on_objects = ON_OBJECTS.map(|action| Question {
            action: action.to_owned(),
            thing: Thing::Objects(bucket.to_owned(), below.clone()),
            listed: None,
        });
        let list = Question {
            action: "s3:ListBucket".to_owned(),
            thing: Thing::Bucket(bucket.to_owned()),
            listed: Some(below),
        };
        let questions: Vec<&Question> = on_objects.iter().chain([&list]).collect();
        let mut places = Places::default();
        places.set_caller(aws);
        let aws = &aws.impatient();
        let asked = Asked {
            aws,
            places: &places,
            run,
            bucket,
            questions: questions.clone(),
            may_be_missing: false,
        };
        let Looked { mut findings, left, .. } = asked.look().await;
        let probes = questions.into_iter().filter_map(|question| {
            let finding = findings.remove(question)?;
            let (action, resource) = (question.action.clone(), question.resource(&places));
            Some(Probe { action, resource, finding })
        });
        BucketProbe { probes: probes.collect(), left }
    }

    /// Whether everything that was tried is allowed, or not to be had, and nothing is left.
    pub(crate) fn is_good(&self) -> bool {
        self.left.is_empty() && self.probes.iter().all(Probe::is_good)
    }

    /// Whether the bucket is not known everywhere yet.
    pub(crate) fn is_settling(&self) -> bool {
        // An object that is missing is another matter.
        let is_of_bucket = |probe: &&Probe| probe.action != "s3:GetObject";
        let mut probes = self.probes.iter().filter(is_of_bucket);
        probes.any(|probe| probe.finding.verdict == Verdict::Missing)
    }
}

impl Probe {
    /// Whether it may be done, or the server has no such thing.
    pub(crate) fn is_good(&self) -> bool {
        matches!(self.finding.verdict, Verdict::Allowed | Verdict::NotSupported)
    }
}

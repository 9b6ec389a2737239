//! What is done about one bucket: looked at, created where it is missing, protected where it is ours.

use std::time::Duration;

use contract::{Root, RunId};
use tokio::time::sleep;

use super::create::{self, Creation};
use super::patience::{patiently, until_settled};
use super::settings::{self, Outcome, Plan, Setting, SettingReport};
use crate::aws::{Aws, AwsError};
use crate::bucket::{self, Presence, Tags};
use crate::check::BucketProbe;

/// A bucket and the variables that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TestBucket {
    /// Its name.
    pub(crate) name: String,
    /// The variables, in the order of `contract::buckets::ALL`.
    pub(crate) variables: Vec<&'static str>,
}

/// What a bucket is before anything is changed.
#[derive(Debug)]
pub(crate) enum Found {
    /// There is none.
    Missing,
    /// It is there, and this is what would have to be done about each setting.
    Present {
        /// Whether `setup` created or adopted it.
        claim: Claim,
        /// In the order of [`Setting::ALL`].
        plans: Vec<(Setting, Plan)>,
        /// Where objects are already that our lifecycle rules would expire; not asked of our own.
        at_stake: Vec<Root>,
    },
    /// It is there, and not for us.
    Foreign(Owner),
    /// It is there, in another region.
    ElsewhereIn(Option<String>),
    /// It could not be told.
    Unclear(AwsError),
}

/// Whose an existing bucket of our account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It has our tag.
    Ours,
    /// It has not.
    Untagged,
    /// Its tags may not be read.
    Unreadable,
    /// The server has no tags.
    NoTags,
}

/// Whose a bucket is that we may not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Our account's: it is a permission that is missing.
    Us,
    /// Somebody else's.
    SomebodyElse,
    /// AWS answers 403 for both, and we may not list our own buckets.
    Unknown,
}

/// What became of a bucket.
#[derive(Debug)]
pub(crate) struct BucketReport {
    /// Which one.
    pub(crate) bucket: TestBucket,
    /// What became of it.
    pub(crate) state: State,
    /// What became of its settings; empty where it was not reached.
    pub(crate) settings: Vec<SettingReport>,
    /// Where objects of somebody else's expire with the adoption.
    pub(crate) at_stake: Vec<Root>,
    /// What was tried in it; `None` where nothing was.
    pub(crate) probe: Option<BucketProbe>,
}

/// What became of a bucket.
#[derive(Debug)]
pub(crate) enum State {
    /// It was there and is ours.
    Exists,
    /// It was created.
    Created,
    /// It would be created.
    WouldCreate,
    /// It was there, and is ours from now on.
    Adopted,
    /// It would be taken over.
    WouldAdopt,
    /// It is somebody's own, and nobody said that it may be changed.
    LeftAlone(Claim),
    /// It is not for us.
    Taken(Owner),
    /// It is in another region.
    ElsewhereIn(Option<String>),
    /// The server says that it created it, and does not know it afterwards.
    NotSeen,
    /// It could not be told, or not be created.
    Failed(AwsError),
}

/// Looks at a bucket and changes nothing.
pub(crate) async fn look(aws: &Aws, name: &str) -> Found {
    match bucket::presence(aws, name).await {
        Ok(Presence::Missing) => Found::Missing,
        Ok(Presence::Foreign) => Found::Foreign(owner(aws, name).await),
        Ok(Presence::ElsewhereIn(region)) => Found::ElsewhereIn(region),
        Ok(Presence::Present) => {
            let claim = claim(aws, name).await;
            let at_stake = match claim {
                Claim::Ours => Vec::new(),
                _ => at_stake(aws, name).await,
            };
            Found::Present { claim, plans: plans(aws, name).await, at_stake }
        }
        Err(error) => Found::Unclear(error),
    }
}

/// Reads whose a bucket is.
async fn claim(aws: &Aws, name: &str) -> Claim {
    // A bucket without any tag may be another setup's, which is about to tag it.
    let mut delays_millis = [250, 750].into_iter();
    loop {
        return match patiently(async || bucket::tags(aws, name).await).await {
            Ok(tags) if tags.are_ours() => Claim::Ours,
            Ok(Tags::Known(tags)) => match delays_millis.next() {
                Some(delay_millis) if tags.is_empty() => {
                    sleep(Duration::from_millis(delay_millis)).await;
                    continue;
                }
                _ => Claim::Untagged,
            },
            Ok(Tags::NotSupported) => Claim::NoTags,
            Err(_) => Claim::Unreadable,
        };
    }
}

impl Found {
    /// Whether the bucket is somebody's own and would be changed, so that somebody has to say yes.
    /// Where the server has no tags there is nothing to tell by, and nothing to ask once all is set.
    pub(crate) fn needs_consent(&self) -> bool {
        match self {
            Found::Present { claim, plans, .. } => match claim {
                Claim::Ours => false,
                Claim::Unreadable => true,
                Claim::Untagged | Claim::NoTags => plans.iter().any(|(_, plan)| plan.is_change()),
            },
            _ => false,
        }
    }
}

/// Says what [`provision`] would do, and does nothing.
pub(crate) fn rehearse(bucket: TestBucket, found: Found, may_adopt: bool) -> BucketReport {
    let needs_consent = found.needs_consent();
    let (state, plans, at_stake) = match found {
        Found::Missing => {
            let plans = Setting::ALL.map(|setting| (setting, setting.plan_for_new()));
            (State::WouldCreate, plans.to_vec(), Vec::new())
        }
        Found::Present { claim, plans, at_stake } => match (needs_consent, may_adopt) {
            (false, _) => (State::Exists, plans, Vec::new()),
            (true, true) => (State::WouldAdopt, plans, at_stake),
            (true, false) => (State::LeftAlone(claim), plans, at_stake),
        },
        other => return unusable(bucket, other),
    };
    let settings = plans
        .into_iter()
        .map(|(setting, plan)| SettingReport { setting, outcome: plan.unwritten() })
        .collect();
    BucketReport { bucket, state, settings, at_stake, probe: None }
}

/// Creates the bucket where it is missing, and protects it where it is ours or may be adopted.
pub(crate) async fn provision(
    aws: &Aws,
    bucket: TestBucket,
    found: Found,
    may_adopt: bool,
) -> BucketReport {
    let found = match found {
        Found::Missing => match create::create(aws, &bucket.name).await {
            Creation::Created => {
                let plans = plans(aws, &bucket.name).await;
                return protect(aws, bucket, State::Created, plans).await;
            }
            // Another setup was faster; whose the bucket is, its tag tells.
            Creation::AlreadyThere => look(aws, &bucket.name).await,
            Creation::NotSeen => return BucketReport::without_settings(bucket, State::NotSeen),
            Creation::Taken => Found::Foreign(owner(aws, &bucket.name).await),
            Creation::Failed(error) => Found::Unclear(error),
        },
        found => found,
    };
    let needs_consent = found.needs_consent();
    match found {
        Found::Present { plans, .. } if !needs_consent => {
            protect(aws, bucket, State::Exists, plans).await
        }
        Found::Present { plans, at_stake, .. } if may_adopt => {
            let report = protect(aws, bucket, State::Adopted, plans).await;
            BucketReport { at_stake, ..report }
        }
        found => rehearse(bucket, found, may_adopt),
    }
}

/// Tries what tests do with objects in a bucket, once it is known everywhere.
pub(crate) async fn probe(aws: &Aws, run: &RunId, bucket: &str) -> BucketProbe {
    until_settled(async || BucketProbe::of(aws, run, bucket).await, BucketProbe::is_settling).await
}

/// Does what the plans say.
async fn protect(
    aws: &Aws,
    bucket: TestBucket,
    state: State,
    plans: Vec<(Setting, Plan)>,
) -> BucketReport {
    let mut settings = Vec::new();
    for (setting, plan) in plans {
        let outcome = settings::apply(aws, &bucket.name, setting, plan).await;
        settings.push(SettingReport { setting, outcome });
    }
    BucketReport { bucket, state, settings, at_stake: Vec::new(), probe: None }
}

fn unusable(bucket: TestBucket, found: Found) -> BucketReport {
    let state = match found {
        Found::Foreign(owner) => State::Taken(owner),
        Found::ElsewhereIn(region) => State::ElsewhereIn(region),
        Found::Unclear(error) => State::Failed(error),
        Found::Missing => State::WouldCreate,
        Found::Present { claim, .. } => State::LeftAlone(claim),
    };
    BucketReport::without_settings(bucket, state)
}

async fn plans(aws: &Aws, bucket: &str) -> Vec<(Setting, Plan)> {
    let mut plans = Vec::new();
    for setting in Setting::ALL {
        plans.push((setting, setting.plan(aws, bucket).await));
    }
    plans
}

/// Below which roots a bucket of somebody's own holds objects. What may not be listed is not said.
async fn at_stake(aws: &Aws, bucket: &str) -> Vec<Root> {
    let mut at_stake = Vec::new();
    for root in Root::ALL {
        let list = aws.s3.list_objects_v2().bucket(bucket).prefix(root.as_str()).max_keys(1);
        let listed = list.set_expected_bucket_owner(aws.expected_owner()).send().await;
        if listed.is_ok_and(|listed| !listed.contents().is_empty()) {
            at_stake.push(root);
        }
    }
    at_stake
}

/// Asks for the list of our own buckets, since HeadBucket answers 403 for a foreign bucket and for a
/// missing permission alike.
async fn owner(aws: &Aws, bucket: &str) -> Owner {
    let Ok(listed) = aws.s3.list_buckets().prefix(bucket).send().await else {
        return Owner::Unknown;
    };
    match listed.buckets().iter().any(|listed| listed.name() == Some(bucket)) {
        true => Owner::Us,
        false => Owner::SomebodyElse,
    }
}

impl BucketReport {
    fn without_settings(bucket: TestBucket, state: State) -> BucketReport {
        BucketReport { bucket, state, settings: Vec::new(), at_stake: Vec::new(), probe: None }
    }

    /// Whether the bucket is ours to write to.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self.state, State::Exists | State::Created | State::Adopted)
    }

    /// Whether anything was written.
    pub(crate) fn is_changed(&self) -> bool {
        matches!(self.state, State::Created | State::Adopted)
            || self.settings.iter().any(|report| matches!(report.outcome, Outcome::Set(_)))
    }

    /// Whether the bucket is somebody's own and stayed as it was.
    pub(crate) fn is_left_alone(&self) -> bool {
        matches!(self.state, State::LeftAlone(_))
    }

    /// Whether anything would be written.
    pub(crate) fn would_change(&self) -> bool {
        match self.state {
            State::WouldCreate | State::WouldAdopt => true,
            State::Exists => {
                self.settings.iter().any(|report| matches!(report.outcome, Outcome::WouldSet(_)))
            }
            _ => false,
        }
    }

    /// Whether tests can use the bucket and every setting is known to be as it should be, or not to
    /// be had. A bucket that was left alone is somebody's decision and no failure.
    pub(crate) fn is_good(&self) -> bool {
        let is_usable = !matches!(
            self.state,
            State::Taken(_) | State::ElsewhereIn(_) | State::NotSeen | State::Failed(_)
        );
        is_usable
            && self.settings.iter().all(|report| {
                !matches!(report.outcome, Outcome::NotRead(_) | Outcome::NotWritten(_))
            })
            && self.probe.as_ref().is_none_or(BucketProbe::is_good)
    }
}

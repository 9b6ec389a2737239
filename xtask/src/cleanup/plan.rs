//! What is to be removed, and what is left alone and why.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use contract::RunId;
use futures::StreamExt as _;

use super::buckets::{Chosen, Standing};
use super::survey::{Group, Scope, Survey, Who};
use crate::aws::Aws;
use crate::cli;
use crate::exit::Exit;
use crate::leftovers::{Notice, Tally};
use crate::mark::{self, Pulse};
use crate::ui::Ui;

/// How many marks are read at once.
pub(super) const AT_ONCE: usize = 16;

/// The whole plan.
pub(super) struct Plan {
    /// Of what it is a plan.
    pub(super) scope: Scope,
    /// When it was made, by the server's clock.
    pub(super) now: SystemTime,
    /// Bucket by bucket, in the order of the configuration.
    pub(super) buckets: Vec<PlannedBucket>,
}

/// The plan for one bucket.
pub(super) struct PlannedBucket {
    /// The bucket.
    pub(super) bucket: Chosen,
    /// What we may do with it.
    pub(super) standing: Standing,
    /// A row for each run, then one or two for the strays.
    pub(super) rows: Vec<Row>,
    /// What makes the listing less than it seems.
    pub(super) notices: BTreeSet<Notice>,
    /// The runs that are to be removed.
    pub(super) runs: BTreeSet<RunId>,
    /// The folders of strays that are to be removed.
    pub(super) strays: BTreeSet<Option<RunId>>,
}

/// What one run, or nobody, left in one bucket, and what becomes of it.
pub(super) struct Row {
    /// The run; `None` for strays.
    pub(super) run: Option<RunId>,
    /// How much there is.
    pub(super) tally: Tally,
    /// What becomes of it.
    pub(super) fate: Fate,
}

/// What becomes of a run's leftovers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// They are removed.
    Remove,
    /// They are removed although the run lives, since `--include-live` says so.
    RemoveLive,
    /// The run lives. Which process, where its mark says so.
    Live(Option<String>),
    /// The newest of them is newer than `--older-than` allows.
    TooNew,
    /// With `--run`: no run wrote them.
    NotChosen,
    /// The bucket is not ours to empty.
    NotOurs,
}

impl Fate {
    /// Whether they are removed.
    pub(super) fn removes(&self) -> bool {
        matches!(self, Fate::Remove | Fate::RemoveLive)
    }
}

/// What is known of a run over all buckets.
#[derive(Debug, Default, Clone)]
struct Run {
    newest: Option<SystemTime>,
    /// `Some` where it lives; the process, where its mark says so.
    live: Option<Option<String>>,
}

impl Plan {
    /// Looks at every bucket, and decides.
    pub(super) async fn make(aws: &Aws, buckets: Vec<Chosen>, args: &cli::Cleanup, ui: Ui) -> Plan {
        let progress = ui.progress("Looking at the buckets");
        // By the server's clock, which the first answers have set.
        let not_after = args.older_than.map(|age| before(aws.clock.now(), age));
        let scope = Scope { run: args.run.clone(), not_after };
        let surveys = buckets.into_iter().map(|bucket| Survey::of(aws, bucket, &scope));
        let surveys = futures::future::join_all(surveys).await;
        let runs = runs(aws, &surveys).await;
        progress.finish_and_clear();
        let rules = Rules { include_live: args.include_live, not_after };
        let buckets = surveys.into_iter().map(|survey| planned(survey, &runs, rules)).collect();
        Plan { scope, now: aws.clock.now(), buckets }
    }

    /// Whether there is nothing to remove.
    pub(super) fn is_empty(&self) -> bool {
        self.to_remove().is_empty()
    }

    /// Whether it is known that nothing at all lies there.
    pub(super) fn is_clean(&self) -> bool {
        self.buckets.iter().all(|bucket| {
            bucket.rows.is_empty()
                && bucket.notices.is_empty()
                && !matches!(bucket.standing, Standing::Broken { .. })
        })
    }

    /// Everything that is to be removed.
    pub(super) fn to_remove(&self) -> Tally {
        let mut sum = Tally::default();
        for row in self.buckets.iter().flat_map(|bucket| &bucket.rows) {
            if row.fate.removes() {
                sum.merge(&row.tally);
            }
        }
        sum
    }

    /// What is to be removed, for the question.
    pub(super) fn in_words(&self) -> String {
        let buckets = self.buckets.iter();
        let count =
            buckets.filter(|bucket| bucket.rows.iter().any(|row| row.fate.removes())).count();
        let buckets = if count == 1 { "bucket" } else { "buckets" };
        format!("{} from {count} {buckets}", self.to_remove().in_words())
    }

    /// How the command ends when nothing is removed.
    pub(super) fn exit(&self, dry_run: bool) -> Exit {
        if self.buckets.iter().any(|bucket| matches!(bucket.standing, Standing::Broken { .. })) {
            Exit::Failure
        } else if !dry_run && self.is_less_than_asked() {
            Exit::Incomplete
        } else {
            Exit::Success
        }
    }

    /// Whether something is left alone that was to be removed: success would hide it.
    pub(super) fn is_less_than_asked(&self) -> bool {
        self.buckets.iter().any(|bucket| {
            bucket.rows.iter().any(|row| row.fate == Fate::NotOurs)
                || bucket.notices.iter().any(|notice| notice.hides_leftovers())
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Rules {
    include_live: bool,
    not_after: Option<SystemTime>,
}

impl Rules {
    /// What becomes of a run: of all of it, or of nothing.
    fn fate(self, run: &Run) -> Fate {
        let old_enough = |limit| run.newest.is_some_and(|newest| newest <= limit);
        match &run.live {
            Some(process) if !self.include_live => Fate::Live(process.clone()),
            _ if !self.not_after.is_none_or(old_enough) => Fate::TooNew,
            Some(_) => Fate::RemoveLive,
            None => Fate::Remove,
        }
    }
}

/// The age of a run is that of its newest thing in any bucket, so that `--older-than` never cuts a
/// run in half; and a run that lives anywhere lives.
async fn runs(aws: &Aws, surveys: &[Survey]) -> BTreeMap<RunId, Run> {
    let mut runs = BTreeMap::<RunId, Run>::new();
    let mut marks = Vec::new();
    for survey in surveys {
        for (who, group) in &survey.groups {
            let Who::Run(id) = who else { continue };
            let run = runs.entry(id.clone()).or_default();
            run.newest = run.newest.max(group.tally.newest);
            marks.extend(group.marks.iter().map(|mark| (&survey.bucket.name, id, mark)));
        }
    }
    let mut pulses = futures::stream::iter(marks)
        .map(|(bucket, id, (key, beaten))| async move {
            (id, mark::pulse_of(aws, bucket, key, *beaten).await)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((id, pulse)) = pulses.next().await {
        if let (Pulse::Live { mark, .. }, Some(run)) = (pulse, runs.get_mut(id)) {
            let process = mark.map(|mark| mark.process());
            run.live = Some(run.live.take().flatten().or(process));
        }
    }
    drop(pulses);
    runs
}

fn planned(survey: Survey, runs: &BTreeMap<RunId, Run>, rules: Rules) -> PlannedBucket {
    let ours = survey.standing.may_be_emptied();
    let mut planned = PlannedBucket {
        bucket: survey.bucket,
        standing: survey.standing,
        rows: Vec::new(),
        notices: survey.notices,
        runs: BTreeSet::new(),
        strays: BTreeSet::new(),
    };
    let mut strays = BTreeMap::<Strays, Tally>::new();
    for (kind, tally) in
        [(Strays::TooNew, survey.newer_strays), (Strays::NotChosen, survey.unchosen_strays)]
    {
        if !tally.is_empty() {
            strays.insert(kind, tally);
        }
    }
    for (who, Group { tally, .. }) in survey.groups {
        match who {
            Who::Run(id) => {
                let fate = runs.get(&id).map_or(Fate::TooNew, |run| rules.fate(run));
                let fate = if fate.removes() && !ours { Fate::NotOurs } else { fate };
                if fate.removes() {
                    planned.runs.insert(id.clone());
                }
                planned.rows.push(Row { run: Some(id), tally, fate });
            }
            Who::Stray(folder) => {
                let live = folder.as_ref().and_then(|id| runs.get(id)?.live.as_ref()).is_some();
                let kind = match live && !rules.include_live {
                    true => Strays::OfLiveRuns,
                    false => Strays::Removable,
                };
                if kind == Strays::Removable && ours {
                    planned.strays.insert(folder);
                }
                strays.entry(kind).or_default().merge(&tally);
            }
        }
    }
    planned.rows.extend(strays.into_iter().map(|(kind, tally)| Row {
        run: None,
        tally,
        fate: match kind {
            Strays::Removable if ours => Fate::Remove,
            Strays::Removable => Fate::NotOurs,
            Strays::OfLiveRuns => Fate::Live(None),
            Strays::TooNew => Fate::TooNew,
            Strays::NotChosen => Fate::NotChosen,
        },
    }));
    planned
}

/// The rows of keys outside the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strays {
    Removable,
    OfLiveRuns,
    TooNew,
    NotChosen,
}

/// As far back as times go, where `age` reaches beyond.
fn before(now: SystemTime, age: Duration) -> SystemTime {
    now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leftovers::{Kind, Leftover};

    const RULES: Rules = Rules { include_live: false, not_after: None };

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn id(text: &str) -> RunId {
        RunId::parse(text).unwrap()
    }

    fn survey(standing: Standing, keys: &[(&str, u64)]) -> Survey {
        let name = "bucket".to_owned();
        let mut groups = BTreeMap::<Who, Group>::new();
        for (key, seconds) in keys {
            let item = Leftover {
                key: (*key).to_owned(),
                kind: Kind::Object,
                id: None,
                bytes: 1,
                modified: Some(at(*seconds)),
            };
            groups.entry(Who::of(key).unwrap()).or_default().tally.add(&item);
        }
        Survey {
            bucket: Chosen { name, variables: vec!["S3_BUCKET_UPLOADS"], named: false },
            standing,
            groups,
            newer_strays: Tally::default(),
            unchosen_strays: Tally::default(),
            notices: BTreeSet::new(),
        }
    }

    fn fates(planned: &PlannedBucket) -> Vec<(Option<&str>, u64, &Fate)> {
        let rows = planned.rows.iter();
        rows.map(|row| (row.run.as_ref().map(RunId::as_str), row.tally.objects, &row.fate))
            .collect()
    }

    #[test]
    fn a_run_is_weighed_as_a_whole() {
        let limited = Rules { not_after: Some(at(100)), ..RULES };
        let lives = |process: Option<&str>| Some(process.map(ToOwned::to_owned));
        // Newest thing, life, rules: fate.
        let table = [
            (Some(at(100)), None, limited, Fate::Remove),
            (Some(at(101)), None, limited, Fate::TooNew),
            (None, None, limited, Fate::TooNew),
            (None, None, RULES, Fate::Remove),
            (Some(at(1)), lives(Some("p")), limited, Fate::Live(Some("p".to_owned()))),
            (Some(at(1)), lives(None), RULES, Fate::Live(None)),
            (Some(at(1)), lives(None), Rules { include_live: true, ..limited }, Fate::RemoveLive),
            (Some(at(101)), lives(None), Rules { include_live: true, ..limited }, Fate::TooNew),
        ];
        for (newest, live, rules, fate) in table {
            assert_eq!(rules.fate(&Run { newest, live }), fate);
        }
    }

    #[test]
    fn a_live_run_keeps_its_strays_too() {
        let keys = [
            ("test/r-1/t/n/x", 1),
            ("test/r-1/loose", 1),
            ("test/loose", 1),
            ("test/r-2/loose", 1),
        ];
        let runs = BTreeMap::from([(id("r-1"), Run { newest: Some(at(1)), live: Some(None) })]);
        let planned = planned(survey(Standing::Managed, &keys), &runs, RULES);
        assert_eq!(
            fates(&planned),
            [
                (Some("r-1"), 1, &Fate::Live(None)),
                (None, 2, &Fate::Remove),
                (None, 1, &Fate::Live(None)),
            ]
        );
        assert!(planned.runs.is_empty());
        assert_eq!(planned.strays, [None, Some(id("r-2"))].into());
    }

    #[test]
    fn an_untagged_bucket_is_counted_and_nothing_of_it_is_planned() {
        let keys = [("test/r-1/t/n/x", 1), ("test/loose", 1)];
        let runs = BTreeMap::from([(id("r-1"), Run { newest: Some(at(1)), live: None })]);
        let planned = planned(survey(Standing::Untagged(String::new()), &keys), &runs, RULES);
        assert_eq!(fates(&planned), [(Some("r-1"), 1, &Fate::NotOurs), (None, 1, &Fate::NotOurs)]);
        assert!(planned.runs.is_empty() && planned.strays.is_empty());
    }
}

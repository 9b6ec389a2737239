//! Decides, page by page, what of a listing may be removed now.
//!
//! The plan may be minutes old by then: only what belongs to it is let through, and only while its
//! run is still not live.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use contract::{Root, RunId};
use futures::StreamExt as _;
use tokio::sync::Mutex;

use super::plan::{AT_ONCE, PlannedBucket};
use super::survey::{Scope, Who};
use crate::aws::AwsError;
use crate::leftovers::{Leftover, Place};
use crate::mark::{self, Pulse};

/// Lets through what the plan for one bucket names, below one root.
pub(super) struct Gate<'a> {
    place: Arc<Place>,
    root: Root,
    planned: &'a PlannedBucket,
    scope: &'a Scope,
    include_live: bool,
    /// The newest stray that the plan counted: a newer one is nobody's leftover yet.
    newest_stray: Option<SystemTime>,
    verdicts: Mutex<HashMap<RunId, Verdict>>,
}

/// What the last look at a run's mark said.
enum Verdict {
    Open,
    /// It lives now.
    Live,
    /// Its mark cannot be read, so that it is left alone.
    Unknown(AwsError),
}

impl<'a> Gate<'a> {
    pub(super) fn new(
        place: Arc<Place>,
        root: Root,
        planned: &'a PlannedBucket,
        scope: &'a Scope,
        include_live: bool,
    ) -> Gate<'a> {
        let strays = planned.rows.iter().filter(|row| row.run.is_none() && row.fate.removes());
        let newest_stray = strays.filter_map(|row| row.tally.newest).max();
        Gate { place, root, planned, scope, include_live, newest_stray, verdicts: Mutex::default() }
    }

    /// What of a page may be removed now.
    pub(super) async fn admit(&self, mut page: Vec<Leftover>) -> Vec<Leftover> {
        page.retain(|item| self.is_planned(item));
        if !self.include_live {
            let verdicts = self.verdicts(&page).await;
            page.retain(|item| {
                run_of(item).is_none_or(|run| matches!(verdicts.get(&run), Some(Verdict::Open)))
            });
        }
        page
    }

    /// The runs that have become live since the plan was made.
    pub(super) async fn became_live(&self) -> BTreeSet<RunId> {
        let verdicts = self.verdicts.lock().await;
        let live = verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Live));
        live.map(|(run, _)| run.clone()).collect()
    }

    /// Why a run was left alone whose mark could not be read.
    pub(super) async fn error(&self) -> Option<AwsError> {
        self.verdicts.lock().await.values().find_map(|verdict| match verdict {
            Verdict::Unknown(error) => Some(error.clone()),
            Verdict::Open | Verdict::Live => None,
        })
    }

    fn is_planned(&self, item: &Leftover) -> bool {
        match Who::of(&item.key) {
            Some(Who::Run(run)) => self.planned.runs.contains(&run),
            Some(Who::Stray(folder)) => {
                self.planned.strays.contains(&folder)
                    && item.modified <= self.newest_stray
                    // No time is older than any to the line above, and not to the plan.
                    && self.scope.takes_stray(item)
            }
            None => false,
        }
    }

    /// The verdicts over all runs so far, those of this page included. Each run is looked at when its
    /// first page comes, which is as late as it can be without a look per object.
    async fn verdicts(
        &self,
        page: &[Leftover],
    ) -> tokio::sync::MutexGuard<'_, HashMap<RunId, Verdict>> {
        let mut verdicts = self.verdicts.lock().await;
        let new: BTreeSet<RunId> =
            page.iter().filter_map(run_of).filter(|run| !verdicts.contains_key(run)).collect();
        let mut looks = futures::stream::iter(new)
            .map(|run| async move {
                let pulse = mark::pulse(&self.place.aws, &self.place.bucket, self.root, &run).await;
                let verdict = match pulse {
                    Ok(Pulse::Unmarked | Pulse::Dead) => Verdict::Open,
                    Ok(Pulse::Live { .. }) => Verdict::Live,
                    Err(error) => Verdict::Unknown(error),
                };
                (run, verdict)
            })
            .buffer_unordered(AT_ONCE);
        while let Some((run, verdict)) = looks.next().await {
            verdicts.insert(run, verdict);
        }
        drop(looks);
        verdicts
    }
}

fn run_of(item: &Leftover) -> Option<RunId> {
    match Who::of(&item.key)? {
        Who::Run(run) => Some(run),
        Who::Stray(folder) => folder,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contract::Prefix;

    use super::super::buckets::{Chosen, Standing};
    use super::super::plan::{Fate, Row};
    use super::*;
    use crate::leftovers::{Kind, Tally, fake};

    fn stray(key: &str, modified: Option<SystemTime>) -> Leftover {
        let key = key.to_owned();
        Leftover { key, kind: Kind::Object, id: None, bytes: 0, modified }
    }

    #[tokio::test]
    async fn a_stray_without_a_time_goes_only_where_no_age_was_asked_for() {
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let old = stray("test/old", Some(then));
        let mut tally = Tally::default();
        tally.add(&old);
        let planned = PlannedBucket {
            bucket: Chosen { name: "bucket".to_owned(), variables: Vec::new(), named: false },
            standing: Standing::Managed,
            rows: vec![Row { run: None, tally, fate: Fate::Remove }],
            notices: BTreeSet::new(),
            runs: BTreeSet::new(),
            strays: [None].into(),
        };
        let page = || {
            let newer = stray("test/newer", Some(then + Duration::from_secs(1)));
            let outside = stray("testing/x", Some(then));
            vec![old.clone(), newer, outside, stray("test/ageless", None)]
        };
        for (not_after, admitted) in
            [(None, vec!["test/old", "test/ageless"]), (Some(then), vec!["test/old"])]
        {
            let (place, log) = fake::place(Prefix::of_root(Root::Test), |_| (200, String::new()));
            let scope = Scope { run: None, not_after };
            let gate = Gate::new(place, Root::Test, &planned, &scope, false);
            let page = gate.admit(page()).await;
            assert_eq!(page.iter().map(|item| item.key.as_str()).collect::<Vec<_>>(), admitted);
            assert!(log.all().is_empty());
        }
    }
}

//! The result for machines: one JSON document.

use std::time::SystemTime;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat as Format};
use serde::Serialize;

use super::buckets::Standing;
use super::plan::{Fate, Plan, PlannedBucket, Row};
use super::removal::BucketRemoval;
use super::show;
use crate::aws::{Aws, Identity};
use crate::cli;
use crate::exit::Exit;
use crate::leftovers::{NotRemoved, Removal, Tally};
use crate::ui::Ui;

/// Prints it, where `--json` asks for it. `removals` is `None` where nothing was to be removed.
pub(super) fn print(
    ui: Ui,
    aws: &Aws,
    args: &cli::Cleanup,
    plan: &Plan,
    removals: Option<&[BucketRemoval]>,
    exit: Exit,
) -> anyhow::Result<()> {
    let account = match &aws.identity {
        Identity::Known { account, .. } => Some(account.as_str()),
        Identity::Unknown => None,
    };
    ui.json(&Document {
        account,
        region: &aws.region,
        endpoint: aws.endpoint.as_deref(),
        dry_run: args.dry_run,
        buckets: plan.buckets.iter().map(|bucket| Bucket::of(args, bucket, removals)).collect(),
        exit_code: exit.code(),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    account: Option<&'a str>,
    region: &'a str,
    /// `null` for AWS itself.
    endpoint: Option<&'a str>,
    dry_run: bool,
    buckets: Vec<Bucket<'a>>,
    exit_code: u8,
}

#[derive(Serialize)]
struct Bucket<'a> {
    name: &'a str,
    variables: &'a [&'static str],
    /// `managed`, `named`, `untagged`, `missing`, `foreign`, `elsewhere` or `failed`.
    standing: &'static str,
    /// Why it is not looked at, or not touched.
    reason: Option<&'a str>,
    hint: Option<String>,
    notices: Vec<String>,
    plan: Vec<PlanRow<'a>>,
    /// `null` where nothing was to be removed.
    removed: Option<Counts>,
    /// How many things are left that should have gone.
    left_total: usize,
    /// The first thousand of them.
    left: Vec<Left<'a>>,
    became_live: Vec<&'a str>,
    /// What ended the removal early, or came back each time.
    error: Option<String>,
}

#[derive(Serialize)]
struct PlanRow<'a> {
    /// `null` for keys outside the grammar.
    run: Option<&'a str>,
    /// `remove`, `live`, `too-new`, `not-chosen` or `untagged`.
    action: &'static str,
    live: bool,
    process: Option<&'a str>,
    #[serde(flatten)]
    counts: Counts,
    oldest: Option<String>,
    newest: Option<String>,
    examples: &'a [String],
}

#[derive(Serialize)]
struct Counts {
    objects: u64,
    versions: u64,
    delete_markers: u64,
    uploads: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Left<'a> {
    key: &'a str,
    kind: &'static str,
    id: Option<&'a str>,
    code: &'a str,
    message: &'a str,
}

impl<'a> Bucket<'a> {
    fn of(
        args: &cli::Cleanup,
        planned: &'a PlannedBucket,
        removals: Option<&'a [BucketRemoval]>,
    ) -> Bucket<'a> {
        let (reason, hint) = match &planned.standing {
            Standing::Managed | Standing::Named | Standing::Missing => (None, None),
            Standing::Untagged(why) => {
                (Some(why.as_str()), Some(show::with_bucket(args, &planned.bucket)))
            }
            Standing::Broken { why, cure, .. } => (Some(why.as_str()), cure.clone()),
        };
        let removal = removals
            .and_then(|all| all.iter().find(|removal| removal.bucket == planned.bucket.name));
        let done = removal.map(|removal| &removal.removal);
        let notices = planned.notices.iter().chain(done.into_iter().flat_map(|done| &done.notices));
        let mut notices: Vec<String> = notices.map(ToString::to_string).collect();
        notices.dedup();
        Bucket {
            name: &planned.bucket.name,
            variables: &planned.bucket.variables,
            standing: planned.standing.as_str(),
            reason,
            hint,
            notices,
            plan: planned.rows.iter().map(PlanRow::of).collect(),
            removed: done.map(|done| Counts::of(&done.removed)),
            left_total: done.map_or(0, |done| done.failures.total()),
            left: done.into_iter().flat_map(|done| done.failures.shown()).map(Left::of).collect(),
            became_live: removal
                .into_iter()
                .flat_map(|removal| removal.became_live.iter().map(|run| run.as_str()))
                .collect(),
            error: done.and_then(why_incomplete),
        }
    }
}

fn why_incomplete(removal: &Removal) -> Option<String> {
    let error = removal.error.iter().map(ToString::to_string);
    let all: Vec<_> = error.chain(removal.returning.iter().map(ToString::to_string)).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

impl<'a> PlanRow<'a> {
    fn of(row: &'a Row) -> PlanRow<'a> {
        let process = match &row.fate {
            Fate::Live(process) => process.as_deref(),
            _ => None,
        };
        PlanRow {
            run: row.run.as_ref().map(|run| run.as_str()),
            action: match row.fate {
                Fate::Remove | Fate::RemoveLive => "remove",
                Fate::Live(_) => "live",
                Fate::TooNew => "too-new",
                Fate::NotChosen => "not-chosen",
                Fate::NotOurs => "untagged",
            },
            live: matches!(row.fate, Fate::Live(_) | Fate::RemoveLive),
            process,
            counts: Counts::of(&row.tally),
            oldest: time(row.tally.oldest),
            newest: time(row.tally.newest),
            examples: &row.tally.examples,
        }
    }
}

impl Counts {
    fn of(tally: &Tally) -> Counts {
        Counts {
            objects: tally.objects,
            versions: tally.versions,
            delete_markers: tally.delete_markers,
            uploads: tally.uploads,
            bytes: tally.bytes,
        }
    }
}

impl<'a> Left<'a> {
    fn of(failure: &'a NotRemoved) -> Left<'a> {
        Left {
            key: &failure.key,
            kind: failure.kind.as_str(),
            id: failure.id.as_deref(),
            code: &failure.code,
            message: &failure.message,
        }
    }
}

/// Whole seconds; `None` where a server made up a time that RFC 3339 cannot write.
fn time(time: Option<SystemTime>) -> Option<String> {
    let seconds = DateTime::from(time?).secs();
    DateTime::from_secs(seconds).fmt(Format::DateTime).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_that_a_server_makes_up_are_shown_or_left_out() {
        let at = |seconds: i64| {
            let epoch = SystemTime::UNIX_EPOCH;
            let distance = Duration::from_secs(seconds.unsigned_abs());
            let at = if seconds < 0 { epoch - distance } else { epoch + distance };
            time(Some(at + Duration::from_millis(5)))
        };
        assert_eq!(at(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(at(-1).as_deref(), Some("1969-12-31T23:59:59Z"));
        // The zero time of some servers.
        assert_eq!(at(-62_135_596_800).as_deref(), Some("0001-01-01T00:00:00Z"));
        assert_eq!(at(253_402_300_799).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(at(253_402_300_800), None);
        assert_eq!(time(None), None);
    }
}

//! The plan and the result as text.

use std::time::SystemTime;

use comfy_table::CellAlignment;
use indicatif::HumanBytes;

use super::buckets::{Chosen, Standing};
use super::plan::{Fate, Plan, PlannedBucket, Row};
use super::removal::BucketRemoval;
use crate::cli;
use crate::exit::Exit;
use crate::leftovers::{NotRemoved, Removal};
use crate::shell;
use crate::ui::{Tone, Ui};

/// How many things that are left are listed; `--json` has up to a thousand of each bucket.
const LISTED: usize = 50;

/// How many rows of the plan are shown; `--json` has them all.
const ROWS: usize = 200;

/// The plan: a table, then what the reader has to know about single buckets.
pub(super) fn plan(ui: Ui, args: &cli::Cleanup, plan: &Plan) {
    let rows: Vec<(&PlannedBucket, &Row)> = plan
        .buckets
        .iter()
        .flat_map(|bucket| bucket.rows.iter().map(move |row| (bucket, row)))
        .collect();
    if !rows.is_empty() {
        let mut table = ui.table(HEADER);
        for (bucket, row) in rows.iter().take(ROWS) {
            table.add_row(cells(plan.now, bucket, row));
        }
        for column in 2..8 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().for_each(|line| ui.line(line.trim_end()));
        if rows.len() > ROWS {
            ui.line(format_args!(" and {} more rows; `--json` has them all", rows.len() - ROWS));
        }
    }
    for bucket in &plan.buckets {
        remarks(ui, args, bucket);
    }
    let sum = plan.to_remove();
    if plan.is_clean() {
        match &args.run {
            Some(run) => ui.finding(Tone::Good, "clean", format_args!("run `{run}` left nothing")),
            None => ui.finding(Tone::Good, "clean", "nothing lies under `test/` and `perf-test/`"),
        }
    } else if plan.is_empty() {
        ui.finding(Tone::Plain, "to remove", "nothing");
    } else {
        ui.finding(
            Tone::Plain,
            "to remove",
            format_args!("{} ({})", plan.in_words(), HumanBytes(sum.bytes)),
        );
    }
    if args.dry_run && !plan.is_empty() {
        ui.hint(command(args, &["--yes"]));
    }
}

/// What became of it, bucket by bucket.
pub(super) fn removals(ui: Ui, args: &cli::Cleanup, removals: &[BucketRemoval], exit: Exit) {
    for BucketRemoval { bucket, removal, became_live } in removals {
        for run in became_live {
            ui.remark(format_args!(
                "run `{run}` is live by now: what it has in `{bucket}` is left alone"
            ));
        }
        let tone = if removal.is_complete() { Tone::Good } else { Tone::Warn };
        let size = HumanBytes(removal.removed.bytes);
        ui.finding(
            tone,
            "removed",
            format_args!("`{bucket}`: {} ({size})", removal.removed.in_words()),
        );
        left(ui, bucket, removal);
    }
    match exit {
        Exit::Interrupted => {
            ui.finding(Tone::Warn, "interrupted", "what is left can be removed later");
            ui.hint(command(args, &[]));
        }
        _ if removals.iter().any(|bucket| !bucket.removal.is_complete()) => {
            ui.hint(command(args, &["--dry-run"]));
        }
        _ => {}
    }
}

fn left(ui: Ui, bucket: &str, removal: &Removal) {
    for failure in removal.failures.shown().iter().take(LISTED) {
        let NotRemoved { key, kind, id, code, message } = failure;
        let id = id.as_deref().filter(|id| *id != "null");
        let id = id.map(|id| format!(" {id}")).unwrap_or_default();
        ui.finding(
            Tone::Bad,
            "left",
            format_args!(
                "`{bucket}`: {} `{}`{id}: {code}: {message}",
                kind.as_str(),
                key.escape_debug()
            ),
        );
    }
    if let Some(more @ 1..) = removal.failures.total().checked_sub(LISTED) {
        ui.finding(Tone::Bad, "left", format_args!("`{bucket}`: and {more} more"));
    }
    for notice in removal.notices.iter().filter(|notice| notice.hides_leftovers()) {
        ui.warning(format_args!("`{bucket}`: {notice}"));
    }
    for returning in &removal.returning {
        ui.failure(returning);
    }
    if let Some(error) = &removal.error {
        ui.failure(error);
        if let Some(cure) = error.cure() {
            ui.hint(cure);
        }
    }
}

/// The command again, with what was chosen by its flags and `extra`.
pub(super) fn command(args: &cli::Cleanup, extra: &[&str]) -> String {
    let mut command = "cargo xtask cleanup".to_owned();
    let mut add = |flag: &str, value: &str| {
        command.push_str(&format!(" {flag} {}", shell::quoted(value)));
    };
    for bucket in args.bucket.iter().filter(|bucket| !extra.contains(&bucket.as_str())) {
        add("--bucket", bucket);
    }
    if let Some(age) = args.older_than {
        add("--older-than", &humantime::format_duration(age).to_string().replace(' ', ""));
    }
    if let Some(run) = &args.run {
        add("--run", run.as_str());
    }
    command.push_str(&args.connection.flags());
    if args.include_live {
        command.push_str(" --include-live");
    }
    for extra in extra {
        command.push(' ');
        command.push_str(&shell::quoted(extra));
    }
    command
}

/// The command again, for this bucket too, whoever made it.
pub(super) fn with_bucket(args: &cli::Cleanup, bucket: &Chosen) -> String {
    command(args, &["--bucket", &bucket.name])
}

const HEADER: [&str; 10] =
    ["BUCKET", "RUN", "OBJECTS", "VERSIONS", "MARKERS", "UPLOADS", "SIZE", "OLDEST", "NEWEST", ""];

fn cells(now: SystemTime, bucket: &PlannedBucket, row: &Row) -> [String; 10] {
    let tally = &row.tally;
    [
        bucket.bucket.name.clone(),
        row.run.as_ref().map_or_else(|| "(stray keys)".to_owned(), ToString::to_string),
        tally.objects.to_string(),
        tally.versions.to_string(),
        tally.delete_markers.to_string(),
        tally.uploads.to_string(),
        HumanBytes(tally.bytes).to_string(),
        age(now, tally.oldest),
        age(now, tally.newest),
        fate(&row.fate),
    ]
}

fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Remove => "remove".to_owned(),
        Fate::RemoveLive => "remove, though live".to_owned(),
        Fate::Live(Some(process)) => format!("live ({process}), left alone"),
        Fate::Live(None) => "live, left alone".to_owned(),
        Fate::TooNew => "too new, left alone".to_owned(),
        Fate::NotChosen => "not the run's by name, left alone".to_owned(),
        Fate::NotOurs => "untagged bucket, left alone".to_owned(),
    }
}

/// An age by its largest unit: nobody decides by the minutes of a week.
fn age(now: SystemTime, then: Option<SystemTime>) -> String {
    let Some(then) = then else { return "?".to_owned() };
    // What is younger than now by another clock is new.
    let minutes = now.duration_since(then).map_or(0, |age| age.as_secs() / 60);
    match minutes {
        0 => "<1m".to_owned(),
        1..60 => format!("{minutes}m"),
        60..2880 => format!("{}h", minutes / 60),
        _ => format!("{}d", minutes / 1440),
    }
}

fn remarks(ui: Ui, args: &cli::Cleanup, planned: &PlannedBucket) {
    let name = planned.bucket.shown();
    for notice in &planned.notices {
        ui.warning(format_args!("{name}: {notice}"));
    }
    match &planned.standing {
        Standing::Managed | Standing::Named => {}
        Standing::Missing => {
            let setup = format!("cargo xtask setup{}", args.connection.flags());
            ui.remark(format_args!("{name} does not exist; `{setup}` would create it"));
        }
        Standing::Broken { what, why, cure } => {
            ui.finding(Tone::Bad, what, format_args!("{name}: {why}"));
            if let Some(cure) = cure {
                ui.hint(cure);
            }
        }
        Standing::Untagged(why) => {
            let has_leftovers = planned.rows.iter().any(|row| row.fate == Fate::NotOurs);
            if has_leftovers {
                ui.warning(format_args!("{name} is left alone: {why}"));
                ui.hint(with_bucket(args, &planned.bucket));
            } else {
                ui.remark(format_args!("{name} would be left alone: {why}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ages_have_one_unit() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000_000);
        let table = [
            (0, "<1m"),
            (59, "<1m"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (172_799, "47h"),
            (172_800, "2d"),
        ];
        for (seconds, shown) in table {
            assert_eq!(age(now, Some(now - Duration::from_secs(seconds))), shown);
        }
        assert_eq!(age(now, Some(now + Duration::from_secs(90))), "<1m");
        assert_eq!(age(now, None), "?");
    }

    #[test]
    fn the_next_command_keeps_the_choice() {
        let args = cli::Cleanup {
            dry_run: true,
            yes: false,
            bucket: vec!["b".to_owned()],
            older_than: Some(Duration::from_secs(5_400)),
            run: Some(contract::RunId::parse("r-1").unwrap_or_else(|error| panic!("{error}"))),
            include_live: true,
            connection: cli::Connection { region: None, profile: Some("my work".to_owned()) },
        };
        assert_eq!(
            command(&args, &["--yes"]),
            "cargo xtask cleanup --bucket b --older-than 1h30m --run r-1 --profile 'my work' --include-live --yes"
        );
    }
}

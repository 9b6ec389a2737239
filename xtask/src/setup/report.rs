//! The one place where the result of `setup` becomes text or JSON.

use serde_json::{Value, json};

use super::dot_env::Assignment;
use super::provision::{BucketReport, Claim, Found, Owner, State, TestBucket};
use super::settings::{Outcome, Plan, SettingReport};
use crate::aws::Aws;
use crate::bucket::{TAG_KEY, TAG_VALUE};
use crate::caller;
use crate::check::{BucketProbe, Probe, Verdict};
use crate::connection::Again;
use crate::error::hinted;
use crate::exit::Exit;
use crate::permissions::Purpose;
use crate::ui::{Tone, Ui};

/// A bucket, its settings, and what was tried in it.
pub(super) fn bucket(ui: &Ui, report: &BucketReport, again: &Again) {
    let (tone, word, rest) = state(report);
    ui.finding(tone, word, rest);
    for setting in &report.settings {
        let (tone, word, rest) = setting_row(setting);
        ui.finding(tone, word, rest);
    }
    for root in &report.at_stake {
        let rest = format_args!("whatever is below `{}` already", root.as_str());
        ui.finding(
            Tone::Warn,
            if report.is_changed() { "will expire" } else { "would expire" },
            rest,
        );
    }
    match &report.probe {
        Some(probe) => tried(ui, probe),
        None if report.settings.is_empty() => {}
        None => {
            ui.finding(Tone::Plain, "not tried", "object actions: they would write to the bucket")
        }
    }
    for cure in cures(report, again) {
        ui.hint(cure);
    }
    ui.line("");
}

fn state(report: &BucketReport) -> (Tone, &'static str, String) {
    let name = shown(&report.bucket);
    match &report.state {
        State::Exists => (Tone::Good, "exists", name),
        State::Created => (Tone::Good, "created", name),
        State::WouldCreate => (Tone::Warn, "would create", name),
        State::Adopted => (Tone::Good, "adopted", name),
        State::WouldAdopt => (Tone::Warn, "would adopt", name),
        State::LeftAlone(claim) => {
            let why = match claim {
                Claim::Untagged | Claim::Ours => {
                    format!("it existed before and lacks the tag {TAG_KEY}={TAG_VALUE}")
                }
                Claim::Unreadable => "it existed before, and its tags may not be read".to_owned(),
                Claim::NoTags => "it existed before, and the server has no tags".to_owned(),
            };
            (Tone::Warn, "left alone", format!("{name}: {why}"))
        }
        State::Taken(owner) => {
            let whose = match owner {
                Owner::Us => "is this account's, but it may not be used",
                Owner::SomebodyElse => "belongs to another account",
                Owner::Unknown => "belongs to another account, or may not be used",
            };
            (Tone::Bad, "taken", format!("{name}: {whose}"))
        }
        State::ElsewhereIn(Some(region)) => {
            (Tone::Bad, "elsewhere", format!("{name}: it is in {region}"))
        }
        State::ElsewhereIn(None) => {
            (Tone::Bad, "elsewhere", format!("{name}: it is in another region"))
        }
        State::NotSeen => {
            let why = "the server says that it created the bucket, and does not know it";
            (Tone::Bad, "not created", format!("{name}: {why}"))
        }
        State::Failed(error) => (Tone::Bad, "failed", format!("{name}: {error}")),
    }
}

fn shown(bucket: &TestBucket) -> String {
    format!("{} ({})", bucket.name, bucket.variables.join(", "))
}

fn setting_row(report: &SettingReport) -> (Tone, &'static str, String) {
    let name = report.setting.name();
    match &report.outcome {
        Outcome::Unchanged(detail) => (Tone::Plain, "unchanged", format!("{name}: {detail}")),
        Outcome::Set(detail) => (Tone::Good, "set", format!("{name}: {detail}")),
        Outcome::WouldSet(detail) => (Tone::Warn, "would set", format!("{name}: {detail}")),
        Outcome::NotSupported => {
            (Tone::Warn, "unsupported", format!("{name}: not supported by this server"))
        }
        Outcome::NotKept(detail) => (
            Tone::Warn,
            "unsupported",
            format!("{name}: the server took it, and does not give it back: {detail}"),
        ),
        Outcome::NotRead(error) => (Tone::Bad, "not read", format!("{name}: {error}")),
        Outcome::NotWritten(error) => (Tone::Bad, "not set", format!("{name}: {error}")),
    }
}

/// What is allowed fits on one line; everything else needs its reason.
fn tried(ui: &Ui, tried: &BucketProbe) {
    let is_allowed = |probe: &&Probe| probe.finding.verdict == Verdict::Allowed;
    let allowed: Vec<&str> =
        tried.probes.iter().filter(is_allowed).map(|probe| probe.action.as_str()).collect();
    if !allowed.is_empty() {
        ui.finding(Tone::Good, "allowed", allowed.join(", "));
    }
    for probe in tried.probes.iter().filter(|probe| !is_allowed(probe)) {
        let (tone, word, rest) = probe_row(probe);
        ui.finding(tone, word, rest);
    }
    for left in &tried.left {
        ui.finding(Tone::Bad, "left behind", left);
    }
}

fn probe_row(probe: &Probe) -> (Tone, &'static str, String) {
    let Probe { action, resource, finding } = probe;
    let tone = match finding.verdict {
        Verdict::Allowed => Tone::Good,
        Verdict::Unknown | Verdict::Throttled | Verdict::NotSupported => Tone::Warn,
        Verdict::Denied | Verdict::NotEntitled | Verdict::WrongRegion | Verdict::Missing => {
            Tone::Bad
        }
    };
    let rest = format!("{action} on {resource}: {}", finding.evidence);
    (tone, finding.verdict.as_str(), rest)
}

/// What to do about everything that is not as it should be.
fn cures(report: &BucketReport, again: &Again) -> Vec<String> {
    let name = &report.bucket.name;
    let variables = report.bucket.variables.join(", ");
    let mut cures = Vec::new();
    match &report.state {
        // Until its tags may be read, nobody can tell whose it is; the cure for that comes below.
        State::LeftAlone(Claim::Unreadable) => {}
        State::LeftAlone(_) => cures.push(format!(
            "to take it over with the changes above: {}",
            again.command("setup", &["--adopt", name])
        )),
        State::Taken(Owner::Us) => {
            cures.push(format!("allow `s3:ListBucket` on `{name}` for the caller named above"));
        }
        State::Taken(Owner::SomebodyElse) => {
            cures.push(format!("choose another name in {variables}"));
        }
        State::Taken(Owner::Unknown) => cures.push(format!(
            "choose another name in {variables}; if the bucket is yours, allow `s3:ListBucket` on it"
        )),
        State::ElsewhereIn(Some(region)) => cures.push(format!(
            "{}, or choose another name in {variables}",
            again.setup_in(region)
        )),
        State::ElsewhereIn(None) => cures.push(format!(
            "set AWS_REGION to the bucket's own region, or choose another name in {variables}"
        )),
        State::NotSeen => cures.push(format!(
            "once more: {}; where it stays so, what answers at `AWS_ENDPOINT_URL` keeps no buckets",
            again.command("setup", &[])
        )),
        State::Failed(error) => cures.extend(match error.code.as_deref() {
            Some("InvalidBucketName") => Some(format!("choose another name in {variables}")),
            Some("OperationAborted") => Some(format!(
                "a name that was deleted can stay blocked for hours: wait, or choose another name in \
                 {variables}"
            )),
            // A region without an account's own namespace, a name that only this server refuses, ...
            _ => error.cure().or_else(|| Some(format!("choose another name in {variables}"))),
        }),
        _ => {}
    }
    for setting in &report.settings {
        if let Outcome::NotRead(error) | Outcome::NotWritten(error) = &setting.outcome {
            cures.extend(error.cure());
        }
    }
    let is_denied = |probe: &Probe| probe.finding.verdict == Verdict::Denied;
    if report.probe.as_ref().is_some_and(|probe| probe.probes.iter().any(is_denied)) {
        cures.push(format!("the policy that allows it: {}", again.policy(Purpose::Tests)));
    }
    if report.probe.as_ref().is_some_and(|probe| !probe.left.is_empty()) {
        cures.push(format!("once it may be deleted: {}", again.command("cleanup", &[])));
    }
    cures.dedup();
    cures
}

/// What a bucket of somebody's own would be changed to, before they say yes.
pub(super) fn question(bucket: &TestBucket, found: &Found) -> String {
    let Found::Present { plans, at_stake, .. } = found else { return String::new() };
    let changes: String = plans
        .iter()
        .filter_map(|(setting, plan)| match plan {
            Plan::Change(_, detail) => Some(format!("    {}: {detail}\n", setting.name())),
            _ => None,
        })
        .collect();
    let at_stake: String = at_stake
        .iter()
        .map(|root| format!("    and whatever is below `{}` already would expire\n", root.as_str()))
        .collect();
    format!(
        "bucket {} existed before, and `cargo xtask setup` did not make it. It would set:\n{changes}{at_stake}\
         Change this bucket?",
        shown(bucket)
    )
}

/// What is wrong with a bucket, as an error.
pub(super) fn error(report: &BucketReport) -> anyhow::Error {
    let (_, word, rest) = state(report);
    let settings = report.settings.iter().map(setting_row);
    let probes = report.probe.iter().flat_map(|probe| &probe.probes).filter(|it| !it.is_good());
    let bad = settings.filter(|(tone, ..)| *tone == Tone::Bad).chain(probes.map(probe_row));
    let bad: String = bad.map(|(_, word, rest)| format!("; {word}: {rest}")).collect();
    let error = anyhow::anyhow!("bucket {word}: {rest}{bad}");
    match cures(report, &Again::default()).first() {
        Some(cure) => hinted(error, cure),
        None => error,
    }
}

/// For a machine, where a signal ended the command.
pub(super) fn interrupted() -> Value {
    json!({ "exit_code": Exit::Interrupted.code(), "outcome": Exit::Interrupted.meaning(), "ok": false })
}

/// All of it for a machine. No secret is in it: the source of the credentials, not their value.
pub(super) fn document(
    aws: &Aws,
    reports: &[BucketReport],
    written: &[Assignment],
    is_dry_run: bool,
    again: &Again,
) -> Value {
    let env: serde_json::Map<String, Value> =
        written.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let wrote_env = !is_dry_run && !written.is_empty();
    json!({
        "identity": caller::document(aws),
        "region": aws.region,
        "endpoint": aws.endpoint,
        "dry_run": is_dry_run,
        "env": env,
        "buckets": reports.iter().map(|report| bucket_document(report, again)).collect::<Vec<_>>(),
        "changed": wrote_env || reports.iter().any(BucketReport::is_changed),
        "ok": reports.iter().all(BucketReport::is_good),
    })
}

fn bucket_document(report: &BucketReport, again: &Again) -> Value {
    let (_, word, rest) = state(report);
    let detail = rest.strip_prefix(&shown(&report.bucket)).unwrap_or(&rest);
    let settings = report.settings.iter().map(|setting| {
        let (_, word, rest) = setting_row(setting);
        let name = setting.setting.name();
        let detail = rest.strip_prefix(name).unwrap_or(&rest).trim_start_matches(": ");
        json!({ "name": name, "outcome": word, "detail": detail })
    });
    let probes = report.probe.as_ref().map(|tried| {
        let probes = tried.probes.iter().map(|Probe { action, resource, finding }| {
            let detail = (finding.verdict != Verdict::Allowed).then_some(&finding.evidence);
            json!({
                "action": action,
                "resource": resource,
                "verdict": finding.verdict.as_str(),
                "detail": detail,
            })
        });
        probes.collect::<Vec<_>>()
    });
    json!({
        "name": report.bucket.name,
        "variables": report.bucket.variables,
        "state": word,
        "detail": Some(detail.trim_start_matches(": ")).filter(|detail| !detail.is_empty()),
        "settings": settings.collect::<Vec<_>>(),
        "probes": probes,
        "would_expire": report.at_stake.iter().map(|root| root.as_str()).collect::<Vec<_>>(),
        "left_behind": report.probe.as_ref().map_or(&[][..], |probe| &probe.left),
        "hints": cures(report, again),
    })
}

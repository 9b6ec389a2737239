//! The one place where the result of `setup` becomes text or JSON.

use serde_json::{Value, json};

use super::dot_env::Assignment;
use super::probe::{Probe, Probes, Verdict};
use super::provision::{BucketReport, Claim, Found, Owner, State, TestBucket};
use super::settings::{Outcome, Plan, SettingReport};
use crate::aws::Aws;
use crate::bucket::{TAG_KEY, TAG_VALUE};
use crate::caller;
use crate::error::hinted;
use crate::ui::{Tone, Ui};

/// A bucket, its settings, and what was tried in it.
pub(super) fn bucket(ui: &Ui, report: &BucketReport) {
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
    match &report.probes {
        Some(probes) => self::probes(ui, probes),
        None if report.settings.is_empty() => {}
        None => {
            ui.finding(Tone::Plain, "not tried", "object actions: they would write to the bucket")
        }
    }
    for cure in cures(report) {
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
fn probes(ui: &Ui, probes: &Probes) {
    let is_allowed = |probe: &&Probe| matches!(probe.verdict, Verdict::Allowed);
    let allowed: Vec<&str> =
        probes.probes.iter().filter(is_allowed).map(|probe| probe.action).collect();
    if !allowed.is_empty() {
        ui.finding(Tone::Good, "allowed", allowed.join(", "));
    }
    for probe in probes.probes.iter().filter(|probe| !is_allowed(probe)) {
        let (tone, word, rest) = probe_row(probe);
        ui.finding(tone, word, rest);
    }
    for left in &probes.left {
        ui.finding(Tone::Bad, "left behind", left);
    }
}

fn probe_row(probe: &Probe) -> (Tone, &'static str, String) {
    let what = format!("{} on {}", probe.action, probe.resource);
    match &probe.verdict {
        Verdict::Allowed => (Tone::Good, "allowed", what),
        Verdict::Denied(error) => (Tone::Bad, "denied", error.to_string()),
        Verdict::Failed(error) => (Tone::Bad, "failed", error.to_string()),
        Verdict::Unknown(why) => (Tone::Warn, "unknown", format!("{what}: {why}")),
    }
}

/// What to do about everything that is not as it should be.
fn cures(report: &BucketReport) -> Vec<String> {
    let name = &report.bucket.name;
    let variables = report.bucket.variables.join(", ");
    let mut cures = Vec::new();
    match &report.state {
        // Until its tags may be read, nobody can tell whose it is; the cure for that comes below.
        State::LeftAlone(Claim::Unreadable) => {}
        State::LeftAlone(_) => cures.push(format!(
            "to take it over with the changes above: cargo xtask setup --adopt {name}"
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
            "cargo xtask setup --region {region}, or choose another name in {variables}"
        )),
        State::ElsewhereIn(None) => cures.push(format!(
            "set AWS_REGION to the bucket's own region, or choose another name in {variables}"
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
    let probes = report.probes.iter().flat_map(|probes| &probes.probes);
    for probe in probes {
        if let Verdict::Denied(error) | Verdict::Failed(error) = &probe.verdict {
            cures.extend(error.cure());
        }
    }
    if report.probes.as_ref().is_some_and(|probes| !probes.left.is_empty()) {
        cures.push("once it may be deleted: cargo xtask cleanup --yes".to_owned());
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
    let probes = report.probes.iter().flat_map(|probes| &probes.probes).map(probe_row);
    let bad = settings.chain(probes).filter(|(tone, ..)| *tone == Tone::Bad);
    let bad: String = bad.map(|(_, word, rest)| format!("; {word}: {rest}")).collect();
    let error = anyhow::anyhow!("bucket {word}: {rest}{bad}");
    match cures(report).first() {
        Some(cure) => hinted(error, cure),
        None => error,
    }
}

/// All of it for a machine. No secret is in it: the source of the credentials, not their value.
pub(super) fn document(
    aws: &Aws,
    reports: &[BucketReport],
    written: &[Assignment],
    is_dry_run: bool,
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
        "buckets": reports.iter().map(bucket_document).collect::<Vec<_>>(),
        "changed": wrote_env || reports.iter().any(BucketReport::is_changed),
        "ok": reports.iter().all(BucketReport::is_good),
    })
}

fn bucket_document(report: &BucketReport) -> Value {
    let (_, word, rest) = state(report);
    let detail = rest.strip_prefix(&shown(&report.bucket)).unwrap_or(&rest);
    let settings = report.settings.iter().map(|setting| {
        let (_, word, rest) = setting_row(setting);
        let name = setting.setting.name();
        let detail = rest.strip_prefix(name).unwrap_or(&rest).trim_start_matches(": ");
        json!({ "name": name, "outcome": word, "detail": detail })
    });
    let probes = report.probes.as_ref().map(|probes| {
        let probes = probes.probes.iter().map(|probe| {
            let (_, word, rest) = probe_row(probe);
            let detail = (!matches!(probe.verdict, Verdict::Allowed)).then_some(rest);
            json!({
                "action": probe.action,
                "resource": probe.resource,
                "verdict": word,
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
        "left_behind": report.probes.as_ref().map_or(&[][..], |probes| &probes.left),
        "hints": cures(report),
    })
}

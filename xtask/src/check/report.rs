//! The one place where the result of `check` becomes text or JSON.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::leftovers::Leftovers;
use super::rows::rows;
use super::verdict::Verdict;
use super::verify::{Answer, Verified};
use crate::aws::Aws;
use crate::caller;
use crate::cli;
use crate::connection::Again;
use crate::context::Context;
use crate::exit::Exit;
use crate::models::Models;
use crate::permissions::{Places, Purpose, Subject};
use crate::ui::{Tone, Ui};

/// The version of the JSON document.
pub(super) const VERSION: u32 = 2;

/// Beyond this the region is not near, and what is timed in the tests suffers.
const FAR: Duration = Duration::from_millis(150);

const HEADER: [&str; 5] = ["verdict", "action", "resource", "needed by", "evidence"];

/// Says for a machine that a signal ended the command.
///
/// # Errors
/// Where stdout cannot be written to.
pub(super) fn interrupted(ui: Ui) -> Result<Exit> {
    let exit = Exit::Interrupted;
    ui.json(&json!({
        "version": VERSION,
        "exit_code": exit.code(),
        "outcome": exit.meaning(),
        "ok": false,
    }))?;
    Ok(exit)
}

/// All that there is to say.
pub(super) struct Report<'a> {
    pub(super) args: &'a cli::Check,
    pub(super) again: Again,
    pub(super) aws: &'a Aws,
    pub(super) places: &'a Places,
    pub(super) models: &'a Models,
    pub(super) verified: &'a Verified,
    pub(super) leftovers: &'a Leftovers,
}

impl Report<'_> {
    /// The exit code: denied and what comes to the same fails, what could not be told only strictly.
    pub(super) fn exit(&self) -> Exit {
        let fails = |answer: &Answer| match answer.finding.verdict {
            Verdict::Allowed => false,
            Verdict::Unknown | Verdict::Throttled | Verdict::NotSupported => self.args.strict,
            Verdict::Denied | Verdict::NotEntitled | Verdict::WrongRegion | Verdict::Missing => {
                true
            }
        };
        // Names are `setup`'s business to propose.
        let lacks_buckets =
            self.args.purpose != Purpose::Setup && !self.places.missing_buckets().is_empty();
        let is_bad = self.verified.answers.iter().any(fails) || !self.verified.left.is_empty();
        match is_bad || lacks_buckets {
            true => Exit::Failure,
            false => Exit::Success,
        }
    }

    pub(super) fn print(&self, cx: &Context) -> Result<()> {
        let ui = &cx.ui;
        self.table(ui);
        for left in &self.verified.left {
            ui.finding(Tone::Bad, "left behind", left);
        }
        self.remarks(ui);
        self.summary(ui);
        for hint in self.hints() {
            ui.hint(hint);
        }
        ui.finding(Tone::Plain, "next", self.next());
        ui.json(&self.document())
    }

    fn table(&self, ui: &Ui) {
        let mut table = ui.table(HEADER);
        for row in rows(self.places, &self.verified.answers) {
            table.add_row(row.cells());
        }
        if !self.verified.answers.is_empty() {
            table.lines().for_each(|line| ui.line(line.trim_end()));
            ui.line("");
        }
    }

    fn remarks(&self, ui: &Ui) {
        let missing = self.places.missing_buckets();
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().map(|bucket| bucket.variable).collect();
            ui.warning(format_args!("no bucket is named by {}", names.join(", ")));
        }
        if self.args.purpose == Purpose::Tests {
            for why in self.models.unset() {
                ui.remark(format_args!("the tests that need it will be skipped: {why}"));
            }
        }
        if let Some(why) = &self.verified.no_simulator
            && self.count(Verdict::Unknown) > 0
        {
            ui.remark(format_args!("IAM's simulator was no help: {why}"));
        }
        if let Some(latency) = self.verified.latency.filter(|latency| *latency > FAR) {
            ui.warning(format_args!(
                "a request takes {} ms: tests that are timed may fail in a region this far away",
                latency.as_millis()
            ));
        }
        for left in self.leftovers.in_words() {
            ui.warning(left);
        }
    }

    fn count(&self, verdict: Verdict) -> usize {
        let is_it = |answer: &&Answer| answer.finding.verdict == verdict;
        self.verified.answers.iter().filter(is_it).count()
    }

    fn summary(&self, ui: &Ui) {
        const ALL: [Verdict; 8] = [
            Verdict::Denied,
            Verdict::NotEntitled,
            Verdict::WrongRegion,
            Verdict::Missing,
            Verdict::Unknown,
            Verdict::Throttled,
            Verdict::NotSupported,
            Verdict::Allowed,
        ];
        let counts = ALL.into_iter().filter(|verdict| self.count(*verdict) > 0);
        let counts: Vec<_> =
            counts.map(|verdict| format!("{} {}", self.count(verdict), verdict.as_str())).collect();
        let counts = match counts.is_empty() {
            true => "nothing to check".to_owned(),
            false => counts.join(", "),
        };
        let tests: BTreeSet<&Subject> = self
            .verified
            .answers
            .iter()
            .filter(|answer| answer.finding.verdict.skips_what_needs_it())
            .flat_map(|answer| &answer.needed_by)
            .filter(|subject| matches!(subject, Subject::Test(_)))
            .collect();
        let tests = match tests.len() {
            0 => String::new(),
            1 => "; 1 test would be skipped".to_owned(),
            count => format!("; {count} tests would be skipped"),
        };
        let tone = if self.exit() == Exit::Success { Tone::Good } else { Tone::Bad };
        ui.finding(tone, "checked", format_args!("{counts}{tests}"));
    }

    /// What to do about each kind of trouble.
    fn hints(&self) -> Vec<String> {
        let mut hints = Vec::new();
        if !self.places.missing_buckets().is_empty() {
            hints.push(self.again.command("setup", &["--write-env"]));
        }
        if self.count(Verdict::Denied) > 0 {
            hints.push(format!("the policy that allows it: {}", self.policy()));
        }
        let is_s3 = |answer: &Answer| answer.question.action.starts_with("s3:");
        let answers = || self.verified.answers.iter();
        if answers().any(|answer| is_s3(answer) && answer.finding.verdict == Verdict::Missing) {
            hints.push(format!("the buckets: {}", self.again.command("setup", &[])));
        }
        if answers().any(|answer| !is_s3(answer) && answer.finding.verdict == Verdict::Missing) {
            hints.push(
                "the model or the endpoint: name one of this account and region in \
                 BEDROCK_TEST_MODEL_ID or SAGEMAKER_TEST_ENDPOINT, or unset it"
                    .to_owned(),
            );
        }
        if self.count(Verdict::Unknown) > 0 && self.verified.no_simulator.is_some() {
            hints.push(
                "allow iam:SimulatePrincipalPolicy, and iam:GetRole for a role, so that IAM can be \
                 asked about what is not tried"
                    .to_owned(),
            );
        }
        if self.count(Verdict::NotEntitled) > 0 {
            hints.push(format!(
                "the model's access: https://{0}.console.aws.amazon.com/bedrock/home?region={0}#/modelaccess",
                self.aws.region
            ));
        }
        if self.count(Verdict::WrongRegion) > 0 {
            hints.push("set AWS_REGION to the region that the evidence names".to_owned());
        }
        if self.verified.latency.is_some_and(|latency| latency > FAR) {
            let setup = self.again.setup_in("REGION");
            hints.push(format!("choose a region that is near: {setup}"));
        }
        if !self.leftovers.runs.is_empty() || !self.verified.left.is_empty() {
            hints.push(format!("what is left: {}", self.again.command("cleanup", &[])));
        }
        hints
    }

    fn policy(&self) -> String {
        self.again.policy(self.args.purpose)
    }

    fn next(&self) -> String {
        match (self.exit(), self.args.purpose) {
            (Exit::Success, Purpose::Tests) => self.again.test(),
            (Exit::Success, Purpose::Setup) => self.again.command("setup", &[]),
            (Exit::Success, Purpose::Cleanup) => self.again.command("cleanup", &[]),
            (Exit::Success, Purpose::Check) => self.again.command("check", &[]),
            (Exit::Success, Purpose::App) => self.again.app(),
            _ if self.count(Verdict::Denied) > 0 => self.policy(),
            _ => self.again.command("setup", &[]),
        }
    }

    fn document(&self) -> Value {
        let permission = |answer: &Answer| {
            let needed_by: Vec<String> = answer.needed_by.iter().map(ToString::to_string).collect();
            json!({
                "action": answer.question.action,
                "resource": answer.question.resource(self.places),
                "prefix": answer.question.prefix(self.places),
                "needed_by": needed_by,
                "verdict": answer.finding.verdict,
                "basis": answer.finding.basis,
                "evidence": answer.finding.evidence,
                "simulator_disagrees": answer.disagrees,
            })
        };
        json!({
            "version": VERSION,
            "configured": true,
            "identity": caller::document(self.aws),
            "region": self.aws.region,
            "endpoint": self.aws.endpoint,
            "latency_ms": self.verified.latency.map(|latency| latency.as_millis()),
            "permissions": self.verified.answers.iter().map(permission).collect::<Vec<_>>(),
            "simulator": self.verified.no_simulator,
            "left_behind": self.verified.left,
            "leftovers": self.leftovers,
            "hints": self.hints(),
            "ok": self.exit() == Exit::Success,
        })
    }
}

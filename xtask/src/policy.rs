//! `cargo xtask policy`: the least that IAM has to allow, from `tests/permissions.lock`.
//!
//! Works offline: neither AWS nor STS is asked, so that it can be run by, and for, somebody who has
//! no access yet.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use serde::Serialize;

use crate::cli::{self, PolicyFor};
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::models::Models;
use crate::permissions::{Catalogue, Command, Grant, LOCK_FILE, Lock, Needs, Places, Subject};
use crate::setup;
use crate::ui::Ui;

mod document;
mod github;

use document::Document;
pub(crate) use github::Repository;

/// The longest managed policy, in characters that are no white space (IAM User Guide, "IAM and AWS STS
/// quotas").
const MANAGED_POLICY_LENGTH: usize = 6_144;

/// With `--github`: both policies of a role.
#[derive(Serialize)]
struct Role {
    permissions: Document,
    trust: github::Trust,
}

pub(crate) fn run(args: &cli::Policy, cx: &Context) -> Result<Exit> {
    let lock = Lock::read(&cx.workspace().join(LOCK_FILE))?;
    let models = Models::configured(&cx.config)?;
    let needs = wanted(&lock, &args.purposes, &models, cx.ui)?;
    let places = places(cx, &models, &needs)?;

    let grants: BTreeSet<Grant> = needs.iter().flat_map(|need| places.grants(need)).collect();
    let permissions = Document::allowing(grants);
    remark_on(cx.ui, &places, &permissions);
    match &args.github {
        None => cx.ui.document(&permissions)?,
        Some(repository) => {
            let trust = github::trust(repository, &args.branch, &places)?;
            repository.remark(cx.ui);
            cx.ui.document(&Role { permissions, trust })?;
        }
    }
    Ok(Exit::Success)
}

/// What all that are wanted need together.
fn wanted(lock: &Lock, purposes: &[PolicyFor], models: &Models, ui: Ui) -> Result<Needs> {
    let mut needs = Needs::new();
    let mut lacking = BTreeSet::new();
    for purpose in purposes {
        for subject in purpose.shared(lock) {
            let Some(entry) = lock.needs(&subject) else {
                return Err(anyhow!("`{LOCK_FILE}` does not say what `{subject}` needs"))
                    .hint("cargo xtask test --update-permissions");
            };
            needs.extend(entry.iter().cloned());
        }
        if purpose.has_tests() {
            for (test, entry) in lock.tests() {
                // What cannot run on AWS, or has no model to run with, needs nothing there.
                match models.why_not(test) {
                    Some((_, why)) if !entry.is_empty() => drop(lacking.insert(why)),
                    Some(_) => {}
                    None => needs.extend(entry.iter().cloned()),
                }
            }
        }
    }
    for why in lacking {
        ui.remark(format_args!("tests are left out: {why}"));
    }
    Ok(needs)
}

impl PolicyFor {
    /// The entries that are no test's.
    fn shared(self, lock: &Lock) -> Vec<Subject> {
        match self {
            PolicyFor::Tests => vec![Subject::Fixtures, Subject::Command(Command::Test)],
            PolicyFor::Setup => vec![Subject::Command(Command::Setup)],
            PolicyFor::Cleanup => vec![Subject::Command(Command::Cleanup)],
            PolicyFor::App => vec![Subject::App],
            PolicyFor::Check => vec![Subject::Command(Command::Check)],
            PolicyFor::All => {
                let subjects = lock.entries.keys();
                subjects.filter(|known| !matches!(known, Subject::Test(_))).cloned().collect()
            }
        }
    }

    fn has_tests(self) -> bool {
        matches!(self, PolicyFor::Tests | PolicyFor::All)
    }
}

/// What the placeholders stand for, by the configuration alone.
fn places(cx: &Context, models: &Models, needs: &Needs) -> Result<Places> {
    let mut places = Places::configured(&cx.config, models)?;
    if needs.iter().any(|need| need.resource.is_of_catalogue()) {
        places.take(Catalogue::read(&cx.config)?);
    }
    // Those that are not named yet, by the names that `setup` will propose.
    let missing = places.missing_buckets();
    if !missing.is_empty() {
        let (Some(account), Some(region)) = (&places.account, &places.region) else {
            let missing: Vec<_> = missing.iter().map(|bucket| bucket.variable).collect();
            return Err(anyhow!("no bucket is named by {}", missing.join(", "))).hint(
                "cargo xtask setup --write-env; or, before there is any access, for the names that it \
                 will propose: AWS_ACCOUNT_ID=123456789012 AWS_REGION=us-west-2 cargo xtask policy",
            );
        };
        let (variables, names): (Vec<_>, Vec<_>) = missing
            .iter()
            .map(|bucket| {
                let name = setup::proposed_name(&cx.config, bucket.purpose, account, region);
                (bucket.variable, (bucket.purpose, name))
            })
            .unzip();
        cx.ui.remark(format_args!(
            "the names that `setup` will propose stand for {}, which are not set",
            variables.join(", ")
        ));
        places.buckets.extend(names);
    }
    Ok(places)
}

/// Says what the reader has to know before the policy is used.
fn remark_on(ui: Ui, places: &Places, document: &Document) {
    if places.region.is_none() {
        ui.remark(format_args!(
            "the region is not configured, so that the ARNs are those of the partition `{}` and of any region: AWS_REGION=us-west-2 cargo xtask policy",
            places.partition
        ));
    }
    let is_of_any_account = |arn: &str| arn.split(':').nth(4) == Some("*");
    if places.account.is_none() && document.resources().any(is_of_any_account) {
        ui.remark(
            "the account is not configured, so that some ARNs are those of any: AWS_ACCOUNT_ID=123456789012 cargo xtask policy",
        );
    }
    for opaque in places.opaque_models() {
        ui.warning(format_args!(
            "`{opaque}` does not tell its models: allow `bedrock:InvokeModel` and `bedrock:InvokeModelWithResponseStream` on them, too"
        ));
    }
    let length = document.compact().chars().filter(|char| !char.is_whitespace()).count();
    if length > MANAGED_POLICY_LENGTH {
        ui.warning(format_args!(
            "the policy has {length} characters, a managed policy {MANAGED_POLICY_LENGTH} at most: make one for each of `--for tests`, `--for setup`, ..."
        ));
    }
}

//! `cargo xtask policy`: the least that IAM has to allow, from `tests/permissions.lock`.
//!
//! Works offline: neither AWS nor STS is asked, so that it can be run by, and for, somebody who has
//! no access yet.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use clap::ValueEnum as _;
use serde::Serialize;

use crate::cli::{self, PolicyFor};
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::models::Models;
use crate::permissions::{Catalogue, Grant, LOCK_FILE, Lock, Needs, Places, Purpose, Subject};
use crate::setup;
use crate::shell;
use crate::ui::Ui;

mod document;
mod github;

use document::Document;
pub(crate) use github::Repository;

/// The longest managed policy, in characters that are no white space (IAM User Guide, "IAM and AWS STS
/// quotas").
const MANAGED_POLICY_LENGTH: usize = 6_144;

/// Whose jobs are trusted where no other branch is named.
pub(crate) const DEFAULT_BRANCH: &str = "main";

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
    let places = places(cx, args, &models, &needs)?;

    let grants: BTreeSet<Grant> = needs.iter().flat_map(|need| places.grants(need)).collect();
    let permissions = Document::allowing(grants);
    remark_on(cx.ui, args, &places, &permissions);
    match &args.github {
        None => cx.ui.document(&permissions)?,
        Some(repository) => {
            let trust = github::trust(repository, args, &places)?;
            repository.remark(cx.ui);
            github::Jobs::of(args).remark(cx.ui);
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
            needs.extend(lock.known(&subject)?.iter().cloned());
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
            PolicyFor::One(purpose) => purpose.subjects(),
            PolicyFor::All => {
                let subjects = lock.entries.keys();
                subjects.filter(|known| !matches!(known, Subject::Test(_))).cloned().collect()
            }
        }
    }

    fn has_tests(self) -> bool {
        match self {
            PolicyFor::One(purpose) => purpose.has_tests(),
            PolicyFor::All => true,
        }
    }
}

/// The command again, with what was asked for: another one would print another policy.
fn again(args: &cli::Policy) -> String {
    let mut words = vec!["cargo".to_owned(), "xtask".to_owned(), "policy".to_owned()];
    if args.purposes != [PolicyFor::One(Purpose::Tests)] {
        let values = args.purposes.iter().filter_map(PolicyFor::to_possible_value);
        words.extend(values.flat_map(|value| ["--for".to_owned(), value.get_name().to_owned()]));
    }
    if let Some(repository) = &args.github {
        words.extend(["--github".to_owned(), repository.to_string()]);
        if let Some(environment) = &args.environment {
            words.extend(["--environment".to_owned(), environment.clone()]);
        } else if args.branch != DEFAULT_BRANCH {
            words.extend(["--branch".to_owned(), args.branch.clone()]);
        }
    }
    shell::command(words)
}

/// What the placeholders stand for, by the configuration alone.
fn places(cx: &Context, args: &cli::Policy, models: &Models, needs: &Needs) -> Result<Places> {
    let mut places = Places::configured(&cx.config, models)?;
    if needs.iter().any(|need| need.resource.is_of_catalogue()) {
        places.take(Catalogue::read(&cx.config)?);
    }
    // Those that are not named yet, by the names that `setup` will propose.
    let missing = places.missing_buckets();
    if !missing.is_empty() {
        let (Some(account), Some(region)) = (&places.account, &places.region) else {
            let missing: Vec<_> = missing.iter().map(|bucket| bucket.variable).collect();
            return Err(anyhow!("no bucket is named by {}", missing.join(", "))).hint(format_args!(
                "cargo xtask setup --write-env; or, before there is any access, for the names that it \
                 will propose: AWS_ACCOUNT_ID=123456789012 AWS_REGION=us-west-2 {}",
                again(args)
            ));
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
fn remark_on(ui: Ui, args: &cli::Policy, places: &Places, document: &Document) {
    if places.region.is_none() {
        ui.remark(format_args!(
            "the region is not configured, so that the ARNs are those of the partition `{}` and of any region: AWS_REGION=us-west-2 {}",
            places.partition,
            again(args)
        ));
    }
    let is_of_any_account = |arn: &str| arn.split(':').nth(4) == Some("*");
    if places.account.is_none() && document.resources().any(is_of_any_account) {
        ui.remark(format_args!(
            "the account is not configured, so that some ARNs are those of any: AWS_ACCOUNT_ID=123456789012 {}",
            again(args)
        ));
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

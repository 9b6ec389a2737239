//! The trust policy that lets GitHub's jobs assume the role without a stored secret.
//!
//! Source: "Configuring OpenID Connect in Amazon Web Services", GitHub Docs; "Create a role for OpenID
//! Connect federation", IAM User Guide.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, anyhow};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli;
use crate::error::Hint as _;
use crate::permissions::Places;
use crate::ui::Ui;

const PROVIDER: &str = "token.actions.githubusercontent.com";

/// A repository on GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository {
    owner: Name,
    name: Name,
}

/// A name that may be given to somebody else later, and the id that may not.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    name: String,
    id: Option<String>,
}

/// Whose jobs are trusted: GitHub's subject names the environment of a job that has one, and otherwise its
/// branch.
#[derive(Debug, Clone, Copy)]
pub(super) enum Jobs<'a> {
    Branch(&'a str),
    Environment(&'a str),
}

/// A trust policy, as IAM takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Trust {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    principal: Value,
    action: &'static str,
    condition: Value,
}

/// Lets these jobs of a repository assume the role.
///
/// # Errors
/// Where the account is not known, which the provider's ARN has to name, or the name can be none.
pub(super) fn trust(repository: &Repository, args: &cli::Policy, places: &Places) -> Result<Trust> {
    let Some(account) = &places.account else {
        return Err(anyhow!("the account is not known, in which GitHub is to be trusted"))
            .hint(format_args!("AWS_ACCOUNT_ID=123456789012 {}", super::again(args)));
    };
    let which = Jobs::of(args).subject()?;
    let Repository { owner, name } = repository;
    // Repositories that were made or renamed since July 2026 show ids beside the names.
    let subjects = [
        format!("repo:{}/{}:{which}", owner.name, name.name),
        format!("repo:{}/{}:{which}", owner.with_id(), name.with_id()),
    ];
    let audience = format!("{PROVIDER}:aud");
    let subject = format!("{PROVIDER}:sub");
    let condition = match repository.has_ids() {
        true => json!({ "StringEquals": { audience: "sts.amazonaws.com", subject: subjects } }),
        false => json!({
            "StringEquals": { audience: "sts.amazonaws.com" },
            "StringLike": { subject: subjects },
        }),
    };
    let provider = format!("arn:{}:iam::{account}:oidc-provider/{PROVIDER}", places.partition);
    let statement = Statement {
        effect: "Allow",
        principal: json!({ "Federated": provider }),
        action: "sts:AssumeRoleWithWebIdentity",
        condition,
    };
    Ok(Trust { version: "2012-10-17", statement: [statement] })
}

impl<'a> Jobs<'a> {
    /// Those that the command is about.
    pub(super) fn of(args: &'a cli::Policy) -> Jobs<'a> {
        match &args.environment {
            Some(name) => Jobs::Environment(name),
            None => Jobs::Branch(&args.branch),
        }
    }

    /// The end of the subject.
    fn subject(self) -> Result<String> {
        let (kind, name) = match self {
            Jobs::Branch(name) => ("branch", name),
            Jobs::Environment(name) => ("environment", name),
        };
        // Patterns would trust more than they say, and a colon would end the name.
        let is_odd =
            |char: char| char.is_whitespace() || char.is_control() || "*?$:~^\\[".contains(char);
        if name.is_empty() || name.contains(is_odd) {
            return Err(anyhow!(
                "`--{kind} {}` is no name of {}",
                name.escape_debug(),
                match self {
                    Jobs::Branch(_) => "a branch",
                    Jobs::Environment(_) => "an environment that can be trusted by it",
                }
            ))
            .hint(match self {
                Jobs::Branch(_) => "--branch main",
                Jobs::Environment(_) => "--environment aws",
            });
        }
        Ok(match self {
            Jobs::Branch(_) => format!("ref:refs/heads/{name}"),
            Jobs::Environment(_) => format!("environment:{name}"),
        })
    }

    /// Says what else decides who is trusted.
    pub(super) fn remark(self, ui: Ui) {
        if let Jobs::Environment(name) = self {
            ui.remark(format_args!(
                "jobs of every branch that the environment `{name}` allows are trusted: let it allow `main` alone \
                 (Settings, Environments, Deployment branches)"
            ));
        }
    }
}

impl Repository {
    fn has_ids(&self) -> bool {
        self.owner.id.is_some() && self.name.id.is_some()
    }

    /// Says what an id would be good for.
    pub(super) fn remark(&self, ui: Ui) {
        if self.has_ids() {
            return;
        }
        let (owner, name) = (&self.owner.name, &self.name.name);
        ui.remark(format_args!(
            "whoever is given these names later is trusted, too; with ids nobody else is: --github {owner}@ID/{name}@ID, \
             by: gh api repos/{owner}/{name} --jq '[.owner.id, .id]'"
        ));
    }
}

/// As it is typed.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = |name: &Name| match &name.id {
            Some(id) => format!("{}@{id}", name.name),
            None => name.name.clone(),
        };
        write!(f, "{}/{}", typed(&self.owner), typed(&self.name))
    }
}

impl Name {
    fn with_id(&self) -> String {
        format!("{}@{}", self.name, self.id.as_deref().unwrap_or("*"))
    }
}

impl FromStr for Repository {
    type Err = String;

    fn from_str(text: &str) -> Result<Repository, String> {
        let expected = || "expected ORG/REPO, or with their ids ORG@123/REPO@456".to_owned();
        let (owner, name) = text.split_once('/').ok_or_else(expected)?;
        let part = |text: &str| {
            let (name, id) = match text.split_once('@') {
                Some((name, id)) => (name, Some(id.to_owned())),
                None => (text, None),
            };
            let is_good = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
            let is_id =
                |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
            (!name.is_empty() && name.chars().all(is_good) && id.as_ref().is_none_or(is_id))
                .then(|| Name { name: name.to_owned(), id })
                .ok_or_else(expected)
        };
        let repository = Repository { owner: part(owner)?, name: part(name)? };
        match (&repository.owner.id, &repository.name.id) {
            (Some(_), None) | (None, Some(_)) => Err(expected()),
            _ => Ok(repository),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT_BRANCH;
    use super::*;

    fn places() -> Places {
        Places {
            partition: "aws".to_owned(),
            account: Some("111122223333".to_owned()),
            ..Places::default()
        }
    }

    fn trusting(repository: &str, jobs: Jobs<'_>, places: &Places) -> Result<Trust> {
        let repository: Repository = repository.parse().unwrap();
        let (branch, environment) = match jobs {
            Jobs::Branch(name) => (name.to_owned(), None),
            Jobs::Environment(name) => (DEFAULT_BRANCH.to_owned(), Some(name.to_owned())),
        };
        let github = Some(repository.clone());
        let args = cli::Policy { purposes: Vec::new(), github, branch, environment };
        trust(&repository, &args, places)
    }

    fn subjects(repository: &str, jobs: Jobs<'_>) -> Value {
        let trust = trusting(repository, jobs, &places()).unwrap();
        let [Statement { condition, .. }] = trust.statement;
        condition
    }

    #[test]
    fn both_forms_of_the_subject_are_trusted_and_one_branch() {
        insta::assert_snapshot!(subjects("org/repo", Jobs::Branch("main")), @r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":["repo:org/repo:ref:refs/heads/main","repo:org@*/repo@*:ref:refs/heads/main"]}}"#);
        insta::assert_snapshot!(subjects("org@12/repo@345", Jobs::Branch("release/1")), @r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":["repo:org/repo:ref:refs/heads/release/1","repo:org@12/repo@345:ref:refs/heads/release/1"]}}"#);
    }

    #[test]
    fn the_jobs_of_an_environment_are_trusted_by_it_alone() {
        insta::assert_snapshot!(subjects("org@12/repo@345", Jobs::Environment("aws")), @r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":["repo:org/repo:environment:aws","repo:org@12/repo@345:environment:aws"]}}"#);
    }

    #[test]
    fn what_is_no_repository_or_branch_is_refused() {
        for bad in ["org", "org/", "/repo", "org/repo/x", "o*g/repo", "org@1/repo", "org@x/repo@1"]
        {
            assert!(bad.parse::<Repository>().is_err(), "{bad}");
        }
        for bad in ["", "*", "a:b", "a b", "${x}"] {
            for jobs in [Jobs::Branch(bad), Jobs::Environment(bad)] {
                assert!(trusting("org/repo", jobs, &places()).is_err(), "{bad}");
            }
        }
    }

    #[test]
    fn without_an_account_nobody_can_be_trusted() {
        let nowhere = Places { account: None, ..places() };
        let error = trusting("org@1/repo@2", Jobs::Branch("a"), &nowhere).err().unwrap();
        let hint =
            "AWS_ACCOUNT_ID=123456789012 cargo xtask policy --github org@1/repo@2 --branch a";
        assert_eq!(crate::error::hints(&error), [hint]);
    }
}

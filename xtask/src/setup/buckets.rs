//! Which buckets the configuration means, and which names it lacks.

use anyhow::{Result, anyhow};
use contract::buckets;

use super::bucket_names::{self, Location};
use super::dot_env::Assignment;
use super::provision::TestBucket;
use crate::aws::{Aws, Identity};
use crate::config::{Config, ConfiguredBucket};
use crate::connection::Again;
use crate::error::Hint as _;

/// A name for every bucket variable that has none, and what the app wants to be told beside a bucket:
/// that files go to S3 (it takes none for local files in silence), and the region.
pub(super) fn proposals(config: &Config, aws: &Aws) -> Vec<Assignment> {
    let app = bucket_names::app_name(&config.workspace);
    let account = match &aws.identity {
        Identity::Known { account, .. } => Some(account.as_str()),
        Identity::Unknown => None,
    };
    let location = Location { account, region: &aws.region, is_aws: aws.endpoint.is_none() };
    let is_unset = |(variable, _): &Assignment| config.get(variable).is_none();
    let names = buckets::ALL
        .iter()
        .map(|bucket| (bucket.variable, bucket_names::propose(&app, bucket.purpose, location)));
    let names: Vec<Assignment> = names.filter(is_unset).collect();
    if names.is_empty() {
        return names;
    }
    let beside = [("STORAGE_BACKEND", "s3".to_owned()), ("AWS_REGION", aws.region.clone())];
    beside.into_iter().filter(is_unset).chain(names).collect()
}

/// That variables have no value, with the lines that would give them one.
pub(super) fn missing(proposals: &[Assignment], again: &Again) -> anyhow::Error {
    let is_bucket = |name: &str| buckets::ALL.iter().any(|bucket| bucket.variable == name);
    let names = proposals.iter().filter(|(name, _)| is_bucket(name));
    let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
    let error = match names.len() == buckets::ALL.len() {
        true => anyhow!("no bucket is configured: {} are not set", names.join(", ")),
        false => anyhow!(
            "{} {} not set, though other buckets are configured",
            names.join(", "),
            if names.len() == 1 { "is" } else { "are" }
        ),
    };
    let lines: String = lines(proposals).map(|line| format!("\n    {line}")).collect();
    crate::error::hinted(
        error,
        format_args!(
            "{} writes these lines to `app/.env`, or choose names of your own:\n{lines}",
            again.command("setup", &["--write-env"])
        ),
    )
}

/// The assignments as they stand in a file.
pub(super) fn lines(assignments: &[Assignment]) -> impl Iterator<Item = String> + '_ {
    assignments.iter().map(|(name, value)| format!("{name}={value}"))
}

/// Each bucket once, with all variables that name it.
pub(super) fn distinct(configured: &[ConfiguredBucket], new: &[Assignment]) -> Vec<TestBucket> {
    let mut distinct: Vec<TestBucket> = Vec::new();
    for bucket in &buckets::ALL {
        let variable = bucket.variable;
        let old = configured.iter().find(|configured| configured.variable == variable);
        let new = || Some(&new.iter().find(|(name, _)| *name == variable)?.1);
        let Some(name) = old.map(|configured| &configured.name).or_else(new) else { continue };
        match distinct.iter_mut().find(|known| known.name == *name) {
            Some(known) => known.variables.push(variable),
            None => distinct.push(TestBucket { name: name.clone(), variables: vec![variable] }),
        }
    }
    distinct
}

/// That `--adopt` names configured buckets only.
///
/// # Errors
/// Names the first that is not one.
pub(super) fn check_adopt(adopt: &[String], buckets: &[TestBucket]) -> Result<()> {
    let Some(unknown) = adopt.iter().find(|name| buckets.iter().all(|known| known.name != **name))
    else {
        return Ok(());
    };
    let names: Vec<&str> = buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    Err(anyhow!("`--adopt {unknown}`: no variable names this bucket"))
        .hint(format_args!("the configured buckets are: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_that_several_variables_name_stands_once() {
        let config = Config::of(
            &[("S3_BUCKET_CREATIVES", "one"), ("S3_BUCKET_EXPORTS", "two")],
            &[("S3_BUCKET_UPLOADS", "one")],
        );
        let new = [("S3_BUCKET_LANDING_PAGES", "two".to_owned())];
        let bucket = |name: &str, variables: &[&'static str]| TestBucket {
            name: name.to_owned(),
            variables: variables.to_vec(),
        };
        assert_eq!(
            distinct(&config.buckets(), &new),
            [
                bucket("one", &["S3_BUCKET_CREATIVES", "S3_BUCKET_UPLOADS"]),
                bucket("two", &["S3_BUCKET_LANDING_PAGES", "S3_BUCKET_EXPORTS"]),
            ]
        );
    }

    #[test]
    fn only_configured_buckets_are_adopted() {
        let config = Config::of(&[("S3_BUCKET_CREATIVES", "one")], &[]);
        let buckets = distinct(&config.buckets(), &[]);
        check_adopt(&["one".to_owned()], &buckets).unwrap();
        for other in ["on", "", "two"] {
            check_adopt(&["one".to_owned(), other.to_owned()], &buckets).unwrap_err();
        }
    }
}

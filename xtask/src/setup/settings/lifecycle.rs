//! Lifecycle rules that remove what no run and no clean-up removed.
//!
//! PutBucketLifecycleConfiguration replaces the whole document, so rules of others are written back
//! as they were read. Ours are known by their ids, and cover `test/` and `perf-test/` only: in a
//! bucket that was adopted, everything else is its owner's business.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    TransitionDefaultMinimumObjectSize,
};
use contract::Root;

use super::{Change, Plan};
use crate::aws::{Aws, AwsError};

/// What a run on a Friday left can still be looked at on Monday; no run lasts as long.
const EXPIRE_AFTER_DAYS: i32 = 3;

/// Nobody looks at what a test overwrote or deleted. Whole days only, and one is the least.
const NONCURRENT_DAYS: i32 = 1;

/// No test uploads for a day.
const ABORT_UPLOADS_AFTER_DAYS: i32 = 1;

/// All that PutBucketLifecycleConfiguration replaces.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Document {
    rules: Vec<LifecycleRule>,
    /// Travels in a header, and falls back to AWS's default where it is not sent.
    minimum_object_size: Option<TransitionDefaultMinimumObjectSize>,
}

/// The document of a bucket; empty where there is none.
pub(super) async fn read(aws: &Aws, bucket: &str) -> Result<Document, AwsError> {
    let get = aws.s3.get_bucket_lifecycle_configuration().bucket(bucket);
    match get.set_expected_bucket_owner(aws.expected_owner()).send().await {
        Ok(output) => Ok(Document {
            rules: output.rules.unwrap_or_default(),
            minimum_object_size: output.transition_default_minimum_object_size,
        }),
        Err(error) => {
            let error = AwsError::new("s3:GetLifecycleConfiguration", bucket, error);
            match error.code.as_deref() {
                Some("NoSuchLifecycleConfiguration") => Ok(Document::default()),
                _ => Err(error),
            }
        }
    }
}

/// Puts our rules into the document: in the place of those with the same id, or behind the others.
pub(super) fn plan(mut document: Document) -> Plan {
    let ours = our_rules(form_of(&document.rules));
    // The newer form has every id that the older one has.
    let every = our_rules(Form::Filter);
    let is_ours = |rule: &LifecycleRule| every.iter().any(|our| our.id() == rule.id());
    let others = document.rules.iter().filter(|rule| !is_ours(rule)).count();
    let mut detail = format!(
        "`test/` and `perf-test/` expire after {EXPIRE_AFTER_DAYS} days, unfinished uploads there \
         after {ABORT_UPLOADS_AFTER_DAYS}"
    );
    if others > 0 {
        detail += &format!("; rules of others kept: {others}");
    }
    let mut changed = false;
    for our in ours {
        match document.rules.iter_mut().find(|rule| rule.id() == our.id()) {
            Some(rule) if is_same(rule, &our) => {}
            Some(rule) => {
                *rule = our;
                changed = true;
            }
            None => {
                document.rules.push(our);
                changed = true;
            }
        }
    }
    if changed {
        Plan::Change(Change::Lifecycle(document), detail)
    } else {
        Plan::Unchanged(detail)
    }
}

/// Replaces the document.
pub(super) async fn write(aws: &Aws, bucket: &str, document: &Document) -> Result<(), AwsError> {
    let configuration =
        BucketLifecycleConfiguration::builder().set_rules(Some(document.rules.clone())).build();
    let configuration = configuration.expect("a configuration with rules is complete");
    let put = aws.s3.put_bucket_lifecycle_configuration().bucket(bucket);
    let put = put
        .lifecycle_configuration(configuration)
        .set_transition_default_minimum_object_size(document.minimum_object_size.clone());
    match put.set_expected_bucket_owner(aws.expected_owner()).send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(AwsError::new("s3:PutLifecycleConfiguration", bucket, error)),
    }
}

/// How a document says which keys its rules mean. AWS refuses a document that does both ("Filter
/// element can only be used in Lifecycle V2").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `Filter`.
    Filter,
    /// `Prefix` in the rule itself, as before 2017.
    RulePrefix,
}

#[expect(deprecated, reason = "documents from before filters are still out there")]
fn form_of(rules: &[LifecycleRule]) -> Form {
    let is_old = rules.iter().any(|rule| rule.prefix.is_some());
    if is_old { Form::RulePrefix } else { Form::Filter }
}

fn our_rules(form: Form) -> Vec<LifecycleRule> {
    let mut rules = Vec::new();
    for root in Root::ALL {
        let expiration = LifecycleExpiration::builder().days(EXPIRE_AFTER_DAYS).build();
        let mut rule = rule(form, root, "expire", expiration);
        rule.noncurrent_version_expiration =
            Some(NoncurrentVersionExpiration::builder().noncurrent_days(NONCURRENT_DAYS).build());
        rule.abort_incomplete_multipart_upload = Some(
            AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(ABORT_UPLOADS_AFTER_DAYS)
                .build(),
        );
        rules.push(rule);
        // A rule of its own, since one Expiration cannot hold both. The old form allows one
        // expiration per prefix, and there the days above take the markers with them, only later.
        if form == Form::Filter {
            let expiration =
                LifecycleExpiration::builder().expired_object_delete_marker(true).build();
            rules.push(self::rule(form, root, "delete-markers", expiration));
        }
    }
    rules
}

#[expect(deprecated, reason = "documents from before filters are still out there")]
fn rule(form: Form, root: Root, what: &str, expiration: LifecycleExpiration) -> LifecycleRule {
    let prefix = root.as_str();
    let builder = LifecycleRule::builder()
        .id(format!("cargo-xtask-{}-{what}", prefix.trim_end_matches('/')))
        .status(ExpirationStatus::Enabled)
        .expiration(expiration);
    let builder = match form {
        Form::Filter => builder.filter(LifecycleRuleFilter::builder().prefix(prefix).build()),
        Form::RulePrefix => builder.prefix(prefix),
    };
    builder.build().expect("a rule with a status is complete")
}

/// Whether two rules mean the same: servers give back the same rule in other words.
fn is_same(one: &LifecycleRule, other: &LifecycleRule) -> bool {
    normal(one) == normal(other)
}

#[expect(deprecated, reason = "documents from before filters are still out there")]
fn normal(rule: &LifecycleRule) -> LifecycleRule {
    let mut rule = rule.clone();
    let filter = rule.filter.get_or_insert_with(|| LifecycleRuleFilter::builder().build());
    if let Some(prefix) = rule.prefix.take() {
        filter.prefix.get_or_insert(prefix);
    }
    // `And` around a single prefix says no more than the prefix.
    if let Some(and) = &filter.and
        && and.tags().is_empty()
        && and.object_size_greater_than.is_none()
        && and.object_size_less_than.is_none()
    {
        filter.prefix = and.prefix.clone().or(filter.prefix.take());
        filter.and = None;
    }
    if let Some(expiration) = &mut rule.expiration {
        expiration.expired_object_delete_marker.take_if(|on| !*on);
    }
    rule.transitions.take_if(|transitions| transitions.is_empty());
    rule.noncurrent_version_transitions.take_if(|transitions| transitions.is_empty());
    rule
}

#[cfg(test)]
mod tests;

//! Lifecycle configuration: stored and validated as S3 does; nothing expires by itself.
//!
//! Source: "Lifecycle configuration elements", S3 User Guide; PutBucketLifecycleConfiguration, S3 API Reference.

use std::collections::HashSet;

use s3s::S3Response;
use s3s::dto::*;
use time::{OffsetDateTime, Time};
use uuid::Uuid;

use super::Cx;
use crate::fault::Fault;
use crate::store::{Bucket, Version};

/// The most rules of a configuration.
const MAX_RULES: usize = 1_000;

pub(super) async fn get(
    cx: Cx,
    input: GetBucketLifecycleConfigurationInput,
) -> Result<S3Response<GetBucketLifecycleConfigurationOutput>, Fault> {
    let (rules, size) = cx.settings(&input.bucket, |settings| {
        (settings.lifecycle.clone(), settings.lifecycle_minimum_size.clone())
    })?;
    let rules = rules.ok_or_else(|| {
        Fault::new("NoSuchLifecycleConfiguration").field("BucketName", &input.bucket)
    })?;
    let size = size.unwrap_or_else(|| "all_storage_classes_128K".into());
    Ok(S3Response::new(GetBucketLifecycleConfigurationOutput {
        rules: Some(rules),
        transition_default_minimum_object_size: Some(TransitionDefaultMinimumObjectSize::from(
            size,
        )),
    }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketLifecycleConfigurationInput,
) -> Result<S3Response<PutBucketLifecycleConfigurationOutput>, Fault> {
    let mut rules = input.lifecycle_configuration.ok_or_else(|| Fault::new("MalformedXML"))?.rules;
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(Fault::new("MalformedXML"));
    }
    let mut ids = HashSet::new();
    for rule in &mut rules {
        let id = rule.id.get_or_insert_with(|| Uuid::new_v4().to_string());
        if id.chars().count() > 255 {
            return Err(invalid("ID length should not exceed allowed limit of 255"));
        }
        if !ids.insert(id.clone()) {
            return Err(invalid("Rule ID must be unique. Found same ID for more than one rule"));
        }
        check(rule)?;
    }
    let size = input.transition_default_minimum_object_size.map(|size| size.as_str().to_owned());
    let shown = size.clone().unwrap_or_else(|| "all_storage_classes_128K".into());
    cx.settings(&input.bucket, |settings| {
        settings.lifecycle = Some(rules);
        settings.lifecycle_minimum_size = size;
    })?;
    Ok(S3Response::new(PutBucketLifecycleConfigurationOutput {
        transition_default_minimum_object_size: Some(TransitionDefaultMinimumObjectSize::from(
            shown,
        )),
    }))
}

pub(super) async fn delete(
    cx: Cx,
    input: DeleteBucketLifecycleInput,
) -> Result<S3Response<DeleteBucketLifecycleOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.lifecycle = None)?;
    Ok(S3Response::new(DeleteBucketLifecycleOutput::default()))
}

/// `x-amz-expiration`: when, and by which rule, the current version of `key` will expire.
///
/// The day after the last of its days, at midnight ("Setting lifecycle configuration on a bucket", S3 User Guide); the earliest rule wins.
/// `None` for a date before 1970 or after 9999, which no header can tell.
pub(super) fn expiration(bucket: &Bucket, key: &str, version: &Version) -> Option<String> {
    let object = version.object()?;
    let rules = bucket.settings.lifecycle.as_ref()?;
    let dates = rules
        .iter()
        .filter(|rule| {
            rule.status.as_str() == "Enabled" && covers(rule, key, version, object.content.len())
        })
        .filter_map(|rule| {
            let expiration = rule.expiration.as_ref()?;
            let date = match (expiration.days, &expiration.date) {
                (Some(days), _) => OffsetDateTime::from(version.modified)
                    .replace_time(Time::MIDNIGHT)
                    .checked_add(time::Duration::days(i64::from(days) + 1))?,
                (None, Some(date)) => OffsetDateTime::from(date.clone()),
                (None, None) => return None,
            };
            Some((date, rule.id.clone().unwrap_or_default()))
        });
    let (date, id) = dates.min().filter(|(date, _)| *date >= OffsetDateTime::UNIX_EPOCH)?;
    Some(format!("expiry-date=\"{}\", rule-id=\"{id}\"", httpdate::fmt_http_date(date.into())))
}

fn covers(rule: &LifecycleRule, key: &str, version: &Version, size: u64) -> bool {
    let has =
        |tag: &Tag| {
            version.properties.tags.iter().any(|(key, value)| {
                Some(key) == tag.key.as_ref() && Some(value) == tag.value.as_ref()
            })
        };
    let larger = |bound: Option<i64>| {
        bound.is_none_or(|bound| i64::try_from(size).is_ok_and(|size| size > bound))
    };
    let smaller = |bound: Option<i64>| {
        bound.is_none_or(|bound| i64::try_from(size).is_ok_and(|size| size < bound))
    };
    let under =
        |prefix: &Option<String>| prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix));
    let Some(filter) = &rule.filter else { return under(&rule.prefix) };
    let and = filter.and.as_ref().is_none_or(|and| {
        under(&and.prefix)
            && and.tags.iter().flatten().all(has)
            && larger(and.object_size_greater_than)
            && smaller(and.object_size_less_than)
    });
    and && under(&filter.prefix)
        && filter.tag.as_ref().is_none_or(has)
        && larger(filter.object_size_greater_than)
        && smaller(filter.object_size_less_than)
}

fn invalid(message: &'static str) -> Fault {
    Fault::new("InvalidArgument").message(message)
}

fn malformed() -> Fault {
    Fault::new("MalformedXML")
}

fn check(rule: &LifecycleRule) -> Result<(), Fault> {
    if !matches!(rule.status.as_str(), "Enabled" | "Disabled") {
        return Err(malformed());
    }
    let has_tags = check_filter(rule)?;
    let has_action = rule.expiration.is_some()
        || rule.noncurrent_version_expiration.is_some()
        || rule.abort_incomplete_multipart_upload.is_some()
        || rule.transitions.as_ref().is_some_and(|transitions| !transitions.is_empty())
        || rule
            .noncurrent_version_transitions
            .as_ref()
            .is_some_and(|transitions| !transitions.is_empty());
    if !has_action {
        return Err(Fault::new("InvalidRequest")
            .message("At least one action needs to be specified in a rule"));
    }
    if let Some(expiration) = &rule.expiration {
        check_expiration(expiration, has_tags)?;
    }
    if let Some(expiration) = &rule.noncurrent_version_expiration {
        let days = expiration.noncurrent_days.ok_or_else(malformed)?;
        if days < 1 {
            return Err(invalid(
                "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
            ));
        }
        if expiration.newer_noncurrent_versions.is_some_and(|count| !(1..=100).contains(&count)) {
            return Err(invalid(
                "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be a positive integer between 1 and 100",
            ));
        }
    }
    if let Some(abort) = &rule.abort_incomplete_multipart_upload {
        if has_tags {
            return Err(Fault::new("InvalidRequest")
                .message("AbortIncompleteMultipartUpload cannot be specified with Tags"));
        }
        if abort.days_after_initiation.ok_or_else(malformed)? < 1 {
            return Err(invalid(
                "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
            ));
        }
    }
    check_transitions(rule)
}

/// A rule has a `Prefix` or a `Filter`, and a filter one condition or an `And`; whether it filters by tags.
fn check_filter(rule: &LifecycleRule) -> Result<bool, Fault> {
    let filter = match (&rule.prefix, &rule.filter) {
        (Some(_), None) => return Ok(false),
        (None, Some(filter)) => filter,
        _ => return Err(malformed()),
    };
    let conditions = [
        filter.prefix.is_some(),
        filter.tag.is_some(),
        filter.object_size_greater_than.is_some(),
        filter.object_size_less_than.is_some(),
        filter.and.is_some(),
    ];
    if conditions.iter().filter(|given| **given).count() > 1 {
        return Err(malformed());
    }
    let Some(and) = &filter.and else { return Ok(filter.tag.is_some()) };
    let tags = and.tags.as_ref().map_or(0, Vec::len);
    let parts = usize::from(and.prefix.is_some())
        + tags
        + usize::from(and.object_size_greater_than.is_some())
        + usize::from(and.object_size_less_than.is_some());
    if parts < 2 {
        return Err(malformed());
    }
    if let (Some(greater), Some(less)) = (and.object_size_greater_than, and.object_size_less_than)
        && greater >= less
    {
        return Err(Fault::new("InvalidRequest").message(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'",
        ));
    }
    Ok(tags > 0)
}

fn check_expiration(expiration: &LifecycleExpiration, has_tags: bool) -> Result<(), Fault> {
    let given = [
        expiration.days.is_some(),
        expiration.date.is_some(),
        expiration.expired_object_delete_marker.is_some(),
    ];
    if given.iter().filter(|given| **given).count() != 1 {
        return Err(malformed());
    }
    if expiration.days.is_some_and(|days| days < 1) {
        return Err(invalid("'Days' for Expiration action must be a positive integer"));
    }
    if expiration.date.as_ref().is_some_and(|date| !is_midnight(date)) {
        return Err(invalid("'Date' must be at midnight GMT"));
    }
    if expiration.expired_object_delete_marker.is_some() && has_tags {
        return Err(Fault::new("InvalidRequest")
            .message("ExpiredObjectDeleteMarker cannot be specified with Tags."));
    }
    Ok(())
}

fn is_midnight(date: &Timestamp) -> bool {
    OffsetDateTime::from(date.clone()).to_offset(time::UtcOffset::UTC).time() == Time::MIDNIGHT
}

fn check_transitions(rule: &LifecycleRule) -> Result<(), Fault> {
    let mut classes = HashSet::new();
    for transition in rule.transitions.iter().flatten() {
        let class =
            transition.storage_class.as_ref().map(|class| class.as_str()).ok_or_else(malformed)?;
        check_class(class)?;
        if !classes.insert(class) {
            return Err(Fault::new("InvalidRequest").message(format!("'StorageClass' must be different for 'Transition' actions in same 'Rule' with prefix ''. Found {class} more than once")));
        }
        match (transition.days, &transition.date) {
            (Some(days), None) if days < 0 => {
                return Err(invalid("'Days' for Transition action must be nonnegative"));
            }
            (Some(days), None) if days < 30 && matches!(class, "STANDARD_IA" | "ONEZONE_IA") => {
                return Err(Fault::new("InvalidArgument").message(format!("'Days' in Transition action must be greater than or equal to 30 for storageClass '{class}'")));
            }
            (Some(days), None) => {
                if rule.expiration.as_ref().is_some_and(|expiration| expiration.date.is_some()) {
                    return Err(mixed());
                }
                if rule
                    .expiration
                    .as_ref()
                    .and_then(|expiration| expiration.days)
                    .is_some_and(|expiration| expiration <= days)
                {
                    return Err(invalid(
                        "'Days' in the Expiration action for filter must be greater than 'Days' in the Transition action",
                    ));
                }
            }
            (None, Some(date)) if !is_midnight(date) => {
                return Err(invalid("'Date' must be at midnight GMT"));
            }
            (None, Some(_)) => {
                if rule.expiration.as_ref().is_some_and(|expiration| expiration.days.is_some()) {
                    return Err(mixed());
                }
            }
            _ => return Err(malformed()),
        }
    }
    for transition in rule.noncurrent_version_transitions.iter().flatten() {
        check_class(
            transition.storage_class.as_ref().map(|class| class.as_str()).ok_or_else(malformed)?,
        )?;
        if transition.noncurrent_days.ok_or_else(malformed)? < 0 {
            return Err(invalid(
                "'NoncurrentDays' for NoncurrentVersionTransition action must be nonnegative",
            ));
        }
    }
    Ok(())
}

fn mixed() -> Fault {
    Fault::new("InvalidRequest").message(
        "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule",
    )
}

fn check_class(class: &str) -> Result<(), Fault> {
    if matches!(
        class,
        "GLACIER"
            | "STANDARD_IA"
            | "ONEZONE_IA"
            | "INTELLIGENT_TIERING"
            | "DEEP_ARCHIVE"
            | "GLACIER_IR"
    ) {
        Ok(())
    } else {
        Err(malformed())
    }
}

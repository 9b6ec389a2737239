//! Object lock: retention and legal hold.
//!
//! Source: "Locking objects with Object Lock", S3 User Guide.

use std::time::{Duration, SystemTime};

use s3s::S3Response;
use s3s::dto::*;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::{Cx, convert};
use crate::fault::Fault;
use crate::store::{Bucket, Retention, Version, VersionId, Versioning};

/// The longest default retention ("PutObjectLockConfiguration", S3 API Reference).
const MAX_YEARS: i32 = 100;
const MAX_DAYS: i32 = 36_500;

/// The retention that a bucket gives to what is written without one.
pub(super) fn default_retention(bucket: &Bucket) -> Option<Retention> {
    let default =
        bucket.settings.object_lock.as_ref()?.rule.as_ref()?.default_retention.as_ref()?;
    let days = default.days.map(i64::from).or(default.years.map(|years| i64::from(years) * 365))?;
    let until = SystemTime::now() + Duration::from_secs(u64::try_from(days).ok()? * 86_400);
    Some(Retention { mode: default.mode.as_ref()?.as_str().to_owned(), until })
}

/// The lock headers of a write.
///
/// # Errors
/// InvalidRequest on a bucket without lock, InvalidArgument for half a retention or one in the past.
pub(super) fn read_headers(cx: &Cx, has_lock: bool) -> Result<(Option<Retention>, bool), Fault> {
    let mode = cx.header("x-amz-object-lock-mode");
    let until = cx.header("x-amz-object-lock-retain-until-date");
    let hold = cx.header("x-amz-object-lock-legal-hold");
    if mode.is_none() && until.is_none() && hold.is_none() {
        return Ok((None, false));
    }
    if !has_lock {
        return Err(
            Fault::new("InvalidRequest").message("Bucket is missing Object Lock Configuration")
        );
    }
    let retention = match (mode, until) {
        (None, None) => None,
        (Some(mode), Some(until)) => {
            let until = OffsetDateTime::parse(until, &Rfc3339).map_err(|_| {
                Fault::new("InvalidArgument")
                    .message("The retain until date must be provided in ISO 8601 format")
                    .field("ArgumentName", "x-amz-object-lock-retain-until-date")
            })?;
            Some(checked(mode, until)?)
        }
        _ => {
            return Err(Fault::new("InvalidArgument")
                .message("x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
                .field("ArgumentName", if mode.is_some() { "x-amz-object-lock-retain-until-date" } else { "x-amz-object-lock-mode" }));
        }
    };
    let hold = match hold {
        None | Some("OFF") => false,
        Some("ON") => true,
        Some(other) => {
            return Err(Fault::new("InvalidArgument")
                .message("Legal Hold must be either of 'ON' or 'OFF'")
                .field("ArgumentName", "x-amz-object-lock-legal-hold")
                .field("ArgumentValue", other));
        }
    };
    Ok((retention, hold))
}

/// # Errors
/// InvalidArgument for what is no mode, and for a date in the past or, in UTC, after the year 9999.
fn checked(mode: &str, until: OffsetDateTime) -> Result<Retention, Fault> {
    if !matches!(mode, "GOVERNANCE" | "COMPLIANCE") {
        return Err(Fault::new("InvalidArgument")
            .message("Unknown wormMode directive.")
            .field("ArgumentName", "x-amz-object-lock-mode")
            .field("ArgumentValue", mode));
    }
    let wrong = |message: &'static str| {
        Fault::new("InvalidArgument")
            .message(message)
            .field("ArgumentName", "x-amz-object-lock-retain-until-date")
    };
    if until <= OffsetDateTime::now_utc() {
        return Err(wrong("The retain until date must be in the future!"));
    }
    let until = until
        .checked_to_offset(UtcOffset::UTC)
        .ok_or_else(|| wrong("The retain until date is out of range"))?;
    Ok(Retention { mode: mode.to_owned(), until: until.into() })
}

/// Whether the request may pass over a governance retention.
pub(super) fn bypasses(cx: &Cx) -> bool {
    cx.header("x-amz-bypass-governance-retention")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// # Errors
/// AccessDenied for a version that is held or still retained.
pub(super) fn check_delete(version: &Version, bypass: bool) -> Result<(), Fault> {
    let retained = version.properties.retention.as_ref().is_some_and(|retention| {
        retention.until > SystemTime::now() && !(bypass && retention.mode == "GOVERNANCE")
    });
    if retained || version.properties.legal_hold {
        return Err(Fault::new("AccessDenied")
            .message("Access Denied because object protected by object lock."));
    }
    Ok(())
}

pub(super) async fn get_configuration(
    cx: Cx,
    input: GetObjectLockConfigurationInput,
) -> Result<S3Response<GetObjectLockConfigurationOutput>, Fault> {
    let configuration = cx.settings(&input.bucket, |settings| settings.object_lock.clone())?;
    let configuration = configuration.ok_or_else(|| {
        Fault::new("ObjectLockConfigurationNotFoundError").field("BucketName", &input.bucket)
    })?;
    Ok(S3Response::new(GetObjectLockConfigurationOutput {
        object_lock_configuration: Some(configuration),
    }))
}

pub(super) async fn put_configuration(
    cx: Cx,
    input: PutObjectLockConfigurationInput,
) -> Result<S3Response<PutObjectLockConfigurationOutput>, Fault> {
    let configuration =
        input.object_lock_configuration.ok_or_else(|| Fault::new("MalformedXML"))?;
    if configuration.object_lock_enabled.as_ref().map(|enabled| enabled.as_str()) != Some("Enabled")
    {
        return Err(Fault::new("MalformedXML"));
    }
    if let Some(rule) = &configuration.rule {
        let default = rule.default_retention.as_ref().ok_or_else(|| Fault::new("MalformedXML"))?;
        let mode = default.mode.as_ref().map(|mode| mode.as_str());
        if !matches!(mode, Some("GOVERNANCE" | "COMPLIANCE")) {
            return Err(Fault::new("MalformedXML"));
        }
        match (default.days, default.years) {
            (Some(days), None) => check_period(days, MAX_DAYS)?,
            (None, Some(years)) => check_period(years, MAX_YEARS)?,
            _ => return Err(Fault::new("MalformedXML")),
        }
    }
    cx.store.with(&input.bucket, |bucket| {
        if bucket.settings.versioning != Versioning::Enabled {
            return Err(Fault::new("InvalidBucketState").message(
                "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            ));
        }
        bucket.settings.object_lock = Some(configuration);
        Ok(())
    })?;
    Ok(S3Response::new(PutObjectLockConfigurationOutput::default()))
}

fn check_period(count: i32, most: i32) -> Result<(), Fault> {
    match count {
        ..1 => Err(Fault::new("InvalidRetentionPeriod")),
        count if count > most => Err(Fault::new("InvalidRetentionPeriod")
            .message(format!("Default retention period must be at most {MAX_YEARS} years."))),
        _ => Ok(()),
    }
}

/// Runs `f` on a version of a bucket with lock.
fn with_version<T>(
    cx: &Cx,
    bucket: &str,
    key: &str,
    id: Option<&str>,
    f: impl FnOnce(&mut Version) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let id = id.map(VersionId::parse);
    cx.store.with(bucket, |bucket| {
        if bucket.settings.object_lock.is_none() {
            return Err(
                Fault::new("InvalidRequest").message("Bucket is missing Object Lock Configuration")
            );
        }
        let version = bucket
            .version_mut(key, id.as_ref())
            .map_err(|missing| convert::missing_version(missing, key, id.as_ref()))?;
        if version.is_marker() {
            return Err(convert::delete_marker(cx));
        }
        f(version)
    })
}

pub(super) async fn get_retention(
    cx: Cx,
    input: GetObjectRetentionInput,
) -> Result<S3Response<GetObjectRetentionOutput>, Fault> {
    let retention =
        with_version(&cx, &input.bucket, &input.key, input.version_id.as_deref(), |version| {
            Ok(version.properties.retention.clone())
        })?;
    let retention = retention
        .ok_or_else(|| Fault::new("NoSuchObjectLockConfiguration").field("Key", &input.key))?;
    Ok(S3Response::new(GetObjectRetentionOutput {
        retention: Some(ObjectLockRetention {
            mode: Some(ObjectLockRetentionMode::from(retention.mode)),
            retain_until_date: Some(retention.until.into()),
        }),
    }))
}

pub(super) async fn put_retention(
    cx: Cx,
    input: PutObjectRetentionInput,
) -> Result<S3Response<PutObjectRetentionOutput>, Fault> {
    let asked = input.retention.unwrap_or_default();
    let wanted = match (asked.mode, asked.retain_until_date) {
        (None, None) => None,
        (Some(mode), Some(until)) => {
            if !matches!(mode.as_str(), "GOVERNANCE" | "COMPLIANCE") {
                return Err(Fault::new("MalformedXML"));
            }
            Some(checked(mode.as_str(), until.into())?)
        }
        _ => return Err(Fault::new("MalformedXML")),
    };
    let bypass = bypasses(&cx);
    with_version(&cx, &input.bucket, &input.key, input.version_id.as_deref(), |version| {
        let current = version
            .properties
            .retention
            .as_ref()
            .filter(|current| current.until > SystemTime::now());
        if let Some(current) = current {
            let extends = wanted
                .as_ref()
                .is_some_and(|wanted| wanted.mode == current.mode && wanted.until >= current.until);
            let bypassed = bypass && current.mode == "GOVERNANCE";
            if !extends && !bypassed {
                return Err(Fault::new("AccessDenied")
                    .message("Access Denied because object protected by object lock."));
            }
        }
        version.properties.retention = wanted;
        Ok(())
    })?;
    Ok(S3Response::new(PutObjectRetentionOutput::default()))
}

pub(super) async fn get_legal_hold(
    cx: Cx,
    input: GetObjectLegalHoldInput,
) -> Result<S3Response<GetObjectLegalHoldOutput>, Fault> {
    let held =
        with_version(&cx, &input.bucket, &input.key, input.version_id.as_deref(), |version| {
            Ok(version.properties.legal_hold)
        })?;
    let status = ObjectLockLegalHoldStatus::from_static(if held { "ON" } else { "OFF" });
    Ok(S3Response::new(GetObjectLegalHoldOutput {
        legal_hold: Some(ObjectLockLegalHold { status: Some(status) }),
    }))
}

pub(super) async fn put_legal_hold(
    cx: Cx,
    input: PutObjectLegalHoldInput,
) -> Result<S3Response<PutObjectLegalHoldOutput>, Fault> {
    let held = match input
        .legal_hold
        .and_then(|hold| hold.status)
        .as_ref()
        .map(|status| status.as_str())
    {
        Some("ON") => true,
        Some("OFF") => false,
        _ => return Err(Fault::new("MalformedXML")),
    };
    with_version(&cx, &input.bucket, &input.key, input.version_id.as_deref(), |version| {
        version.properties.legal_hold = held;
        Ok(())
    })?;
    Ok(S3Response::new(PutObjectLegalHoldOutput::default()))
}

//! Object lock: retention, legal hold, and what a bucket retains by itself.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockLegalHold,
    ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode,
    ObjectLockRule,
};
use sandbox::Sandbox;

use crate::support::{client, put, refusal, sandbox};

/// A sandbox, its client, and a bucket named `bucket` with object lock.
async fn with_locked_bucket() -> (Sandbox, Client) {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let create = client.create_bucket().bucket("bucket").object_lock_enabled_for_bucket(true);
    create.send().await.unwrap();
    (sandbox, client)
}

fn in_hours(hours: u64) -> DateTime {
    DateTime::from(SystemTime::now() + Duration::from_secs(hours * 3_600))
}

/// The version of a new object that is retained for an hour.
async fn retained(client: &Client, mode: ObjectLockMode) -> String {
    let put = client.put_object().bucket("bucket").key("k").object_lock_mode(mode);
    let put = put.object_lock_retain_until_date(in_hours(1)).send().await.unwrap();
    put.version_id.unwrap()
}

#[tokio::test]
async fn a_default_retention_lasts_a_day_to_a_hundred_years() {
    let (_sandbox, client) = with_locked_bucket().await;
    let set = async |days: Option<i32>, years: Option<i32>| {
        let retention = DefaultRetention::builder()
            .mode(ObjectLockRetentionMode::Governance)
            .set_days(days)
            .set_years(years)
            .build();
        let configuration = ObjectLockConfiguration::builder()
            .object_lock_enabled(ObjectLockEnabled::Enabled)
            .rule(ObjectLockRule::builder().default_retention(retention).build())
            .build();
        client
            .put_object_lock_configuration()
            .bucket("bucket")
            .object_lock_configuration(configuration)
            .send()
            .await
    };
    for (days, years, refused) in [
        (Some(0), None, "400 InvalidRetentionPeriod"),
        (None, Some(-1), "400 InvalidRetentionPeriod"),
        (Some(36_501), None, "400 InvalidRetentionPeriod"),
        (None, Some(101), "400 InvalidRetentionPeriod"),
        (None, Some(i32::MAX), "400 InvalidRetentionPeriod"),
        (Some(1), Some(1), "400 MalformedXML"),
        (None, None, "400 MalformedXML"),
    ] {
        assert_eq!(refusal(set(days, years).await), refused, "{days:?} {years:?}");
    }
    for (days, years) in [(Some(36_500), None), (None, Some(100)), (Some(1), None)] {
        set(days, years).await.unwrap();
        put(&client, "k", "x").await;
        let head = client.head_object().bucket("bucket").key("k").send().await.unwrap();
        assert_eq!(head.object_lock_mode(), Some(&ObjectLockMode::Governance));
        let until = head.object_lock_retain_until_date().unwrap().secs();
        let expected = i64::from(days.unwrap_or(36_500)) * 86_400;
        assert!((until - DateTime::from(SystemTime::now()).secs()).abs_diff(expected) < 60);
    }
}

#[tokio::test]
async fn a_retained_version_goes_by_a_bypass_of_governance_alone() {
    let (_sandbox, client) = with_locked_bucket().await;
    for (mode, passes) in [(ObjectLockMode::Governance, true), (ObjectLockMode::Compliance, false)]
    {
        let id = retained(&client, mode).await;
        let delete = || client.delete_object().bucket("bucket").key("k").version_id(&id);
        assert_eq!(refusal(delete().send().await), "403 AccessDenied");
        let bypassed = delete().bypass_governance_retention(true).send().await;
        assert_eq!(bypassed.is_ok(), passes, "{bypassed:?}");
    }
    // A delete marker hides a retained version; it does not delete it.
    client.delete_object().bucket("bucket").key("k").send().await.unwrap();
}

#[tokio::test]
async fn a_retention_is_extended_freely_and_weakened_by_bypass_alone() {
    let (_sandbox, client) = with_locked_bucket().await;
    use ObjectLockRetentionMode::{Compliance, Governance};
    retained(&client, ObjectLockMode::Governance).await;
    for (mode, hours, bypass, taken) in [
        (Governance, 3, false, true),
        (Governance, 2, false, false),
        (Governance, 2, true, true),
        (Compliance, 4, false, false),
        (Compliance, 4, true, true),
        (Compliance, 3, true, false),
        (Governance, 5, true, false),
        (Compliance, 5, false, true),
    ] {
        let retention = ObjectLockRetention::builder()
            .mode(mode.clone())
            .retain_until_date(in_hours(hours))
            .build();
        let set = client.put_object_retention().bucket("bucket").key("k").retention(retention);
        let set = set.bypass_governance_retention(bypass).send().await;
        assert_eq!(set.is_ok(), taken, "{mode} for {hours} h: {set:?}");
    }
}

#[tokio::test]
async fn a_held_version_stays_until_it_is_let_go() {
    let (_sandbox, client) = with_locked_bucket().await;
    let id = put(&client, "k", "x").await.version_id.unwrap();
    let hold = |status| {
        let hold = ObjectLockLegalHold::builder().status(status).build();
        client.put_object_legal_hold().bucket("bucket").key("k").legal_hold(hold).send()
    };
    let delete = || client.delete_object().bucket("bucket").key("k").version_id(&id);
    hold(ObjectLockLegalHoldStatus::On).await.unwrap();
    let bypassed = delete().bypass_governance_retention(true).send().await;
    assert_eq!(refusal(bypassed), "403 AccessDenied");
    hold(ObjectLockLegalHoldStatus::Off).await.unwrap();
    delete().send().await.unwrap();
}

#[tokio::test]
async fn a_retention_ends_in_the_future_and_in_a_year_of_four_digits() {
    let (_sandbox, client) = with_locked_bucket().await;
    for (until, refused) in [
        ("2020-01-01T00:00:00Z", true),
        ("9999-12-31T23:59:59-01:00", true),
        ("9999-12-31T23:59:59Z", false),
    ] {
        let put = client
            .put_object()
            .bucket("bucket")
            .key("k")
            .customize()
            .mutate_request(move |request| {
                let headers = request.headers_mut();
                headers.insert("x-amz-object-lock-mode", "GOVERNANCE");
                headers.insert("x-amz-object-lock-retain-until-date", until);
            })
            .send()
            .await;
        if refused {
            assert_eq!(refusal(put), "400 InvalidArgument", "{until}");
        } else {
            put.unwrap();
            client.head_object().bucket("bucket").key("k").send().await.unwrap();
        }
    }
}

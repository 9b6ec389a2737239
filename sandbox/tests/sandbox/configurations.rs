//! Bucket configurations that are stored and told: logging, notifications, website, replication, payment, acceleration.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::types::{
    AccelerateConfiguration, BucketAccelerateStatus, BucketLoggingStatus, BucketLogsPermission,
    BucketVersioningStatus, DeleteMarkerReplication, Destination, Event, FilterRule,
    FilterRuleName, IndexDocument, LoggingEnabled, NotificationConfiguration,
    NotificationConfigurationFilter, PartitionDateSource, PartitionedPrefix, Payer,
    QueueConfiguration, RedirectAllRequestsTo, ReplicationConfiguration, ReplicationRule,
    ReplicationRuleFilter, ReplicationRuleStatus, RequestPaymentConfiguration, S3KeyFilter,
    TargetGrant, TargetObjectKeyFormat, VersioningConfiguration, WebsiteConfiguration,
};

use crate::support::{
    KEY, SECRET, client_in, create_in, other_client, refusal, sdk_config, with_bucket,
};

fn logging(target: &str) -> BucketLoggingStatus {
    let prefix =
        PartitionedPrefix::builder().partition_date_source(PartitionDateSource::EventTime).build();
    let enabled = LoggingEnabled::builder()
        .target_bucket(target)
        .target_prefix("log/")
        .target_object_key_format(
            TargetObjectKeyFormat::builder().partitioned_prefix(prefix).build(),
        )
        .build()
        .unwrap();
    BucketLoggingStatus::builder().logging_enabled(enabled).build()
}

#[tokio::test]
async fn logging_wants_a_target_of_the_same_account_and_region() {
    let (sandbox, client) = with_bucket().await;
    client.create_bucket().bucket("logs").send().await.unwrap();
    other_client(&sandbox).create_bucket().bucket("foreign").send().await.unwrap();
    create_in(&client_in(&sandbox, "eu-west-1"), "eu-west-1", "far").await;
    let put =
        |status| client.put_bucket_logging().bucket("bucket").bucket_logging_status(status).send();
    let get = || async {
        client.get_bucket_logging().bucket("bucket").send().await.unwrap().logging_enabled
    };
    assert_eq!(get().await, None);
    for target in ["nobody-made-it", "foreign"] {
        assert_eq!(refusal(put(logging(target)).await), "400 InvalidTargetBucketForLogging");
    }
    assert_eq!(refusal(put(logging("far")).await), "403 CrossLocationLoggingProhibited");

    put(logging("logs")).await.unwrap();
    assert_eq!(get().await, logging("logs").logging_enabled);
    // Without ACLs on the target there is nothing to grant.
    let grant = TargetGrant::builder().permission(BucketLogsPermission::Read).build();
    let mut granted = logging("logs");
    granted.logging_enabled.as_mut().unwrap().target_grants = Some(vec![grant]);
    assert_eq!(refusal(put(granted).await), "400 AccessControlListNotSupported");
    put(BucketLoggingStatus::builder().build()).await.unwrap();
    assert_eq!(get().await, None);
}

fn queue(arn: &str, filter: &str) -> NotificationConfiguration {
    let rule = FilterRule::builder().name(FilterRuleName::from(filter)).value("in/").build();
    let filter = NotificationConfigurationFilter::builder()
        .key(S3KeyFilter::builder().filter_rules(rule).build())
        .build();
    let queue = QueueConfiguration::builder()
        .queue_arn(arn)
        .events(Event::S3ObjectCreatedPut)
        .filter(filter)
        .build()
        .unwrap();
    NotificationConfiguration::builder().queue_configurations(queue).build()
}

#[tokio::test]
async fn notifications_are_checked_named_and_told() {
    let (_sandbox, client) = with_bucket().await;
    let put = |configuration| {
        client
            .put_bucket_notification_configuration()
            .bucket("bucket")
            .notification_configuration(configuration)
            .send()
    };
    let get = || async {
        client.get_bucket_notification_configuration().bucket("bucket").send().await.unwrap()
    };
    let arn = "arn:aws:sqs:us-east-1:111122223333:queue";
    assert!(get().await.queue_configurations().is_empty());
    for (arn, filter) in [
        ("arn:aws:sns:us-east-1:111122223333:queue", "prefix"),
        ("queue", "prefix"),
        (arn, "infix"),
    ] {
        assert_eq!(refusal(put(queue(arn, filter)).await), "400 InvalidArgument", "{arn} {filter}");
    }
    put(queue(arn, "prefix")).await.unwrap();
    let told = get().await;
    let [told] = told.queue_configurations() else { panic!("one queue: {told:?}") };
    assert_eq!((told.queue_arn(), told.events()), (arn, &[Event::S3ObjectCreatedPut][..]));
    assert!(!told.id().unwrap().is_empty());
    put(NotificationConfiguration::builder().build()).await.unwrap();
    assert!(get().await.queue_configurations().is_empty());
}

#[tokio::test]
async fn a_website_has_an_index_or_redirects_everything() {
    let (_sandbox, client) = with_bucket().await;
    let put = |configuration| {
        client.put_bucket_website().bucket("bucket").website_configuration(configuration).send()
    };
    let get = || client.get_bucket_website().bucket("bucket").send();
    let index = |suffix: &str| IndexDocument::builder().suffix(suffix).build().unwrap();
    let redirect = RedirectAllRequestsTo::builder().host_name("example.com").build().unwrap();
    assert_eq!(refusal(get().await), "404 NoSuchWebsiteConfiguration");
    for wrong in [
        WebsiteConfiguration::builder().build(),
        WebsiteConfiguration::builder().index_document(index("a/b")).build(),
        WebsiteConfiguration::builder()
            .index_document(index("index.html"))
            .redirect_all_requests_to(redirect.clone())
            .build(),
    ] {
        assert_eq!(refusal(put(wrong).await), "400 InvalidArgument");
    }
    put(WebsiteConfiguration::builder().index_document(index("index.html")).build()).await.unwrap();
    assert_eq!(get().await.unwrap().index_document().unwrap().suffix(), "index.html");
    put(WebsiteConfiguration::builder().redirect_all_requests_to(redirect.clone()).build())
        .await
        .unwrap();
    let told = get().await.unwrap();
    assert_eq!((told.index_document(), told.redirect_all_requests_to()), (None, Some(&redirect)));
    client.delete_bucket_website().bucket("bucket").send().await.unwrap();
    assert_eq!(refusal(get().await), "404 NoSuchWebsiteConfiguration");
}

#[tokio::test]
async fn replication_wants_versions_on_both_sides() {
    let (_sandbox, client) = with_bucket().await;
    client.create_bucket().bucket("replica").send().await.unwrap();
    let put = || {
        let destination = Destination::builder().bucket("arn:aws:s3:::replica").build().unwrap();
        let rule = ReplicationRule::builder()
            .status(ReplicationRuleStatus::Enabled)
            .filter(ReplicationRuleFilter::builder().prefix("").build())
            .priority(1)
            .delete_marker_replication(DeleteMarkerReplication::builder().build())
            .destination(destination)
            .build()
            .unwrap();
        let configuration = ReplicationConfiguration::builder()
            .role("arn:aws:iam::111122223333:role/replication")
            .rules(rule)
            .build()
            .unwrap();
        client
            .put_bucket_replication()
            .bucket("bucket")
            .replication_configuration(configuration)
            .send()
    };
    let version = |bucket, status| {
        let versioning = VersioningConfiguration::builder().status(status).build();
        client.put_bucket_versioning().bucket(bucket).versioning_configuration(versioning).send()
    };
    let get = || client.get_bucket_replication().bucket("bucket").send();
    assert_eq!(refusal(get().await), "404 ReplicationConfigurationNotFoundError");
    assert_eq!(refusal(put().await), "400 InvalidRequest");
    version("bucket", BucketVersioningStatus::Enabled).await.unwrap();
    assert_eq!(refusal(put().await), "400 InvalidRequest");
    version("replica", BucketVersioningStatus::Enabled).await.unwrap();
    put().await.unwrap();
    let told = get().await.unwrap().replication_configuration.unwrap();
    assert!(!told.rules()[0].id().unwrap().is_empty());
    assert_eq!(
        refusal(version("bucket", BucketVersioningStatus::Suspended).await),
        "409 InvalidBucketState"
    );
    client.delete_bucket_replication().bucket("bucket").send().await.unwrap();
    assert_eq!(refusal(get().await), "404 ReplicationConfigurationNotFoundError");
}

#[tokio::test]
async fn payment_and_acceleration_come_back() {
    let (sandbox, _) = with_bucket().await;
    // A name with a dot is otherwise made part of the host's.
    let configuration = sdk_config(&sandbox, KEY, SECRET, None, "us-east-1");
    let client = Client::from_conf(Builder::from(&configuration).force_path_style(true).build());
    let payer = || async {
        client.get_bucket_request_payment().bucket("bucket").send().await.unwrap().payer.unwrap()
    };
    assert_eq!(payer().await, Payer::BucketOwner);
    let configuration =
        RequestPaymentConfiguration::builder().payer(Payer::Requester).build().unwrap();
    client
        .put_bucket_request_payment()
        .bucket("bucket")
        .request_payment_configuration(configuration)
        .send()
        .await
        .unwrap();
    assert_eq!(payer().await, Payer::Requester);

    let accelerate = |bucket: &str, status: &str| {
        let status = BucketAccelerateStatus::from(status);
        let configuration = AccelerateConfiguration::builder().status(status).build();
        client
            .put_bucket_accelerate_configuration()
            .bucket(bucket)
            .accelerate_configuration(configuration)
            .send()
    };
    let status = || async {
        client.get_bucket_accelerate_configuration().bucket("bucket").send().await.unwrap().status
    };
    assert_eq!(status().await, None);
    accelerate("bucket", "Suspended").await.unwrap();
    assert_eq!(status().await, Some(BucketAccelerateStatus::Suspended));
    assert_eq!(refusal(accelerate("bucket", "Fast").await), "400 MalformedXML");
    client.create_bucket().bucket("with.dot").send().await.unwrap();
    assert_eq!(refusal(accelerate("with.dot", "Enabled").await), "400 InvalidRequest");
}

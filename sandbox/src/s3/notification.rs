//! Event notifications of a bucket: stored and told; the sandbox sends none.
//!
//! Source: PutBucketNotificationConfiguration, S3 API Reference; "Event notification types and destinations", S3 User Guide.
//! There is no SNS, SQS or Lambda here, so a destination is checked by the form of its ARN alone.

use s3s::S3Response;
use s3s::dto::*;
use uuid::Uuid;

use super::Cx;
use crate::fault::Fault;

/// The families of events; each may stand with a detail, or with `*`.
const EVENTS: [&str; 11] = [
    "s3:ObjectCreated:",
    "s3:ObjectRemoved:",
    "s3:ObjectRestore:",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:",
    "s3:LifecycleExpiration:",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:Put",
    "s3:ObjectTagging:",
    "s3:TestEvent",
];

pub(super) async fn get(
    cx: Cx,
    input: GetBucketNotificationConfigurationInput,
) -> Result<S3Response<GetBucketNotificationConfigurationOutput>, Fault> {
    let stored = cx.settings(&input.bucket, |settings| settings.notification.clone())?;
    Ok(S3Response::new(GetBucketNotificationConfigurationOutput {
        event_bridge_configuration: stored.event_bridge_configuration,
        lambda_function_configurations: stored.lambda_function_configurations,
        queue_configurations: stored.queue_configurations,
        topic_configurations: stored.topic_configurations,
    }))
}

/// Replaces the configuration; an empty one turns notifications off.
pub(super) async fn put(
    cx: Cx,
    input: PutBucketNotificationConfigurationInput,
) -> Result<S3Response<PutBucketNotificationConfigurationOutput>, Fault> {
    let mut configuration = input.notification_configuration;
    for topic in configuration.topic_configurations.iter_mut().flatten() {
        check("sns", &topic.topic_arn, &topic.events, topic.filter.as_ref())?;
        name(&mut topic.id);
    }
    for queue in configuration.queue_configurations.iter_mut().flatten() {
        check("sqs", &queue.queue_arn, &queue.events, queue.filter.as_ref())?;
        name(&mut queue.id);
    }
    for function in configuration.lambda_function_configurations.iter_mut().flatten() {
        check("lambda", &function.lambda_function_arn, &function.events, function.filter.as_ref())?;
        name(&mut function.id);
    }
    cx.settings(&input.bucket, |settings| settings.notification = configuration)?;
    Ok(S3Response::new(PutBucketNotificationConfigurationOutput::default()))
}

/// S3 names what the client did not.
fn name(id: &mut Option<String>) {
    if id.as_deref().is_none_or(str::is_empty) {
        *id = Some(Uuid::new_v4().to_string());
    }
}

fn check(
    service: &str,
    arn: &str,
    events: &[Event],
    filter: Option<&NotificationConfigurationFilter>,
) -> Result<(), Fault> {
    let invalid = |message: &'static str, name: &'static str, value: &str| {
        Fault::new("InvalidArgument")
            .message(message)
            .field("ArgumentName", name)
            .field("ArgumentValue", value)
    };
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let well_formed = matches!(fields[..], ["arn", partition, of, region, account, name]
        if partition.starts_with("aws") && of == service && !region.is_empty()
            && account.len() == 12 && !name.is_empty());
    if !well_formed {
        return Err(invalid("The ARN could not be parsed", "ARN", arn));
    }
    if events.is_empty() {
        return Err(Fault::new("MalformedXML"));
    }
    let unknown =
        events.iter().find(|event| !EVENTS.iter().any(|family| event.as_ref().starts_with(family)));
    if let Some(event) = unknown {
        return Err(invalid(
            "The event is not supported for notifications",
            "Event",
            event.as_ref(),
        ));
    }
    let rules = filter.and_then(|filter| filter.key.as_ref()?.filter_rules.as_ref());
    let mut seen = Vec::new();
    for rule in rules.into_iter().flatten() {
        let name = rule.name.as_ref().map_or("", FilterRuleName::as_str).to_ascii_lowercase();
        if !matches!(&name[..], "prefix" | "suffix") {
            return Err(invalid(
                "filter rule name must be either prefix or suffix",
                "FilterRule.Name",
                &name,
            ));
        }
        if seen.contains(&name) {
            return Err(invalid(
                "Cannot specify more than one prefix rule or suffix rule in a filter.",
                "FilterRule",
                &name,
            ));
        }
        seen.push(name);
    }
    Ok(())
}

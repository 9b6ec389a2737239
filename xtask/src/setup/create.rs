//! Creates a bucket, and believes it only once it is seen.

use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, BucketNamespace, CreateBucketConfiguration};
use tokio::time::{Instant, sleep};

use super::bucket_names;
use super::patience::patiently;
use super::settings::our_tag;
use crate::aws::{Aws, AwsError, ErrorKind};
use crate::bucket::{self, Presence};

/// How long a new bucket may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Debug)]
pub(super) enum Creation {
    /// It is there, ours and new.
    Created,
    /// It is there and was created by somebody of this account since we looked.
    AlreadyThere,
    /// The server says that it is created, and does not know it afterwards.
    NotSeen,
    /// Somebody else has the name.
    Taken,
    /// It could not be created.
    Failed(AwsError),
}

/// Creates the bucket in our region.
///
/// To be called only where HeadBucket found nothing: in us-east-1, creating one's own bucket again
/// answers 200 and resets its ACLs.
pub(super) async fn create(aws: &Aws, bucket: &str) -> Creation {
    let tagged = create_with(aws, bucket, Tagging::AtOnce);
    let created = match aws.endpoint {
        // Tags that come with the bucket leave no moment in which an interrupted setup would not know
        // its own bucket. They need `s3:TagResource` beside `s3:CreateBucket`; who has only the latter
        // gets the tags by PutBucketTagging. Other servers know them there or not at all.
        None => match tagged.await {
            Err(error) if error.kind == ErrorKind::Denied => {
                create_with(aws, bucket, Tagging::Later).await
            }
            created => created,
        },
        Some(_) => create_with(aws, bucket, Tagging::Later).await,
    };
    match created {
        Ok(()) => wait_until_seen(aws, bucket, PATIENCE).await,
        Err(error) => match error.code.as_deref() {
            Some("BucketAlreadyOwnedByYou") => Creation::AlreadyThere,
            Some("BucketAlreadyExists") => Creation::Taken,
            _ => Creation::Failed(error),
        },
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tagging {
    AtOnce,
    Later,
}

async fn create_with(aws: &Aws, bucket: &str, tagging: Tagging) -> Result<(), AwsError> {
    patiently(async || {
        let create = aws.s3.create_bucket().bucket(bucket);
        let sent = create
            .set_create_bucket_configuration(configuration(&aws.region, tagging))
            .set_bucket_namespace(namespace(aws, bucket))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error) => Err(AwsError::new("s3:CreateBucket", bucket, error)),
        }
    })
    .await
}

/// us-east-1 is where buckets go that name no location, and it cannot be named.
fn configuration(region: &str, tagging: Tagging) -> Option<CreateBucketConfiguration> {
    let location = (region != "us-east-1").then(|| BucketLocationConstraint::from(region));
    let tags = (tagging == Tagging::AtOnce).then(|| vec![our_tag()]);
    if location.is_none() && tags.is_none() {
        return None;
    }
    let configuration = CreateBucketConfiguration::builder().set_location_constraint(location);
    Some(configuration.set_tags(tags).build())
}

/// A name of the account's own namespace has to be asked for there.
fn namespace(aws: &Aws, bucket: &str) -> Option<BucketNamespace> {
    let account = aws.expected_owner()?;
    bucket_names::is_account_regional(bucket, &account, &aws.region)
        .then_some(BucketNamespace::AccountRegional)
}

/// A 200 may come before the bucket is known everywhere, and from a server that keeps nothing.
async fn wait_until_seen(aws: &Aws, bucket: &str, patience: Duration) -> Creation {
    let end = Instant::now() + patience;
    let mut delay = Duration::from_millis(100);
    loop {
        let seen = bucket::presence(aws, bucket).await;
        let is_over = Instant::now() + delay > end;
        match seen {
            Ok(Presence::Present) => return Creation::Created,
            // The owner check may not know the new owner yet.
            Ok(Presence::Foreign) if is_over => return Creation::Taken,
            Ok(Presence::Foreign) => {}
            Ok(_) | Err(_) if !is_over => {}
            Ok(Presence::Missing | Presence::ElsewhereIn(_)) => return Creation::NotSeen,
            Err(error) => return Creation::Failed(error),
        }
        sleep(delay).await;
        delay = (delay * 2).min(Duration::from_secs(2));
    }
}

#[cfg(test)]
mod tests {
    use contract::target::{SANDBOX_ACCOUNT, SANDBOX_REGION};
    use contract::test_id::SandboxKey;
    use contract::{Prefix, Root};
    use sandbox::{AccessKey, Config, Sandbox};

    use super::*;
    use crate::aws::connect_to_sandbox;
    use crate::leftovers::fake;

    /// The embedded AWS, taken for AWS itself.
    async fn as_aws(sandbox: &Sandbox) -> Aws {
        let key = SandboxKey::harness();
        sandbox.add_access_key(AccessKey::user(SANDBOX_ACCOUNT, "harness", &key.id, &key.secret));
        let aws = connect_to_sandbox(sandbox.endpoint(), SANDBOX_REGION, &key, SANDBOX_ACCOUNT);
        Aws { endpoint: None, ..aws }
    }

    #[tokio::test]
    async fn a_bucket_is_created_once() {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let aws = as_aws(&sandbox).await;
        let name = format!("app-test-{SANDBOX_ACCOUNT}-{SANDBOX_REGION}-an");
        let creation = create(&aws, &name).await;
        assert!(matches!(creation, Creation::Created), "{creation:?}");
        let again = create(&aws, &name).await;
        assert!(matches!(again, Creation::AlreadyThere), "{again:?}");
    }

    #[tokio::test]
    async fn a_bucket_is_believed_only_once_it_is_seen() {
        let patience = Duration::from_millis(250);
        for (status, creation) in
            [(200, "Created"), (404, "NotSeen"), (301, "NotSeen"), (403, "Taken"), (400, "Failed")]
        {
            let (place, log) =
                fake::place(Prefix::of_root(Root::Test), move |_| (status, String::new()));
            let seen = wait_until_seen(&place.aws, "bucket", patience).await;
            assert!(format!("{seen:?}").starts_with(creation), "{status}: {seen:?}");
            // It is asked for again before it is given up.
            assert_eq!(log.all().len() > 1, status != 200, "{status}");
        }
    }

    #[test]
    fn us_east_1_is_never_named() {
        assert_eq!(configuration("us-east-1", Tagging::Later), None);
        let tagged = configuration("us-east-1", Tagging::AtOnce).unwrap();
        assert_eq!(tagged.location_constraint, None);
        assert_eq!(tagged.tags().len(), 1);
        let elsewhere = configuration("eu-central-1", Tagging::Later).unwrap();
        assert_eq!(elsewhere.location_constraint, Some(BucketLocationConstraint::EuCentral1));
        assert!(elsewhere.tags().is_empty());
        // A region that the SDK does not know yet, or that only this server has.
        let unknown = configuration("garage", Tagging::Later).unwrap();
        assert_eq!(unknown.location_constraint.unwrap().as_str(), "garage");
    }
}

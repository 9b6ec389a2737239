//! The settings that protect a test bucket: each is read, merged, and written only where it differs.

use std::time::Duration;

use aws_sdk_s3::types::{PublicAccessBlockConfiguration, ServerSideEncryptionConfiguration, Tag};
use tokio::time::sleep;

use super::patience::patiently;
use crate::aws::{Aws, AwsError, ErrorKind};

mod encryption;
mod lifecycle;
mod public_access;
mod tags;

pub(super) use tags::our_tag;

/// A setting of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Whose the bucket is. The first to be written: a run that is interrupted after it finds its
    /// bucket again.
    Tags,
    /// Block Public Access.
    PublicAccess,
    /// Encryption of objects that do not ask for any.
    Encryption,
    /// Rules that remove what runs left behind.
    Lifecycle,
}

/// What has to be done about a setting.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// Nothing; this is what it is.
    Unchanged(String),
    /// Write this; in words, what is new.
    Change(Change, String),
    /// The server does not have it.
    NotSupported,
    /// It could not be read, so that it cannot be merged.
    NotRead(AwsError),
}

/// The whole new value of a setting, what others had put there included.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// All tags.
    Tags(Vec<Tag>),
    /// All four settings.
    PublicAccess(PublicAccessBlockConfiguration),
    /// All rules.
    Encryption(ServerSideEncryptionConfiguration),
    /// All rules.
    Lifecycle(lifecycle::Document),
}

/// What became of a setting.
#[derive(Debug, Clone)]
pub(crate) struct SettingReport {
    /// Which one.
    pub(crate) setting: Setting,
    /// What became of it.
    pub(crate) outcome: Outcome,
}

/// What became of a setting, with its value in words.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// It was as it should be.
    Unchanged(String),
    /// It was written, and read back.
    Set(String),
    /// It would be written.
    WouldSet(String),
    /// The server does not have it.
    NotSupported,
    /// The server took it, and does not give it back.
    NotKept(String),
    /// It could not be read.
    NotRead(AwsError),
    /// It could not be written.
    NotWritten(AwsError),
}

impl Setting {
    /// All of them, in the order in which they are written.
    pub(crate) const ALL: [Setting; 4] =
        [Setting::Tags, Setting::PublicAccess, Setting::Encryption, Setting::Lifecycle];

    /// As it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Setting::Tags => "tags",
            Setting::PublicAccess => "Block Public Access",
            Setting::Encryption => "default encryption",
            Setting::Lifecycle => "lifecycle",
        }
    }

    /// Reads the setting of a bucket, and compares.
    pub(super) async fn plan(self, aws: &Aws, bucket: &str) -> Plan {
        let plan = patiently(async || {
            Ok(match self {
                Setting::Tags => tags::plan(tags::read(aws, bucket).await?),
                Setting::PublicAccess => {
                    public_access::plan(public_access::read(aws, bucket).await?)
                }
                Setting::Encryption => encryption::plan(encryption::read(aws, bucket).await?),
                Setting::Lifecycle => lifecycle::plan(lifecycle::read(aws, bucket).await?),
            })
        });
        match plan.await {
            Ok(plan) => plan,
            Err(error) if is_unsupported(&error) => Plan::NotSupported,
            Err(error) => Plan::NotRead(error),
        }
    }

    /// What a bucket that is not there yet would need.
    pub(super) fn plan_for_new(self) -> Plan {
        match self {
            Setting::Tags => tags::plan(Some(Vec::new())),
            Setting::PublicAccess => public_access::plan(None),
            Setting::Encryption => encryption::plan(None),
            Setting::Lifecycle => lifecycle::plan(lifecycle::Document::default()),
        }
    }
}

impl Plan {
    /// Whether something would be written.
    pub(crate) fn is_change(&self) -> bool {
        matches!(self, Plan::Change(..))
    }

    /// The plan as it is shown where nothing is written.
    pub(super) fn unwritten(self) -> Outcome {
        match self {
            Plan::Unchanged(detail) => Outcome::Unchanged(detail),
            Plan::Change(_, detail) => Outcome::WouldSet(detail),
            Plan::NotSupported => Outcome::NotSupported,
            Plan::NotRead(error) => Outcome::NotRead(error),
        }
    }
}

/// Does what the plan says, and looks whether it holds.
pub(super) async fn apply(aws: &Aws, bucket: &str, setting: Setting, plan: Plan) -> Outcome {
    let Plan::Change(change, detail) = plan else { return plan.unwritten() };
    let written = patiently(async || match &change {
        Change::Tags(tags) => tags::write(aws, bucket, tags).await,
        Change::PublicAccess(blocks) => public_access::write(aws, bucket, blocks).await,
        Change::Encryption(rules) => encryption::write(aws, bucket, rules).await,
        Change::Lifecycle(document) => lifecycle::write(aws, bucket, document).await,
    });
    match written.await {
        Ok(()) if is_kept(aws, bucket, setting).await => Outcome::Set(detail),
        Ok(()) => Outcome::NotKept(detail),
        Err(error) if is_unsupported(&error) => Outcome::NotSupported,
        Err(error) => Outcome::NotWritten(error),
    }
}

/// Some servers answer 200 to a setting that they do not have. AWS itself may show the old value for
/// a moment.
async fn is_kept(aws: &Aws, bucket: &str, setting: Setting) -> bool {
    for delay_millis in [0, 200, 400, 800, 1600] {
        sleep(Duration::from_millis(delay_millis)).await;
        match setting.plan(aws, bucket).await {
            Plan::Unchanged(_) => return true,
            // Who may write but not read has to be believed.
            Plan::NotRead(_) => return true,
            Plan::NotSupported => return false,
            Plan::Change(..) => {}
        }
    }
    false
}

/// That the server speaks S3 is known by now: an answer that is not of the protocol is what a server
/// gives that takes `?lifecycle` for a plain listing.
fn is_unsupported(error: &AwsError) -> bool {
    matches!(error.kind, ErrorKind::NotSupported | ErrorKind::NotTheProtocol)
}

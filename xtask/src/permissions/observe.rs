//! From the embedded AWS's call log to what was needed, with placeholders for the names of one run.

use std::collections::BTreeMap;

use contract::{Prefix, Root};
use sandbox::{Call, Need};

use super::{Bucket, Keys, Needs, Requirement, Resource};

/// How what one subject did is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// As it was: each bucket by its purpose, keys by the root of the tests that they lie below.
    Test,
    /// The app: its code is the same for every purpose and every model, so that what it did with one
    /// it does with each; its keys lie below its own prefix.
    App,
    /// Our own commands, which treat every bucket alike.
    Command,
}

/// What the names on the embedded AWS stand for.
#[derive(Debug)]
pub(crate) struct Names {
    /// The purpose of each bucket, by its name.
    pub(crate) buckets: BTreeMap<String, &'static str>,
    /// The account of the run.
    pub(crate) account: String,
    /// Its region.
    pub(crate) region: String,
    /// The id of the model that the tests may invoke.
    pub(crate) model: String,
    /// The endpoint that the tests may invoke.
    pub(crate) endpoint: String,
}

impl Names {
    /// What one call needed.
    pub(crate) fn needs(&self, call: &Call, view: View) -> Needs {
        call.needs.iter().map(|need| self.requirement(need, call, view)).collect()
    }

    fn requirement(&self, need: &Need, call: &Call, view: View) -> Requirement {
        Requirement {
            action: need.action.clone(),
            resource: self.resource(&need.resource, view),
            prefix: listed_prefix(need, call).map(|prefix| keys(prefix, view)),
        }
    }

    fn resource(&self, arn: &str, view: View) -> Resource {
        if arn == "*" {
            return Resource::Everything;
        }
        if let Some(path) = arn.strip_prefix("arn:aws:s3:::") {
            let (name, key) = match path.split_once('/') {
                Some((name, key)) => (name, Some(key)),
                None => (path, None),
            };
            if let Some(purpose) = self.buckets.get(name) {
                let bucket = if view == View::Test { Bucket::Of(purpose) } else { Bucket::Each };
                return match key {
                    Some(key) => Resource::Objects(bucket, keys(key, view)),
                    None => Resource::Bucket(bucket),
                };
            }
        }
        let (region, account) = (&self.region, &self.account);
        let model = format!("arn:aws:bedrock:{region}::foundation-model/");
        let endpoint = format!("arn:aws:sagemaker:{region}:{account}:endpoint/");
        match view {
            View::App if arn.starts_with("arn:aws:bedrock:") => return Resource::CatalogueModels,
            View::App if arn.starts_with(&endpoint) => return Resource::CatalogueEndpoints,
            _ if arn.strip_prefix(&model) == Some(&self.model) => return Resource::BedrockModel,
            _ if arn.strip_prefix(&endpoint) == Some(&self.endpoint) => {
                return Resource::SageMakerEndpoint;
            }
            _ => {}
        }
        Resource::Other(with_placeholders(arn, region, account))
    }
}

/// The prefix that a need can be held to: `s3:prefix` is a condition key of these two actions alone
/// ("Actions, resources, and condition keys for Amazon S3", Service Authorization Reference). A call
/// for a key, which needs `s3:ListBucket` to be told that it is not there, asks for none.
fn listed_prefix<'a>(need: &Need, call: &'a Call) -> Option<&'a str> {
    let is_listing = matches!(need.action.as_str(), "s3:ListBucket" | "s3:ListBucketVersions");
    call.prefix.as_deref().filter(|prefix| is_listing && call.key.is_none() && !prefix.is_empty())
}

fn keys(key: &str, view: View) -> Keys {
    let root = Root::ALL.into_iter().find(|root| Prefix::of_root(*root).contains(key));
    match (root, view) {
        (Some(_), View::App) => Keys::BelowKeyPrefix,
        (Some(root), _) => Keys::Below(root),
        (None, _) => Keys::Exactly(key.to_owned()),
    }
}

/// Region and account in the parts of an ARN that hold them.
fn with_placeholders(arn: &str, region: &str, account: &str) -> String {
    let placed = arn.splitn(6, ':').enumerate().map(|(index, part)| match index {
        3 if part == region => "{region}",
        4 if part == account => "{account}",
        _ => part,
    });
    placed.collect::<Vec<_>>().join(":")
}

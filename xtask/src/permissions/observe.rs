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
        // A call for a key, which needs `s3:ListBucket` to be told that it is not there, lists nothing.
        let prefix = call.prefix.as_deref().filter(|_| call.key.is_none());
        call.needs.iter().map(|need| self.requirement(need, prefix, view)).collect()
    }

    fn requirement(&self, need: &Need, prefix: Option<&str>, view: View) -> Requirement {
        let prefix = prefix.filter(|prefix| !prefix.is_empty() && is_held_to_prefixes(need));
        Requirement {
            action: need.action.clone(),
            resource: self.resource(&need.resource, view),
            prefix: prefix.map(|prefix| keys(prefix, view)),
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
        if view == View::Command && arn.starts_with(&format!("arn:aws:iam::{account}:")) {
            return Resource::Caller;
        }
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

/// `s3:prefix` is a condition key of these two actions alone ("Actions, resources, and condition keys
/// for Amazon S3", Service Authorization Reference).
fn is_held_to_prefixes(need: &Need) -> bool {
    matches!(need.action.as_str(), "s3:ListBucket" | "s3:ListBucketVersions")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            buckets: [("sandbox-uploads".to_owned(), "uploads")].into(),
            account: "111122223333".to_owned(),
            region: "eu-central-1".to_owned(),
            model: "amazon.nova-micro-v1:0".to_owned(),
            endpoint: "small".to_owned(),
        }
    }

    fn seen(action: &str, resource: &str, prefix: Option<&str>, view: View) -> String {
        let need = Need { action: action.to_owned(), resource: resource.to_owned() };
        names().requirement(&need, prefix, view).to_string()
    }

    #[test]
    fn buckets_are_named_by_purpose_and_keys_by_root() {
        let table = [
            ("sandbox-uploads", "arn:aws:s3:::{uploads}"),
            ("sandbox-uploads/test/r-1/a.b/n/x", "arn:aws:s3:::{uploads}/test/*"),
            ("sandbox-uploads/perf-test/r-1/a.b/n/x", "arn:aws:s3:::{uploads}/perf-test/*"),
            ("sandbox-uploads/testing/x y", "arn:aws:s3:::{uploads}/testing/x%20y"),
            ("sandbox-uploads/", "arn:aws:s3:::{uploads}/"),
            ("somebody-elses/test/x", "arn:aws:s3:::somebody-elses/test/x"),
        ];
        for (resource, line) in table {
            let resource = format!("arn:aws:s3:::{resource}");
            let line = format!("s3:GetObject {line}");
            assert_eq!(seen("s3:GetObject", &resource, None, View::Test), line);
        }
        assert_eq!(seen("s3:ListAllMyBuckets", "*", None, View::Test), "s3:ListAllMyBuckets *");
    }

    #[test]
    fn the_app_and_the_commands_treat_every_bucket_alike() {
        let resource = "arn:aws:s3:::sandbox-uploads/test/r-1/a.b/n/x";
        assert_eq!(
            seen("s3:GetObject", resource, None, View::App),
            "s3:GetObject arn:aws:s3:::{bucket}/{key-prefix}*"
        );
        assert_eq!(
            seen("s3:GetObject", resource, None, View::Command),
            "s3:GetObject arn:aws:s3:::{bucket}/test/*"
        );
    }

    #[test]
    fn what_a_command_asks_of_iam_is_about_who_asks() {
        for who in ["user/me", "role/team/ci"] {
            let arn = format!("arn:aws:iam::111122223333:{who}");
            assert_eq!(seen("iam:GetRole", &arn, None, View::Command), "iam:GetRole {caller}");
        }
        let other = "arn:aws:iam::444455556666:role/theirs";
        assert_eq!(seen("iam:GetRole", other, None, View::Command), format!("iam:GetRole {other}"));
    }

    #[test]
    fn only_listings_are_held_to_prefixes() {
        let bucket = "arn:aws:s3:::sandbox-uploads";
        for (action, prefix, tail) in [
            ("s3:ListBucket", Some("test/r-1/"), " prefix=test/*"),
            ("s3:ListBucketVersions", Some("te"), " prefix=te"),
            ("s3:ListBucket", Some(""), ""),
            ("s3:ListBucket", None, ""),
            ("s3:ListBucketMultipartUploads", Some("test/r-1/"), ""),
        ] {
            let line = format!("{action} arn:aws:s3:::{{uploads}}{tail}");
            assert_eq!(seen(action, bucket, prefix, View::Test), line);
        }
    }

    #[test]
    fn the_configured_model_and_endpoint_are_told_from_others() {
        let model = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-micro-v1:0";
        let global = "arn:aws:bedrock:::foundation-model/amazon.nova-micro-v1:0";
        let endpoint = "arn:aws:sagemaker:eu-central-1:111122223333:endpoint/small";
        let other = format!("{endpoint}er");
        for (view, resource, line) in [
            (View::Test, model, "{bedrock-model}"),
            (View::Test, global, global),
            (View::Test, endpoint, "{sagemaker-endpoint}"),
            (View::Test, &other, "arn:aws:sagemaker:{region}:{account}:endpoint/smaller"),
            (View::App, model, "{catalogue-models}"),
            (View::App, global, "{catalogue-models}"),
            (View::App, &other, "{catalogue-endpoints}"),
        ] {
            assert_eq!(seen("x:Y", resource, None, view), format!("x:Y {line}"));
        }
    }
}

//! What the placeholders of the lock stand for in one account, and the ARNs that come of it.

use std::collections::BTreeMap;

use super::{Bucket, Catalogue, Keys, Requirement, Resource};

mod configured;
mod models;
mod partition;

pub(crate) use partition::partition;

/// What the placeholders stand for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub(crate) partition: String,
    /// The region; `None` where nobody said.
    pub(crate) region: Option<String>,
    /// The account; `None` where nobody said.
    pub(crate) account: Option<String>,
    /// The buckets' names, by purpose.
    pub(crate) buckets: BTreeMap<&'static str, String>,
    /// The app's `S3_KEY_PREFIX`, empty or ending in `/`.
    pub(crate) key_prefix: String,
    /// What `BEDROCK_TEST_MODEL_ID` names: a model's id, a profile's id, or an ARN.
    pub(crate) model: Option<String>,
    /// What `SAGEMAKER_TEST_ENDPOINT` names.
    pub(crate) endpoint: Option<String>,
    /// The models and endpoints of the app, named as `model` and `endpoint` are.
    pub(crate) catalogue: Catalogue,
}

/// An action that a policy grants, on one ARN or ARN pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// The IAM action.
    pub(crate) action: String,
    /// The ARN as a policy writes it: `*` and `?` are patterns, a real one is `${*}`.
    pub(crate) resource: String,
    /// The pattern that `s3:prefix` has to match; `None` where it must not be asked for.
    pub(crate) prefix: Option<String>,
}

impl Places {
    /// What a requirement comes to here; nothing where its placeholder stands for nothing, such as
    /// `{bedrock-model}` where no model is configured.
    pub(crate) fn grants(&self, requirement: &Requirement) -> Vec<Grant> {
        let prefix = requirement.prefix.as_ref().map(|prefix| self.keys(prefix));
        let grant = |resource| Grant {
            action: requirement.action.clone(),
            resource,
            prefix: prefix.clone(),
        };
        self.arns(&requirement.resource).into_iter().map(grant).collect()
    }

    /// The ARNs of a resource, as a policy writes them.
    pub(crate) fn arns(&self, resource: &Resource) -> Vec<String> {
        let bucket_arn = |name: &str| format!("arn:{}:s3:::{name}", self.partition);
        match resource {
            Resource::Everything => vec!["*".to_owned()],
            Resource::Bucket(bucket) => self.names(*bucket).map(bucket_arn).collect(),
            Resource::Objects(bucket, keys) => {
                let keys = self.keys(keys);
                self.names(*bucket).map(|name| format!("{}/{keys}", bucket_arn(name))).collect()
            }
            Resource::BedrockModel => {
                self.model.iter().flat_map(|id| self.model_arns(id)).collect()
            }
            Resource::CatalogueModels => {
                self.catalogue.models.iter().flat_map(|id| self.model_arns(id)).collect()
            }
            Resource::SageMakerEndpoint => {
                self.endpoint.iter().map(|name| self.endpoint_arn(name)).collect()
            }
            Resource::CatalogueEndpoints => {
                self.catalogue.endpoints.iter().map(|name| self.endpoint_arn(name)).collect()
            }
            // Whoever holds the policy. A user is named by a variable; for a role there is none ("IAM
            // policy elements: Variables and tags", IAM User Guide).
            Resource::Caller => ["user/${aws:username}", "role/*"]
                .map(|who| format!("arn:{}:iam::{}:{who}", self.partition, self.account()))
                .into(),
            Resource::Other(arn) => {
                let arn = match arn.strip_prefix("arn:aws:") {
                    Some(rest) => format!("arn:{}:{rest}", self.partition),
                    None => arn.clone(),
                };
                let arn = escaped(&arn);
                vec![arn.replace("{region}", self.region()).replace("{account}", self.account())]
            }
        }
    }

    /// The region in an ARN: any, where nobody said.
    pub(crate) fn region(&self) -> &str {
        self.region.as_deref().unwrap_or("*")
    }

    /// The account in an ARN: any, where nobody said.
    pub(crate) fn account(&self) -> &str {
        self.account.as_deref().unwrap_or("*")
    }

    /// The names of a bucket or of all; several purposes may share one.
    fn names(&self, bucket: Bucket) -> impl Iterator<Item = &str> {
        let named: std::collections::BTreeSet<&str> = match bucket {
            Bucket::Each => self.buckets.values().map(String::as_str).collect(),
            Bucket::Of(purpose) => {
                self.buckets.get(purpose).map(String::as_str).into_iter().collect()
            }
        };
        named.into_iter()
    }

    fn keys(&self, keys: &Keys) -> String {
        match keys {
            Keys::Below(root) => format!("{}*", root.as_str()),
            Keys::BelowKeyPrefix => format!("{}*", escaped(&self.key_prefix)),
            Keys::Exactly(key) => escaped(key),
        }
    }

    fn endpoint_arn(&self, name: &str) -> String {
        let Places { partition, .. } = self;
        // IAM's ARNs of endpoints are in lower case, whatever the name's ("Actions, resources, and
        // condition keys for Amazon SageMaker AI", Service Authorization Reference).
        let name = name.to_ascii_lowercase();
        format!("arn:{partition}:sagemaker:{}:{}:endpoint/{name}", self.region(), self.account())
    }
}

/// What a policy would take for a pattern or a variable, taken literally ("IAM policy elements:
/// Variables and tags", IAM User Guide).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        match char {
            '*' | '?' | '$' => escaped.push_str(&format!("${{{char}}}")),
            _ => escaped.push(char),
        }
    }
    escaped
}

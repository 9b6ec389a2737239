//! The model and the endpoint that the tests may invoke, and which tests cannot run on AWS for want of one.
//! Whatever has to know that asks [`Models::why_not`]: the plan of a run, `check`, the policies, the README.
//!
//! On AWS both cost money, so that nothing is guessed: the tests take those that the configuration
//! names, and are skipped where it names none. A name that cannot be one is an error, since a skip
//! would hide the slip.

use anyhow::{Result, anyhow};
use contract::TestId;
use contract::capability::{Capability, needed_by};
use contract::target::{
    BEDROCK_MODEL_VARIABLE, SAGEMAKER_ENDPOINT_VARIABLE, SANDBOX_ENDPOINT_NAME, SANDBOX_MODEL_ID,
};

use crate::config::Config;
use crate::error::hinted;

/// What the tests may invoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Models {
    model: Option<String>,
    endpoint: Option<String>,
    /// Whether the target stages models that fail on demand.
    staged: bool,
}

impl Models {
    /// What the embedded AWS has.
    pub(crate) fn of_sandbox() -> Models {
        Models {
            model: Some(SANDBOX_MODEL_ID.to_owned()),
            endpoint: Some(SANDBOX_ENDPOINT_NAME.to_owned()),
            staged: true,
        }
    }

    /// What AWS has at best: whatever can be configured is.
    pub(crate) fn of_any_aws() -> Models {
        Models { staged: false, ..Models::of_sandbox() }
    }

    /// What the environment and `app/.env` name.
    ///
    /// # Errors
    /// Names the variable whose value is no name.
    pub(crate) fn configured(config: &Config) -> Result<Models> {
        let read = |variable: &str, check: fn(&str) -> Result<(), String>, cure: &str| {
            let Some((value, origin)) = config.get_with_origin(variable) else { return Ok(None) };
            match check(value) {
                Ok(()) => Ok(Some(value.to_owned())),
                // The value is not shown: it may be a secret that went astray.
                Err(why) => {
                    let error = anyhow!("`{variable}` ({}) {why}", origin.as_str());
                    let empty = "or leave it empty to skip the tests that need it";
                    Err(hinted(error, format_args!("set {variable} to {cure}, {empty}")))
                }
            }
        };
        let model = read(
            BEDROCK_MODEL_VARIABLE,
            check_model,
            "a model id such as amazon.nova-micro-v1:0, the id of an inference profile, or an ARN of either",
        )?;
        let endpoint = read(
            SAGEMAKER_ENDPOINT_VARIABLE,
            check_endpoint,
            "the name of an endpoint: 1 to 63 letters, digits and `-`",
        )?;
        Ok(Models { model, endpoint, staged: false })
    }

    /// The variables that tell the tests; those that are not configured are left out.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            (BEDROCK_MODEL_VARIABLE, self.model.as_deref()),
            (SAGEMAKER_ENDPOINT_VARIABLE, self.endpoint.as_deref()),
        ];
        all.into_iter().filter_map(|(variable, value)| Some((variable, value?)))
    }

    /// The model, a model's id, a profile's id, or an ARN.
    pub(crate) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The name of the endpoint.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// What a test needs of models and endpoints and has not got, and why; `None` where it can run.
    pub(crate) fn why_not(&self, test: &TestId) -> Option<(Capability, String)> {
        needed_by(test.name()).find_map(|need| Some((need, self.lacks(need)?)))
    }

    /// Each variable that names nothing, in words.
    pub(crate) fn unset(&self) -> impl Iterator<Item = String> {
        let all = [Capability::BedrockModel, Capability::SageMakerEndpoint];
        all.into_iter().filter_map(|capability| self.lacks(capability))
    }

    fn lacks(&self, capability: Capability) -> Option<String> {
        let unset = |value: &Option<String>, variable: &str| {
            value.is_none().then(|| format!("`{variable}` is not set"))
        };
        match capability {
            Capability::BedrockModel => unset(&self.model, BEDROCK_MODEL_VARIABLE),
            Capability::SageMakerEndpoint => unset(&self.endpoint, SAGEMAKER_ENDPOINT_VARIABLE),
            Capability::StagedModels => {
                (!self.staged).then(|| "the embedded AWS alone stages them".to_owned())
            }
            Capability::SignatureVerification
            | Capability::ChecksumVerification
            | Capability::ConditionalWrites
            | Capability::UploadListing => None,
        }
    }
}

/// The longest model id or ARN, in characters (Amazon Bedrock API Reference, InvokeModel).
const MODEL_LENGTH: usize = 2_048;

/// The longest name of an endpoint, in characters (Amazon SageMaker API Reference, InvokeEndpoint).
const ENDPOINT_LENGTH: usize = 63;

/// InvokeModel's pattern lists the kinds of models and ARNs that there are; new ones are added to it,
/// so that only their common shape is checked here.
fn check_model(value: &str) -> Result<(), String> {
    check_length(value, MODEL_LENGTH)?;
    let arn = value.starts_with("arn:");
    check_characters(value, |char| matches!(char, '-' | '_' | '.' | ':') || arn && char == '/')?;
    if !arn {
        return Ok(());
    }
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, partition, "bedrock" | "sagemaker", _, _, resource]
            if partition.starts_with("aws") && resource.contains('/') =>
        {
            Ok(())
        }
        _ => Err("is no ARN of a model or of an inference profile".to_owned()),
    }
}

fn check_endpoint(value: &str) -> Result<(), String> {
    if value.starts_with("arn:") {
        return Err("is an ARN; the name of the endpoint is what follows `endpoint/`".to_owned());
    }
    check_length(value, ENDPOINT_LENGTH)?;
    check_characters(value, |char| char == '-')?;
    if value.starts_with('-') || value.ends_with('-') {
        return Err("begins or ends with `-`, as no endpoint's name does".to_owned());
    }
    Ok(())
}

fn check_length(value: &str, most: usize) -> Result<(), String> {
    match value.chars().count() {
        length if length > most => Err(format!("has {length} characters, {most} at most")),
        _ => Ok(()),
    }
}

/// Letters, digits, and what `also` takes.
fn check_characters(value: &str, also: impl Fn(char) -> bool) -> Result<(), String> {
    if value.contains("://") {
        return Err("is a URL, not a name".to_owned());
    }
    match value.chars().find(|&char| !char.is_ascii_alphanumeric() && !also(char)) {
        Some(' ') => Err("holds a space".to_owned()),
        Some(char) => Err(format!("holds `{}`", char.escape_debug())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(variable: &str, value: &str) -> (String, Vec<String>) {
        let error = Models::configured(&Config::of(&[(variable, value)], &[])).unwrap_err();
        let hints = crate::error::hints(&error).into_iter().map(ToOwned::to_owned).collect();
        (error.to_string(), hints)
    }

    #[test]
    fn every_kind_of_model_is_taken() {
        for value in [
            "amazon.nova-micro-v1:0",
            "eu.amazon.nova-micro-v1:0",
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-micro-v1:0",
            "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-micro-v1:0",
            "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abcdef012345",
            "arn:aws-cn:bedrock:cn-north-1:123456789012:provisioned-model/abcdef012345",
            "arn:aws:bedrock:us-east-1:123456789012:custom-model/a.b:1/abcdef012345",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint",
            &"m".repeat(2_048),
        ] {
            let config = Config::of(&[(BEDROCK_MODEL_VARIABLE, value)], &[]);
            let models = Models::configured(&config).unwrap();
            assert_eq!(models.variables().collect::<Vec<_>>(), [(BEDROCK_MODEL_VARIABLE, value)]);
        }
    }

    #[test]
    fn what_is_no_model_is_an_error_that_names_variable_and_cure_and_not_the_value() {
        for (value, why) in [
            ("amazon.nova micro", "holds a space"),
            (" amazon.nova-micro-v1:0", "holds a space"),
            ("amazon.nova\tmicro", "holds `\\t`"),
            ("secret+padding==", "holds `+`"),
            ("https://bedrock-runtime.eu-central-1.amazonaws.com", "is a URL, not a name"),
            ("custom-model/secret", "holds `/`"),
            ("arn:aws:iam::123456789012:role/secret", "is no ARN of a model"),
            ("arn:aws:bedrock", "is no ARN of a model"),
            ("arn:secret:bedrock:eu-central-1::foundation-model/x", "is no ARN of a model"),
            (&"m".repeat(2_049), "has 2049 characters, 2048 at most"),
        ] {
            let (message, hints) = error(BEDROCK_MODEL_VARIABLE, value);
            let begin = format!("`BEDROCK_TEST_MODEL_ID` (environment) {why}");
            assert!(message.starts_with(&begin), "{message}");
            assert!(!message.contains("secret"), "{message}");
            assert!(hints[0].starts_with("set BEDROCK_TEST_MODEL_ID to a model id"), "{hints:?}");
        }
    }

    #[test]
    fn an_endpoint_has_a_name_of_1_to_63_letters_digits_and_hyphens() {
        for value in ["e", "text-generation", "A-1", &"e".repeat(63)] {
            let config = Config::of(&[], &[(SAGEMAKER_ENDPOINT_VARIABLE, value)]);
            let models = Models::configured(&config).unwrap();
            let variables: Vec<_> = models.variables().collect();
            assert_eq!(variables, [(SAGEMAKER_ENDPOINT_VARIABLE, value)]);
        }
        for (value, why) in [
            ("my endpoint", "holds a space"),
            ("my_endpoint", "holds `_`"),
            ("-endpoint", "begins or ends with `-`"),
            ("endpoint-", "begins or ends with `-`"),
            ("http://127.0.0.1:8080", "is a URL"),
            ("arn:aws:sagemaker:us-east-1:123456789012:endpoint/e", "is an ARN"),
            (&"e".repeat(64), "has 64 characters, 63 at most"),
        ] {
            let (message, hints) = error(SAGEMAKER_ENDPOINT_VARIABLE, value);
            let begin = format!("`SAGEMAKER_TEST_ENDPOINT` (environment) {why}");
            assert!(message.starts_with(&begin), "{message}");
            assert!(hints[0].contains("1 to 63 letters, digits and `-`"), "{hints:?}");
        }
    }

    #[test]
    fn what_is_lacking_is_what_is_not_configured_and_staged_models_off_the_sandbox() {
        let lacking = |models: &Models| {
            let all = Capability::ALL.into_iter();
            all.filter(|&capability| models.lacks(capability).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(lacking(&Models::of_sandbox()), []);
        let of = |pairs: &[(&str, &str)]| Models::configured(&Config::of(&[], pairs)).unwrap();
        assert_eq!(
            lacking(&of(&[])),
            [Capability::BedrockModel, Capability::SageMakerEndpoint, Capability::StagedModels]
        );
        let model = (BEDROCK_MODEL_VARIABLE, "amazon.nova-micro-v1:0");
        assert_eq!(
            lacking(&of(&[model])),
            [Capability::SageMakerEndpoint, Capability::StagedModels]
        );
        let endpoint = (SAGEMAKER_ENDPOINT_VARIABLE, "e");
        assert_eq!(lacking(&of(&[model, endpoint])), [Capability::StagedModels]);
    }
}

//! From the model identifier of a request to what is invoked.

use crate::rest_json::Refusal;
use crate::staged::{Family, Staged};

use super::models::{GEOGRAPHIES, MODELS, Model};

/// What staged models read and write, in tokens: as much as the smallest of the real ones.
const STAGED_CONTEXT: usize = 8_192;
const STAGED_OUTPUT: usize = 2_048;

/// What a model identifier stands for.
pub(super) struct Target {
    /// The foundation model's id, without a profile's prefix.
    pub(super) id: String,
    /// What IAM would be asked about: the foundation model's ARN or the profile's.
    pub(super) arn: String,
    pub(super) family: Family,
    pub(super) context: usize,
    pub(super) max_output: usize,
    pub(super) staged: Option<Staged>,
    /// Only an inference profile can be invoked, and this is none.
    wants_profile: bool,
}

impl Target {
    /// Resolves an id or an ARN of a foundation model or of an inference profile, as seen from a region and an account.
    ///
    /// # Errors
    /// AWS's refusal of an identifier that means nothing to it, an ARN of another region or account included.
    pub(super) fn resolve(identifier: &str, region: &str, account: &str) -> Result<Self, Refusal> {
        let model_prefix = format!("arn:aws:bedrock:{region}::foundation-model/");
        let profile_prefix = format!("arn:aws:bedrock:{region}:{account}:inference-profile/");
        let found = if let Some(id) = identifier.strip_prefix(&model_prefix) {
            foundation_model(id, &model_prefix)
        } else if let Some(id) = identifier.strip_prefix(&profile_prefix) {
            profile(id, region, &profile_prefix)
        } else {
            foundation_model(identifier, &model_prefix)
                .or_else(|| profile(identifier, region, &profile_prefix))
        };
        // [seen] in many public issues.
        found.ok_or_else(|| {
            Refusal::new(400, "ValidationException", "The provided model identifier is invalid.")
        })
    }

    /// A foundation model by its id alone.
    pub(super) fn of_model(id: &str, region: &str) -> Option<Self> {
        foundation_model(id, &format!("arn:aws:bedrock:{region}::foundation-model/"))
    }

    /// # Errors
    /// The bare id of a model that has profiles only.
    pub(super) fn invocable(&self) -> Result<(), Refusal> {
        if !self.wants_profile {
            return Ok(());
        }
        // [seen] in many public issues, with this apostrophe.
        Err(Refusal::new(
            400,
            "ValidationException",
            format!(
                "Invocation of model ID {} with on-demand throughput isn\u{2019}t supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
                self.id
            ),
        ))
    }
}

fn foundation_model(id: &str, prefix: &str) -> Option<Target> {
    if let Some(model) = MODELS.iter().find(|model| model.id == id) {
        let arn = format!("{prefix}{id}");
        return Some(Target { wants_profile: !model.on_demand, ..listed(model, arn) });
    }
    let (family, name) = id.split_once('.')?;
    let family = Family::ALL.into_iter().find(|known| known.name() == family)?;
    let staged = Staged::by_name(name.strip_suffix("-v1:0")?)?;
    Some(Target {
        id: id.to_owned(),
        arn: format!("{prefix}{id}"),
        family,
        context: STAGED_CONTEXT,
        max_output: STAGED_OUTPUT,
        staged: Some(staged),
        wants_profile: false,
    })
}

fn profile(id: &str, region: &str, prefix: &str) -> Option<Target> {
    let (geography, model) = id.split_once('.')?;
    let model = MODELS.iter().find(|known| known.id == model)?;
    let (_, regions) = GEOGRAPHIES.iter().find(|(known, _)| *known == geography)?;
    let offered = model.profiles.contains(&geography)
        && regions.iter().any(|beginning| region.starts_with(beginning));
    offered.then(|| listed(model, format!("{prefix}{id}")))
}

fn listed(model: &Model, arn: String) -> Target {
    Target {
        id: model.id.to_owned(),
        arn,
        family: model.family,
        context: model.context,
        max_output: model.max_output,
        staged: None,
        wants_profile: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(identifier: &str, region: &str) -> Option<String> {
        Target::resolve(identifier, region, "111122223333").ok().map(|target| target.arn)
    }

    #[test]
    fn identifiers_are_ids_or_arns_of_models_or_profiles() {
        let model = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0";
        let profile =
            "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0";
        assert_eq!(arn("amazon.nova-lite-v1:0", "eu-west-1").as_deref(), Some(model));
        assert_eq!(arn(model, "eu-west-1").as_deref(), Some(model));
        assert_eq!(arn("eu.amazon.nova-lite-v1:0", "eu-west-1").as_deref(), Some(profile));
        assert_eq!(arn(profile, "eu-west-1").as_deref(), Some(profile));
    }

    #[test]
    fn what_is_elsewhere_or_nowhere_means_nothing() {
        for (identifier, region) in
            [("amazon.nova-lite-v1:0", "eu-west-1"), ("eu.amazon.nova-lite-v1:0", "eu-west-1")]
        {
            assert!(arn(identifier, region).is_some());
        }
        for (identifier, region) in [
            ("amazon.nova-lite", "eu-west-1"),
            ("eu.amazon.nova-lite-v1:0", "us-east-1"),
            ("global.amazon.nova-lite-v1:0", "us-east-1"),
            ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "eu-west-1"),
            (
                "arn:aws:bedrock:eu-west-1:444455556666:inference-profile/eu.amazon.nova-lite-v1:0",
                "eu-west-1",
            ),
            ("amazon.sandbox-nonsense-v1:0", "eu-west-1"),
            ("", "eu-west-1"),
        ] {
            assert_eq!(arn(identifier, region), None, "{identifier} in {region}");
        }
    }

    #[test]
    fn every_profile_has_its_geography() {
        for model in MODELS {
            for profile in model.profiles {
                assert!(GEOGRAPHIES.iter().any(|(known, _)| known == profile), "{profile}");
            }
        }
    }
}

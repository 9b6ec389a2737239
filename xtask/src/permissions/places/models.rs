//! From the name of a model to the ARNs that IAM is asked about.
//!
//! Through an inference profile they are several: the profile, and its model in the region that is
//! called and in each that the profile may send requests to ("Prerequisites for inference profiles",
//! Amazon Bedrock User Guide).

use super::Places;

impl Places {
    /// The ARNs of a model's id, of a profile's id, or of an ARN.
    pub(super) fn model_arns(&self, name: &str) -> Vec<String> {
        if !name.starts_with("arn:") {
            return match geography(name) {
                Some((geography, model)) => {
                    let arn =
                        self.bedrock_arn(self.region(), self.account(), "inference-profile", name);
                    self.profile_arns(arn, self.region(), geography, model)
                }
                None => vec![self.bedrock_arn(self.region(), "", "foundation-model", name)],
            };
        }
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        let profile = parts.get(5).and_then(|resource| resource.strip_prefix("inference-profile/"));
        match (profile.and_then(geography), parts.get(3)) {
            (Some((geography, model)), Some(region)) => {
                self.profile_arns(name.to_owned(), region, geography, model)
            }
            _ => vec![name.to_owned()],
        }
    }

    /// The models of the tests and of the app that do not tell which models have to be granted beside
    /// them: application inference profiles.
    pub(crate) fn opaque_models(&self) -> impl Iterator<Item = &str> {
        let names = self.model.iter().chain(&self.catalogue.models).map(String::as_str);
        names.filter(|name| name.contains(":application-inference-profile/"))
    }

    fn profile_arns(
        &self,
        profile: String,
        region: &str,
        geography: &str,
        model: &str,
    ) -> Vec<String> {
        // Of a geography that is not known here, any region.
        let destinations = sandbox::profile_destinations(geography).unwrap_or(&["*"]);
        let mut arns = vec![profile];
        for destination in std::iter::once(&region).chain(destinations) {
            let arn = self.bedrock_arn(destination, "", "foundation-model", model);
            if !arns.contains(&arn) {
                arns.push(arn);
            }
        }
        arns
    }

    fn bedrock_arn(&self, region: &str, account: &str, kind: &str, id: &str) -> String {
        format!("arn:{}:bedrock:{region}:{account}:{kind}/{id}", self.partition)
    }
}

/// The geography in front of a profile's id, and the model's id behind it. A model's id begins with
/// its provider and has no other dot but in versions, so that an unknown geography is told by its
/// few letters.
fn geography(id: &str) -> Option<(&str, &str)> {
    let (geography, model) = id.split_once('.')?;
    let is_unknown_one = geography.len() <= 3
        && geography.bytes().all(|byte| byte.is_ascii_lowercase())
        && model.contains('.');
    (sandbox::profile_destinations(geography).is_some() || is_unknown_one)
        .then_some((geography, model))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places {
            partition: "aws".to_owned(),
            region: Some("eu-central-1".to_owned()),
            account: Some("111122223333".to_owned()),
            ..Places::default()
        }
    }

    #[test]
    fn a_model_is_one_arn() {
        let model = "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-micro-v1:0";
        for name in ["amazon.nova-micro-v1:0", model] {
            assert_eq!(places().model_arns(name), [model]);
        }
        for arn in [
            "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdef012345",
            "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdef012345",
            "arn:aws:sagemaker:us-east-1:111122223333:endpoint/marketplace",
        ] {
            assert_eq!(places().model_arns(arn), [arn]);
        }
    }

    #[test]
    fn a_profile_is_itself_and_its_model_in_every_region_that_it_may_use() {
        let arns = places().model_arns("eu.amazon.nova-micro-v1:0");
        assert_eq!(
            arns[0],
            "arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.amazon.nova-micro-v1:0"
        );
        let model = |region: &str| {
            format!("arn:aws:bedrock:{region}::foundation-model/amazon.nova-micro-v1:0")
        };
        assert_eq!(arns[1], model("eu-central-1"));
        assert!(arns.contains(&model("eu-west-3")) && !arns.contains(&model("us-east-1")));
        assert_eq!(places().model_arns(&arns[0]), arns);

        let global = places().model_arns("global.amazon.nova-2-lite-v1:0");
        let models = ["eu-central-1", ""].map(|region| {
            format!("arn:aws:bedrock:{region}::foundation-model/amazon.nova-2-lite-v1:0")
        });
        assert_eq!(global[1..], models);
    }

    #[test]
    fn a_geography_that_nobody_has_heard_of_is_any_region() {
        let arns = places().model_arns("xx.amazon.nova-micro-v1:0");
        assert_eq!(arns[2], "arn:aws:bedrock:*::foundation-model/amazon.nova-micro-v1:0");
        let unversioned = places().model_arns("deepseek.v3.1-v1:0");
        assert_eq!(
            unversioned,
            ["arn:aws:bedrock:eu-central-1::foundation-model/deepseek.v3.1-v1:0"]
        );
    }
}

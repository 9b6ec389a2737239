//! Where inference profiles send their requests, and hence what IAM must allow.
//!
//! Source: "Supported Regions and models for inference profiles", "Geographic cross-Region inference" and "Global cross-Region inference", Amazon Bedrock User Guide.
//! A profile needs itself, its model in the region that is called, and its model in each destination region; a global one needs its model without a region in their place.
//! Which of a geography's regions a profile really has differs from model to model and grows: these are the regions of the geography's newest models.

use crate::iam::{Need, On, When, needs};

use super::target::Target;

/// Destination regions by geography.
static DESTINATIONS: &[(&str, &[&str])] = &[
    ("us", &["us-east-1", "us-east-2", "us-west-2"]),
    ("eu", &["eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"]),
    (
        "apac",
        &[
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
        ],
    ),
    ("jp", &["ap-northeast-1", "ap-northeast-3"]),
    ("au", &["ap-southeast-2", "ap-southeast-4"]),
    ("us-gov", &["us-gov-east-1", "us-gov-west-1"]),
    // No region in the model's ARN.
    ("global", &[""]),
];

/// The regions that the inference profiles of a geography (`eu`, the beginning of a profile's id) may send requests to; `None` where there is no such geography.
///
/// `global` has one without a name: its models' ARNs have no region.
pub fn profile_destinations(geography: &str) -> Option<&'static [&'static str]> {
    DESTINATIONS.iter().find(|(known, _)| *known == geography).map(|(_, regions)| *regions)
}

/// What IAM is asked for an operation on a target, as called in a region.
pub(super) fn needed(operation: &str, target: &Target, region: &str) -> Vec<Need> {
    needs(
        operation,
        |when| when == When::Always,
        |on| match on {
            On::Everything => vec!["*".to_owned()],
            On::Model => resources(target, region),
            _ => Vec::new(),
        },
    )
}

fn resources(target: &Target, region: &str) -> Vec<String> {
    let mut resources = vec![target.arn.clone()];
    let Some((_, profile)) = target.arn.split_once(":inference-profile/") else { return resources };
    let geography = profile.split('.').next().unwrap_or_default();
    let destinations = profile_destinations(geography).unwrap_or_default();
    for destination in std::iter::once(&region).chain(destinations) {
        let model = format!("arn:aws:bedrock:{destination}::foundation-model/{}", target.id);
        if !resources.contains(&model) {
            resources.push(model);
        }
    }
    resources
}

/// The condition keys of one need: which region it is in, and through which profile the model is reached.
///
/// "unspecified" is what a model without a region is asked for in ("Global cross-Region inference").
pub(super) fn context(target: &Target, need: &Need, key: &str) -> Option<Vec<String>> {
    let value = match key {
        "aws:requestedregion" => match need.resource.split(':').nth(3)? {
            "" => "unspecified",
            region => region,
        },
        "bedrock:inferenceprofilearn"
            if target.arn != need.resource && target.arn.contains(":inference-profile/") =>
        {
            &target.arn
        }
        _ => return None,
    };
    Some(vec![value.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::super::models::GEOGRAPHIES;
    use super::*;

    #[test]
    fn every_geography_has_destinations_and_the_region_that_is_called_is_one() {
        for (geography, _) in GEOGRAPHIES {
            assert!(profile_destinations(geography).is_some(), "{geography}");
        }
        let target = Target::resolve("us.amazon.nova-lite-v1:0", "ca-central-1", "111122223333");
        let needs = needed("InvokeModel", &target.ok().unwrap(), "ca-central-1");
        let regions: Vec<&str> =
            needs.iter().filter_map(|need| need.resource.split(':').nth(3)).collect();
        assert_eq!(
            regions,
            ["ca-central-1", "ca-central-1", "us-east-1", "us-east-2", "us-west-2"]
        );
    }
}

//! What is asked: the lock's lines, with the names of this account in the place of placeholders.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::models::Models;
use crate::permissions::{Bucket, Keys, Lock, Needs, Places, Requirement, Resource, Subject};

/// An action on a thing that has a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Question {
    /// The IAM action.
    pub(crate) action: String,
    /// On what.
    pub(crate) thing: Thing,
    /// Of a listing: the prefix that it asks for.
    pub(crate) listed: Option<Keys>,
}

/// What an action is done on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    /// `*`
    Everything,
    /// A bucket, by its name.
    Bucket(String),
    /// Objects in a bucket.
    Objects(String, Keys),
    /// A model, by its id, a profile's id, or an ARN.
    Model(String),
    /// An endpoint, by its name.
    Endpoint(String),
    /// Anything else, by its ARN.
    Other(String),
}

/// Every question, and who needs the answer.
pub(crate) type Questions = BTreeMap<Question, BTreeSet<Subject>>;

/// The questions of some subjects. Several purposes may share one bucket, so that several lines of the
/// lock become one question.
pub(crate) fn questions<'a>(
    subjects: impl IntoIterator<Item = (Subject, &'a Needs)>,
    places: &Places,
) -> Questions {
    let mut questions = Questions::new();
    for (subject, needs) in subjects {
        for question in needs.iter().flat_map(|need| Question::all(need, places)) {
            questions.entry(question).or_default().insert(subject.clone());
        }
    }
    questions
}

/// The tests of the lock that can run on AWS, which are what `wanted` picks, but for those that have no
/// model or endpoint to run with: they are skipped for that.
pub(crate) fn tests<'a>(
    lock: &'a Lock,
    models: &'a Models,
    wanted: impl Fn(&contract::TestId) -> bool + 'a,
) -> impl Iterator<Item = (Subject, &'a Needs)> {
    lock.tests()
        .filter(move |(test, _)| wanted(test))
        .filter(|(test, _)| models.why_not(test).is_none())
        .map(|(test, needs)| (Subject::Test(test.clone()), needs))
}

impl Question {
    /// What a line of the lock asks here; nothing where its placeholder stands for nothing.
    pub(crate) fn all(requirement: &Requirement, places: &Places) -> Vec<Question> {
        let things = match &requirement.resource {
            Resource::Everything => vec![Thing::Everything],
            Resource::Bucket(bucket) => names(*bucket, places).map(Thing::Bucket).collect(),
            Resource::Objects(bucket, keys) => {
                names(*bucket, places).map(|name| Thing::Objects(name, keys.clone())).collect()
            }
            Resource::BedrockModel => places.model.iter().cloned().map(Thing::Model).collect(),
            Resource::CatalogueModels => {
                places.catalogue.models.iter().cloned().map(Thing::Model).collect()
            }
            Resource::SageMakerEndpoint => {
                places.endpoint.iter().cloned().map(Thing::Endpoint).collect()
            }
            Resource::CatalogueEndpoints => {
                places.catalogue.endpoints.iter().cloned().map(Thing::Endpoint).collect()
            }
            other @ (Resource::Other(_) | Resource::Caller) => {
                places.arns(other).into_iter().map(Thing::Other).collect()
            }
        };
        let question = |thing| Question {
            action: requirement.action.clone(),
            thing,
            listed: requirement.prefix.clone(),
        };
        things.into_iter().map(question).collect()
    }

    /// The ARN, or the ARNs, that IAM is asked about: `*` at the end of one stands for any key.
    pub(crate) fn resource(&self, places: &Places) -> String {
        let bucket = |name: &str| format!("arn:{}:s3:::{name}", places.partition);
        match &self.thing {
            Thing::Everything => "*".to_owned(),
            Thing::Bucket(name) => bucket(name),
            Thing::Objects(name, keys) => format!("{}/{}", bucket(name), shown(keys, places)),
            Thing::Model(id) => match model_arns(id, places).as_slice() {
                [only] => only.clone(),
                [first, more @ ..] => format!("{first} and {} models behind it", more.len()),
                [] => id.clone(),
            },
            Thing::Endpoint(name) => endpoint_arns(name, places).join(" "),
            Thing::Other(arn) => arn.clone(),
        }
    }

    /// The prefix of a listing as it is shown.
    pub(crate) fn prefix(&self, places: &Places) -> Option<String> {
        self.listed.as_ref().map(|keys| shown(keys, places))
    }
}

/// The ARNs behind a model's name.
pub(crate) fn model_arns(id: &str, places: &Places) -> Vec<String> {
    let places = Places { model: Some(id.to_owned()), ..places.clone() };
    places.arns(&Resource::BedrockModel)
}

/// The ARN of an endpoint.
pub(crate) fn endpoint_arns(name: &str, places: &Places) -> Vec<String> {
    let places = Places { endpoint: Some(name.to_owned()), ..places.clone() };
    places.arns(&Resource::SageMakerEndpoint)
}

fn shown(keys: &Keys, places: &Places) -> String {
    match keys {
        Keys::Below(root) => format!("{}*", root.as_str()),
        Keys::BelowKeyPrefix => format!("{}*", places.key_prefix),
        Keys::Exactly(key) => key.clone(),
    }
}

fn names(bucket: Bucket, places: &Places) -> impl Iterator<Item = String> {
    let wanted = move |purpose: &str| match bucket {
        Bucket::Each => true,
        Bucket::Of(only) => purpose == only,
    };
    let named = places.buckets.iter().filter(move |(purpose, _)| wanted(purpose));
    named.map(|(_, name)| name.clone()).collect::<BTreeSet<_>>().into_iter()
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = match &self.thing {
            Thing::Everything => "everything",
            Thing::Bucket(name)
            | Thing::Model(name)
            | Thing::Endpoint(name)
            | Thing::Other(name) => name,
            Thing::Objects(bucket, keys) => return write!(f, "{} on {bucket}/{keys}", self.action),
        };
        write!(f, "{} on {on}", self.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_name_one_bucket_are_one_question() {
        let places = Places {
            partition: "aws".to_owned(),
            buckets: [("exports", "shared"), ("uploads", "shared"), ("creatives", "other")]
                .map(|(purpose, name)| (purpose, name.to_owned()))
                .into(),
            ..Places::default()
        };
        let needs: Needs = [
            "s3:GetObject arn:aws:s3:::{uploads}/test/*",
            "s3:GetObject arn:aws:s3:::{bucket}/test/*",
            "s3:ListBucket arn:aws:s3:::{exports} prefix=test/*",
            "bedrock:InvokeModel {bedrock-model}",
        ]
        .map(|line| Requirement::parse(line).unwrap())
        .into();
        let asked = questions([(Subject::App, &needs)], &places);
        let asked: Vec<_> = asked
            .keys()
            .map(|question| {
                let prefix = question.prefix(&places).unwrap_or_default();
                format!("{} {} {prefix}", question.action, question.resource(&places))
            })
            .collect();
        assert_eq!(
            asked,
            [
                "s3:GetObject arn:aws:s3:::other/test/* ",
                "s3:GetObject arn:aws:s3:::shared/test/* ",
                "s3:ListBucket arn:aws:s3:::shared test/*",
            ]
        );
    }
}

//! A policy document: what is granted, merged into as few statements as say it.
//!
//! HeadBucket is decided as `s3:ListBucket`, and so is the 404 of an object that is not there; neither
//! has a prefix, so that a condition on `s3:prefix` would deny both, and `StringLikeIfExists` would
//! allow a listing of everything as well. Where either is needed in a bucket, listing it is therefore
//! granted without a condition; where prefixes are all that is listed, with one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::permissions::Grant;

/// A policy document, as IAM takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    #[serde(serialize_with = "one_or_many")]
    action: BTreeSet<String>,
    #[serde(serialize_with = "one_or_many")]
    resource: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    string_like: BTreeMap<&'static str, BTreeSet<String>>,
}

/// The prefixes that a listing is held to; `None` is any.
type Prefixes = Option<BTreeSet<String>>;

impl Document {
    /// The document that allows exactly this.
    pub(super) fn allowing(grants: impl IntoIterator<Item = Grant>) -> Document {
        let mut prefixes: BTreeMap<(String, String), Prefixes> = BTreeMap::new();
        for Grant { action, resource, prefix } in grants {
            let entry = prefixes.entry((action, resource)).or_insert_with(|| Some(BTreeSet::new()));
            match (entry.as_mut(), prefix) {
                (Some(known), Some(prefix)) => drop(known.insert(prefix)),
                _ => *entry = None,
            }
        }
        // Resources of the same action under the same condition; then actions on the same resources.
        let mut resources: BTreeMap<(String, Prefixes), BTreeSet<String>> = BTreeMap::new();
        for ((action, resource), prefixes) in prefixes {
            let prefixes = prefixes.map(without_covered);
            resources.entry((action, prefixes)).or_default().insert(resource);
        }
        let mut actions: BTreeMap<(BTreeSet<String>, Prefixes), BTreeSet<String>> = BTreeMap::new();
        for ((action, prefixes), resources) in resources {
            actions.entry((without_covered(resources), prefixes)).or_default().insert(action);
        }
        let statement = |((resource, prefixes), action): ((_, Prefixes), _)| Statement {
            effect: "Allow",
            action,
            resource,
            condition: prefixes
                .map(|prefixes| Condition { string_like: [("s3:prefix", prefixes)].into() }),
        };
        let mut statement: Vec<Statement> = actions.into_iter().map(statement).collect();
        statement.sort_by(|a, b| (&a.action, &a.resource).cmp(&(&b.action, &b.resource)));
        Document { version: "2012-10-17", statement }
    }

    /// Without white space.
    pub(super) fn compact(&self) -> String {
        // String keys and strings only, which JSON always takes.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Every resource, statement by statement.
    pub(super) fn resources(&self) -> impl Iterator<Item = &str> {
        self.statement.iter().flat_map(|statement| &statement.resource).map(String::as_str)
    }
}

/// Without the patterns that another one covers, which ends in `*`.
fn without_covered(patterns: BTreeSet<String>) -> BTreeSet<String> {
    let covers = |wide: &str, narrow: &str| {
        wide != narrow
            && wide
                .strip_suffix('*')
                .is_some_and(|start| !start.contains(['*', '?', '$']) && narrow.starts_with(start))
    };
    let is_covered = |narrow: &String| patterns.iter().any(|wide| covers(wide, narrow));
    patterns.iter().filter(|pattern| !is_covered(pattern)).cloned().collect()
}

/// A set of one is written as what is in it.
fn one_or_many<S: Serializer>(set: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match set.first() {
        Some(only) if set.len() == 1 => only.serialize(serializer),
        _ => set.serialize(serializer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(grants: &[(&str, &str, Option<&str>)]) -> String {
        let grants = grants.iter().map(|(action, resource, prefix)| Grant {
            action: (*action).to_owned(),
            resource: (*resource).to_owned(),
            prefix: prefix.map(ToOwned::to_owned),
        });
        let document: serde_json::Value =
            serde_json::from_str(&Document::allowing(grants).compact()).unwrap();
        let statements = document["Statement"].as_array().unwrap();
        let lines: Vec<_> = statements
            .iter()
            .map(|s| format!("{} {} {}", s["Action"], s["Resource"], s["Condition"]))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn actions_on_the_same_resources_share_a_statement() {
        insta::assert_snapshot!(document(&[
            ("s3:PutObject", "a/*", None),
            ("s3:GetObject", "b/*", None),
            ("s3:GetObject", "a/*", None),
            ("s3:PutObject", "b/*", None),
            ("s3:DeleteObject", "a/*", None),
            ("s3:GetObject", "a/*", None),
        ]), @r#"
        "s3:DeleteObject" "a/*" null
        ["s3:GetObject","s3:PutObject"] ["a/*","b/*"] null
        "#);
    }

    #[test]
    fn a_listing_is_held_to_its_prefixes_unless_all_of_the_bucket_must_be_listed() {
        insta::assert_snapshot!(document(&[
            ("s3:ListBucket", "narrow", Some("test/*")),
            ("s3:ListBucket", "narrow", Some("perf-test/*")),
            ("s3:ListBucket", "narrow", Some("test/x/*")),
            ("s3:ListBucketVersions", "narrow", Some("test/*")),
            ("s3:ListBucket", "wide", Some("test/*")),
            ("s3:ListBucket", "wide", None),
        ]), @r#"
        "s3:ListBucket" "narrow" {"StringLike":{"s3:prefix":["perf-test/*","test/*"]}}
        "s3:ListBucket" "wide" null
        "s3:ListBucketVersions" "narrow" {"StringLike":{"s3:prefix":["test/*"]}}
        "#);
    }

    #[test]
    fn what_a_wider_pattern_covers_is_left_out() {
        insta::assert_snapshot!(document(&[
            ("s3:GetObject", "a/*", None),
            ("s3:GetObject", "a/test/*", None),
            ("s3:GetObject", "ab/test/*", None),
            ("s3:GetObject", "a/te${*}", None),
        ]), @r#""s3:GetObject" ["a/*","ab/test/*"] null"#);
    }
}

//! The table of cases that holds the evaluation to what AWS does, whichever library stands behind it.
//!
//! Source: "IAM JSON policy elements reference" and "Policy evaluation logic", IAM User Guide; each group names its chapter.

use super::evaluate::{Request, Verdict};
use super::policies::Policies;

mod conditions;
mod malformed;
mod patterns;

const BUCKET: &str = "arn:aws:s3:::b";

/// What documents say; a context key with several values is given as often.
fn says<T: AsRef<str>>(
    documents: &[T],
    action: &str,
    resource: &str,
    context: &[(&str, &str)],
) -> Verdict {
    let policies = Policies::parse(documents).unwrap();
    let context = |key: &str| {
        let values: Vec<String> = context
            .iter()
            .filter(|(name, _)| name.to_ascii_lowercase() == key)
            .map(|(_, value)| (*value).to_owned())
            .collect();
        (!values.is_empty()).then_some(values)
    };
    policies.evaluate(&Request { action, resource, context: &context }).verdict
}

fn document(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

fn allow(rest: &str) -> String {
    document(&format!(r#"{{"Effect":"Allow",{rest}}}"#))
}

/// Whether `Action` allows an action.
fn action(pattern: &str, action: &str) -> bool {
    let policy = allow(&format!(r#""Action":"{pattern}","Resource":"*""#));
    says(&[policy], action, BUCKET, &[]) == Verdict::Allow
}

/// Whether `Resource` allows a resource.
fn resource(pattern: &str, resource: &str) -> bool {
    let policy = allow(&format!(r#""Action":"*","Resource":"{pattern}""#));
    says(&[policy], "s3:GetObject", resource, &[]) == Verdict::Allow
}

/// Whether `Condition` holds.
fn condition(condition: &str, context: &[(&str, &str)]) -> bool {
    let policy = allow(&format!(r#""Action":"*","Resource":"*","Condition":{{{condition}}}"#));
    says(&[policy], "s3:ListBucket", BUCKET, context) == Verdict::Allow
}

/// "Policy evaluation logic": an explicit deny wins, wherever it stands; without a word, nothing is allowed.
#[test]
fn an_explicit_deny_wins_and_silence_allows_nothing() {
    let all = allow(r#""Action":"s3:*","Resource":"*""#);
    let deny = document(
        r#"{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/locked/*"}"#,
    );
    let get = allow(
        r#""Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"]"#,
    );
    let nothing = document("");
    let empty = allow(r#""Action":[],"Resource":[]"#);
    let key = "arn:aws:s3:::b/locked/k";
    for (documents, asked, expected) in [
        (vec![&all, &deny], "s3:PutObject", Verdict::Deny),
        (vec![&deny, &all], "s3:PutObject", Verdict::Deny),
        (vec![&all, &deny], "s3:GetObject", Verdict::Allow),
        (vec![&deny], "s3:PutObject", Verdict::Deny),
        (vec![&deny], "s3:GetObject", Verdict::Silent),
        (vec![&get, &nothing], "s3:GetObject", Verdict::Allow),
        (vec![&get], "s3:PutObject", Verdict::Silent),
        (vec![&nothing], "s3:GetObject", Verdict::Silent),
        (vec![&empty], "s3:GetObject", Verdict::Silent),
        (vec![], "s3:GetObject", Verdict::Silent),
    ] {
        let documents: Vec<String> = documents.into_iter().cloned().collect();
        assert_eq!(says(&documents, asked, key, &[]), expected, "{documents:?} {asked}");
    }
    let many: Vec<String> = (0..1_200).map(|_| get.clone()).chain([deny]).collect();
    assert_eq!(says(&many, "s3:PutObject", key, &[]), Verdict::Deny);
}

/// "Policy elements: Variables and tags".
#[test]
fn variables_take_the_values_of_the_request_and_never_as_patterns() {
    let ann = ("aws:username", "ann");
    let star = ("aws:username", "*");
    for (text, context, holds) in [
        (
            r#""StringLike":{"s3:prefix":"home/${aws:username}/*"}"#,
            &[ann, ("s3:prefix", "home/ann/x")][..],
            true,
        ),
        (
            r#""StringLike":{"s3:prefix":"home/${aws:username}/*"}"#,
            &[ann, ("s3:prefix", "home/bob/x")],
            false,
        ),
        (
            r#""StringLike":{"s3:prefix":"home/${AWS:UserName}/*"}"#,
            &[ann, ("s3:prefix", "home/ann/x")],
            true,
        ),
        // A role's session has no user name.
        (
            r#""StringLike":{"s3:prefix":"home/${aws:username}/*"}"#,
            &[("s3:prefix", "home//x")],
            false,
        ),
        (
            r#""StringNotLike":{"s3:prefix":"home/${aws:username}/*"}"#,
            &[("s3:prefix", "home//x")],
            true,
        ),
        (
            r#""StringEquals":{"s3:prefix":"${aws:username, 'all'}/"}"#,
            &[("s3:prefix", "all/")],
            true,
        ),
        (
            r#""StringEquals":{"s3:prefix":"${aws:username,'all'}/"}"#,
            &[ann, ("s3:prefix", "all/")],
            false,
        ),
        // A value is never a pattern.
        (
            r#""StringLike":{"s3:prefix":"home/${aws:username}/*"}"#,
            &[star, ("s3:prefix", "home/bob/x")],
            false,
        ),
        (
            r#""StringLike":{"s3:prefix":"home/${aws:username}/*"}"#,
            &[star, ("s3:prefix", "home/*/x")],
            true,
        ),
        (
            r#""StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}"#,
            &[("aws:ResourceAccount", "1"), ("aws:PrincipalAccount", "1")],
            true,
        ),
        (
            r#""NumericLessThan":{"s3:max-keys":"${k:most}"}"#,
            &[("s3:max-keys", "3"), ("k:most", "4")],
            true,
        ),
        (
            r#""NumericLessThan":{"s3:max-keys":"${k:most}"}"#,
            &[("s3:max-keys", "3"), ("k:most", "many")],
            false,
        ),
    ] {
        assert_eq!(condition(text, context), holds, "{text} {context:?}");
    }

    let policy = allow(r#""Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*""#);
    let asked = |resource: &str, context: &[(&str, &str)]| {
        says(&[&policy], "s3:GetObject", resource, context) == Verdict::Allow
    };
    assert!(asked("arn:aws:s3:::b/ann/k", &[ann]));
    assert!(!asked("arn:aws:s3:::b/bob/k", &[ann]));
    assert!(!asked("arn:aws:s3:::b/bob/k", &[star]));
    assert!(!asked("arn:aws:s3:::b//k", &[]));

    // Before 2012-10-17, and without a version, there are none.
    for version in [r#""Version":"2008-10-17","#, ""] {
        let old = format!(
            r#"{{{version}"Statement":{{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${{aws:username}}"}}}}"#
        );
        let asked = |resource: &str| says(&[&old], "s3:GetObject", resource, &[ann]);
        assert_eq!(asked("arn:aws:s3:::b/ann"), Verdict::Silent);
        assert_eq!(asked("arn:aws:s3:::b/${aws:username}"), Verdict::Allow);
    }
}

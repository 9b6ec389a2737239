//! Actions and resources.

use super::{BUCKET, action, allow, document, resource, says};
use crate::iam::Verdict;

/// "Action": case does not count, `*` and `?` are patterns.
#[test]
fn actions_match_by_pattern_whatever_their_case() {
    for (pattern, asked, allowed) in [
        ("s3:GetObject", "s3:GetObject", true),
        ("S3:getobject", "s3:GetObject", true),
        ("s3:GetObject", "s3:GetObjectVersion", false),
        ("s3:Get*", "s3:GetObjectVersion", true),
        ("s3:*Object", "s3:GetObject", true),
        ("s3:*Object", "s3:GetObjectAcl", false),
        ("s3:G?tObject", "s3:GetObject", true),
        ("s3:G?tObject", "s3:GtObject", false),
        ("s3:*", "s3:GetObject", true),
        ("*", "bedrock:InvokeModel", true),
        ("*:*", "bedrock:InvokeModel", true),
        ("s3:*", "bedrock:InvokeModel", false),
        ("s3-object-lambda:*", "s3:GetObject", false),
    ] {
        assert_eq!(action(pattern, asked), allowed, "{pattern} {asked}");
    }
}

/// "Resource": case counts, a pattern reaches over slashes, not into another field.
#[test]
fn resources_match_by_pattern_within_a_field_and_by_case() {
    let long = format!("arn:aws:s3:::b/{}", "k".repeat(1_024));
    let region_free = "arn:aws:bedrock:::foundation-model/m";
    for (pattern, asked, allowed) in [
        ("*", "arn:aws:s3:::b/k", true),
        ("arn:aws:s3:::b/k", "arn:aws:s3:::b/k", true),
        ("arn:aws:s3:::b/K", "arn:aws:s3:::b/k", false),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/k", false),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y/z", true),
        ("arn:aws:s3:::b*", "arn:aws:s3:::bucket/x", true),
        ("arn:aws:s3:::*", "*", true),
        ("arn:aws:s3:::b/*", "*", false),
        ("arn:aws:s3:::b/*/z", "arn:aws:s3:::b/x/y/z", true),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/k", true),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/ü", true),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/kk", false),
        ("arn:aws:s3:::b/a b+c", "arn:aws:s3:::b/a b+c", true),
        ("arn:aws:s3:::b/a b+c", "arn:aws:s3:::b/a+b+c", false),
        ("arn:aws:s3:::b/ü/*", "arn:aws:s3:::b/ü/日本", true),
        ("arn:aws:s3:::b/a:b", "arn:aws:s3:::b/a:b", true),
        ("arn:aws:s3:::b/a:*", "arn:aws:s3:::b/a:b:c", true),
        // What looks like a pattern or a variable in a key is text.
        ("arn:aws:s3:::b/abc", "arn:aws:s3:::b/a*", false),
        ("arn:aws:s3:::b/a?c", "arn:aws:s3:::b/a*c", true),
        ("arn:aws:s3:::b/a${*}c", "arn:aws:s3:::b/a*c", true),
        ("arn:aws:s3:::b/a${*}c", "arn:aws:s3:::b/abc", false),
        ("arn:aws:s3:::b/a${?}c", "arn:aws:s3:::b/abc", false),
        ("arn:aws:s3:::b/a${?}c", "arn:aws:s3:::b/a?c", true),
        ("arn:aws:s3:::b/${$}{aws:username}", "arn:aws:s3:::b/${aws:username}", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", true),
        ("arn:aws:s3:::b/*", long.as_str(), true),
        (
            "arn:aws:bedrock:*::foundation-model/m",
            "arn:aws:bedrock:eu-west-1::foundation-model/m",
            true,
        ),
        ("arn:aws:bedrock:*::foundation-model/m", region_free, true),
        (
            "arn:aws:bedrock:::foundation-model/m",
            "arn:aws:bedrock:eu-west-1::foundation-model/m",
            false,
        ),
        (
            "arn:aws:bedrock:eu-*:*:foundation-model/m",
            "arn:aws:bedrock:us-east-1::foundation-model/m",
            false,
        ),
        ("arn:*:s3:::b/k", "arn:aws:s3:::b/k", true),
    ] {
        assert_eq!(resource(pattern, asked), allowed, "{pattern} {asked}");
    }
}

/// "NotAction", "NotResource".
#[test]
fn what_is_not_named_is_meant_where_an_element_is_negated() {
    let policy = allow(r#""NotAction":["s3:Delete*","iam:*"],"Resource":"*""#);
    for (asked, expected) in [
        ("s3:GetObject", Verdict::Allow),
        ("s3:deleteobject", Verdict::Silent),
        ("iam:GetRole", Verdict::Silent),
    ] {
        assert_eq!(says(&[&policy], asked, BUCKET, &[]), expected, "{asked}");
    }
    let policy = document(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::b/home/${aws:username}/*"]}"#,
    );
    let asked = |resource: &str, context: &[(&str, &str)]| {
        says(&[&policy], "s3:GetObject", resource, context)
    };
    let ann = [("aws:username", "ann")];
    assert_eq!(asked("arn:aws:s3:::b/home/ann/k", &ann), Verdict::Allow);
    assert_eq!(asked("arn:aws:s3:::b/home/bob/k", &ann), Verdict::Deny);
    // Without a name nothing is excepted.
    assert_eq!(asked("arn:aws:s3:::b/home//k", &[]), Verdict::Deny);
}

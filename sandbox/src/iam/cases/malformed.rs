//! Documents that are refused.

use super::{allow, document};
use crate::iam::Policies;

/// "Grammar of the IAM JSON policy language": what is wrong is told with its place.
#[test]
fn a_malformed_document_is_refused_with_the_place() {
    let statement = |rest: &str| document(&format!(r#"{{"Effect":"Allow",{rest}}}"#));
    let valid = r#""Action":"s3:GetObject","Resource":"*""#;
    let with = |condition: &str| statement(&format!(r#"{valid},"Condition":{condition}"#));
    for (document, expected) in [
        ("no json".to_owned(), "not JSON: expected ident at line 1 column 2"),
        ("[]".to_owned(), "not a JSON object"),
        ("{}".to_owned(), "`Statement` is missing"),
        (
            r#"{"Version":"2020-01-01","Statement":[]}"#.to_owned(),
            "Version: must be `2012-10-17` or `2008-10-17`",
        ),
        (r#"{"Statement":[],"Statements":[]}"#.to_owned(), "unknown element `Statements`"),
        (statement(r#""Action":"s3:GetObject""#), "Statement[0]: `Resource` is missing"),
        (statement(r#""Resource":"*""#), "Statement[0]: `Action` is missing"),
        (
            statement(&format!(r#"{valid},"NotAction":"s3:*""#)),
            "Statement[0]: `Action` and `NotAction` exclude each other",
        ),
        (
            statement(&format!(r#"{valid},"Conditions":{{}}"#)),
            "Statement[0]: unknown element `Conditions`",
        ),
        (
            statement(&format!(r#"{valid},"Principal":"*""#)),
            "Statement[0]: a principal has no place in an identity-based policy",
        ),
        (
            document(&format!(r#"{{"Effect":"Allow",{valid}}},{{"Effect":"allow",{valid}}}"#)),
            "Statement[1].Effect: must be `Allow` or `Deny`",
        ),
        (
            statement(r#""Action":"GetObject","Resource":"*""#),
            "Statement[0].Action: `GetObject` is no `service:action`",
        ),
        (
            statement(r#""Action":"s*:GetObject","Resource":"*""#),
            "Statement[0].Action: `s*:GetObject` is no `service:action`",
        ),
        (
            statement(r#""Action":7,"Resource":"*""#),
            "Statement[0].Action: must be a string or a list of strings",
        ),
        (
            statement(r#""Action":"s3:*","Resource":"b/*""#),
            "Statement[0].Resource: `b/*` is neither `*` nor an ARN of six fields whose service is written out",
        ),
        (
            statement(r#""Action":"s3:*","Resource":"arn:aws:s3*""#),
            "Statement[0].Resource: `arn:aws:s3*` is neither `*` nor an ARN of six fields whose service is written out",
        ),
        (
            statement(r#""Action":"s3:*","Resource":"arn:aws:*:::b""#),
            "Statement[0].Resource: `arn:aws:*:::b` is neither `*` nor an ARN of six fields whose service is written out",
        ),
        (
            statement(r#""Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username""#),
            "Statement[0].Resource: `arn:aws:s3:::b/${aws:username` has no end",
        ),
        (
            with(r#"{"StringMatches":{"s3:prefix":"a"}}"#),
            "Statement[0].Condition.StringMatches: unknown condition operator `StringMatches`",
        ),
        (
            with(r#"{"ForSomeValues:StringEquals":{"s3:prefix":"a"}}"#),
            "Statement[0].Condition.ForSomeValues:StringEquals: unknown condition operator `ForSomeValues:StringEquals`",
        ),
        (
            with(r#"{"NullIfExists":{"s3:prefix":"true"}}"#),
            "Statement[0].Condition.NullIfExists: unknown condition operator `NullIfExists`",
        ),
        (
            with(r#"{"ForAnyValue:NumericEquals":{"k:n":1}}"#),
            "Statement[0].Condition.ForAnyValue:NumericEquals: `ForAnyValue:NumericEquals` is not played by the sandbox: set operators test strings, ARNs and booleans",
        ),
        (
            with(r#"{"NumericEquals":{"s3:max-keys":"ten"}}"#),
            "Statement[0].Condition.NumericEquals.s3:max-keys: `ten` is no number",
        ),
        (
            with(r#"{"Bool":{"aws:SecureTransport":"yes"}}"#),
            "Statement[0].Condition.Bool.aws:SecureTransport: `yes` is no `true` or `false`",
        ),
        (
            with(r#"{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}"#),
            "Statement[0].Condition.DateLessThan.aws:CurrentTime: `tomorrow` is no date: ISO 8601 in UTC or with an offset, or seconds since 1970",
        ),
        (
            with(r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}"#),
            "Statement[0].Condition.IpAddress.aws:SourceIp: `10.0.0.0/33` is no IP address or network",
        ),
        (
            with(r#"{"StringEquals":{"s3:prefix":{"a":"b"}}}"#),
            "Statement[0].Condition.StringEquals.s3:prefix: must be a string, a number, a boolean, or a list of them",
        ),
        (with(r#"{"StringEquals":"a"}"#), "Statement[0].Condition.StringEquals: not a JSON object"),
        (
            with(r#"{"StringEquals":{"s3:prefix":"${aws:username, x}"}}"#),
            "Statement[0].Condition.StringEquals.s3:prefix: the default value in `${aws:username, x}` is not in single quotes",
        ),
    ] {
        let error = Policies::parse([allow(valid), document.clone()]).unwrap_err().to_string();
        assert_eq!(error, format!("policy document 2 is malformed: {expected}"), "{document}");
    }
}

//! Conditions.

use super::condition;

/// "Condition operators".
#[test]
fn an_operator_compares_one_value_as_its_family_does() {
    let prefix = |value: &'static str| [("s3:prefix", value)];
    for (text, context, holds) in [
        (r#""StringEquals":{"s3:prefix":["a/","b/"]}"#, &prefix("b/")[..], true),
        (r#""StringEquals":{"s3:prefix":["a/","b/"]}"#, &prefix("B/"), false),
        (r#""StringEquals":{"S3:Prefix":"a/"}"#, &prefix("a/"), true),
        (r#""StringEquals":{"s3:prefix":"a/*"}"#, &prefix("a/b"), false),
        (r#""StringEquals":{"s3:prefix":"a/*"}"#, &prefix("a/*"), true),
        (r#""StringEquals":{"s3:prefix":""}"#, &prefix(""), true),
        (r#""StringEquals":{"s3:prefix":""}"#, &[], false),
        (r#""StringEqualsIgnoreCase":{"s3:prefix":"a/"}"#, &prefix("A/"), true),
        (r#""StringNotEquals":{"s3:prefix":["a/","b/"]}"#, &prefix("b/"), false),
        (r#""StringNotEquals":{"s3:prefix":["a/","b/"]}"#, &prefix("c/"), true),
        (r#""StringNotEquals":{"s3:prefix":"a/"}"#, &[], true),
        (r#""StringLike":{"s3:prefix":["a/*","b?"]}"#, &prefix("a/b/c"), true),
        (r#""StringLike":{"s3:prefix":["a/*","b?"]}"#, &prefix("bc"), true),
        (r#""StringLike":{"s3:prefix":["a/*","b?"]}"#, &prefix("c"), false),
        (r#""StringLike":{"s3:prefix":"a/${*}"}"#, &prefix("a/b"), false),
        (r#""StringLike":{"s3:prefix":"a/*"}"#, &[], false),
        (r#""StringNotLike":{"s3:prefix":"a/*"}"#, &prefix("a/b"), false),
        (r#""StringNotLike":{"s3:prefix":"a/*"}"#, &prefix("b"), true),
        // Both keys, both operators.
        (
            r#""StringLike":{"s3:prefix":"a/*"},"StringEquals":{"s3:delimiter":"/"}"#,
            &[("s3:prefix", "a/b"), ("s3:delimiter", "/")],
            true,
        ),
        (
            r#""StringLike":{"s3:prefix":"a/*"},"StringEquals":{"s3:delimiter":"/"}"#,
            &prefix("a/b"),
            false,
        ),
        (
            r#""StringLike":{"s3:prefix":"a*"},"StringNotLike":{"s3:prefix":"ab*"}"#,
            &prefix("ac"),
            true,
        ),
        (
            r#""StringLike":{"s3:prefix":"a*"},"StringNotLike":{"s3:prefix":"ab*"}"#,
            &prefix("abc"),
            false,
        ),
        (r#""StringEqualsIfExists":{"s3:prefix":"a/"}"#, &[], true),
        (r#""StringEqualsIfExists":{"s3:prefix":"a/"}"#, &prefix("b/"), false),
        (r#""Null":{"s3:prefix":"true"}"#, &[], true),
        (r#""Null":{"s3:prefix":true}"#, &prefix("a"), false),
        (r#""Null":{"s3:prefix":"false"}"#, &prefix("a"), true),
        (r#""Null":{"s3:prefix":"false"}"#, &[], false),
        (r#""NumericLessThanEquals":{"s3:max-keys":"10"}"#, &[("s3:max-keys", "9")], true),
        (r#""NumericLessThanEquals":{"s3:max-keys":10}"#, &[("s3:max-keys", "100")], false),
        (r#""NumericEquals":{"s3:max-keys":[1,"2"]}"#, &[("s3:max-keys", "2")], true),
        (r#""NumericNotEquals":{"s3:max-keys":[1,2]}"#, &[("s3:max-keys", "2")], false),
        (r#""NumericGreaterThan":{"s3:max-keys":"9"}"#, &[("s3:max-keys", "ten")], false),
        (r#""NumericLessThan":{"s3:max-keys":"9"}"#, &[], false),
        (r#""Bool":{"aws:SecureTransport":"true"}"#, &[("aws:SecureTransport", "true")], true),
        (r#""Bool":{"aws:SecureTransport":true}"#, &[("aws:SecureTransport", "true")], true),
        (r#""Bool":{"aws:SecureTransport":"false"}"#, &[("aws:SecureTransport", "true")], false),
        (r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#, &[], false),
        (r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}"#, &[], true),
        (
            r#""DateLessThan":{"aws:CurrentTime":"2030-01-01"}"#,
            &[("aws:CurrentTime", "2029-12-31T23:59:59Z")],
            true,
        ),
        (
            r#""DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00Z"}"#,
            &[("aws:CurrentTime", "2030-01-01T00:00:01Z")],
            false,
        ),
        (
            r#""DateGreaterThan":{"aws:EpochTime":"1700000000"}"#,
            &[("aws:EpochTime", "1700000001")],
            true,
        ),
        (
            r#""IpAddress":{"aws:SourceIp":["10.0.0.0/8","127.0.0.1"]}"#,
            &[("aws:SourceIp", "127.0.0.1")],
            true,
        ),
        (
            r#""NotIpAddress":{"aws:SourceIp":"127.0.0.0/8"}"#,
            &[("aws:SourceIp", "127.0.0.1")],
            false,
        ),
        (r#""BinaryEquals":{"k:b":"QmluYXJ5"}"#, &[("k:b", "QmluYXJ5")], true),
        (r#""BinaryEquals":{"k:b":"QmluYXJ5"}"#, &[("k:b", "qmluyxj5")], false),
        (r#""StringEquals":{"s3:x-amz-acl":"private"}"#, &[("s3:x-amz-acl", "public-read")], false),
    ] {
        assert_eq!(condition(text, context), holds, "{text} {context:?}");
    }
}

/// "ArnEquals and ArnLike behave identically".
#[test]
fn arns_match_by_pattern_under_either_operator() {
    let role = [("aws:PrincipalArn", "arn:aws:iam::111122223333:role/team/r")];
    for (text, holds) in [
        (r#""ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/team/*"}"#, true),
        (r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/team/*"}"#, true),
        (r#""ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/team/*"}"#, false),
        (
            r#""ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/x","arn:aws:iam::*:role/team/*"]}"#,
            false,
        ),
        (r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}"#, false),
        (r#""StringEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/team/*"}"#, false),
    ] {
        assert_eq!(condition(text, &role), holds, "{text}");
    }
    assert!(condition(r#""ArnLikeIfExists":{"aws:SourceArn":"arn:aws:sns:*:*:*"}"#, &[]));
}

/// "Conditions with multiple context keys or values": sets.
#[test]
fn set_operators_look_at_every_value() {
    let keys = [("s3:RequestObjectTagKeys", "a"), ("s3:RequestObjectTagKeys", "b")];
    for (text, context, holds) in [
        (
            r#""ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["a","b","c"]}"#,
            &keys[..],
            true,
        ),
        (r#""ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["a"]}"#, &keys, false),
        (r#""ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["a"]}"#, &keys[..1], true),
        (r#""ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["a"]}"#, &[], true),
        (r#""ForAllValues:StringLikeIfExists":{"s3:RequestObjectTagKeys":["a*"]}"#, &[], true),
        (r#""ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":["b","c"]}"#, &keys, true),
        (r#""ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":["c"]}"#, &keys, false),
        (r#""ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":["a"]}"#, &[], false),
        (r#""ForAnyValue:StringEqualsIfExists":{"s3:RequestObjectTagKeys":["a"]}"#, &[], true),
        (r#""ForAnyValue:StringEqualsIfExists":{"s3:RequestObjectTagKeys":["c"]}"#, &keys, false),
        (r#""ForAnyValue:StringLike":{"s3:RequestObjectTagKeys":["?"]}"#, &keys, true),
        (r#""ForAllValues:StringNotEquals":{"s3:RequestObjectTagKeys":["b","c"]}"#, &keys, false),
        (r#""ForAllValues:StringNotEquals":{"s3:RequestObjectTagKeys":["c","d"]}"#, &keys, true),
        (
            r#""ForAllValues:Bool":{"k:flags":"true"}"#,
            &[("k:flags", "true"), ("k:flags", "true")],
            true,
        ),
        (
            r#""ForAnyValue:ArnEquals":{"k:arns":"arn:aws:sns:*:*:t"}"#,
            &[("k:arns", "arn:aws:sns:r:1:t")],
            true,
        ),
    ] {
        assert_eq!(condition(text, context), holds, "{text} {context:?}");
    }
}

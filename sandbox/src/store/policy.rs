//! Bucket policies: parsed once, evaluated call by call.
//!
//! Source: "IAM JSON policy elements" and "Policy evaluation logic", IAM User Guide.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A bucket policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// As it was put.
    pub(crate) text: String,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    deny: bool,
    principal: Principals,
    action: Names,
    resource: Names,
    /// Operator, condition key, values; all must hold.
    conditions: Vec<(String, String, Vec<String>)>,
}

#[derive(Clone, Debug)]
enum Principals {
    Are(Vec<String>),
    AreNot(Vec<String>),
}

/// Patterns with `*` and `?`.
#[derive(Clone, Debug)]
enum Names {
    Match(Vec<String>),
    MatchNot(Vec<String>),
}

/// What a policy says to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    Deny,
    /// Neither.
    Silent,
}

/// One call as a policy sees it.
pub(crate) struct Call<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    /// Account and ARN; `None` for an anonymous caller.
    pub(crate) caller: Option<(&'a str, &'a str)>,
    /// The values of a condition key (lower case); `None` where the call has none.
    pub(crate) context: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

impl Policy {
    /// Parses a policy for a bucket.
    ///
    /// # Errors
    /// Why S3 calls it a MalformedPolicy.
    pub(crate) fn parse(text: &str, bucket: &str) -> Result<Self, &'static str> {
        let value: Value = serde_json::from_str(text)
            .map_err(|_| "Policies must be valid JSON and the first byte must be '{'")?;
        let object = value
            .as_object()
            .ok_or("Policies must be valid JSON and the first byte must be '{'")?;
        let statements = match object.get("Statement").ok_or("Missing required field Statement")? {
            Value::Array(statements) => statements
                .iter()
                .map(|statement| Statement::parse(statement, bucket))
                .collect::<Result<Vec<_>, _>>()?,
            statement => vec![Statement::parse(statement, bucket)?],
        };
        if statements.is_empty() {
            return Err("Could not parse the policy: Statement is empty!");
        }
        Ok(Self { text: text.to_owned(), statements })
    }

    /// An explicit deny wins over any allow.
    pub(crate) fn verdict(&self, call: &Call<'_>) -> Verdict {
        let mut verdict = Verdict::Silent;
        for statement in self.statements.iter().filter(|statement| statement.applies(call)) {
            if statement.deny {
                return Verdict::Deny;
            }
            verdict = Verdict::Allow;
        }
        verdict
    }

    /// Whether it lets in everybody ("The meaning of public", S3 User Guide): an allow for `*` that no fixed condition narrows.
    pub(crate) fn is_public(&self) -> bool {
        const NARROWING: [&str; 9] = [
            "aws:sourcearn",
            "aws:sourcevpc",
            "aws:sourcevpce",
            "aws:sourceowner",
            "aws:sourceaccount",
            "aws:userid",
            "aws:principalorgid",
            "aws:principalaccount",
            "s3:dataaccesspointaccount",
        ];
        self.statements.iter().any(|statement| {
            let everybody = match &statement.principal {
                Principals::Are(names) => names.iter().any(|name| name == "*"),
                Principals::AreNot(_) => true,
            };
            let narrowed = statement.conditions.iter().any(|(operator, key, values)| {
                let fixed = values.iter().all(|value| !value.contains(['*', '$']));
                let by_address =
                    key == "aws:sourceip" && values.iter().all(|value| !value.ends_with("/0"));
                !operator.contains("not")
                    && ((NARROWING.contains(&key.as_str()) && fixed) || by_address)
            });
            !statement.deny && everybody && !narrowed
        })
    }
}

impl Statement {
    fn parse(value: &Value, bucket: &str) -> Result<Self, &'static str> {
        let object = value.as_object().ok_or("Invalid policy syntax.")?;
        let deny = match object.get("Effect").and_then(Value::as_str) {
            Some("Allow") => false,
            Some("Deny") => true,
            Some(_) => return Err("Invalid effect"),
            None => return Err("Missing required field Effect"),
        };
        let principal = match (object.get("Principal"), object.get("NotPrincipal")) {
            (Some(principal), None) => Principals::Are(principals(principal)?),
            (None, Some(_)) if !deny => return Err("Allow with NotPrincipal is not allowed."),
            (None, Some(principal)) => Principals::AreNot(principals(principal)?),
            _ => return Err("Missing required field Principal"),
        };
        let action = names(object.get("Action"), object.get("NotAction"))
            .ok_or("Missing required field Action")?;
        if let Names::Match(actions) = &action
            && actions
                .iter()
                .any(|action| action != "*" && !action.to_ascii_lowercase().starts_with("s3:"))
        {
            return Err("Policy has invalid action");
        }
        let resource = names(object.get("Resource"), object.get("NotResource"))
            .ok_or("Missing required field Resource")?;
        if let Names::Match(resources) = &resource {
            let own = format!("arn:aws:s3:::{bucket}");
            let inside = |resource: &String| {
                resource == "*"
                    || resource
                        .strip_prefix(&own)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*']))
                    || matches(resource, &own)
                    || matches(resource, &format!("{own}/x"))
            };
            if !resources.iter().all(inside) {
                return Err("Policy has invalid resource");
            }
        }
        let mut conditions = Vec::new();
        for (operator, tests) in
            object.get("Condition").and_then(Value::as_object).into_iter().flatten()
        {
            if !is_operator(operator) {
                return Err("Policy has an invalid condition operator");
            }
            for (key, values) in tests.as_object().ok_or("Conditions must be objects")? {
                conditions.push((operator.to_ascii_lowercase(), lower_key(key), texts(values)));
            }
        }
        Ok(Self { deny, principal, action, resource, conditions })
    }

    fn applies(&self, call: &Call<'_>) -> bool {
        let principal = match &self.principal {
            Principals::Are(names) => names.iter().any(|name| is_caller(name, call.caller)),
            Principals::AreNot(names) => !names.iter().any(|name| is_caller(name, call.caller)),
        };
        principal
            && self.action.holds(call.action, true)
            && self.resource.holds(call.resource, false)
            && self.conditions.iter().all(|condition| holds(condition, call.context))
    }
}

impl Names {
    fn holds(&self, name: &str, ignore_case: bool) -> bool {
        let any = |patterns: &[String]| {
            patterns.iter().any(|pattern| {
                if ignore_case {
                    matches(&pattern.to_ascii_lowercase(), &name.to_ascii_lowercase())
                } else {
                    matches(pattern, name)
                }
            })
        };
        match self {
            Self::Match(patterns) => any(patterns),
            Self::MatchNot(patterns) => !any(patterns),
        }
    }
}

fn names(plain: Option<&Value>, negated: Option<&Value>) -> Option<Names> {
    match (plain, negated) {
        (Some(value), None) => Some(Names::Match(texts(value))),
        (None, Some(value)) => Some(Names::MatchNot(texts(value))),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value.as_array().map_or_else(|| vec![text(value)], |values| values.iter().map(text).collect())
}

fn principals(value: &Value) -> Result<Vec<String>, &'static str> {
    match value {
        Value::String(name) if name == "*" => Ok(vec!["*".into()]),
        Value::Object(kinds) => {
            let known = kinds.keys().all(|kind| {
                matches!(kind.as_str(), "AWS" | "Service" | "Federated" | "CanonicalUser")
            });
            let names: Vec<String> = kinds.get("AWS").map(texts).unwrap_or_default();
            let shaped = names
                .iter()
                .all(|name| name == "*" || is_account(name) || name.starts_with("arn:aws:"));
            if known && shaped { Ok(names) } else { Err("Invalid principal in policy") }
        }
        _ => Err("Invalid principal in policy"),
    }
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_caller(name: &str, caller: Option<(&str, &str)>) -> bool {
    if name == "*" {
        return true;
    }
    caller.is_some_and(|(account, arn)| {
        name == arn || name == account || name == format!("arn:aws:iam::{account}:root")
    })
}

/// `s3:ExistingObjectTag/Key` keeps the case of the tag's key.
fn lower_key(key: &str) -> String {
    key.split_once('/').map_or_else(
        || key.to_ascii_lowercase(),
        |(name, tag)| format!("{}/{tag}", name.to_ascii_lowercase()),
    )
}

/// An operator without its qualifier and `IfExists`.
fn base(operator: &str) -> &str {
    let operator = operator.rsplit_once(':').map_or(operator, |(_, operator)| operator);
    operator.strip_suffix("ifexists").unwrap_or(operator)
}

fn is_operator(operator: &str) -> bool {
    let operator = operator.to_ascii_lowercase();
    matches!(
        base(&operator),
        "stringequals"
            | "stringnotequals"
            | "stringequalsignorecase"
            | "stringnotequalsignorecase"
            | "stringlike"
            | "stringnotlike"
            | "arnequals"
            | "arnnotequals"
            | "arnlike"
            | "arnnotlike"
            | "numericequals"
            | "numericnotequals"
            | "numericlessthan"
            | "numericlessthanequals"
            | "numericgreaterthan"
            | "numericgreaterthanequals"
            | "dateequals"
            | "datenotequals"
            | "datelessthan"
            | "datelessthanequals"
            | "dategreaterthan"
            | "dategreaterthanequals"
            | "bool"
            | "null"
            | "ipaddress"
            | "notipaddress"
    )
}

fn holds(
    (operator, key, values): &(String, String, Vec<String>),
    context: &dyn Fn(&str) -> Option<Vec<String>>,
) -> bool {
    let actual = context(key);
    if base(operator) == "null" {
        return values.iter().any(|value| (value == "true") == actual.is_none());
    }
    let negated = base(operator).contains("not");
    let Some(actual) = actual else {
        // Without the key a test fails, unless it is negated or may do without.
        return negated || operator.ends_with("ifexists") || operator.starts_with("forallvalues:");
    };
    let test = |actual: &String| {
        let any = values.iter().any(|value| compare(base(operator), value, actual));
        any != negated
    };
    if operator.starts_with("foranyvalue:") {
        actual.iter().any(test)
    } else {
        actual.iter().all(test)
    }
}

/// The positive form of a comparison.
fn compare(operator: &str, value: &str, actual: &str) -> bool {
    let kind = operator.replacen("not", "", 1);
    match kind.as_str() {
        "stringequals" => value == actual,
        "stringequalsignorecase" | "bool" => value.eq_ignore_ascii_case(actual),
        "stringlike" | "arnlike" | "arnequals" => matches(value, actual),
        "ipaddress" => in_network(value, actual),
        kind => {
            let order = match kind.strip_prefix("numeric") {
                Some(_) => value
                    .parse::<f64>()
                    .ok()
                    .zip(actual.parse::<f64>().ok())
                    .and_then(|(value, actual)| actual.partial_cmp(&value)),
                None => date(value).zip(date(actual)).map(|(value, actual)| actual.cmp(&value)),
            };
            let relation = kind
                .strip_prefix("numeric")
                .or_else(|| kind.strip_prefix("date"))
                .unwrap_or_default();
            order.is_some_and(|order| match relation {
                "equals" => order.is_eq(),
                "lessthan" => order.is_lt(),
                "lessthanequals" => order.is_le(),
                "greaterthan" => order.is_gt(),
                "greaterthanequals" => order.is_ge(),
                _ => false,
            })
        }
    }
}

fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .or_else(|| OffsetDateTime::from_unix_timestamp(text.parse().ok()?).ok())
}

/// Whether an IPv4 address lies in a network written as `a.b.c.d/n`.
fn in_network(network: &str, address: &str) -> bool {
    let (base, bits) = network.split_once('/').unwrap_or((network, "32"));
    let number = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    let (Some(base), Some(address), Ok(bits)) =
        (number(base), number(address), bits.parse::<u32>())
    else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32u32.saturating_sub(bits)).unwrap_or(0);
    base & mask == address & mask
}

/// Whether a pattern with `*` (any text) and `?` (any character) matches the whole of `text`.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last star stood, and how much it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(
        policy: &str,
        action: &str,
        resource: &str,
        caller: Option<(&str, &str)>,
        context: &[(&str, &str)],
    ) -> Verdict {
        let context = |key: &str| {
            context
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| vec![(*value).to_owned()])
        };
        Policy::parse(policy, "b").unwrap().verdict(&Call {
            action,
            resource,
            caller,
            context: &context,
        })
    }

    const ME: Option<(&str, &str)> = Some(("111122223333", "arn:aws:iam::111122223333:user/me"));

    #[test]
    fn deny_wins_over_allow() {
        let policy = r#"{"Statement":[
            {"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]},
            {"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::b/locked/*"}]}"#;
        assert_eq!(verdict(policy, "s3:GetObject", "arn:aws:s3:::b/k", None, &[]), Verdict::Allow);
        assert_eq!(
            verdict(policy, "s3:DeleteObject", "arn:aws:s3:::b/locked/k", ME, &[]),
            Verdict::Deny
        );
        assert_eq!(
            verdict(policy, "s3:DeleteObject", "arn:aws:s3:::b/locked/k", None, &[]),
            Verdict::Allow
        );
        assert_eq!(verdict(policy, "s3:GetObject", "arn:aws:s3:::c/k", ME, &[]), Verdict::Silent);
    }

    #[test]
    fn conditions_must_all_hold_and_a_missing_key_fails_unless_negated() {
        let policy = |condition: &str| {
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{condition}}}}}"#
            )
        };
        let list = |condition: &str, context: &[(&str, &str)]| {
            verdict(&policy(condition), "s3:ListBucket", "arn:aws:s3:::b", ME, context)
                == Verdict::Allow
        };
        assert!(list(r#"{"StringLike":{"s3:prefix":["a/*","b"]}}"#, &[("s3:prefix", "a/x")]));
        assert!(!list(r#"{"StringLike":{"s3:prefix":["a/*","b"]}}"#, &[("s3:prefix", "c")]));
        assert!(!list(r#"{"StringLike":{"s3:prefix":"a"}}"#, &[]));
        assert!(list(r#"{"StringNotEquals":{"s3:prefix":"a"}}"#, &[]));
        assert!(!list(r#"{"StringNotEquals":{"s3:prefix":["a","b"]}}"#, &[("s3:prefix", "b")]));
        assert!(list(r#"{"StringEqualsIfExists":{"s3:prefix":"a"}}"#, &[]));
        assert!(list(r#"{"Null":{"s3:prefix":"true"}}"#, &[]));
        assert!(list(r#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, &[("s3:max-keys", "9")]));
        assert!(list(
            r#"{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"},"Bool":{"aws:SecureTransport":"false"}}"#,
            &[("aws:sourceip", "127.0.0.1"), ("aws:securetransport", "false")]
        ));
    }

    #[test]
    fn what_is_no_policy_of_this_bucket_is_refused() {
        for policy in [
            "no json",
            "{}",
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::c/*"}}"#,
            r#"{"Statement":{"Effect":"Maybe","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}"#,
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}"#,
            r#"{"Statement":{"Effect":"Allow","Principal":"me","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}"#,
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{"Sounds":{"a":"b"}}}}"#,
        ] {
            assert!(Policy::parse(policy, "b").is_err(), "{policy}");
        }
    }

    #[test]
    fn public_is_everybody_without_a_fixed_condition() {
        let policy = |extra: &str| {
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"{extra}}}}}"#
            )
        };
        let is_public = |extra: &str| Policy::parse(&policy(extra), "b").unwrap().is_public();
        assert!(is_public(""));
        assert!(is_public(r#","Condition":{"StringLike":{"aws:Referer":"x"}}"#));
        assert!(!is_public(r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#));
        assert!(!is_public(r#","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#));
    }

    #[test]
    fn patterns() {
        assert!(matches("a*c?e", "abbbcde"));
        assert!(matches("*", ""));
        assert!(!matches("a*b", "ac"));
    }
}

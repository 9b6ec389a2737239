//! Bucket policies: parsed once, evaluated call by call.
//!
//! Source: "IAM JSON policy elements" and "Policy evaluation logic", IAM User Guide.

use std::borrow::Cow;

use serde_json::Value;

pub(crate) use crate::iam::Verdict;
use crate::iam::{self, Names, Statement as Rule, has_variables};

/// A bucket policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// As it was put.
    pub(crate) text: String,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    principal: Principals,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Principals {
    Are(Vec<String>),
    AreNot(Vec<String>),
}

/// What a policy says to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `direct`: to the caller, and not just to its account, which leaves the decision to the caller's own policies.
    Allow {
        direct: bool,
    },
    Deny,
    /// Neither.
    Silent,
}

/// Who calls.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) account: &'a str,
    /// Of the user, or of the role's session.
    pub(crate) arn: &'a str,
    /// Of the user, or of the role.
    pub(crate) identity_arn: &'a str,
}

/// One call as a policy sees it.
pub(crate) struct Call<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    /// `None` for an anonymous caller.
    pub(crate) caller: Option<Caller<'a>>,
    /// The values of a condition key (lower case); `None` where the call has none.
    pub(crate) context: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

impl Policy {
    /// Parses a policy for a bucket.
    ///
    /// # Errors
    /// Why S3 calls it a MalformedPolicy.
    pub(crate) fn parse(text: &str, bucket: &str) -> Result<Self, Cow<'static, str>> {
        let value: Value = serde_json::from_str(text)
            .map_err(|_| "Policies must be valid JSON and the first byte must be '{'")?;
        let object = value
            .as_object()
            .ok_or("Policies must be valid JSON and the first byte must be '{'")?;
        let variables = has_variables(object.get("Version"))
            .map_err(|_| "The policy must contain a valid version string")?;
        let statements = match object.get("Statement").ok_or("Missing required field Statement")? {
            Value::Array(statements) => statements
                .iter()
                .map(|statement| Statement::parse(statement, bucket, variables))
                .collect::<Result<Vec<_>, _>>()?,
            statement => vec![Statement::parse(statement, bucket, variables)?],
        };
        if statements.is_empty() {
            return Err("Could not parse the policy: Statement is empty!".into());
        }
        Ok(Self { text: text.to_owned(), statements })
    }

    /// An explicit deny wins over any allow.
    pub(crate) fn answer(&self, call: &Call<'_>) -> Answer {
        let request =
            iam::Request { action: call.action, resource: call.resource, context: call.context };
        let says = |wanted: fn(&Principals, Option<Caller<'_>>) -> bool| {
            let rules = self
                .statements
                .iter()
                .filter(|statement| wanted(&statement.principal, call.caller))
                .map(|statement| &statement.rule);
            iam::evaluate(rules, &request).verdict
        };
        match says(Principals::cover) {
            Verdict::Allow => {
                Answer::Allow { direct: says(Principals::cover_directly) == Verdict::Allow }
            }
            Verdict::Deny => Answer::Deny,
            Verdict::Silent => Answer::Silent,
        }
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
            let narrowed = statement.rule.conditions.iter().any(|condition| {
                let key = condition.key.to_ascii_lowercase();
                let fixed = condition.values.iter().all(|value| !value.contains(['*', '$']));
                let by_address = key == "aws:sourceip"
                    && condition.values.iter().all(|value| !value.ends_with("/0"));
                !condition.operator.is_negated()
                    && ((NARROWING.contains(&key.as_str()) && fixed) || by_address)
            });
            !statement.rule.deny && everybody && !narrowed
        })
    }
}

impl Statement {
    fn parse(value: &Value, bucket: &str, variables: bool) -> Result<Self, Cow<'static, str>> {
        let object = value.as_object().ok_or("Invalid policy syntax.")?;
        let deny = match object.get("Effect").and_then(Value::as_str) {
            Some("Allow") => false,
            Some("Deny") => true,
            Some(_) => return Err("Invalid effect".into()),
            None => return Err("Missing required field Effect".into()),
        };
        let principal = match (object.get("Principal"), object.get("NotPrincipal")) {
            (Some(principal), None) => Principals::Are(principals(principal)?),
            (None, Some(_)) if !deny => {
                return Err("Allow with NotPrincipal is not allowed.".into());
            }
            (None, Some(principal)) => Principals::AreNot(principals(principal)?),
            _ => return Err("Missing required field Principal".into()),
        };
        for (plain, negated, message) in [
            ("Action", "NotAction", "Missing required field Action"),
            ("Resource", "NotResource", "Missing required field Resource"),
        ] {
            if object.contains_key(plain) == object.contains_key(negated) {
                return Err(message.into());
            }
        }
        let rule = Rule::parse(object, "Statement", variables).map_err(|fault| {
            if fault.at.contains(".Action") {
                Cow::from("Policy has invalid action")
            } else if fault.at.contains(".Resource") {
                Cow::from("Policy has invalid resource")
            } else {
                Cow::from(fault.to_string())
            }
        })?;
        if let Names::Match(actions) = &rule.actions
            && actions
                .iter()
                .any(|action| action != "*" && !action.to_ascii_lowercase().starts_with("s3:"))
        {
            return Err("Policy has invalid action".into());
        }
        if let Names::Match(resources) = &rule.resources {
            let own = format!("arn:aws:s3:::{bucket}");
            let inside = |resource: &String| {
                resource == "*"
                    || resource
                        .strip_prefix(&own)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*']))
                    || iam::matches(resource, &own)
                    || iam::matches(resource, &format!("{own}/x"))
            };
            if !resources.iter().all(inside) {
                return Err("Policy has invalid resource".into());
            }
        }
        Ok(Self { principal, rule })
    }
}

impl Principals {
    fn cover(&self, caller: Option<Caller<'_>>) -> bool {
        self.hold(|name| is_caller(name, caller) || is_account_of(name, caller))
    }

    /// Without those statements that hold for the caller's account as a whole.
    fn cover_directly(&self, caller: Option<Caller<'_>>) -> bool {
        self.hold(|name| is_caller(name, caller))
    }

    fn hold(&self, covers: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Are(names) => names.iter().any(|name| covers(name)),
            Self::AreNot(names) => !names.iter().any(|name| covers(name)),
        }
    }
}

fn principals(value: &Value) -> Result<Vec<String>, &'static str> {
    match value {
        Value::String(name) if name == "*" => Ok(vec!["*".into()]),
        Value::Object(kinds) => {
            let known = kinds.keys().all(|kind| {
                matches!(kind.as_str(), "AWS" | "Service" | "Federated" | "CanonicalUser")
            });
            let names = match kinds.get("AWS") {
                None => Vec::new(),
                Some(Value::String(name)) => vec![name.clone()],
                Some(Value::Array(names)) => names
                    .iter()
                    .map(|name| name.as_str().map(str::to_owned))
                    .collect::<Option<_>>()
                    .ok_or("Invalid principal in policy")?,
                Some(_) => return Err("Invalid principal in policy"),
            };
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

fn is_caller(name: &str, caller: Option<Caller<'_>>) -> bool {
    name == "*" || caller.is_some_and(|caller| name == caller.arn || name == caller.identity_arn)
}

fn is_account_of(name: &str, caller: Option<Caller<'_>>) -> bool {
    caller.is_some_and(|Caller { account, .. }| {
        name == account || name == format!("arn:aws:iam::{account}:root")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: Answer = Answer::Allow { direct: true };

    fn answer(
        policy: &str,
        action: &str,
        resource: &str,
        caller: Option<Caller<'_>>,
        context: &[(&str, &str)],
    ) -> Answer {
        let context = |key: &str| {
            context
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| vec![(*value).to_owned()])
        };
        Policy::parse(policy, "b").unwrap().answer(&Call {
            action,
            resource,
            caller,
            context: &context,
        })
    }

    const ME: Option<Caller<'_>> = Some(Caller {
        account: "111122223333",
        arn: "arn:aws:iam::111122223333:user/me",
        identity_arn: "arn:aws:iam::111122223333:user/me",
    });

    #[test]
    fn deny_wins_over_allow() {
        let policy = r#"{"Statement":[
            {"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]},
            {"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::b/locked/*"}]}"#;
        assert_eq!(answer(policy, "s3:GetObject", "arn:aws:s3:::b/k", None, &[]), ALLOW);
        assert_eq!(
            answer(policy, "s3:DeleteObject", "arn:aws:s3:::b/locked/k", ME, &[]),
            Answer::Deny
        );
        assert_eq!(answer(policy, "s3:DeleteObject", "arn:aws:s3:::b/locked/k", None, &[]), ALLOW);
        assert_eq!(answer(policy, "s3:GetObject", "arn:aws:s3:::c/k", ME, &[]), Answer::Silent);
    }

    #[test]
    fn conditions_must_all_hold_and_a_missing_key_fails_unless_negated() {
        let policy = |condition: &str| {
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{condition}}}}}"#
            )
        };
        let list = |condition: &str, context: &[(&str, &str)]| {
            answer(&policy(condition), "s3:ListBucket", "arn:aws:s3:::b", ME, context) == ALLOW
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
    fn an_account_is_let_in_but_not_its_users() {
        let policy = |principal: &str| {
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:*","Resource":"arn:aws:s3:::b/*"}}}}"#
            )
        };
        let role = Some(Caller {
            account: "111122223333",
            arn: "arn:aws:sts::111122223333:assumed-role/r/s",
            identity_arn: "arn:aws:iam::111122223333:role/p/r",
        });
        for (principal, caller, expected) in [
            ("111122223333", ME, Answer::Allow { direct: false }),
            ("arn:aws:iam::111122223333:root", ME, Answer::Allow { direct: false }),
            ("arn:aws:iam::111122223333:user/me", ME, ALLOW),
            ("arn:aws:iam::111122223333:role/p/r", role, ALLOW),
            ("arn:aws:sts::111122223333:assumed-role/r/s", role, ALLOW),
            ("arn:aws:iam::111122223333:role/r", role, Answer::Silent),
            ("*", None, ALLOW),
            ("111122223333", None, Answer::Silent),
        ] {
            let said = answer(&policy(principal), "s3:GetObject", "arn:aws:s3:::b/k", caller, &[]);
            assert_eq!(said, expected, "{principal}");
        }
    }
}

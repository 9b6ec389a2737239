//! Whether statements allow an action: decided by `iam-rs`, which is handed each statement in a form that it decides as AWS does.
//!
//! What `iam-rs` 0.8.0 does by itself, and what is therefore done before:
//! - It fills in policy variables in resources alone. They are filled in here, in conditions, too.
//! - A variable without a value becomes the empty text, and a value with `*` becomes a pattern. Here the first makes its text match nothing, and the second stays literal, as do the `*`, `?` and `${}` of an object's key: these characters are exchanged, on both sides, for ones that no text has.
//! - `ArnEquals` compares character by character; on AWS it is `ArnLike`.
//! - `Bool` wants a typed value, lists hold strings only, and set operators know no `IfExists`. Here values are text, `Bool` compares text, and `IfExists` is decided by looking whether the key is there.
//! - A request for `*` is no ARN to it.
//! - `BinaryEquals` ignores case; dates must have a time; a version is required. See `operator.rs` and `document.rs`.
//!
//! The table in the tests holds all of this.

use iam_rs::{
    Arn, ConditionValue, Context, ContextValue, Decision, EvaluationOptions, IAMAction, IAMEffect,
    IAMOperator, IAMPolicy, IAMRequest, IAMResource, IAMStatement, PolicyEvaluator, Principal,
    PrincipalId,
};

use super::document::{Condition, Names, Statement};
use super::operator::{Family, Operator, Set};
use super::variable;

/// What policies say to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    /// An explicit deny.
    Deny,
    /// Neither.
    Silent,
}

/// One action on one resource.
pub(crate) struct Request<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    /// The values of a condition key, which is in lower case up to a `/`; `None` where the request has none.
    pub(crate) context: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

/// The verdict, and the statements that made it, by their position.
pub(crate) struct Evaluation {
    pub(crate) verdict: Verdict,
    pub(crate) matched: Vec<usize>,
}

/// What the statements say together.
pub(crate) fn evaluate<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    request: &Request<'_>,
) -> Evaluation {
    let mut given = Given { context: Context::new(), added: 0 };
    let statements: Vec<IAMStatement> =
        statements.into_iter().map(|statement| lower(statement, request, &mut given)).collect();
    let effects: Vec<IAMEffect> = statements.iter().map(|statement| statement.effect).collect();
    let mut policy = IAMPolicy::new();
    policy.statement = statements;
    let options = EvaluationOptions {
        stop_on_explicit_deny: false,
        collect_match_details: true,
        max_statements: usize::MAX,
        ignore_resource_constraints: false,
    };
    // Statements come here without their principal, so whose request it is does not matter.
    let nobody = Principal::Aws(PrincipalId::String("arn:aws:iam::000000000000:root".into()));
    let request =
        IAMRequest::new_with_context(nobody, request.action, resource(request), given.context);
    match PolicyEvaluator::with_policies(vec![policy]).with_options(options).evaluate(&request) {
        Ok(result) => {
            let verdict = match result.decision {
                Decision::Allow => Verdict::Allow,
                Decision::Deny => Verdict::Deny,
                Decision::NotApplicable => Verdict::Silent,
            };
            let deciding =
                if verdict == Verdict::Deny { IAMEffect::Deny } else { IAMEffect::Allow };
            let matched = result.statement_details.iter().zip(effects).enumerate();
            let matched = matched
                .filter(|(_, (details, effect))| {
                    details.conditions_satisfied && *effect == deciding
                })
                .map(|(index, _)| index)
                .collect();
            Evaluation { verdict, matched }
        }
        Err(error) => {
            // Everything that can fail was checked when the policy was set; what still does must not open a door.
            tracing::error!(%error, "a policy was not evaluated");
            Evaluation { verdict: Verdict::Deny, matched: Vec::new() }
        }
    }
}

/// Whether a pattern with `*` (any text) and `?` (any character) matches the whole of a text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    Arn::wildcard_match(text, pattern)
}

/// Stand-ins for `*`, `?` and `$` where they are no pattern and no variable: noncharacters of Unicode.
const STAND_INS: [(char, char); 3] = [('*', '\u{fdd0}'), ('?', '\u{fdd1}'), ('$', '\u{fdd2}')];

fn literal(text: &str) -> String {
    text.chars()
        .map(|character| {
            STAND_INS
                .iter()
                .find(|(plain, _)| *plain == character)
                .map_or(character, |(_, stand_in)| *stand_in)
        })
        .collect()
}

/// A pattern keeps its wildcards; a `$` in it is no variable any more.
fn pattern(text: &str) -> String {
    text.replace('$', "\u{fdd2}")
}

fn resource(request: &Request<'_>) -> Arn {
    let resource = literal(request.resource);
    Arn::parse(&resource).unwrap_or_else(|_| Arn {
        partition: "aws".to_owned(),
        service: request.action.split(':').next().unwrap_or_default().to_owned(),
        region: String::new(),
        account_id: String::new(),
        resource,
    })
}

fn lower(statement: &Statement, request: &Request<'_>, context: &mut Given) -> IAMStatement {
    let effect = if statement.deny { IAMEffect::Deny } else { IAMEffect::Allow };
    let mut lowered = IAMStatement::new(effect);
    match &statement.actions {
        Names::Match(names) => lowered.action = Some(IAMAction::Multiple(names.clone())),
        Names::MatchNot(names) => lowered.not_action = Some(IAMAction::Multiple(names.clone())),
    }
    let filled = |names: &[String]| {
        let names =
            names.iter().filter_map(|name| fill(name, statement.variables, request, pattern));
        Some(IAMResource::Multiple(names.collect()))
    };
    match &statement.resources {
        Names::Match(names) => lowered.resource = filled(names),
        Names::MatchNot(names) => lowered.not_resource = filled(names),
    }
    for condition in &statement.conditions {
        if let Some((operator, key, values)) =
            lower_condition(condition, statement.variables, request, context)
        {
            lowered = lowered.with_condition(operator, key, ConditionValue::StringList(values));
        }
    }
    lowered
}

/// Operator, key and values; `None` where the condition holds whatever is compared.
fn lower_condition(
    condition: &Condition,
    variables: bool,
    request: &Request<'_>,
    context: &mut Given,
) -> Option<(IAMOperator, String, Vec<String>)> {
    let operator = condition.operator;
    let given = (request.context)(&lower_key(&condition.key));
    if given.is_none() && operator.if_exists {
        return None;
    }
    let given = given.map(|values| {
        let normal = |value: String| operator.family.normal(&value).unwrap_or(value);
        values.into_iter().map(|value| literal(&normal(value))).collect()
    });
    let text: fn(&str) -> String = match operator.family {
        Family::Pattern | Family::Arn => pattern,
        _ => literal,
    };
    let values = condition
        .values
        .iter()
        .filter_map(|value| fill(value, variables, request, text))
        .filter_map(|value| operator.family.normal(&value))
        .collect();
    match in_library(operator) {
        Some(operator) => Some((operator, context.add(given), values)),
        None => {
            // Cannot happen (tested); `Null` without a value never holds.
            tracing::error!(?operator, "an operator is not known");
            Some((IAMOperator::Null, context.add(None), Vec::new()))
        }
    }
}

/// An operator as the library knows it, without `IfExists`.
fn in_library(operator: Operator) -> Option<IAMOperator> {
    let name = match operator.name {
        "ArnEquals" => "ArnLike",
        "ArnNotEquals" => "ArnNotLike",
        "Bool" | "BinaryEquals" => "StringEquals",
        name => name,
    };
    let set = match operator.set {
        None => "",
        Some(Set::ForAnyValue) => "ForAnyValue:",
        Some(Set::ForAllValues) => "ForAllValues:",
    };
    format!("{set}{name}").parse().ok()
}

/// The request's side of each condition, under a key of its own: its values are in the form that its operator compares.
struct Given {
    context: Context,
    added: usize,
}

impl Given {
    fn add(&mut self, values: Option<Vec<String>>) -> String {
        let key = format!("condition-{}", self.added);
        self.added += 1;
        if let Some(mut values) = values {
            let value = match values.pop() {
                Some(only) if values.is_empty() => ContextValue::String(only),
                last => {
                    values.extend(last);
                    ContextValue::StringList(values)
                }
            };
            self.context.insert(key.clone(), value);
        }
        key
    }
}

/// Keys ignore case; what follows the `/` of `s3:ExistingObjectTag/Key` is a name of the user's.
pub(super) fn lower_key(key: &str) -> String {
    key.split_once('/').map_or_else(
        || key.to_ascii_lowercase(),
        |(name, tag)| format!("{}/{tag}", name.to_ascii_lowercase()),
    )
}

fn fill(
    text: &str,
    variables: bool,
    request: &Request<'_>,
    plain: fn(&str) -> String,
) -> Option<String> {
    if !variables {
        return Some(plain(text));
    }
    // A key with several values has no one value to put in.
    let lookup = |key: &str| {
        (request.context)(&lower_key(key))
            .filter(|values| values.len() == 1)
            .and_then(|mut values| values.pop())
    };
    variable::fill(text, &lookup, plain, literal)
}

#[cfg(test)]
mod tests {
    use super::super::operator::NAMES;
    use super::*;

    #[test]
    fn every_operator_is_known_to_the_library() {
        for (name, _) in NAMES {
            for set in ["", "ForAnyValue:", "ForAllValues:"] {
                if let Ok(operator) = Operator::parse(&format!("{set}{name}")) {
                    assert!(in_library(operator).is_some(), "{operator:?}");
                }
            }
        }
    }
}

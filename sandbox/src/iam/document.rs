//! Policy documents as they are written: read strictly, so that a slip is an error when it is set and not a surprise when it is evaluated.
//!
//! Source: "Grammar of the IAM JSON policy language" and "IAM JSON policy elements reference", IAM User Guide.

use std::fmt;

use serde_json::{Map, Value};

use super::operator::{Family, Operator};
use super::variable;

/// A policy document.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) statements: Vec<Statement>,
}

/// One statement, without its principal.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) deny: bool,
    pub(crate) actions: Names,
    pub(crate) resources: Names,
    /// All must hold.
    pub(crate) conditions: Vec<Condition>,
    /// `${...}` is a variable; in documents of before 2012-10-17 it is text.
    pub(crate) variables: bool,
}

/// Patterns with `*` and `?`.
#[derive(Clone, Debug)]
pub(crate) enum Names {
    Match(Vec<String>),
    /// `NotAction`, `NotResource`.
    MatchNot(Vec<String>),
}

/// One key of one operator.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) operator: Operator,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Such as `Statement[1].Condition.StringLike`; empty for the document as a whole.
    pub(crate) at: String,
    pub(crate) problem: String,
}

impl Malformed {
    pub(crate) fn new(at: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { at: at.into(), problem: problem.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            return f.write_str(&self.problem);
        }
        write!(f, "{}: {}", self.at, self.problem)
    }
}

impl Document {
    /// Reads an identity-based policy.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Malformed::new("", format!("not JSON: {error}")))?;
        let object = value.as_object().ok_or_else(|| Malformed::new("", "not a JSON object"))?;
        check_elements(object, "", &["Version", "Id", "Statement"])?;
        let variables = has_variables(object.get("Version"))?;
        let statements = match object.get("Statement") {
            None => return Err(Malformed::new("", "`Statement` is missing")),
            Some(Value::Array(statements)) => statements
                .iter()
                .enumerate()
                .map(|(index, value)| {
                    Statement::of_identity(value, &format!("Statement[{index}]"), variables)
                })
                .collect::<Result<_, _>>()?,
            Some(value) => vec![Statement::of_identity(value, "Statement", variables)?],
        };
        Ok(Self { statements })
    }
}

/// Whether documents of a version know variables; without one, it is 2008-10-17.
///
/// # Errors
/// A version that IAM does not know.
pub(crate) fn has_variables(version: Option<&Value>) -> Result<bool, Malformed> {
    match version.map(Value::as_str) {
        None | Some(Some("2008-10-17")) => Ok(false),
        Some(Some("2012-10-17")) => Ok(true),
        Some(_) => Err(Malformed::new("Version", "must be `2012-10-17` or `2008-10-17`")),
    }
}

impl Statement {
    fn of_identity(value: &Value, at: &str, variables: bool) -> Result<Self, Malformed> {
        let object = value.as_object().ok_or_else(|| Malformed::new(at, "not a JSON object"))?;
        if object.contains_key("Principal") || object.contains_key("NotPrincipal") {
            return Err(Malformed::new(at, "a principal has no place in an identity-based policy"));
        }
        Self::parse(object, at, variables)
    }

    /// Reads everything but the principal.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(crate) fn parse(
        object: &Map<String, Value>,
        at: &str,
        variables: bool,
    ) -> Result<Self, Malformed> {
        check_elements(
            object,
            at,
            &[
                "Sid",
                "Effect",
                "Principal",
                "NotPrincipal",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Condition",
            ],
        )?;
        let deny = match object.get("Effect").and_then(Value::as_str) {
            Some("Allow") => false,
            Some("Deny") => true,
            _ => return Err(Malformed::new(format!("{at}.Effect"), "must be `Allow` or `Deny`")),
        };
        let actions = names(object, at, "Action", "NotAction", check_action)?;
        let resources =
            names(object, at, "Resource", "NotResource", |text| check_resource(text, variables))?;
        let conditions = match object.get("Condition") {
            None => Vec::new(),
            Some(value) => conditions(value, &format!("{at}.Condition"), variables)?,
        };
        Ok(Self { deny, actions, resources, conditions, variables })
    }

    /// The condition keys that decide about it, those of variables included.
    pub(crate) fn keys(&self) -> impl Iterator<Item = String> + '_ {
        let (Names::Match(resources) | Names::MatchNot(resources)) = &self.resources;
        let values = self.conditions.iter().flat_map(|condition| &condition.values);
        let variables = resources
            .iter()
            .chain(values)
            .filter(|_| self.variables)
            .flat_map(|text| variable::keys(text));
        self.conditions.iter().map(|condition| condition.key.clone()).chain(variables)
    }
}

/// A misspelt element would otherwise be a condition that never holds anybody back.
fn check_elements(object: &Map<String, Value>, at: &str, known: &[&str]) -> Result<(), Malformed> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(Malformed::new(at, format!("unknown element `{unknown}`"))),
        None => Ok(()),
    }
}

fn names(
    object: &Map<String, Value>,
    at: &str,
    plain: &str,
    negated: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<Names, Malformed> {
    let read = |name: &str, value: &Value| {
        let at = format!("{at}.{name}");
        let texts = texts(value)
            .filter(|_| value.is_string() || value.is_array())
            .ok_or_else(|| Malformed::new(&at, "must be a string or a list of strings"))?;
        for text in &texts {
            check(text).map_err(|problem| Malformed::new(&at, problem))?;
        }
        Ok(texts)
    };
    match (object.get(plain), object.get(negated)) {
        (Some(value), None) => Ok(Names::Match(read(plain, value)?)),
        (None, Some(value)) => Ok(Names::MatchNot(read(negated, value)?)),
        (None, None) => Err(Malformed::new(at, format!("`{plain}` is missing"))),
        (Some(_), Some(_)) => {
            Err(Malformed::new(at, format!("`{plain}` and `{negated}` exclude each other")))
        }
    }
}

fn check_action(action: &str) -> Result<(), String> {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*?-".contains(&byte))
    };
    let shaped = action == "*"
        || action.split_once(':').is_some_and(|(service, name)| {
            is_name(name) && is_name(service) && (service == "*" || !service.contains(['*', '?']))
        });
    if shaped { Ok(()) } else { Err(format!("`{action}` is no `service:action`")) }
}

/// "ARNs must include at least six fields" ("IAM policy validation check reference", IAM User Guide), and the service is no pattern.
fn check_resource(resource: &str, variables: bool) -> Result<(), String> {
    if variables {
        variable::check(resource)?;
    }
    let outline = if variables { variable::outline(resource) } else { resource.to_owned() };
    let fields: Vec<&str> = outline.splitn(6, ':').collect();
    let is_arn = fields.len() == 6
        && fields[0] == "arn"
        && !fields[2].is_empty()
        && !fields[2].contains(['*', '?']);
    if resource == "*" || is_arn {
        Ok(())
    } else {
        Err(format!(
            "`{resource}` is neither `*` nor an ARN of six fields whose service is written out"
        ))
    }
}

fn conditions(value: &Value, at: &str, variables: bool) -> Result<Vec<Condition>, Malformed> {
    let mut conditions = Vec::new();
    let operators = value.as_object().ok_or_else(|| Malformed::new(at, "not a JSON object"))?;
    for (name, tests) in operators {
        let at = format!("{at}.{name}");
        let operator = Operator::parse(name).map_err(|problem| Malformed::new(&at, problem))?;
        let tests = tests.as_object().ok_or_else(|| Malformed::new(&at, "not a JSON object"))?;
        for (key, value) in tests {
            let at = format!("{at}.{key}");
            let values = texts(value).ok_or_else(|| {
                Malformed::new(&at, "must be a string, a number, a boolean, or a list of them")
            })?;
            for text in &values {
                if variables {
                    variable::check(text).map_err(|problem| Malformed::new(&at, problem))?;
                }
                let is_variable = variables && text.contains("${");
                if !is_variable && operator.family.normal(text).is_none() {
                    let problem = format!("`{text}` is no {}", operator.family.wanted());
                    return Err(Malformed::new(&at, problem));
                }
            }
            if operator.family == Family::Null && values.len() != 1 {
                return Err(Malformed::new(&at, "`Null` takes one value"));
            }
            conditions.push(Condition { operator, key: key.clone(), values });
        }
    }
    Ok(conditions)
}

/// A value or a list of them, as text; `None` for anything nested.
fn texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}

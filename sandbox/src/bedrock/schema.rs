//! Checks of a request's body, in the words of the two validators behind Bedrock.
//!
//! Nova and Llama are checked against a JSON schema, Anthropic's models check by themselves; the wordings are those of AWS's answers in public issues and of the validators that those show.

use serde_json::{Map, Value};

use crate::rest_json::Refusal;

/// Who words the violations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `#/inferenceConfig: extraneous key [top_k] is not permitted`; all violations in one message.
    JsonSchema,
    /// `messages.0.content: Field required`; the first violation alone.
    Anthropic,
}

/// The violations found so far. Places are JSON pointers: `/messages/0`.
pub(super) struct Checker {
    dialect: Dialect,
    violations: Vec<String>,
}

impl Checker {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, violations: Vec::new() }
    }

    /// # Errors
    /// The refusal of a body with violations.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        match (self.dialect, self.violations.first()) {
            (_, None) => Ok(()),
            (Dialect::JsonSchema, _) => {
                Err(malformed(&format!(": {}", self.violations.join(", "))))
            }
            (Dialect::Anthropic, Some(first)) => Err(invalid(first)),
        }
    }

    /// Refuses members that nobody knows.
    pub(super) fn known(&mut self, at: &str, object: &Map<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            match self.dialect {
                Dialect::JsonSchema => {
                    self.violation(at, &format!("extraneous key [{key}] is not permitted"));
                }
                Dialect::Anthropic => {
                    self.violation(&format!("{at}/{key}"), "Extra inputs are not permitted");
                }
            }
        }
    }

    pub(super) fn required<'v>(
        &mut self,
        at: &str,
        object: &'v Map<String, Value>,
        key: &str,
    ) -> Option<&'v Value> {
        let value = object.get(key);
        if value.is_none() {
            match self.dialect {
                Dialect::JsonSchema => {
                    self.violation(at, &format!("required key [{key}] not found"));
                }
                Dialect::Anthropic => self.violation(&format!("{at}/{key}"), "Field required"),
            }
        }
        value
    }

    pub(super) fn object<'v>(
        &mut self,
        at: &str,
        value: &'v Value,
    ) -> Option<&'v Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            self.wrong_type(at, value, "JSONObject", "dictionary");
        }
        object
    }

    pub(super) fn array<'v>(&mut self, at: &str, value: &'v Value) -> Option<&'v Vec<Value>> {
        let array = value.as_array();
        if array.is_none() {
            self.wrong_type(at, value, "JSONArray", "list");
        }
        array
    }

    pub(super) fn string<'v>(&mut self, at: &str, value: &'v Value) -> Option<&'v str> {
        let text = value.as_str();
        if text.is_none() {
            self.wrong_type(at, value, "String", "string");
        }
        text
    }

    /// The strings of an array of strings.
    pub(super) fn strings(&mut self, at: &str, value: &Value) -> Vec<String> {
        let values = self.array(at, value).map(Vec::as_slice).unwrap_or_default();
        let texts = values.iter().enumerate();
        texts
            .filter_map(|(index, text)| self.string(&format!("{at}/{index}"), text))
            .map(str::to_owned)
            .collect()
    }

    /// A whole number from `min` to `max`.
    pub(super) fn integer(&mut self, at: &str, value: &Value, min: u64, max: u64) -> Option<usize> {
        if !value.is_u64() && !value.is_i64() {
            self.wrong_type(at, value, "Integer", "integer");
            return None;
        }
        self.range(at, value, min as f64, max as f64)?;
        value.as_u64().and_then(|number| usize::try_from(number).ok())
    }

    /// A number from `min` to `max`.
    pub(super) fn number(&mut self, at: &str, value: &Value, min: f64, max: f64) {
        if value.is_number() {
            self.range(at, value, min, max);
        } else {
            self.wrong_type(at, value, "Number", "number");
        }
    }

    /// One of some strings.
    pub(super) fn choice<'v>(
        &mut self,
        at: &str,
        value: &'v Value,
        choices: &[&str],
    ) -> Option<&'v str> {
        let text = self.string(at, value)?;
        if choices.contains(&text) {
            return Some(text);
        }
        match self.dialect {
            Dialect::JsonSchema => self.violation(at, &format!("{text} is not a valid enum value")),
            Dialect::Anthropic => {
                let choices: Vec<String> =
                    choices.iter().map(|choice| format!("'{choice}'")).collect();
                self.violation(at, &format!("Input should be {}", choices.join(" or ")));
            }
        }
        None
    }

    /// Whatever else is wrong with a place.
    pub(super) fn violation(&mut self, at: &str, what: &str) {
        self.violations.push(match self.dialect {
            Dialect::JsonSchema => format!("#{at}: {what}"),
            Dialect::Anthropic => {
                format!("{}: {what}", at.trim_start_matches('/').replace('/', "."))
            }
        });
    }

    fn wrong_type(&mut self, at: &str, value: &Value, schema: &str, python: &str) {
        match self.dialect {
            Dialect::JsonSchema => self
                .violation(at, &format!("expected type: {schema}, found: {}", schema_type(value))),
            Dialect::Anthropic => self.violation(at, &format!("Input should be a valid {python}")),
        }
    }

    fn range(&mut self, at: &str, value: &Value, min: f64, max: f64) -> Option<()> {
        let number = value.as_f64()?;
        let (schema, python, bound) = if number < min {
            ("greater", "greater", min)
        } else if number > max {
            ("less", "less", max)
        } else {
            return Some(());
        };
        match self.dialect {
            Dialect::JsonSchema => {
                self.violation(at, &format!("{value} is not {schema} or equal to {bound}"));
            }
            Dialect::Anthropic => {
                self.violation(at, &format!("Input should be {python} than or equal to {bound}"));
            }
        }
        None
    }
}

/// A body as JSON.
///
/// # Errors
/// Bedrock's refusal of anything but a JSON object.
pub(super) fn parse(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(malformed(&format!(
            ": #: expected type: JSONObject, found: {}",
            schema_type(&other)
        ))),
        Err(_) => Err(malformed("")),
    }
}

fn malformed(what: &str) -> Refusal {
    invalid(&format!("Malformed input request{what}, please reformat your input and try again."))
}

/// A ValidationException.
pub(super) fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "ValidationException", message)
}

fn schema_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "BigDecimal",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}

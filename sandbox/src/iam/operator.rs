//! Condition operators by name, and the values that they take.
//!
//! Source: "IAM JSON policy elements: Condition operators" and "Conditions with multiple context keys or values", IAM User Guide.

use std::net::IpAddr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An operator taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) set: Option<Set>,
    pub(crate) family: Family,
    /// As IAM spells it, without qualifier and suffix.
    pub(crate) name: &'static str,
    pub(crate) if_exists: bool,
}

/// How a key with several values is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    ForAnyValue,
    ForAllValues,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Character by character.
    Text,
    /// With `*` and `?`.
    Pattern,
    Arn,
    Numeric,
    Date,
    Bool,
    Binary,
    Address,
    Null,
}

pub(super) const NAMES: [(&str, Family); 27] = [
    ("StringEquals", Family::Text),
    ("StringNotEquals", Family::Text),
    ("StringEqualsIgnoreCase", Family::Text),
    ("StringNotEqualsIgnoreCase", Family::Text),
    ("StringLike", Family::Pattern),
    ("StringNotLike", Family::Pattern),
    ("NumericEquals", Family::Numeric),
    ("NumericNotEquals", Family::Numeric),
    ("NumericLessThan", Family::Numeric),
    ("NumericLessThanEquals", Family::Numeric),
    ("NumericGreaterThan", Family::Numeric),
    ("NumericGreaterThanEquals", Family::Numeric),
    ("DateEquals", Family::Date),
    ("DateNotEquals", Family::Date),
    ("DateLessThan", Family::Date),
    ("DateLessThanEquals", Family::Date),
    ("DateGreaterThan", Family::Date),
    ("DateGreaterThanEquals", Family::Date),
    ("Bool", Family::Bool),
    ("BinaryEquals", Family::Binary),
    ("IpAddress", Family::Address),
    ("NotIpAddress", Family::Address),
    ("ArnEquals", Family::Arn),
    ("ArnLike", Family::Arn),
    ("ArnNotEquals", Family::Arn),
    ("ArnNotLike", Family::Arn),
    ("Null", Family::Null),
];

impl Operator {
    /// # Errors
    /// What IAM does not know, and set operators on what is neither string, ARN nor boolean.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("unknown condition operator `{text}`");
        let (set, rest) = match text.split_once(':') {
            None => (None, text),
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAnyValue") => {
                (Some(Set::ForAnyValue), rest)
            }
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAllValues") => {
                (Some(Set::ForAllValues), rest)
            }
            Some(_) => return Err(unknown()),
        };
        let suffix = rest.len().checked_sub("IfExists".len()).filter(|at| {
            rest.get(*at..).is_some_and(|suffix| suffix.eq_ignore_ascii_case("IfExists"))
        });
        let base = suffix.map_or(rest, |at| &rest[..at]);
        let (name, family) = NAMES
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(base))
            .ok_or_else(unknown)?;
        if family == Family::Null && (set.is_some() || suffix.is_some()) {
            return Err(unknown());
        }
        let several = matches!(family, Family::Text | Family::Pattern | Family::Arn | Family::Bool);
        if set.is_some() && !several {
            return Err(format!(
                "`{text}` is not played by the sandbox: set operators test strings, ARNs and booleans"
            ));
        }
        Ok(Self { set, family, name, if_exists: suffix.is_some() })
    }

    /// Whether it holds where nothing matches.
    pub(crate) fn is_negated(self) -> bool {
        self.name.contains("Not")
    }
}

impl Family {
    /// A value in the one form that is compared; `None` for what the family does not take.
    pub(crate) fn normal(self, value: &str) -> Option<String> {
        let owned = || value.to_owned();
        match self {
            Self::Text | Self::Pattern | Self::Arn | Self::Binary => Some(owned()),
            Self::Numeric => value.parse::<f64>().ok().map(|_| owned()),
            Self::Bool | Self::Null => {
                let value = value.to_ascii_lowercase();
                matches!(value.as_str(), "true" | "false").then_some(value)
            }
            Self::Date => date(value),
            Self::Address => {
                let (address, bits) = value.split_once('/').unwrap_or((value, "0"));
                let address: IpAddr = address.parse().ok()?;
                let most = if address.is_ipv4() { 32 } else { 128 };
                (bits.parse::<u8>().ok()? <= most).then(owned)
            }
        }
    }

    pub(crate) fn wanted(self) -> &'static str {
        match self {
            Self::Text | Self::Pattern | Self::Binary => "string",
            Self::Arn => "ARN",
            Self::Numeric => "number",
            Self::Date => "date: ISO 8601 in UTC or with an offset, or seconds since 1970",
            Self::Bool | Self::Null => "`true` or `false`",
            Self::Address => "IP address or network",
        }
    }
}

/// IAM takes the W3C's profile of ISO 8601, which leaves off seconds, or the time as a whole.
fn date(value: &str) -> Option<String> {
    if value.parse::<f64>().is_ok_and(f64::is_finite) && value.len() > 4 {
        return Some(value.to_owned());
    }
    let completed = match value.len() {
        10 => format!("{value}T00:00:00Z"),
        17 if value.ends_with('Z') => format!("{}:00Z", &value[..16]),
        _ => value.to_owned(),
    };
    OffsetDateTime::parse(&completed, &Rfc3339).ok().map(|_| completed)
}

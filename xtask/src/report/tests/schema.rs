//! `docs/summary-json.md` says what is in the document, no more and no less.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::document::VERSION;
use super::*;

const DOCUMENTED: &str = include_str!("../../../../docs/summary-json.md");

/// The fields of the table, each with the kinds of values that it may have.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let rows = DOCUMENTED.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (field, rest) = row.split_once("` | ").unwrap();
        let (kinds, _) = rest.split_once(" | ").unwrap();
        (field.to_owned(), kinds.split(" or ").map(ToOwned::to_owned).collect())
    })
    .collect()
}

/// The fields of a document, with the kinds of values that it has.
fn fields(at: &str, value: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    if !at.is_empty() {
        found.entry(at.to_owned()).or_default().insert(kind.to_owned());
    }
    // Names that are not the schema's, but the run's.
    let by_name = at.starts_with("cost.by_");
    match value {
        Value::Array(values) => {
            values.iter().for_each(|value| fields(&format!("{at}[]"), value, found));
        }
        Value::Object(members) => {
            for (name, value) in members {
                let name = if by_name { "*" } else { name };
                let below = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
                fields(&below, value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn each_field_is_documented_and_each_documented_field_is_there() {
    let mut found = BTreeMap::new();
    // What the code writes, not what the file holds.
    let mut run = sample();
    fields("", &serde_json::to_value(&run).unwrap(), &mut found);
    (run.sweep, run.lock, run.cost) = (None, None, None);
    fields("", &serde_json::to_value(&run).unwrap(), &mut found);
    // The members of an object stand for it.
    let object = BTreeSet::from(["object".to_owned()]);
    found.retain(|field, kinds| *kinds != object && !field.starts_with("measurements[].baseline."));
    let documented = documented();
    let names = |fields: &BTreeMap<String, _>| fields.keys().cloned().collect::<BTreeSet<_>>();
    let (seen, said) = (names(&found), names(&documented));
    let missing: Vec<_> = seen.difference(&said).collect();
    let gone: Vec<_> = said.difference(&seen).collect();
    assert!(missing.is_empty() && gone.is_empty(), "missing: {missing:#?}\ngone: {gone:#?}");
    for (field, kinds) in found {
        let said = &documented[&field];
        assert!(kinds.is_subset(said), "`{field}` is {kinds:?}, and said to be {said:?}");
    }
}

#[test]
fn the_documented_version_is_the_codes() {
    assert!(DOCUMENTED.contains(&format!("This is version {VERSION}.")));
    assert_eq!(sample().version, VERSION);
}

#[test]
fn the_sample_is_what_the_code_would_write() {
    let read: Value = serde_json::from_str(SAMPLE).unwrap();
    assert_eq!(serde_json::to_value(sample()).unwrap(), read);
}

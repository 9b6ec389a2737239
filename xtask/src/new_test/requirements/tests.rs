use super::*;
use crate::error::hints;

const FILE: &str = r#"# What the tests are to show.

[[requirement]]
id = "1"
title = "One a line"
tests = [
    "suite::b",
    "suite::d", # with a comment
]

[[requirement]]
id = "2"
tests = ["suite::f"]

[[requirement]]
id = "3"
tests = []

# The others.
[[none]]
module = "suite::h"
reason = "[[none]]"

# About the next one.
[[none]]
module = "suite::k"
reason = "Because."
"#;

/// The edited text, of which all but `added` is what it was.
#[track_caller]
fn edited(text: &str, module: &str, requirement: Option<&str>, added: &str) -> String {
    let (edited, listed) = with_module(text, module, requirement).unwrap();
    assert_eq!(listed == Listed::BelowRequirement, requirement.is_some());
    assert!(edited.contains(added), "{edited}");
    assert_eq!(edited.replacen(added, "", 1), text);
    edited
}

#[test]
fn below_a_requirement_it_stands_in_order_and_like_its_neighbours() {
    edited(FILE, "suite::a", Some("1"), "    \"suite::a\",\n");
    edited(FILE, "suite::c", Some("1"), "    \"suite::c\",\n");
    let last = edited(FILE, "suite::e", Some("1"), "    \"suite::e\",\n");
    assert!(last.contains("\"suite::d\", # with a comment\n    \"suite::e\",\n]"), "{last}");
    edited(FILE, "suite::e", Some("2"), "\"suite::e\", ");
    edited(FILE, "suite::g", Some("2"), ", \"suite::g\"");
    edited(FILE, "suite::a", Some("3"), "\"suite::a\"");
}

#[test]
fn the_last_of_an_array_needs_no_comma() {
    let file = "[[requirement]]\nid = \"1\"\ntests = [\n  'a' # why\n]\n";
    let (edited, _) = with_module(file, "b", Some("1")).unwrap();
    assert_eq!(edited, "[[requirement]]\nid = \"1\"\ntests = [\n  'a', # why\n  \"b\",\n]\n");
}

#[test]
fn below_none_it_is_a_block_with_a_reason() {
    let block = |module: &str| format!("[[none]]\nmodule = \"{module}\"\nreason = \"{REASON}\"\n");
    edited(FILE, "suite::g", None, &format!("{}\n", block("suite::g")));
    let middle = edited(FILE, "suite::i", None, &format!("{}\n", block("suite::i")));
    assert!(
        middle.contains("\n# About the next one.\n[[none]]\nmodule = \"suite::k\""),
        "{middle}"
    );
    edited(FILE, "suite::l", None, &format!("\n{}", block("suite::l")));
    edited("", "suite::l", None, &block("suite::l"));
    edited("# nothing", "suite::l", None, &format!("\n\n{}", block("suite::l")));
}

#[test]
fn line_ends_stay_what_they_are() {
    let file = FILE.replace('\n', "\r\n");
    for (module, requirement) in
        [("suite::c", Some("1")), ("suite::e", Some("1")), ("suite::g", None)]
    {
        let (edited, _) = with_module(&file, module, requirement).unwrap();
        assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count(), "{edited}");
    }
}

#[test]
fn what_is_listed_already_is_left_alone() {
    for module in ["suite::b", "suite::h", "suite::b::deeper"] {
        for requirement in [None, Some("2")] {
            let (edited, listed) = with_module(FILE, module, requirement).unwrap();
            assert_eq!((edited.as_str(), listed), (FILE, Listed::Already), "{module}");
        }
    }
}

#[test]
fn a_requirement_that_does_not_exist_is_told_which_do() {
    let error = with_module(FILE, "suite::a", Some("9")).unwrap_err();
    assert_eq!(error.to_string(), "there is no requirement `9`");
    assert_eq!(hints(&error), ["the requirements are 1, 2, 3"]);
}

#[test]
fn a_file_without_a_safe_place_is_an_error() {
    // An inline array of tables cannot be continued by a block.
    let file = "none = [{ module = \"suite::h\", reason = \"x\" }]\n";
    for module in ["suite::a", "suite::z"] {
        let error = with_module(file, module, None).unwrap_err();
        assert!(error.to_string().contains("no safe place"), "{error}");
    }
    assert!(with_module("tests = [", "suite::a", None).is_err());
}

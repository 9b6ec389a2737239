//! A requirement is shown where all of its tests passed, and nowhere else.

use super::super::ending;
use super::super::requirements::{Proof, Requirement, Shown};
use super::*;

const TEXT: &str = r#"
[[requirement]]
id = "1"
title = "One"
text = "."
tests = ["s::a", "s::b::whole"]
"#;

fn requirement() -> Requirement {
    toml::from_str::<Requirements>(TEXT).unwrap().all.remove(0)
}

/// A run of tests that ended so; what is `None` did not.
fn run(tests: &[(&str, Status)]) -> Document {
    let mut run = green();
    let known = run.tests[0].clone();
    let tests = tests.iter().map(|(name, status)| Test {
        name: (*name).to_owned(),
        status: *status,
        ..known.clone()
    });
    run.tests = tests.collect();
    run
}

fn shown(run: &Document) -> Shown {
    Proof::new(&requirement(), &ending::all(run)).shown()
}

#[test]
fn all_of_its_tests_have_to_pass() {
    let passed = [("s::a::x", Status::Passed), ("s::b::whole", Status::Passed)];
    assert_eq!(shown(&run(&passed)), Shown::Yes);
    let failed = [passed[0], ("s::b::whole", Status::Failed)];
    assert_eq!(shown(&run(&failed)), Shown::Failed);
    let unsure = [passed[0], ("s::b::whole", Status::Inconclusive)];
    assert_eq!(shown(&run(&unsure)), Shown::No);
    assert_eq!(shown(&run(&[])), Shown::No);
}

#[test]
fn what_did_not_run_shows_nothing() {
    let passed = [("s::a::x", Status::Passed)];
    let mut skipped = run(&passed);
    skipped.skipped = sample().skipped;
    skipped.skipped[0].name = "s::a::y".to_owned();
    assert_eq!(shown(&skipped), Shown::No);
    let mut unfinished = run(&passed);
    unfinished.unfinished.push("s::a::y".to_owned());
    assert_eq!(shown(&unfinished), Shown::No);
    let mut left_out = run(&passed);
    left_out.left_out.push("s::a::y".to_owned());
    assert_eq!(shown(&left_out), Shown::No);
    // One that failed tells more than one that did not run.
    left_out.tests[0].status = Status::Failed;
    assert_eq!(shown(&left_out), Shown::Failed);
}

#[test]
fn a_name_stands_for_itself_and_what_is_below() {
    let others = [("s::ab::x", Status::Failed), ("s::b::whole_not", Status::Failed)];
    let passed = [("s::a::x::y", Status::Passed), ("s::b::whole", Status::Passed)];
    assert_eq!(shown(&run(&[passed.as_slice(), &others].concat())), Shown::Yes);
}

#[test]
fn the_page_says_so() {
    let page = page(&sample());
    let state = |id: &str| {
        let article = between(&page, &format!("id=\"requirement-{id}\""), "</article>");
        let word = between(article, "class=\"word", "</span>");
        word.rsplit_once("</svg>").unwrap().1.to_owned()
    };
    assert_eq!(["1.1", "1.2", "2.5", "8.5"].map(state), ["failed", "shown", "not shown", "failed"]);
    assert!(page.contains("This run shows 3 of 8 requirements, 3 failed, 2 not shown."));
    assert!(self::page(&green()).contains("This run shows all 8 requirements."));
}

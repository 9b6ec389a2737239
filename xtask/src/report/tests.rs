//! What a run looks like in words, in Markdown and on the page, by a run in which everything happened.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::document::{Counts, Document, Status, Sweep, Test};
use super::requirements::Requirements;
use super::verdict::{self, Verdict};
use super::{html, markdown, text};
use crate::config::Config;
use crate::context::Context;
use crate::ui::Ui;

mod proofs;
mod schema;
mod words;

const SAMPLE: &str = include_str!("sample.json");

fn sample() -> Document {
    serde_json::from_str(SAMPLE).unwrap()
}

fn requirements() -> Requirements {
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    Requirements::read(workspace.as_ref()).unwrap()
}

fn page(document: &Document) -> String {
    html::page(&text::visible_document(document).unwrap(), &requirements())
}

/// The same run, had everything passed.
fn green() -> Document {
    let mut run = sample();
    for test in &mut run.tests {
        (test.status, test.message, test.flaky) = (Status::Passed, None, false);
    }
    let passed = |name: String| Test {
        binary: "tests::suites".to_owned(),
        name,
        status: Status::Passed,
        flaky: false,
        seconds: 0.1,
        message: None,
    };
    let skipped = std::mem::take(&mut run.skipped).into_iter().map(|skipped| skipped.name);
    let others = skipped.chain(std::mem::take(&mut run.unfinished));
    let others: Vec<_> = others.chain(std::mem::take(&mut run.left_out)).map(passed).collect();
    run.tests.extend(others);
    let all = run.tests.len();
    run.counts = Counts { run: all, passed: all, ..Counts::default() };
    run.sweep = Some(Sweep::default());
    run.lock = None;
    (run.exit_code, run.outcome) = (0, "passed".to_owned());
    run
}

/// What stands between the first `before` and the next `after`.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

/// The values of an attribute, in their order.
fn values<'t>(page: &'t str, attribute: &str) -> Vec<&'t str> {
    let parts = page.split(&format!(" {attribute}=\"")).skip(1).collect::<Vec<_>>();
    parts.into_iter().map(|part| part.split_once('"').unwrap().0).collect()
}

#[test]
fn what_a_test_says_is_text_and_nothing_else() {
    let mut run = sample();
    let hostile = "</script></style></pre><script>alert(1)</script>\" onload='x' <!-- &lt; \u{1b}[31mred\u{1b}[0m \u{202e}\0";
    run.tests[0].status = Status::Failed;
    run.tests[0].message = Some(hostile.to_owned());
    run.tests[1].name = hostile.to_owned();
    run.target = hostile.to_owned();
    run.command = hostile.to_owned();
    run.run = hostile.to_owned();
    run.skipped[0].reason.text = hostile.to_owned();
    run.skipped[0].reason.code = hostile.to_owned();
    run.permissions[0].action = hostile.to_owned();
    run.measurements[0].measurement.operation = hostile.to_owned();
    run.sweep.as_mut().unwrap().leaks[0].examples = vec![hostile.to_owned()];
    run.environment.rustc = Some(hostile.to_owned());
    let page = page(&run);
    assert_eq!(page.matches("<script").count(), 1, "ours alone");
    assert_eq!(page.matches("</script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    assert!(!page.contains("<!--"));
    assert!(page.contains("&lt;/script&gt;"), "it is shown");
    let controls = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!page.contains(controls), "no control");
    assert!(!page.contains('\u{202e}'), "nothing turns the direction");
    assert!(!page.contains("[31m"), "no colour of a terminal");
}

#[test]
fn nothing_is_loaded_and_nothing_but_ours_runs() {
    let page = page(&sample());
    let policy = values(&page, "content")[0];
    let digest = |content: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content)));
    let (style, script) =
        (between(&page, "<style>", "</style>"), between(&page, "<script>", "</script>"));
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(policy.contains(&format!("style-src {};", digest(style))), "{policy}");
    assert!(policy.contains(&format!("script-src {};", digest(script))), "{policy}");
    // The policy forbids them, so that they would be dead.
    assert!(values(&page, "style").is_empty());
    assert!(values(&page, "src").is_empty());
    assert!(!style.contains("url(") && !style.contains("@import"));
    for address in values(&page, "href") {
        let known = ["#", "data:image/svg+xml,", "summary.json", "junit.xml"];
        assert!(known.iter().any(|begin| address.starts_with(begin)), "{address}");
    }
}

#[test]
fn each_link_leads_somewhere() {
    for run in [sample(), green()] {
        let page = page(&run);
        let all = values(&page, "id");
        let ids: BTreeSet<_> = all.iter().collect();
        assert_eq!(ids.len(), all.len(), "an id stands twice");
        let links = values(&page, "href").into_iter().filter_map(|href| href.strip_prefix('#'));
        let links: BTreeSet<_> = links.collect();
        assert!(links.len() > 150, "{}", links.len());
        for link in links {
            assert!(ids.contains(&link), "`#{link}` leads nowhere");
        }
    }
}

#[test]
fn plots_and_marks_have_the_colours_of_the_page() {
    let page = page(&sample());
    assert!(!page.contains("#A1B2"), "a made-up colour is left");
    let style = between(&page, "<style>", "</style>");
    let classes = values(&page, "class").into_iter().flat_map(str::split_whitespace);
    let inks: BTreeSet<_> = classes.filter(|class| class.starts_with("ink-")).collect();
    assert!(inks.contains("ink-broken-stroke") && inks.contains("ink-area-fill"), "{inks:?}");
    for ink in inks {
        assert!(style.contains(&format!(".{ink} ")), "`{ink}` has no colour");
    }
    // A colour that is written out would be the same in the dark.
    let body = page.split_once("<body>").unwrap().1;
    for attribute in ["fill", "stroke"] {
        for value in values(body, attribute) {
            assert_eq!(value, "none", "{attribute}");
        }
    }
}

#[test]
fn failures_come_first_and_open_and_what_passed_is_closed() {
    let page = page(&sample());
    let modules: Vec<_> = page.split("<details class=\"module\"").skip(1).collect();
    let broken = modules.iter().position(|module| module.contains("data-ending=\"failed\""));
    assert_eq!(broken, Some(0));
    for module in modules {
        let (opening, _) = module.split_once('>').unwrap();
        let wrong = ["failed", "unfinished", "inconclusive"];
        let wrong =
            wrong.iter().any(|ending| module.contains(&format!("data-ending=\"{ending}\"")));
        assert_eq!(opening.contains(" open"), wrong, "{opening}");
    }
    assert!(page.contains("id=\"attention\""));
    assert!(!self::page(&green()).contains("id=\"attention\""));
}

#[test]
fn a_run_with_nothing_in_it_has_a_page() {
    let mut run = sample();
    run.tests.clear();
    run.skipped.clear();
    run.unfinished.clear();
    run.left_out.clear();
    run.permissions.clear();
    run.measurements.clear();
    run.timings.clear();
    (run.sweep, run.lock, run.cost) = (None, None, None);
    run.counts = Counts::default();
    (run.exit_code, run.outcome) = (101, "the build failed".to_owned());
    let page = page(&run);
    assert!(page.contains(">Failed</h1>"));
    assert!(page.contains("No test ran. The build failed."));
}

#[test]
fn odd_measurements_have_a_page_too() {
    let mut run = sample();
    for (index, measured) in run.measurements.iter_mut().enumerate() {
        let latency = &mut measured.measurement.latency;
        let all = [0, 1, u64::MAX][index % 3];
        (latency.min, latency.p50, latency.p90, latency.p99) = (all, all, all, all);
        (latency.max, latency.count) = (all, (index % 2) as u64);
        latency.buckets.truncate(index % 2);
        for budget in &mut measured.measurement.budgets {
            (budget.limit, budget.measured) = ([0.0, -1.0, 1e300][index % 3], 1e300);
        }
        measured.measurement.seconds = 0.0;
        measured.measurement.concurrency = 0;
    }
    assert!(page(&run).contains("class=\"plot for-wide\""));
    let only = run.measurements.remove(0);
    run.measurements = vec![only];
    assert!(!page(&run).contains("class=\"plot"), "no samples, no plot");
}

#[test]
fn markdown_holds_whatever_a_test_says() {
    let mut run = sample();
    run.tests[0].status = Status::Failed;
    run.tests[0].message =
        Some("````\n# no heading\n</details><img src=x>\n~~~\n\u{1b}[1mbold\u{1b}[0m".to_owned());
    run.target = "a|b <b>@team</b> [x](http://x) `y` #5\n# no heading".to_owned();
    let text = markdown::summary(&run);
    assert!(text.contains("\n`````text\n````\n# no heading\n</details>"), "{text}");
    assert!(text.contains("\nbold\n`````\n"), "{text}");
    let (heading, rest) = text.split_once('\n').unwrap();
    assert_eq!(
        heading,
        "## Failed: integration tests on a&#124;b &lt;b&gt;&#64;team&lt;/b&gt; &#91;x&#93;&#40;http&#58;//x&#41; &#96;y&#96; &#35;5 &#35; no heading"
    );
    assert!(!rest.contains("@team"), "{rest}");
}

#[test]
fn markdown_is_short_and_says_what_matters() {
    let text = markdown::summary(&green());
    insta::assert_snapshot!(text.split("<details>").next().unwrap(), @"
    ## Passed: integration tests on AWS in eu-central-1, account 123456789012

    All 205 tests passed.

    | failed | unfinished | inconclusive | skipped | passed |
    |---:|---:|---:|---:|---:|
    | 0 | 0 | 0 | 0 | 205 |

    Run <code>20261125-101530-3fa9c1</code>, 2026-11-25 10&#58;15&#58;30 UTC, 4 min 2 s.
    ");
    let text = markdown::summary(&sample());
    for part in [
        "Of 204 tests, 3 failed",
        "| failed | unfinished | inconclusive | skipped | passed |",
        "| 3 | 1 | 1 | 34 | 165 |",
        "cargo xtask test --aws performance&#95;aws",
        "### Failed",
        "### Did not end",
        "### Skipped",
        "### Left behind",
        "| broken |",
        "Cost: About $0.0319 in eu-central-1",
    ] {
        let part = part.replace('$', "&#36;");
        assert!(text.contains(&part), "{part}: {text}");
    }
}

#[test]
fn markdown_goes_below_what_other_steps_wrote_where_the_job_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("summary.md");
    std::fs::write(&file, "theirs\n").unwrap();
    let context = |variables: &[(&str, &str)]| Context {
        ui: Ui::new(false),
        config: Config::of(variables, &[]),
    };
    super::append_markdown(&context(&[]), &green()).unwrap();
    let named = context(&[("GITHUB_STEP_SUMMARY", file.to_str().unwrap())]);
    super::append_markdown(&named, &green()).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("theirs\n## Passed: "), "{text}");
    let nowhere = folder.path().join("no/file");
    let nowhere = context(&[("GITHUB_STEP_SUMMARY", nowhere.to_str().unwrap())]);
    let error = super::append_markdown(&nowhere, &green()).unwrap_err();
    assert!(error.to_string().starts_with("appending to `"), "{error}");
}

#[test]
fn markdown_has_an_end() {
    let mut run = sample();
    let failed = run.tests[0].clone();
    for index in 0..5_000 {
        let message = Some("`".repeat(1_000_000));
        let name = format!("a::b{index}");
        let status = Status::Failed;
        run.tests.push(Test {
            name,
            status,
            message: message.filter(|_| index < 40),
            ..failed.clone()
        });
        run.unfinished.push("x".repeat(10_000));
    }
    let text = markdown::summary(&run);
    assert!(text.len() < 256 * 1024, "{}", text.len());
    assert!(text.ends_with('\n'));
}

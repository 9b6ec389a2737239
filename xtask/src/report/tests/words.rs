//! Verdicts, sentences, numbers.

use super::*;

fn run(exit_code: u8, counts: Counts) -> Document {
    let mut run = green();
    (run.exit_code, run.counts) = (exit_code, counts);
    run
}

#[test]
fn the_worst_that_is_true_is_the_verdict() {
    let passed = Counts { run: 9, passed: 9, ..Counts::default() };
    let table = [
        (0, passed, Verdict::Passed),
        (0, Counts { skipped: 3, ..passed }, Verdict::Passed),
        (0, Counts { skipped: 9, ..Counts::default() }, Verdict::Skipped),
        (0, Counts { inconclusive: 1, ..passed }, Verdict::Inconclusive),
        (0, Counts { inconclusive: 1, leaked: 1, ..passed }, Verdict::Leaked),
        (20, Counts { leaked: 1, ..passed }, Verdict::Leaked),
        (21, Counts { skipped: 1, ..passed }, Verdict::Failed),
        (22, passed, Verdict::Failed),
        (24, passed, Verdict::Failed),
        (100, Counts { failed: 1, leaked: 1, ..passed }, Verdict::Failed),
        (101, Counts::default(), Verdict::Failed),
        (1, Counts { unfinished: 1, ..passed }, Verdict::Failed),
        (130, Counts { unfinished: 1, failed: 1, ..passed }, Verdict::Interrupted),
    ];
    for (code, counts, expected) in table {
        assert_eq!(Verdict::of(&run(code, counts)), expected, "{code} {counts:?}");
    }
}

#[test]
fn a_sentence_leaves_nothing_out() {
    let mut lines = vec![verdict::sentences(&sample()), verdict::sentences(&green())];
    let one = Counts { run: 1, passed: 1, ..Counts::default() };
    lines.push(verdict::sentences(&run(0, one)));
    let mut part = run(0, Counts { leaked: 1, ..one });
    part.left_out = vec!["a".to_owned()];
    lines.push(verdict::sentences(&part));
    let mut nothing = run(24, Counts { run: 2, passed: 2, ..Counts::default() });
    nothing.outcome = "the tests need other permissions than the lock says".to_owned();
    lines.push(verdict::sentences(&nothing));
    let mut skipped = sample();
    skipped.skipped.truncate(1);
    skipped.counts = Counts { skipped: 1, ..Counts::default() };
    (skipped.exit_code, skipped.left_out) = (0, Vec::new());
    lines.push(verdict::sentences(&skipped));
    insta::assert_snapshot!(lines.join("\n"), @"
    Of 204 tests, 3 failed, 1 did not end, 1 is inconclusive, 165 passed and 34 were skipped, for 4 reasons. 1 other was not asked for. 3 things were left behind in the buckets.
    All 205 tests passed.
    The one test passed.
    The one test passed. 1 other was not asked for. 1 thing was left behind in the buckets.
    All 2 tests passed. The tests need other permissions than the lock says.
    Nothing ran: 1 test was skipped, as model-not-configured.
    ");
}

#[test]
fn the_next_command_can_be_pasted() {
    let shown = |run: &Document| {
        let steps = verdict::next(run).into_iter().map(|step| step.command);
        steps.collect::<Vec<_>>()
    };
    assert_eq!(
        shown(&sample()),
        [
            "cargo xtask test --aws performance_aws::uploads::existence_checks_keep_their_budget -- --no-capture",
            "cargo xtask cleanup --run 20261125-101530-3fa9c1",
        ]
    );
    assert!(shown(&green()).is_empty());
    let mut run = green();
    run.command = "cargo xtask test".to_owned();
    run.tests[0].status = Status::Failed;
    run.tests[0].name = "a; rm -rf '$HOME'".to_owned();
    assert_eq!(shown(&run), [r"cargo xtask test 'a; rm -rf '\''$HOME'\''' -- --no-capture"]);
    run.tests[0].status = Status::Passed;
    run.exit_code = 24;
    assert_eq!(shown(&run), ["cargo xtask test --update-permissions"]);
    // Of another lock, the command that brings that one up to date.
    let update = "cargo xtask test --update-permissions --permissions-lock other.lock";
    run.lock = Some(serde_json::json!({ "update": update }));
    assert_eq!(shown(&run), [update]);
    // What was left on the embedded AWS is gone with it.
    run.exit_code = 22;
    run.sweep = Some(Sweep::interrupted());
    assert!(shown(&run).is_empty());
    run.exit_code = 130;
    run.unfinished = vec!["x".to_owned()];
    assert_eq!(shown(&run), ["cargo xtask test"]);
}

#[test]
fn numbers_are_those_that_people_read() {
    let seconds =
        [0.0, 1.5e-7, 0.000_12, 0.000_999_6, 0.084, 0.9996, 1.0, 1.236, 99.94, 119.6, -1.0];
    let shown = seconds.map(text::seconds).join(" | ");
    insta::assert_snapshot!(shown, @"0 s | 0.15 µs | 120 µs | 1 ms | 84 ms | 1 s | 1 s | 1.24 s | 99.9 s | 2 min 0 s | unknown");
    let numbers = [0.0, 0.125, 9.996, 42.0, 999.4, 999.6, 12_345.6, -1_234.0, f64::NAN];
    insta::assert_snapshot!(numbers.map(text::number).join(" | "), @"0 | 0.12 | 10 | 42 | 999 | 1 000 | 12 346 | -1 234 | unknown");
    let rates = [12.0, 1_200.0, 54_900_000.0, 2.5e9].map(text::bytes_per_second);
    insta::assert_snapshot!(rates.join(" | "), @"12 B/s | 1.2 kB/s | 54.9 MB/s | 2.5 GB/s");
    assert_eq!(text::moment("2026-11-25T10:15:30.25Z"), "2026-11-25 10:15:30 UTC");
    assert_eq!(text::moment("yesterday"), "yesterday");
}

#[test]
fn a_text_cannot_hide_a_part_of_itself() {
    assert_eq!(text::visible("a\u{1b}[1;31mb\u{1b}[0m\r\nc\td"), "ab\nc\td");
    // Of a terminal, each of these would swallow what follows.
    for begin in ["\u{1b}]0;", "\u{1b}P", "\u{1b}_", "\u{9d}", "\u{1b}[", "\u{1b}[\u{1b}["] {
        let shown = text::visible(&format!("{begin}\u{1}the rest"));
        assert!(shown.ends_with("the rest"), "{shown:?}");
        assert!(!shown.contains(char::is_control), "{shown:?}");
    }
    assert_eq!(
        text::visible("\u{1b}\r\u{7f}\u{200b}\u{feff}"),
        "\u{241b}\u{240d}\u{2421}\u{fffd}\u{fffd}"
    );
}

#[test]
fn a_long_text_keeps_its_beginning_and_its_end() {
    let text = format!("begin {} end", "ö".repeat(10_000));
    let short = text::shortened(&text, 1_000);
    assert!(short.starts_with("begin ö") && short.ends_with("ö end"), "{short}");
    assert!(short.contains("bytes left out") && short.len() < 1_100, "{}", short.len());
    assert_eq!(text::shortened("ö", 2), "ö");
}

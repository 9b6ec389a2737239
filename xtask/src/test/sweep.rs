//! After the run: what the tests left behind, by test, and its removal.

use std::collections::BTreeMap;

use contract::{Root, RunId, Shard, Target};

use super::capabilities;
use super::plan::ListedTest;
use super::target::RunTarget;
use crate::aws::AwsError;
use crate::context::Context;
use crate::leftovers::{self, Engine, Owner, Tally};
use crate::report::{Leak, Sweep};
use crate::ui::Tone;

/// How many things that could not be removed are named for each place.
const NAMED: usize = 10;

/// Empties the prefixes of the planned tests, and takes the run's mark away. Another run's prefixes,
/// and what another shard of this run planned or is, are not touched.
pub(crate) async fn sweep(
    cx: &Context,
    target: &RunTarget,
    run: &RunId,
    shard: Option<Shard>,
    planned: &[ListedTest],
) -> Sweep {
    let names: BTreeMap<String, &str> =
        planned.iter().map(|test| (test.id.segment(), test.id.name())).collect();
    let probe = capabilities::probe_id(shard).segment();
    let wanted = |owner: &Owner| match owner {
        Owner::Test(segment) => names.contains_key(segment) || *segment == probe,
        Owner::Mark(whose) => *whose == shard,
        Owner::Stray => false,
    };
    let progress = cx.ui.progress("sweeping up");
    let engine = Engine::new(progress.clone());
    let buckets = target.bucket_names();
    let places = buckets.iter().flat_map(|bucket| Root::ALL.map(|root| (bucket, root)));
    let swept = futures::future::join_all(places.map(async |(bucket, root)| {
        let swept = leftovers::sweep(&engine, &target.aws, bucket, root, run, wanted).await;
        (bucket, root, swept)
    }))
    .await;
    progress.finish_and_clear();

    let mut result = Sweep::default();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for (bucket, root, swept) in swept {
        let swept = match swept {
            Ok(swept) => swept,
            Err(error) => {
                let error = with_cure(&error);
                result.failures.push(format!("`{}{run}/` in `{bucket}`: {error}", root.as_str()));
                continue;
            }
        };
        for (owner, tally) in &swept.found {
            if let Owner::Test(segment) = owner
                && let Some(name) = names.get(segment)
            {
                tallies.entry(name).or_default().merge(tally);
            }
        }
        for notice in &swept.removal.notices {
            let text = notice.to_string();
            if notice.hides_leftovers() {
                result.failures.push(format!("`{bucket}`: {text}"));
            } else if !result.notices.contains(&text) {
                result.notices.push(text);
            }
        }
        if let Some(error) = &swept.removal.error {
            result.failures.push(with_cure(error));
        }
        result.failures.extend(swept.removal.returning.iter().map(ToString::to_string));
        let failures = &swept.removal.failures;
        for failure in failures.shown().iter().take(NAMED) {
            result.failures.push(format!(
                "{} `{}` in `{bucket}`: {}: {}",
                failure.kind.as_str(),
                failure.key.escape_debug(),
                failure.code,
                failure.message
            ));
        }
        if let Some(more @ 1..) = failures.total().checked_sub(NAMED) {
            result.failures.push(format!("and {more} more in `{bucket}`"));
        }
    }
    for (name, tally) in tallies {
        result.leaks.push(Leak {
            test: name.to_owned(),
            things: tally.things(),
            in_words: tally.in_words(),
            examples: tally.examples.clone(),
        });
    }
    result
}

/// The cure would be lost with the error.
fn with_cure(error: &AwsError) -> String {
    match error.cure() {
        Some(cure) => format!("{error}; {cure}"),
        None => error.to_string(),
    }
}

impl Sweep {
    /// Nothing is known, since the sweep was interrupted.
    pub(crate) fn interrupted() -> Sweep {
        Sweep { failures: vec!["the sweep was interrupted".to_owned()], ..Sweep::default() }
    }

    /// Whether the run's prefixes are known to be empty now.
    pub(crate) fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    /// How many things were left behind.
    pub(crate) fn leaked(&self) -> u64 {
        self.leaks.iter().map(|leak| leak.things).sum()
    }

    /// Prints what was found.
    pub(crate) fn print(&self, cx: &Context, on: Target, run: &RunId) {
        let leaked = self.leaked();
        cx.ui.finding(if leaked == 0 { Tone::Plain } else { Tone::Bad }, "leaked", leaked);
        for leak in &self.leaks {
            cx.ui.below(1, format_args!("{} left {}", leak.test, leak.in_words));
            // The tests write odd keys on purpose, and a terminal obeys some of them.
            for key in &leak.examples {
                cx.ui.below(2, key.escape_debug());
            }
        }
        for notice in &self.notices {
            cx.ui.remark(notice);
        }
        self.report_failures(cx, on, run);
    }

    /// Says what could not be removed, and how to remove it.
    pub(crate) fn report_failures(&self, cx: &Context, on: Target, run: &RunId) {
        for failure in &self.failures {
            cx.ui.failure(failure);
        }
        if let Some(cure) = self.cure(on, run) {
            cx.ui.hint(cure);
        }
    }

    /// How to remove what is left; nothing where nothing is. What is left on the embedded AWS ends with
    /// it, and `cleanup` would look elsewhere.
    fn cure(&self, on: Target, run: &RunId) -> Option<String> {
        let is_left = on == Target::Aws && !self.failures.is_empty();
        is_left.then(|| format!("cargo xtask cleanup --run {run}"))
    }
}

#[cfg(test)]
mod tests {
    use contract::Prefix;

    use super::*;
    use crate::config::{Config, ConfiguredBucket};
    use crate::leftovers::fake::{self, Asked};
    use crate::models::Models;
    use crate::ui::Ui;

    const KEY: &str = "test/r-1/suite.works/n0/left";

    /// A sweep of one test on a server that lists what it left, `tail` behind it, and gives `answer`
    /// to all that would delete.
    async fn swept(tail: &'static str, answer: fn(&Asked) -> (u16, String)) -> Sweep {
        let (place, _) =
            fake::place(Prefix::of_root(Root::Test), move |asked| match asked.name() {
                "ListObjectVersions" if asked.has_prefix("test/") => {
                    (200, fake::versions([(KEY, "v1")], tail))
                }
                "ListObjectVersions" => (200, fake::versions([], "")),
                "ListMultipartUploads" => (200, fake::uploads([], "")),
                _ => answer(asked),
            });
        let bucket =
            ConfiguredBucket { purpose: "uploads", variable: "V", name: "bucket".to_owned() };
        let target = RunTarget::of_server(place.aws.clone(), vec![bucket], Models::of_sandbox());
        let cx = Context { ui: Ui::new(false), config: Config::of(&[], &[]) };
        let planned = [ListedTest::new("tests::suites", "suite::works")];
        sweep(&cx, &target, &RunId::parse("r-1").unwrap(), None, &planned).await
    }

    #[test]
    fn what_is_left_is_to_be_cleaned_up_where_it_outlives_the_run() {
        let run = RunId::parse("r-1").unwrap();
        let cleanup = "cargo xtask cleanup --run r-1".to_owned();
        assert_eq!(Sweep::interrupted().cure(Target::Aws, &run), Some(cleanup));
        assert_eq!(Sweep::interrupted().cure(Target::Sandbox, &run), None);
        assert_eq!(Sweep::default().cure(Target::Aws, &run), None);
    }

    #[tokio::test]
    async fn a_sweep_that_left_something_or_did_not_see_all_is_not_complete() {
        let lies = swept("", |_| (200, fake::deleted([]))).await;
        assert!(!lies.is_complete());
        assert!(
            lies.failures[0].starts_with("1 thing below `test/r-1/` in `bucket` is listed again"),
            "{lies:?}"
        );
        let refuses = swept("", |_| fake::error(403, "ExpiredToken")).await;
        assert!(!refuses.is_complete(), "{refuses:?}");
        assert!(refuses.failures[0].contains("renew"), "the cure is lost: {refuses:?}");
        let denies = swept("", |_| (200, fake::deleted([(KEY, "v1", "AccessDenied")]))).await;
        assert!(denies.failures[0].contains("AccessDenied"), "{denies:?}");
        let endless = swept("<IsTruncated>true</IsTruncated>", |_| {
            (200, fake::deleted([(KEY, "v1", "NoSuchVersion")]))
        });
        let endless = endless.await;
        assert!(endless.failures.iter().any(|why| why.contains("does not page")), "{endless:?}");
    }
}

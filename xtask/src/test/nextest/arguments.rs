//! Which arguments of the user's are passed on to nextest.

use anyhow::{Result, anyhow};

use crate::error::Hint as _;

/// Refuses the user's arguments that would change which tests run: the plan decides that.
///
/// # Errors
/// Names the argument, and what to use instead.
pub(crate) fn check_extra_args(args: &[String]) -> Result<()> {
    const CHOOSING: [&str; 16] = [
        // What follows a second one is for the tests' own harness, which chooses by it.
        "--",
        "-E",
        "--filterset",
        "--filter-expr",
        "--binaries-metadata",
        "--tool-config-file",
        "--run-ignored",
        "--ignore-default-filter",
        "--archive-file",
        "--partition",
        "--no-run",
        "--rerun",
        "-R",
        "-p",
        "--package",
        "--workspace",
    ];
    let mut is_value = false;
    for arg in args {
        let name = arg.split('=').next().unwrap_or(arg);
        let glued = ["-E", "-R", "-p"].iter().any(|short| arg.starts_with(short));
        // A word by itself is a filter to nextest, unless an option takes it for its value.
        let is_filter = !arg.starts_with('-') && !is_value;
        if CHOOSING.contains(&name) || glued || is_filter {
            return Err(anyhow!(
                "`{arg}` cannot be passed on to nextest: the plan decides what runs"
            ))
            .hint(match name {
                "--partition" => "cargo xtask test --shard 1/4 --run-id ID",
                "--no-run" => "cargo test --package tests --no-run",
                _ if is_filter => {
                    "a name belongs before the `--`: cargo xtask test FILTER; the value of an option is \
                     written with `=`: --option=value"
                }
                _ => "cargo xtask test --suite NAME FILTER",
            });
        }
        is_value = WITH_VALUE.contains(&arg.as_str());
    }
    Ok(())
}

/// Nextest's options that take the next word for their value.
const WITH_VALUE: [&str; 17] = [
    "-j",
    "--jobs",
    "--test-threads",
    "--retries",
    "--flaky-result",
    "-P",
    "--profile",
    "--max-fail",
    "--success-output",
    "--failure-output",
    "--status-level",
    "--final-status-level",
    "--show-progress",
    "--stress-count",
    "--stress-duration",
    "--color",
    "--config-file",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_choose_tests_are_refused_and_others_are_not() {
        let check = |args: &str| {
            check_extra_args(&args.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>())
        };
        for args in [
            "-E all()",
            "-Etest(x)",
            "--filterset=all()",
            "--run-ignored all",
            "--ignore-default-filter",
            "--binaries-metadata=x",
            "--partition hash:1/2",
            "--no-run",
            "-p app",
            "some_name",
            "--no-capture some_name",
            "--retries=2 some_name",
            "--retries 2 some_name",
            "--no-capture -- --skip x",
        ] {
            assert!(check(args).is_err(), "{args}");
        }
        for args in ["--no-capture", "--retries=2 -j 4", "--profile ci --no-capture", "--profile=x"]
        {
            check(args).unwrap();
        }
    }
}

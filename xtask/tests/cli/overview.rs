//! `cargo xtask` alone: the commands in groups, as `--help` has them, too.

use std::process::Command;

use crate::harness::{World, settings};

#[tokio::test]
async fn without_a_command_the_overview_is_the_result() {
    let world = World::new().await;
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&[]), @"
        exit code: 0
        ----- stdout -----
        AWS integration tests that run offline in seconds, and unchanged on real AWS

        Usage: cargo xtask [OPTIONS] [COMMAND]

        The three moments of use:
          setup        Provision the test buckets, and check credentials and permissions
          test         Run the integration tests, on the embedded AWS or on the real one
          cleanup      Remove what runs left under `test/` and `perf-test/`

        Before a run on AWS:
          check        Check credentials, region, buckets and every permission needed
          policy       Print the least-privilege IAM policy, as JSON

        Beside the tests:
          sandbox      Run the embedded AWS in the foreground, for other tools
          report       Draw the report of a run again, and print where it is
          coverage     Show how much of each crate the suites run

        For the workspace:
          ci           Run locally what CI runs, in the same order
          new-test     Write a test that passes and is found, to begin with
          completions  Print a script that lets a shell complete `cargo xtask`

        Examples:
          cargo xtask test                  all suites, on the embedded AWS
          cargo xtask test --aws presigned  these tests by their name, on AWS

        `cargo xtask COMMAND --help` says all about a command, its variables and exit
        codes; README.md says the rest.
        ----- stderr -----
        ")
    });
}

#[tokio::test]
async fn help_has_the_same_groups_and_the_options() {
    let world = World::new().await;
    let help = world.run(&["--help"]);
    settings().bind(|| {
        insta::assert_snapshot!(help, @"
        exit code: 0
        ----- stdout -----
        AWS integration tests that run offline in seconds, and unchanged on real AWS

        Usage: cargo xtask [OPTIONS] [COMMAND]

        The three moments of use:
          setup        Provision the test buckets, and check credentials and permissions
          test         Run the integration tests, on the embedded AWS or on the real one
          cleanup      Remove what runs left under `test/` and `perf-test/`

        Before a run on AWS:
          check        Check credentials, region, buckets and every permission needed
          policy       Print the least-privilege IAM policy, as JSON

        Beside the tests:
          sandbox      Run the embedded AWS in the foreground, for other tools
          report       Draw the report of a run again, and print where it is
          coverage     Show how much of each crate the suites run

        For the workspace:
          ci           Run locally what CI runs, in the same order
          new-test     Write a test that passes and is found, to begin with
          completions  Print a script that lets a shell complete `cargo xtask`

        Options:
              --json  Print the result as one JSON document on stdout; the text goes to stderr
          -h, --help  Print help

        Examples:
          cargo xtask test                  all suites, on the embedded AWS
          cargo xtask test --aws presigned  these tests by their name, on AWS

        `cargo xtask COMMAND --help` says all about a command, its variables and exit
        codes; README.md says the rest.
        ----- stderr -----
        ")
    });
    for other in ["-h", "help"] {
        assert_eq!(world.run(&[other]), help, "{other}");
    }
}

#[tokio::test]
async fn as_json_it_is_one_document() {
    let output = World::new().await.command(&["--json"]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = &document["groups"][0];
    assert_eq!(first["commands"][0]["name"], "setup", "{document}");
    assert!(!first["commands"][0]["about"].as_str().unwrap().is_empty(), "{document}");
}

/// A newcomer's first look must not fail on what a command would say better.
#[tokio::test]
async fn a_broken_env_file_does_not_hide_it() {
    let world = World::new().await;
    let overview = world.run(&[]);
    std::fs::write(world.folder().join("app/.env"), "what is this").unwrap();
    assert_eq!(world.run(&[]), overview);
    assert!(world.run(&["policy"]).starts_with("exit code: 1\n"));
}

#[tokio::test]
async fn colours_are_for_terminals_and_can_be_refused() {
    let world = World::new().await;
    let is_coloured = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success());
        output.stdout.contains(&b'\x1b')
    };
    for args in [&[][..], &["--help"], &["help"]] {
        assert!(!is_coloured(&mut world.command(args)), "{args:?}");
        assert!(is_coloured(world.command(args).env("CLICOLOR_FORCE", "1")), "{args:?}");
        let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
        assert!(!is_coloured(world.command(args).envs(both)), "{args:?}");
    }
}

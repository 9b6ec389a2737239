//! `cargo xtask coverage`, up to where it would build: a run of it takes minutes, and `.ci/coverage.py`
//! judges one.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::harness::{World, settings};

/// A program that says so when it is asked.
fn program(world: &World, name: &str, script: &str) -> String {
    let path = world.folder().join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A world whose compiler is built with a version of LLVM that nobody has.
async fn world() -> World {
    let mut world = World::new().await;
    let rustc = program(
        &world,
        "rustc",
        "case $1 in
             -vV) printf 'rustc 9.9.9\\nrelease: 9.9.9\\nLLVM version: 999.1.0\\n' ;;
             --print) echo /no/such/toolchain/lib ;;
         esac",
    );
    world.set("RUSTC", &rustc);
    world
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_the_programs_of_llvm_it_says_what_it_looked_at_and_how_to_get_them() {
    let world = world().await;
    // What a plain `llvm-cov` of the machine is, differs.
    let text = world.run(&["coverage"]);
    let mut settings = settings();
    settings.add_filter(r"; `llvm-cov` [^\n]+", "; [PLAIN]");
    settings.bind(|| insta::assert_snapshot!(text, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `llvm-cov` and `llvm-profdata` of LLVM 999 are missing: rustc 9.9.9 is built with it, and no other version reads its counters
      caused by: `/no/such/toolchain/bin/llvm-cov` is not there; `llvm-cov-999` is not there; `/usr/lib/llvm-999/bin/llvm-cov` is not there; `/usr/lib64/llvm999/bin/llvm-cov` is not there; [PLAIN]

    hint: rustup component add llvm-tools
    hint: apt-get install llvm-999
    "));
}

#[tokio::test]
async fn programs_of_another_version_are_refused() {
    let mut world = world().await;
    let cov = program(&world, "llvm-cov", "echo 'LLVM version 999.0.1'");
    let profdata = program(&world, "llvm-profdata", "echo 'Debian LLVM version 998.1.0'");
    world.set("LLVM_COV", &cov);
    world.set("LLVM_PROFDATA", &profdata);
    settings().bind(|| insta::assert_snapshot!(world.run(&["coverage"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `LLVM_COV` and `LLVM_PROFDATA` name what cannot be used
      caused by: `[WORKSPACE]/llvm-profdata` is of LLVM 998; rustc 9.9.9 counts in the format of LLVM 999

    hint: name those of LLVM 999, or unset both
    "));
}

#[tokio::test]
async fn one_program_is_not_enough() {
    let mut world = world().await;
    world.set("LLVM_COV", "llvm-cov-999");
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["coverage", "--json"]), @r#"
    exit code: 1
    ----- stdout -----
    {
      "error": [
        "`LLVM_COV` is set and `LLVM_PROFDATA` is not"
      ],
      "hints": [
        "set both or none: `LLVM_COV` and `LLVM_PROFDATA`"
      ]
    }
    ----- stderr -----
    error: `LLVM_COV` is set and `LLVM_PROFDATA` is not

    hint: set both or none: `LLVM_COV` and `LLVM_PROFDATA`
    "#)
    });
}

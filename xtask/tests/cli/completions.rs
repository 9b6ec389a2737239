//! `cargo xtask completions bash`, read by a real bash, beside what completed `cargo` before. What the
//! Tab key makes of it, and zsh and fish, are for `.ci/completions.py`.

use std::process::Command;

use crate::harness::World;

/// Nothing completed `cargo` before.
const NOBODY: &str = "";

/// A function that says what it was asked; it is loaded with options.
const FUNCTION: &str = r#"
before() { COMPREPLY=("$1 ${COMP_WORDS[*]} $COMP_CWORD $2 $3"); }
complete -o nosort -o filenames -F before cargo
"#;

/// As `FUNCTION`, but found when it is first needed, as bash-completion does it.
const LATE: &str = r#"
before() { COMPREPLY=("$1 ${COMP_WORDS[*]} $COMP_CWORD $2 $3"); }
_completion_loader() { complete -F before "$1"; return 124; }
"#;

/// A function that puts another in its place when it is first asked, and wants that to be asked.
const LOADER: &str = r#"
before() { COMPREPLY=("$1 ${COMP_WORDS[*]} $COMP_CWORD $2 $3"); }
loader() { complete -F before cargo; return 124; }
complete -F loader cargo
"#;

/// No function at all.
const WORDS: &str = "complete -W 'build \"two words\" bench' cargo";

/// Asks bash, in its way, to complete the last word of each line; gives what it was answered.
fn complete(world: &World, before: &str, lines: &[&str]) -> Vec<String> {
    let script = world.command(&["completions", "bash"]).output().unwrap();
    assert!(script.status.success() && script.stderr.is_empty(), "{script:?}");
    let path = world.folder().join("cargo-xtask.bash");
    std::fs::write(&path, script.stdout).unwrap();
    let mut program = format!("{before}\n. '{0}'\n. '{0}'\n", path.display());
    program.push_str(
        r#"
        asked() {
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
            local spec function status=124
            # 124 asks for another try, with what is registered then.
            while [ "$status" = 124 ]; do
                spec="$(complete -p cargo)"
                function="${spec##* -F }"
                "${function%% *}" cargo "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                status="$?"
            done
            local IFS='|'
            echo "${COMPREPLY[*]}"
        }
        "#,
    );
    for line in lines {
        // One that ends in a space asks for the next word.
        let last = if line.ends_with(' ') { "''" } else { "" };
        program.push_str(&format!("asked {line}{last}\n"));
    }
    let output =
        Command::new("bash").args(["--norc", "--noprofile", "-c", &program]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<_> =
        String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect();
    assert_eq!(answers.len(), lines.len(), "{answers:?}");
    answers
}

#[tokio::test]
async fn commands_flags_and_values_are_completed() {
    let world = World::new().await;
    for before in [NOBODY, FUNCTION, LATE, LOADER, WORDS] {
        for (line, expected) in [
            ("cargo xtask cl", "cleanup"),
            ("cargo xtask test --str", "--strict"),
            ("cargo xtask test --suite ", "s3_integration|e2e_model_selection|performance_aws"),
            ("cargo xtask check --for cl", "cleanup"),
            ("cargo xtask new-test --req", "--requirement"),
            ("cargo xtask help pol", "policy"),
            ("cargo +stable xtask cl", "cleanup"),
            ("cargo --color always -q xtask cl", "cleanup"),
            ("cargo --color = always xtask cl", "cleanup"),
        ] {
            assert_eq!(complete(&world, before, &[line]), [expected], "{line} after {before:?}");
        }
        let commands = complete(&world, before, &["cargo xtask "]);
        assert!(commands[0].contains("setup") && !commands[0].contains("tether"), "{commands:?}");
    }
}

#[tokio::test]
async fn every_other_command_of_cargo_is_completed_as_before() {
    let world = World::new().await;
    let lines =
        ["cargo bu", "cargo xtas", "cargo build --bin xtask --re", "cargo xtask cl", "cargo bu"];
    let asked = [
        "cargo cargo bu 1 bu cargo",
        "cargo cargo xtas 1 xtas cargo",
        "cargo cargo build --bin xtask --re 4 --re xtask",
        "cleanup",
        "cargo cargo bu 1 bu cargo",
    ];
    for before in [FUNCTION, LATE, LOADER] {
        assert_eq!(complete(&world, before, &lines), asked, "{before}");
    }
    assert_eq!(complete(&world, NOBODY, &lines), ["", "", "", "cleanup", ""]);
    let words = complete(&world, WORDS, &["cargo b", "cargo xtask cl", "cargo t"]);
    assert_eq!(words, ["build|bench", "cleanup", "two words"]);
}

#[tokio::test]
async fn a_shell_that_nobody_knows_is_refused() {
    let text = World::new().await.run(&["completions", "tcsh"]);
    assert!(text.starts_with("exit code: 2\n"), "{text}");
    assert!(text.contains("[possible values: bash, zsh, fish]"), "{text}");
}

#[tokio::test]
async fn as_json_it_is_one_document() {
    let output = World::new().await.command(&["completions", "zsh", "--json"]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["script"].as_str().unwrap().starts_with("#compdef cargo-xtask\n"));
}

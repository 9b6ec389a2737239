//! `--help` of every command, as it is read in a terminal of 80 columns, and the README's table of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::harness::World;

/// The texts that are held, one file for each command.
const SNAPSHOTS: &str = "help";

const README: &str = include_str!("../../../README.md");

/// The long help of each command. A unit test holds that the overview knows every command.
fn help_of_all(world: &World) -> BTreeMap<String, String> {
    let output = world.command(&["--json"]).output().unwrap();
    let overview: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let groups = overview["groups"].as_array().unwrap().iter();
    let commands = groups.flat_map(|group| group["commands"].as_array().unwrap());
    let names = commands.map(|command| command["name"].as_str().unwrap().to_owned());
    names.map(|name| (name.clone(), help(world, &name))).collect()
}

fn help(world: &World, name: &str) -> String {
    // Without a terminal, the width is what this says.
    let output = world.command(&[name, "--help"]).env("COLUMNS", "80").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(!help.contains("\nCommands:\n"), "`{name}` has commands of its own: hold them, too");
    help
}

#[tokio::test]
async fn each_text_is_as_it_was_read() {
    let world = World::new().await;
    let texts = help_of_all(&world);
    assert!(texts.len() > 5, "{texts:?}");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(SNAPSHOTS);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, text) in &texts {
            insta::assert_snapshot!(name.as_str(), text);
        }
    });

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(SNAPSHOTS);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let held = files.filter(|path| path.extension().is_some_and(|extension| extension == "snap"));
    let held = held.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let gone: Vec<_> = held.filter(|name| !texts.contains_key(name)).collect();
    assert!(gone.is_empty(), "texts of commands that are gone are held: {gone:?}");
}

#[tokio::test]
async fn each_text_says_what_its_command_does_first() {
    for (name, text) in help_of_all(&World::new().await) {
        let first = text.lines().next().unwrap();
        assert!(first.starts_with(char::is_uppercase) && !first.ends_with('.'), "{name}: {first}");
        let verb = first.split(' ').next().unwrap();
        assert!(!verb.ends_with('s'), "`{name}` is told what to do: `{verb}`");
        assert!(text.contains(&format!("\nUsage: cargo xtask {name}")), "{text}");
        assert!(text.contains("\nExit codes: 0 "), "{text}");
        assert!(text.contains("--json"), "{text}");
    }
}

#[tokio::test]
async fn the_readme_lists_each_command_with_flags_that_it_has() {
    let world = World::new().await;
    let texts = help_of_all(&world);
    let mut listed = BTreeSet::new();
    for row in README.lines() {
        let Some(row) = row.strip_prefix("| `cargo xtask ") else { continue };
        let (usage, _) = row.split_once('`').expect(row);
        let mut words = usage.split(|c: char| c.is_whitespace() || "[]|\\=".contains(c));
        let name = words.next().unwrap();
        let text = texts.get(name).unwrap_or_else(|| panic!("the README knows `{name}`: {row}"));
        let flags = flags(text);
        for flag in words.filter(|word| word.len() > 2 && word.starts_with('-')) {
            assert!(flags.contains(flag), "the README gives `{name}` the flag `{flag}`: {row}");
        }
        listed.insert(name.to_owned());
    }
    assert_eq!(listed, texts.into_keys().collect(), "the README's table, and the commands");
}

/// The long flags that a help text describes.
fn flags(help: &str) -> BTreeSet<&str> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split([' ', ',']));
    words.filter(|word| word.starts_with("--")).collect()
}

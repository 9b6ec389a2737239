//! The shape of the workspace: which member links which, and that nothing is compiled twice.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Who may link whom. `workspace-hack` is linked by all and links nobody.
const ARROWS: &[(&str, &[&str])] = &[
    ("app", &[]),
    ("contract", &[]),
    ("meter", &["contract"]),
    ("sandbox", &[]),
    ("tests", &["app", "contract", "meter", "sandbox"]),
    ("workspace-hack", &[]),
    ("xtask", &["contract", "meter", "sandbox"]),
];

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn arrows_go_one_way() {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--locked"]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let members: BTreeSet<_> = packages.iter().map(name).collect();
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    assert_eq!(members, allowed.keys().map(|&member| member.to_owned()).collect());

    for package in packages {
        let from = name(package);
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = name(dependency);
            if !members.contains(&to) || to == "workspace-hack" {
                continue;
            }
            assert!(allowed[from.as_str()].contains(&to.as_str()), "`{from}` links `{to}`");
        }
    }
}

/// The features that each crate gets where only `selection` is built.
fn features(selection: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut args = vec!["tree", "--locked", "--prefix", "none", "--format", "{p}|{f}"];
    args.extend(selection);
    let mut features: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for line in cargo(&args).lines() {
        // The trees are parted by empty lines.
        let Some((package, list)) = line.trim_end_matches(" (*)").split_once('|') else { continue };
        let list = list.split(',').filter(|feature| !feature.is_empty()).map(ToOwned::to_owned);
        features.entry(package.to_owned()).or_default().extend(list);
    }
    features
}

#[test]
fn shared_crates_have_the_same_features_everywhere() {
    let everything = features(&["--workspace", "--edges", "normal,build,dev"]);
    for selection in [
        // `cargo run -p app`
        ["--package", "app", "--edges", "normal,build"],
        // `cargo xtask`
        ["--package", "xtask", "--edges", "normal,build"],
        // `cargo nextest list --package tests`, which `cargo xtask test` starts
        ["--package", "tests", "--edges", "normal,build,dev"],
    ] {
        for (package, features) in features(&selection) {
            let missing: Vec<_> = everything[&package].difference(&features).collect();
            assert!(
                missing.is_empty(),
                "`{}` gives `{package}` less than the workspace does: {missing:?}; add them to `workspace-hack/Cargo.toml`",
                selection[1]
            );
        }
    }
}

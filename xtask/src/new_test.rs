//! `cargo xtask new-test`: a module with a test that passes, where the suite's others are.
//!
//! All that can be wrong is found out before the first file is written: three files belong together,
//! and two of them are no use.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Serialize;

mod change;
mod module_name;
mod requirements;
mod suite_file;

use change::Change;
pub(crate) use module_name::ModuleName;
use requirements::Listed;

use crate::cli::{self, Suite};
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::ui::Tone;

const REQUIREMENTS: &str = "tests/requirements.toml";

pub(crate) fn run(args: &cli::NewTest, cx: &Context) -> Result<Exit> {
    let suite = Place::of(args.suite);
    let (name, requirement) = (&args.name, args.requirement.as_deref());
    let draft = Draft::new(cx.workspace(), &suite, name, requirement)?;
    change::write_all(&draft.changes).context("nothing was written")?;

    let ui = cx.ui;
    for (change, path) in draft.changes.iter().zip(draft.paths()) {
        let word = if change.is_new() { "wrote" } else { "changed" };
        ui.finding(Tone::Good, word, path);
    }
    match draft.listed {
        Some(Listed::BelowNone) => ui.remark(format_args!(
            "in {REQUIREMENTS}, `{}` stands as a module that shows no requirement yet",
            draft.module
        )),
        Some(Listed::Already) => ui.remark(format_args!("{REQUIREMENTS} lists it already")),
        Some(Listed::BelowRequirement) | None => {}
    }
    let next = [
        format!("cargo xtask test {name}"),
        format!("cargo xtask test --update-permissions {name}"),
    ];
    ui.finding(Tone::Plain, "next", &next[0]);
    ui.finding(Tone::Plain, "then", format_args!("{}  # what it needs of IAM", next[1]));
    ui.json(&Document { module: &draft.module, files: draft.paths().collect(), next: &next })?;
    Ok(Exit::Success)
}

/// Where a suite is, and what a test of it looks like.
struct Place {
    name: &'static str,
    template: &'static str,
}

impl Place {
    fn of(suite: Suite) -> Place {
        let (name, template) = match suite {
            Suite::S3Integration => {
                ("s3_integration", include_str!("new_test/s3_integration.rs.txt"))
            }
            Suite::E2eModelSelection => {
                ("e2e_model_selection", include_str!("new_test/e2e_model_selection.rs.txt"))
            }
            Suite::PerformanceAws => {
                ("performance_aws", include_str!("new_test/performance_aws.rs.txt"))
            }
        };
        Place { name, template }
    }

    /// The file that declares the suite's modules.
    fn file(&self) -> String {
        format!("tests/suites/{}.rs", self.name)
    }

    /// The folder of the module and of its file.
    fn folder(&self, module: &ModuleName) -> String {
        format!("tests/suites/{}/{module}", self.name)
    }

    /// The module's text.
    fn text(&self, module: &ModuleName) -> String {
        self.template.replace("SUBJECT", &module.in_words())
    }
}

/// What is to be written.
struct Draft {
    /// The module's path, as the names of its tests begin.
    module: String,
    changes: Vec<Change>,
    /// How `tests/requirements.toml` lists it; `None` where the workspace has no such file.
    listed: Option<Listed>,
    workspace: PathBuf,
}

impl Draft {
    fn new(
        workspace: &Path,
        suite: &Place,
        name: &ModuleName,
        requirement: Option<&str>,
    ) -> Result<Draft> {
        let module = format!("{}::{name}", suite.name);
        let file = suite.file();
        let before = read(workspace, &file)?;
        let Some(before) = before else {
            return Err(anyhow!("there is no suite `{}`: `{file}` is missing", suite.name))
                .hint("cargo xtask new-test --help names the suites that it knows");
        };
        let new = format!("{}.rs", suite.folder(name));
        for path in [&new, &suite.folder(name)] {
            let taken = workspace.join(path).try_exists();
            if taken.with_context(|| format!("looking for `{path}`"))? {
                return Err(anyhow!("there is already a module `{module}`: `{path}`"))
                    .hint("add the test to it, or take another name");
            }
        }
        let after = suite_file::with_module(&before, &file, name)?;
        let mut changes = vec![
            Change::new_file(workspace.join(&new), suite.text(name)),
            Change::edit(workspace.join(&file), before, after),
        ];

        let listed = match read(workspace, REQUIREMENTS)? {
            Some(before) => {
                let edit = requirements::with_module(&before, &module, requirement);
                let (after, listed) = edit.with_context(|| format!("editing `{REQUIREMENTS}`"))?;
                if before != after {
                    changes.push(Change::edit(workspace.join(REQUIREMENTS), before, after));
                }
                Some(listed)
            }
            None if requirement.is_some() => bail!("there is no `{REQUIREMENTS}`"),
            None => None,
        };
        Ok(Draft { module, changes, listed, workspace: workspace.to_owned() })
    }

    /// The files, as they are shown.
    fn paths(&self) -> impl Iterator<Item = String> {
        self.changes.iter().map(|change| {
            let path = change.path();
            path.strip_prefix(&self.workspace).unwrap_or(path).display().to_string()
        })
    }
}

/// A file of the workspace; `None` where there is none.
fn read(workspace: &Path, path: &str) -> Result<Option<String>> {
    match fs::read_to_string(workspace.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading `{path}`")),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    module: &'a str,
    files: Vec<String>,
    next: &'a [String],
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn each_suite_has_a_template_that_is_worth_reading() {
        for suite in Suite::value_variants() {
            let place = Place::of(*suite);
            assert_eq!(suite.to_possible_value().unwrap().get_name(), place.name);
            let text = place.text(&"odd_keys".parse().unwrap());
            assert!(text.starts_with("//! Odd keys: "), "{text}");
            assert!((15..=25).contains(&text.lines().count()), "{text}");
            assert!(text.contains("#[tokio::test]") && text.contains("emptied"), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        }
    }
}

//! A workflow file of GitHub Actions: its jobs and steps, as far as they can be run without GitHub.
//!
//! Source: "Workflow syntax for GitHub Actions", GitHub Docs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use super::expression;
use super::yaml::{self, Node};
use crate::error::Hint as _;

/// Where GitHub looks for workflows, from the workspace.
pub(super) const FOLDER: &str = ".github/workflows";

/// A workflow.
#[derive(Debug)]
pub(super) struct Workflow {
    /// Its jobs, each after those that it needs and otherwise as in the file.
    pub(super) jobs: Vec<Job>,
}

/// A job.
#[derive(Debug)]
pub(super) struct Job {
    /// Its key in the file.
    pub(super) id: String,
    /// As GitHub shows it.
    pub(super) name: String,
    /// The ids of the jobs that have to end first.
    pub(super) needs: Vec<String>,
    /// `if:`
    pub(super) condition: Option<String>,
    /// What it needs that GitHub alone has: `services`, `container`, another workflow.
    pub(super) elsewhere: Option<String>,
    /// Its steps.
    pub(super) steps: Vec<Step>,
}

/// A step.
#[derive(Debug)]
pub(super) struct Step {
    /// As GitHub shows it, without `Run`.
    pub(super) name: String,
    /// `id:`
    pub(super) id: Option<String>,
    /// The line that it begins in.
    pub(super) line: usize,
    /// `if:`
    pub(super) condition: Option<String>,
    /// The variables of the workflow, the job and the step; the nearest wins.
    pub(super) env: Variables,
    /// Whether the job goes on where it fails.
    pub(super) may_fail: bool,
    /// What it does.
    pub(super) does: Does,
}

/// Names and values; a value may hold an expression.
pub(super) type Variables = BTreeMap<String, String>;

/// What a step does.
#[derive(Debug)]
pub(super) enum Does {
    /// `run:`
    Run(Script),
    /// `uses:`
    Uses(String),
}

/// A script and what runs it.
#[derive(Debug)]
pub(super) struct Script {
    /// The lines.
    pub(super) text: String,
    /// `shell:`
    pub(super) shell: Option<String>,
    /// `working-directory:`, from the workspace.
    pub(super) folder: Option<String>,
}

/// What stands above a step and holds for it where it says nothing else.
#[derive(Debug, Clone, Default)]
struct Above {
    env: Variables,
    shell: Option<String>,
    folder: Option<String>,
}

/// The file of a workflow: `ci` is `.github/workflows/ci.yml`.
///
/// # Errors
/// Names those that are there, where this one is not.
pub(super) fn find(workspace: &Path, name: &str) -> Result<PathBuf> {
    let folder = workspace.join(FOLDER);
    let mut known = BTreeMap::new();
    let entries = match folder.read_dir() {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    for entry in entries.with_context(|| format!("reading `{FOLDER}`"))? {
        let path = entry.path();
        let is_workflow = path.extension().is_some_and(|end| end == "yml" || end == "yaml");
        if let (true, Some(stem)) = (is_workflow, path.file_stem().and_then(|stem| stem.to_str())) {
            known.insert(stem.to_owned(), path);
        }
    }
    let names: Vec<_> = known.keys().map(|name| format!("cargo xtask ci {name}")).collect();
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")).unwrap_or(name);
    let cure = match names.is_empty() {
        true => format!("`{FOLDER}` is where GitHub looks for workflows"),
        false => names.join(", "),
    };
    known
        .remove(stem)
        .ok_or_else(|| anyhow!("there is no workflow `{name}`: no file `{FOLDER}/{stem}.yml`"))
        .hint(cure)
}

impl Workflow {
    /// Reads the text of a workflow file.
    ///
    /// # Errors
    /// Names the line that cannot be understood, or that would put an expression into a script.
    pub(super) fn parse(text: &str) -> Result<Workflow> {
        let document = yaml::parse(text)?;
        let root = Node::root(&document);
        let above = Above::default().below(root)?;
        let jobs = root.need("jobs")?.entries()?;
        let jobs: Vec<_> =
            jobs.into_iter().map(|job| Job::read(job, &above)).collect::<Result<_>>()?;
        if jobs.is_empty() {
            bail!("it has no jobs");
        }
        Ok(Workflow { jobs: in_order(jobs)? })
    }
}

impl Job {
    fn read(node: Node<'_>, above: &Above) -> Result<Job> {
        let id = node.key().to_owned();
        let above = above.below(node)?;
        let mut elsewhere =
            node.text_of("uses")?.map(|workflow| format!("the workflow `{workflow}`"));
        for key in ["container", "services"] {
            if elsewhere.is_none() && node.get(key)?.is_some() {
                elsewhere = Some(format!("`{key}`"));
            }
        }
        let steps = match node.get("uses")? {
            Some(_) => Vec::new(),
            None => node.need("steps")?.items()?,
        };
        Ok(Job {
            name: node.text_of("name")?.unwrap_or_else(|| id.clone()),
            needs: node.get("needs")?.map(Node::texts).transpose()?.unwrap_or_default(),
            condition: node.text_of("if")?,
            elsewhere,
            steps: steps.into_iter().map(|step| Step::read(step, &above)).collect::<Result<_>>()?,
            id,
        })
    }
}

impl Step {
    fn read(node: Node<'_>, above: &Above) -> Result<Step> {
        let line = node.line();
        let above = above.clone().and_env(node)?;
        let (does, by_default) = match (node.text_of("run")?, node.text_of("uses")?) {
            (Some(text), None) => {
                if expression::is_in(&text) {
                    return Err(anyhow!(
                        "line {line}: an expression in `run:` is put into the script before bash reads it, \
                         so that whoever decides its value can run anything"
                    ))
                    .hint("give the value to the step by `env:`, and write \"$NAME\" in the script");
                }
                let first = text.lines().next().unwrap_or_default().to_owned();
                let shell = node.text_of("shell")?.or(above.shell);
                let folder = node.text_of("working-directory")?.or(above.folder);
                (Does::Run(Script { text, shell, folder }), first)
            }
            (None, Some(action)) => {
                let name = action.split('@').next().unwrap_or(&action).to_owned();
                (Does::Uses(action), name)
            }
            (Some(_), Some(_)) => bail!("line {line}: a step has both `run` and `uses`"),
            (None, None) => bail!("line {line}: a step has neither `run` nor `uses`"),
        };
        Ok(Step {
            name: node.text_of("name")?.unwrap_or(by_default),
            id: node.text_of("id")?,
            line,
            condition: node.text_of("if")?,
            env: above.env,
            may_fail: node.text_of("continue-on-error")?.as_deref() == Some("true"),
            does,
        })
    }
}

impl Above {
    /// What holds below a workflow or a job.
    fn below(&self, node: Node<'_>) -> Result<Above> {
        let mut above = self.clone().and_env(node)?;
        let defaults = node.get("defaults")?.map(|node| node.get("run")).transpose()?.flatten();
        if let Some(defaults) = defaults {
            above.shell = defaults.text_of("shell")?.or(above.shell);
            above.folder = defaults.text_of("working-directory")?.or(above.folder);
        }
        Ok(above)
    }

    fn and_env(mut self, node: Node<'_>) -> Result<Above> {
        for variable in node.get("env")?.map(Node::entries).transpose()?.unwrap_or_default() {
            self.env.insert(variable.key().to_owned(), variable.text()?);
        }
        Ok(self)
    }
}

/// Each job after those that it needs; otherwise as in the file.
fn in_order(mut waiting: Vec<Job>) -> Result<Vec<Job>> {
    let known: BTreeSet<_> = waiting.iter().map(|job| job.id.clone()).collect();
    for job in &waiting {
        if let Some(other) = job.needs.iter().find(|other| !known.contains(*other)) {
            bail!("the job `{}` needs `{other}`, which is no job", job.id);
        }
    }
    let mut ordered: Vec<Job> = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |job: &Job| {
            job.needs.iter().all(|needed| ordered.iter().any(|done| done.id == *needed))
        };
        let Some(next) = waiting.iter().position(is_ready) else {
            let names: Vec<_> = waiting.iter().map(|job| format!("`{}`", job.id)).collect();
            bail!("the jobs {} need each other", names.join(", "));
        };
        ordered.push(waiting.remove(next));
    }
    Ok(ordered)
}

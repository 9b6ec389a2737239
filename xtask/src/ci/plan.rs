//! Which steps run here, with what, and why the others do not.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};

use super::expression::{self, When};
use super::workflow::{Does, Job, Script, Step, Variables, Workflow};
use crate::config::Config;
use crate::error::Hint as _;
use crate::shell::quoted;

/// What is done, job after job.
pub(super) struct Plan<'a> {
    pub(super) jobs: Vec<PlannedJob<'a>>,
    /// How many steps `--only` does not name.
    pub(super) not_asked_for: usize,
}

/// A job with its steps.
pub(super) struct PlannedJob<'a> {
    pub(super) job: &'a Job,
    pub(super) when: When,
    pub(super) steps: Vec<PlannedStep<'a>>,
}

/// A step.
pub(super) struct PlannedStep<'a> {
    pub(super) step: &'a Step,
    pub(super) does: Planned,
}

/// What is done with a step.
#[derive(Debug)]
pub(super) enum Planned {
    /// It is run.
    Run(Command),
    /// It is not; the reason.
    LeftOut(String),
}

/// What a step runs.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) when: When,
    /// The shell and its arguments, the script last.
    pub(super) words: Vec<String>,
    /// The script as it stands in the file.
    pub(super) script: String,
    /// From the workspace.
    pub(super) folder: Option<String>,
    pub(super) env: Variables,
}

/// Which steps are asked for, by their names or those of their jobs.
pub(super) struct Choice<'a> {
    /// Empty: all.
    pub(super) only: &'a [String],
    pub(super) skip: &'a [String],
}

impl Plan<'_> {
    /// Whether any step is run.
    pub(super) fn runs_something(&self) -> bool {
        let mut steps = self.jobs.iter().flat_map(|job| &job.steps);
        steps.any(|step| matches!(step.does, Planned::Run(_)))
    }

    /// Plans a workflow.
    ///
    /// # Errors
    /// Where a chosen name is neither a step's nor a job's.
    pub(super) fn make<'a>(
        workflow: &'a Workflow,
        choice: &Choice<'_>,
        config: &Config,
    ) -> Result<Plan<'a>> {
        choice.check(workflow)?;
        let mut plan = Plan { jobs: Vec::new(), not_asked_for: 0 };
        for job in &workflow.jobs {
            let asked: Vec<_> =
                job.steps.iter().filter(|step| choice.asks_for(job, step)).collect();
            plan.not_asked_for += job.steps.len() - asked.len();
            let when = When::parse(job.condition.as_deref());
            let steps = asked.into_iter().map(|step| {
                let does = match why_not(choice, job, step, when) {
                    Some(reason) => Planned::LeftOut(reason),
                    None => planned(step, config),
                };
                PlannedStep { step, does }
            });
            // Where it cannot be told none of its steps runs.
            let when = when.unwrap_or(When { after_success: false, after_failure: false });
            let job = PlannedJob { job, when, steps: steps.collect() };
            if !job.steps.is_empty() {
                plan.jobs.push(job);
            }
        }
        Ok(plan)
    }
}

/// Why a step of this job is not even looked at.
fn why_not(choice: &Choice<'_>, job: &Job, step: &Step, when: Option<When>) -> Option<String> {
    if let Some(name) = choice.skip.iter().find(|name| is_called(job, step, name)) {
        return Some(format!("--skip {}", quoted(name)));
    }
    if let Some(what) = &job.elsewhere {
        return Some(format!("the job needs {what}, which GitHub alone has"));
    }
    when.is_none().then(|| told_on_github(job.condition.as_deref()))
}

fn planned(step: &Step, config: &Config) -> Planned {
    let script = match &step.does {
        Does::Run(script) => script,
        Does::Uses(action) => {
            let name = action.split('@').next().unwrap_or(action);
            return Planned::LeftOut(format!("`{name}` is an action, which GitHub alone runs"));
        }
    };
    match command(step, script, config) {
        Ok(command) => Planned::Run(command),
        Err(reason) => Planned::LeftOut(reason),
    }
}

/// The command, or why there is none.
fn command(step: &Step, script: &Script, config: &Config) -> Result<Command, String> {
    let when = When::parse(step.condition.as_deref())
        .ok_or_else(|| told_on_github(step.condition.as_deref()))?;
    if when == (When { after_success: false, after_failure: false }) {
        return Err(format!("`if: {}`", step.condition.as_deref().unwrap_or_default()));
    }
    let shell: &[&str] = match script.shell.as_deref() {
        // Without `shell:` GitHub does not look at what fails inside a pipe.
        None => &["bash", "-e", "-c"],
        Some("bash") => &["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c"],
        Some("sh") => &["sh", "-e", "-c"],
        Some(other) => return Err(format!("`shell: {other}` is none of `bash` and `sh`")),
    };
    let mut words: Vec<_> = shell.iter().map(|&word| word.to_owned()).collect();
    words.push(script.text.clone());
    if let Some(folder) = script.folder.as_deref().filter(|folder| expression::is_in(folder)) {
        return Err(format!("`working-directory: {folder}` is told on GitHub alone"));
    }
    let env = environment(&step.env, config)?;
    let (script, folder) = (script.text.clone(), script.folder.clone());
    Ok(Command { when, words, script, folder, env })
}

/// The variables with their values, those that are expressions as they are set here.
fn environment(of_step: &Variables, config: &Config) -> Result<Variables, String> {
    let mut missing = Vec::new();
    let mut env = Variables::new();
    for (name, value) in of_step {
        let value = match expression::is_in(value) {
            true => config.given(name),
            false => Some(value.as_str()),
        };
        match value {
            Some(value) => drop(env.insert(name.clone(), value.to_owned())),
            None => missing.push(format!("`{name}`")),
        }
    }
    match missing.as_slice() {
        [] => Ok(env),
        [name] => Err(format!("{name} is not set, which GitHub works out")),
        names => Err(format!("{} are not set, which GitHub works out", names.join(", "))),
    }
}

fn told_on_github(condition: Option<&str>) -> String {
    format!("GitHub alone can tell `if: {}`", condition.unwrap_or_default())
}

impl Choice<'_> {
    fn asks_for(&self, job: &Job, step: &Step) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| is_called(job, step, name))
    }

    fn check(&self, workflow: &Workflow) -> Result<()> {
        let all =
            || workflow.jobs.iter().flat_map(|job| job.steps.iter().map(move |step| (job, step)));
        for name in self.only.iter().chain(self.skip) {
            if !all().any(|(job, step)| is_called(job, step, name)) {
                let jobs: BTreeSet<_> = workflow.jobs.iter().map(|job| quoted(&job.id)).collect();
                let steps: BTreeSet<_> = all().map(|(_, step)| quoted(&step.name)).collect();
                return Err(anyhow!("no step or job is called `{name}`"))
                    .hint(format_args!("the steps are {}", in_a_row(steps)))
                    .hint(format_args!("the jobs are {}", in_a_row(jobs)));
            }
        }
        Ok(())
    }
}

fn is_called(job: &Job, step: &Step, name: &str) -> bool {
    let names = [Some(&step.name), step.id.as_ref(), Some(&job.name), Some(&job.id)];
    names.into_iter().flatten().any(|known| known.eq_ignore_ascii_case(name))
}

fn in_a_row(names: BTreeSet<String>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}

//! `cargo xtask ci`: runs here what CI runs there; the workflow file is the list.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

mod execute;
mod expression;
mod group;
mod plan;
mod report;
#[cfg(test)]
mod tests;
mod workflow;
mod yaml;

use execute::Outcome;
pub(crate) use group::{HOLD, hold};
use plan::{Choice, Plan};
use workflow::Workflow;

use crate::cli;
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;

pub(crate) fn run(args: &cli::Ci, cx: &Context) -> Result<Exit> {
    let path = workflow::find(cx.workspace(), &args.workflow)?;
    let file = path.strip_prefix(cx.workspace()).unwrap_or(&path);
    let workflow = read(&path).with_context(|| format!("reading `{}`", file.display()))?;
    let choice = Choice { only: &args.only, skip: &args.skip };
    let plan = Plan::make(&workflow, &choice, &cx.config)?;
    if args.list {
        let document = report::of_plan(file, &plan);
        document.print(cx);
        remark_on_the_rest(cx, &plan);
        cx.ui.json(&document)?;
        return Ok(Exit::Success);
    }
    if !plan.runs_something() {
        report::of_plan(file, &plan).print(cx);
        return Err(anyhow!("no step of `{}` was run", file.display()))
            .hint("set the variables that are named, or choose steps that can be run here");
    }
    cx.block_on(execute(args, cx, file, &plan))
}

async fn execute(args: &cli::Ci, cx: &Context, file: &Path, plan: &Plan<'_>) -> Result<Exit> {
    let results = execute::all(cx, plan).await?;
    let has_failed = |done: &execute::Done<'_>| {
        matches!(done.outcome, Outcome::Failed(..)) && !done.step.step.may_fail
    };
    let exit = match results.interrupted {
        true => Exit::Interrupted,
        false if results.steps.iter().any(has_failed) => Exit::StepFailed,
        false => Exit::Success,
    };
    let document = report::of_run(file, &results, exit);
    cx.ui.line("");
    cx.ui.line(format_args!("     Summary {}", file.display()));
    document.print(cx);
    remark_on_the_rest(cx, plan);
    if let Some(next) = document.next(args) {
        cx.ui.hint(next);
    }
    cx.ui.json(&document)?;
    Ok(exit)
}

fn read(path: &Path) -> Result<Workflow> {
    Workflow::parse(&std::fs::read_to_string(path)?)
}

fn remark_on_the_rest(cx: &Context, plan: &Plan<'_>) {
    if plan.not_asked_for > 0 {
        cx.ui.remark(format_args!("{} other steps were not asked for", plan.not_asked_for));
    }
}

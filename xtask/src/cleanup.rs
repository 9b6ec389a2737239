//! `cargo xtask cleanup`: a plan, a confirmation, the removal, and what is left.

use anyhow::{Result, anyhow};

use crate::aws::{Aws, Connection, Identity, NOWHERE, Overrides, connect};
use crate::cli;
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::ui::Ui;

mod buckets;
mod gate;
mod plan;
mod removal;
mod report;
mod show;
mod survey;

use plan::Plan;

pub(crate) fn run(args: cli::Cleanup, cx: &Context) -> Result<Exit> {
    cx.block_on(cleanup(args, cx))
}

async fn cleanup(args: cli::Cleanup, cx: &Context) -> Result<Exit> {
    let ui = cx.ui;
    let buckets = buckets::chosen(&cx.config, &args.bucket)?;
    let overrides = Overrides { region: args.region.clone(), profile: args.profile.clone() };
    let Connection::Connected(aws) = connect(&cx.config, &overrides).await? else {
        return Err(anyhow!("AWS is not configured: {NOWHERE}"))
            .hint("export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=..., or AWS_PROFILE=...")
            .hint("the embedded AWS of `cargo xtask test` keeps nothing: only a real server needs cleaning");
    };
    introduce(ui, &aws);

    let plan = Plan::make(&aws, buckets, &args, ui).await;
    show::plan(ui, &args, &plan);
    if args.dry_run || plan.is_empty() {
        let exit = plan.exit(args.dry_run);
        report::print(ui, &aws, &args, &plan, None, exit);
        return Ok(exit);
    }
    if !args.yes {
        match ui.confirm(&format!("Remove {}?", plan.in_words())) {
            Some(true) => {}
            Some(false) => {
                ui.remark("nothing was removed");
                report::print(ui, &aws, &args, &plan, None, Exit::Incomplete);
                return Ok(Exit::Incomplete);
            }
            None => {
                return Err(anyhow!("nothing was removed: there is no terminal to ask on"))
                    .hint(show::command(&args, &["--yes"]));
            }
        }
    }

    let Some(removals) = removal::remove_planned(ui, &aws, &plan, &args).await? else {
        return Ok(Exit::Interrupted);
    };
    let exit = removal::exit(&plan, &removals);
    show::removals(ui, &args, &removals, exit);
    report::print(ui, &aws, &args, &plan, Some(&removals), exit);
    Ok(exit)
}

/// Whose buckets are about to be changed, where: before anything else.
fn introduce(ui: Ui, aws: &Aws) {
    match &aws.identity {
        Identity::Known { account, arn } => ui.step("Account", format_args!("{account} ({arn})")),
        Identity::Unknown => ui.step(
            "Account",
            "unknown: the server has no STS, so that nobody checks whose the buckets are",
        ),
    }
    ui.step("Region", &aws.region);
    ui.step("Endpoint", aws.endpoint_shown());
}

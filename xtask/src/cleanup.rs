//! `cargo xtask cleanup`: a plan, a confirmation, the removal, and what is left.

use anyhow::{Result, anyhow};
use contract::{Root, RunId};

use crate::aws::{self, Aws};
use crate::caller;
use crate::cli;
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::permissions::Scratch;

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

/// Does all that `cleanup` may have to do, in a bucket that only its name on the command line lets it
/// empty: looks whether a run is live that has left something, and removes that and what no run left.
///
/// # Errors
/// Where something is left.
pub(crate) async fn exercise(cx: &Context, aws: &Aws, scratch: &Scratch) -> Result<()> {
    let bucket = Scratch::CLEANUP_BUCKET;
    scratch.make_bucket(bucket).await?;
    let live = RunId::parse("r-live").map_err(anyhow::Error::msg)?;
    scratch.mark(bucket, &live).await?;
    for root in Root::ALL {
        for folder in ["r-live/suite.test/n/", "r-dead/suite.test/n/", "of no run/"] {
            scratch.litter(bucket, &format!("{}{folder}", root.as_str())).await?;
        }
    }
    let chosen =
        |named| vec![buckets::Chosen { name: bucket.to_owned(), variables: Vec::new(), named }];
    // Without its name, its tag is looked for.
    Plan::make(aws, chosen(false), &cli::Cleanup::default(), cx.ui).await;
    let mut last = Exit::Failure;
    for include_live in [false, true] {
        let args = cli::Cleanup { include_live, ..cli::Cleanup::default() };
        let plan = Plan::make(aws, chosen(true), &args, cx.ui).await;
        let removals = removal::remove_planned(cx.ui, aws, &plan, &args).await?;
        last = removals.map_or(Exit::Interrupted, |removals| removal::exit(&plan, &removals));
    }
    match last {
        Exit::Success => Ok(()),
        other => Err(anyhow!("the embedded AWS could not be cleaned up: {other:?}")),
    }
}

async fn cleanup(args: cli::Cleanup, cx: &Context) -> Result<Exit> {
    let ui = cx.ui;
    let buckets = buckets::chosen(&cx.config, &args)?;
    let aws = aws::require(&cx.config, &args.connection).await?;
    // Whose buckets are about to be changed, where: before anything else.
    caller::announce(ui, &aws);

    let plan = Plan::make(&aws, buckets, &args, ui).await;
    show::plan(ui, &args, &plan);
    if args.dry_run || plan.is_empty() {
        let exit = plan.exit(args.dry_run);
        report::print(ui, &aws, &args, &plan, None, exit)?;
        return Ok(exit);
    }
    if !args.yes {
        match ui.confirm(&format!("Remove {}?", plan.in_words())) {
            Some(true) => {}
            Some(false) => {
                ui.remark("nothing was removed");
                report::print(ui, &aws, &args, &plan, None, Exit::Incomplete)?;
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
    report::print(ui, &aws, &args, &plan, Some(&removals), exit)?;
    Ok(exit)
}

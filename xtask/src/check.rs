//! `cargo xtask check`: what is wrong with credentials, region, buckets and permissions, before a run
//! finds it out.

use anyhow::{Result, anyhow};
use contract::{RunId, TestId};

use crate::aws::{self, Aws};
use crate::caller;
use crate::cli;
use crate::context::Context;
use crate::exit::Exit;
use crate::models::Models;
use crate::permissions::{
    Catalogue, Command, LOCK_FILE, Lock, Needs, Places, Purpose, Requirement, Scratch, Subject,
};
use crate::signals::Signals;

mod bucket_probe;
mod buckets;
mod interrupt;
mod leftovers;
mod models;
mod nothing;
mod objects;
mod question;
mod report;
mod rows;
mod simulator;
mod verdict;
mod verify;

pub(crate) use bucket_probe::{BucketProbe, Probe};
pub(crate) use interrupt::to_its_end;
use question::Questions;
pub(crate) use question::{Question, questions, tests};
pub(crate) use verdict::Verdict;
pub(crate) use verify::{Answer, verify};

pub(crate) fn run(args: &cli::Check, cx: &Context) -> Result<Exit> {
    cx.block_on(check(args, cx))
}

async fn check(args: &cli::Check, cx: &Context) -> Result<Exit> {
    let Some(aws) = aws::connect(&cx.config, &args.connection).await? else {
        return nothing::configured(cx);
    };
    let lock = Lock::read(&cx.workspace().join(LOCK_FILE))?;
    let models = Models::configured(&cx.config)?;
    let mut places = places(cx, &aws, &models)?;
    if args.purpose == Purpose::App {
        places.take(Catalogue::read(&cx.config)?);
    }
    let questions = asked(args.purpose, &lock, &models, &places)?;
    caller::introduce(cx.ui, &aws);
    let run = run_id();
    let is_setup = args.purpose == Purpose::Setup;
    // Until here nothing was written, and a signal ended the process.
    let mut signals = Signals::listen()?;
    let verifying = verify(&aws, &places, &run, &questions, is_setup);
    let Some(verified) = to_its_end(cx.ui, &mut signals, &run, verifying).await else {
        return report::interrupted(cx.ui);
    };
    let finding = leftovers::find(&aws, &verified.usable, &run);
    let Some(leftovers) = signals.unless_received(finding).await else {
        return report::interrupted(cx.ui);
    };
    let report = report::Report {
        args,
        again: args.connection.again(&cx.config),
        aws: &aws,
        places: &places,
        models: &models,
        verified: &verified,
        leftovers: &leftovers,
    };
    report.print(cx)?;
    Ok(report.exit())
}

/// Does once what it may have to do: asks about everything that `asked` holds, and about models, an
/// endpoint and the objects of tests.
///
/// # Errors
/// Where something is denied to a caller who may do everything.
pub(crate) async fn exercise(aws: &Aws, scratch: &Scratch, asked: &Needs) -> Result<()> {
    const OF_TESTS: [&str; 5] = [
        "bedrock:InvokeModel {bedrock-model}",
        "bedrock:InvokeModelWithResponseStream {bedrock-model}",
        "s3:DeleteObject arn:aws:s3:::{bucket}/test/*",
        "s3:GetObject arn:aws:s3:::{bucket}/test/*",
        "sagemaker:InvokeEndpoint {sagemaker-endpoint}",
    ];
    let of_tests = OF_TESTS.iter().map(|line| Requirement::parse(line).map_err(anyhow::Error::msg));
    let mut needs = asked.clone();
    needs.extend(of_tests.collect::<Result<Vec<_>>>()?);
    let places = scratch.places();
    let subject = Subject::Command(Command::Check);
    let run = run_id();
    let questions = questions([(subject, &needs)], &places);
    let verified = verify(aws, &places, &run, &questions, false).await;
    leftovers::find(aws, &verified.usable, &run).await;
    let denied = |answer: &&Answer| answer.finding.verdict == Verdict::Denied;
    match verified.answers.iter().find(denied) {
        Some(answer) => Err(anyhow!("the embedded AWS denied {}", answer.question)),
        None => Ok(()),
    }
}

/// What IAM's simulator says `setup` may not do, before it does anything: nothing is tried in buckets
/// that may be somebody's own. Nothing where the simulator says nothing.
///
/// # Errors
/// Where the configuration or the lock is broken.
pub(crate) async fn foresee_setup(
    cx: &Context,
    aws: &Aws,
    buckets: impl Iterator<Item = (&'static str, String)>,
) -> Result<Vec<String>> {
    let lock = Lock::read_or_empty(&cx.workspace().join(LOCK_FILE))?;
    let models = Models::configured(&cx.config)?;
    let mut places = places(cx, aws, &models)?;
    places.buckets.extend(buckets);
    let setup = Subject::Command(Command::Setup);
    // It is advice: where nothing is known, nothing is foreseen.
    let Some(needs) = lock.needs(&setup) else { return Ok(Vec::new()) };
    let questions = questions([(setup, needs)], &places);
    let asked: Vec<&Question> = questions.keys().collect();
    let simulation = simulator::ask(aws, &places, &run_id(), &asked).await.unwrap_or_default();
    let denied = simulation.iter().filter(|(_, said)| said.verdict == Verdict::Denied);
    let line = |(question, said): (&Question, &simulator::Simulated)| {
        format!("`{}` on `{}` ({})", question.action, question.resource(&places), said.decision)
    };
    Ok(denied.map(line).collect())
}

/// What the placeholders of the lock stand for, by the configuration and by who is asking.
///
/// # Errors
/// Where the configuration is broken.
pub(crate) fn places(cx: &Context, aws: &Aws, models: &Models) -> Result<Places> {
    let mut places = Places::configured(&cx.config, models)?;
    places.set_caller(aws);
    Ok(places)
}

/// A name for the run that the probes are.
pub(crate) fn run_id() -> RunId {
    let chance = uuid::Uuid::new_v4().simple().to_string();
    let run = RunId::parse(&format!("check-{}", &chance[..12]));
    run.expect("`check-` and hexadecimal digits are a run id")
}

/// What is asked for a purpose.
///
/// # Errors
/// Where the lock does not know one of its subjects.
fn asked(purpose: Purpose, lock: &Lock, models: &Models, places: &Places) -> Result<Questions> {
    let subjects = purpose.subjects();
    let shared = subjects.iter().map(|subject| Ok((subject.clone(), lock.known(subject)?)));
    let mut entries = shared.collect::<Result<Vec<_>>>()?;
    if purpose.has_tests() {
        entries.extend(tests(lock, models, |_: &TestId| true));
    }
    Ok(questions(entries, places))
}

/// Those without whom no test can be run.
pub(crate) fn around_tests() -> Vec<Subject> {
    Purpose::Tests.subjects()
}

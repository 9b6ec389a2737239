//! Every command and flag. The only file that declares them, and longer than others for it: it is a
//! table, whose rows are what `--help` says.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValue;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use contract::{RunId, Shard};

use crate::context::Context;
use crate::cost::Limit;
use crate::exit::Exit;
use crate::permissions::Purpose;
use crate::ui::Ui;
use crate::{
    check, ci, cleanup, completions, coverage, new_test, overview, policy, report, sandbox, setup,
    test, tether,
};

/// AWS integration tests that run offline in seconds, and unchanged on real AWS.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
#[command(help_template = overview::help_template(Command::augment_subcommands(clap::Command::new("xtask"))))]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Print the result as one JSON document on stdout; the text goes to stderr
    // Last of all flags in each command, before `--help`.
    #[arg(long, global = true, display_order = 900)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Setup(Setup),
    Check(Check),
    Test(Test),
    Cleanup(Cleanup),
    Policy(Policy),
    Sandbox(Sandbox),
    Report(Report),
    Coverage(Coverage),
    Ci(Ci),
    NewTest(NewTest),
    Completions(Completions),
    #[command(name = tether::STEP, hide = true)]
    Tethered(Between),
    #[command(name = ci::HOLD, hide = true)]
    Held(Between),
}

impl Cli {
    /// Whether the result is for a machine.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Runs the command; without one, says which there are.
    pub(crate) fn run(self, ui: Ui) -> Result<Exit> {
        let Some(command) = self.command else { return overview::run(Cli::command(), ui) };
        let cx = &Context::new(ui)?;
        match command {
            Command::Setup(args) => setup::run(args, cx),
            Command::Check(args) => check::run(&args, cx),
            Command::Test(args) => test::run(args, cx),
            Command::Cleanup(args) => cleanup::run(args, cx),
            Command::Policy(args) => policy::run(&args, cx),
            Command::Sandbox(args) => sandbox::run(args, cx),
            Command::Report(args) => report::run(&args, cx),
            Command::Coverage(args) => coverage::run(&args, cx),
            Command::Ci(args) => ci::run(&args, cx),
            Command::NewTest(args) => new_test::run(&args, cx),
            Command::Completions(args) => completions::run(&args, &Cli::command(), cx.ui),
            Command::Tethered(args) => tether::become_tethered(args.parent, &args.command),
            Command::Held(args) => ci::hold(args.parent, &args.command, cx),
        }
    }
}

// What chooses account and region. A doc comment would take the place of the command's own in its help.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Connection {
    /// The region, instead of AWS_REGION
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// The AWS profile, instead of AWS_PROFILE and the keys in the environment
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
}

/// Provision the test buckets, and check credentials and permissions
///
/// Creates what is missing and protects what it created: Block Public Access, encryption, tags, and
/// lifecycle rules that expire `test/` and `perf-test/`. A bucket that it did not create is shown and
/// left alone until --adopt, or a yes on a terminal. A second run changes nothing.
///
/// Reads AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and S3_BUCKET_* from the
/// environment and from `app/.env`; the environment wins. Models and endpoints are not provisioned:
/// `test --aws` takes those that BEDROCK_TEST_MODEL_ID and SAGEMAKER_TEST_ENDPOINT name.
///
/// Exit codes: 0 the buckets are ready, or left alone because they are somebody's; 1 one is not ready,
/// or nothing could be done.
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// Show what would be changed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) connection: Connection,

    /// Take over this existing bucket: tag it and add the protections that it lacks; may be repeated
    #[arg(long, value_name = "BUCKET")]
    pub(crate) adopt: Vec<String>,

    /// Write proposed bucket names to `app/.env` where none are configured
    #[arg(long)]
    pub(crate) write_env: bool,
}

/// Check credentials, region, buckets and every permission needed
///
/// Tries what can be tried below `test/` and `perf-test/` of the configured buckets and leaves nothing
/// there; reads the buckets' configuration and never writes it; invokes no model. What cannot be tried
/// is asked of IAM's simulator, where the caller may. What is needed stands in `tests/permissions.lock`.
///
/// Reads AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, S3_BUCKET_*,
/// BEDROCK_TEST_MODEL_ID and SAGEMAKER_TEST_ENDPOINT from the environment and from `app/.env`; the
/// environment wins.
///
/// Exit codes: 0 everything is allowed, as far as it can be told; 1 something is denied, missing or not
/// configured, or with --strict could not be told.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Whose permissions to check
    #[arg(long = "for", value_enum, value_name = "WHAT", default_value = "tests")]
    pub(crate) purpose: Purpose,

    /// Fail where something could not be told
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Run the integration tests, on the embedded AWS or on the real one
///
/// Before anything is built, the target is checked; what it cannot do is skipped with a reason, and
/// what the tests leave behind is reported and removed. nextest runs them, and is installed below
/// `target/` where there is none. The run's report is `target/xtask/report/index.html`.
///
/// Without --aws, no configuration of AWS is read. With it, reads AWS_REGION, AWS_PROFILE,
/// AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and S3_BUCKET_* from the environment and from `app/.env`; the environment wins. BEDROCK_TEST_MODEL_ID names the model that
/// the tests may invoke (a model id, the id of an inference profile, or an ARN), SAGEMAKER_TEST_ENDPOINT
/// the endpoint; tests that need one that is not named are skipped. Each invocation is charged.
///
/// With CI set, a stale `tests/permissions.lock` fails the run. To the file that GITHUB_STEP_SUMMARY
/// names, as GitHub sets it, the run's summary is appended.
///
/// Exit codes: 0 passed, 1 could not run, 20 objects leaked (on the embedded AWS, or under --strict), 21
/// tests skipped under --strict, 22 the run's prefixes could not be emptied, 24 the tests need other
/// permissions than `tests/permissions.lock` says (with CI set, or under --strict), 25 a budget could
/// not be judged under --strict, 130 interrupted; others are nextest's (100 a test failed, 101 the build
/// failed, 4 no test matches).
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Run on what the AWS configuration says: AWS, or the server at AWS_ENDPOINT_URL
    #[arg(long)]
    pub(crate) aws: bool,

    /// Fail where a test is skipped that the target could run, leaves something behind, needs what the
    /// lock does not say, or has samples that do not tell whether a budget is kept
    #[arg(long)]
    pub(crate) strict: bool,

    /// Write what the tests that run and pass need of IAM to `tests/permissions.lock`, and the table of
    /// the README; on the embedded AWS only
    #[arg(long)]
    pub(crate) update_permissions: bool,

    /// The lock file, instead of `tests/permissions.lock`
    #[arg(long, value_name = "FILE")]
    pub(crate) permissions_lock: Option<PathBuf>,

    /// With --aws: start no test where the run would cost more than this in US dollars, or where that
    /// cannot be told: `0.05`. By what the last runs called and by AWS's prices, on an endpoint too
    #[arg(long, value_name = "DOLLARS", requires = "aws")]
    pub(crate) max_cost: Option<Limit>,

    /// How many samples each scenario of the performance suite takes, instead of its own number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) samples: Option<u64>,

    /// Run this suite only, instead of all; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) suite: Vec<String>,

    /// Name the run, instead of by time and chance: 1 to 40 of `a-z`, `0-9` and `-`
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<RunId>,

    /// Run this part of all tests only, the first of four: `1/4`. Shards of a run share its name, and
    /// together run each test once; each sweeps up what its own tests leave
    #[arg(long, value_name = "K/N", requires = "run_id", conflicts_with = "update_permissions")]
    pub(crate) shard: Option<Shard>,

    /// Show where the time of the run went
    #[arg(long)]
    pub(crate) timings: bool,

    /// Run the tests whose full name, such as `s3_integration::listing::small_pages_hold_everything_once`, contains one of
    /// these; all where none is given
    #[arg(value_name = "FILTER")]
    pub(crate) filter: Vec<String>,

    /// Arguments for `cargo nextest run`, such as `--no-capture`; not those that choose tests
    #[arg(last = true, value_name = "NEXTEST ARGS")]
    pub(crate) nextest_args: Vec<String>,
}

/// Remove what runs left under `test/` and `perf-test/`
///
/// Objects, all their versions and delete markers, and unfinished multipart uploads. Shows a plan
/// first, and asks or wants --yes. Runs that are still live are left alone, and so are buckets that
/// `cargo xtask setup` did not tag, unless --bucket names them. Nothing outside the two prefixes is
/// ever touched.
///
/// A run is as old as the newest thing that it left in any of the buckets, so that --older-than takes
/// all of a run or nothing of it.
///
/// Reads AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and S3_BUCKET_* from the
/// environment and from `app/.env`; the environment wins. No bucket but those that S3_BUCKET_* name is
/// ever emptied.
///
/// Exit codes: 0 nothing is left but what was to be left alone, 1 could not run, 23 something is left,
/// 130 interrupted.
#[derive(Debug, Default, Args)]
pub(crate) struct Cleanup {
    /// Show the plan and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Remove without asking; needed where there is no terminal to ask on
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// This configured bucket only, tagged or not, instead of all that are tagged; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) bucket: Vec<String>,

    /// Only runs whose newest object is older than this: `90m`, `24h`, `7d`
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) older_than: Option<Duration>,

    /// Only what this run left
    #[arg(long, value_name = "ID")]
    pub(crate) run: Option<RunId>,

    /// Runs that are still live, too
    #[arg(long)]
    pub(crate) include_live: bool,

    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Print the least-privilege IAM policy, as JSON
///
/// From `tests/permissions.lock`, with the buckets that S3_BUCKET_* name, with BEDROCK_TEST_MODEL_ID,
/// SAGEMAKER_TEST_ENDPOINT, and for the app MODEL_CATALOGUE and S3_KEY_PREFIX. Works offline: region
/// and account come from AWS_REGION and AWS_ACCOUNT_ID, or from the buckets' names where `setup` has
/// proposed them; without them, ARNs that hold them are those of any. Buckets that have no name yet are
/// taken by the names that `setup` will propose.
///
/// Exit codes: 0 printed; 1 the lock is missing, or one of these variables or files makes no sense.
#[derive(Debug, Args)]
pub(crate) struct Policy {
    /// What the policy is to allow; may be repeated
    #[arg(long = "for", value_enum, value_name = "WHAT", default_value = "tests")]
    pub(crate) purposes: Vec<PolicyFor>,

    /// Print the trust policy beside it, for jobs of this repository on GitHub: ORG/REPO, or with their
    /// ids ORG@ID/REPO@ID
    #[arg(long, value_name = "ORG/REPO")]
    pub(crate) github: Option<policy::Repository>,

    /// With --github: the branch whose jobs are trusted
    #[arg(long, value_name = "NAME", default_value = policy::DEFAULT_BRANCH, requires = "github")]
    pub(crate) branch: String,

    /// With --github: the environment whose jobs are trusted, instead of a branch: GitHub names one or the
    /// other to AWS. `aws` for the workflows in .github/workflows
    #[arg(long, value_name = "NAME", requires = "github", conflicts_with = "branch")]
    pub(crate) environment: Option<String>,
}

/// What a policy allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyFor {
    /// What serves one purpose.
    One(Purpose),
    /// All of them.
    All,
}

impl ValueEnum for PolicyFor {
    fn value_variants<'a>() -> &'a [PolicyFor] {
        const ALL: [PolicyFor; 6] = [
            PolicyFor::One(Purpose::Tests),
            PolicyFor::One(Purpose::Setup),
            PolicyFor::One(Purpose::Cleanup),
            PolicyFor::One(Purpose::Check),
            PolicyFor::One(Purpose::App),
            PolicyFor::All,
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            PolicyFor::One(purpose) => purpose.to_possible_value(),
            PolicyFor::All => Some(PossibleValue::new("all").help("All of these")),
        }
    }
}

/// Run the embedded AWS in the foreground, for other tools
///
/// Prints the variables to export: with them, `cargo xtask setup`, `cargo xtask test --aws`, the app and
/// any other client take it for AWS. It listens on loopback only and reads no variables. Stop it with
/// Ctrl-C; what it held is gone then.
///
/// Exit codes: 0 stopped by Ctrl-C or a termination signal; 1 it could not listen on the port.
#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// The port on loopback; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// Make new buckets as AWS did before April 2023, for clients of that time: ACLs enabled, public
    /// access not blocked
    #[arg(long)]
    pub(crate) legacy_bucket_defaults: bool,

    /// Hold every answer back for so long, as a server far away would: `20ms`
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) latency: Option<Duration>,

    /// Hold every answer back for up to so much longer, at random: `30ms`
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) noise: Option<Duration>,

    /// With --noise: begin the random sequence here; the same number repeats it
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "noise")]
    pub(crate) noise_seed: u64,
}

/// Draw the report of a run again, and print where it is
///
/// Reads `target/xtask/runs/ID/summary.json`, which every run of `cargo xtask test` leaves, and
/// `tests/requirements.toml`; writes `target/xtask/report/index.html`, one page that needs no network,
/// with the run's JUnit file and `summary.json` beside it. Reads no variables.
///
/// Exit codes: 0 drawn; 1 there is no such run, or something could not be read, written or opened.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Show it in the browser
    #[arg(long)]
    pub(crate) open: bool,

    /// The run, instead of the last one
    #[arg(long, value_name = "ID")]
    pub(crate) run: Option<RunId>,

    /// With --run: which shard of it
    #[arg(long, value_name = "K/N", requires = "run")]
    pub(crate) shard: Option<Shard>,
}

/// Write a test that passes and is found, to begin with
///
/// Writes `tests/suites/SUITE/NAME.rs`, a test to be read and changed; declares it in
/// `tests/suites/SUITE.rs`, and lists it in `tests/requirements.toml`. Writes all of it or nothing, and
/// never over anything.
///
/// Then `cargo xtask test NAME` runs it, and `cargo xtask test --update-permissions NAME` writes what it
/// needs of IAM to `tests/permissions.lock`: in CI, a lock that does not know it fails the run. Reads no
/// variables.
///
/// Exit codes: 0 written; 1 nothing is written, since something is in the way.
#[derive(Debug, Args)]
pub(crate) struct NewTest {
    /// The module, named after its subject: words of `a-z` and `0-9`, joined by `_`, as in `thumbnails`
    #[arg(value_name = "NAME")]
    pub(crate) name: new_test::ModuleName,

    /// The suite that it belongs to
    #[arg(long, value_enum, value_name = "SUITE", default_value_t = Suite::S3Integration)]
    pub(crate) suite: Suite,

    /// The requirement that its tests show, by its id in `tests/requirements.toml`; without it, they are
    /// listed there as showing none yet
    #[arg(long, value_name = "ID")]
    pub(crate) requirement: Option<String>,
}

/// A suite that has a test to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Suite {
    /// The app's storage, on S3 and on local files
    S3Integration,
    /// The app's API over HTTP: users, and the models that answer them
    E2eModelSelection,
    /// How fast the app's storage is, and whether it keeps its budgets
    PerformanceAws,
}

/// Print a script that lets a shell complete `cargo xtask`
///
/// It completes commands, flags and values behind `cargo xtask`, and leaves every
/// other `cargo ...` to what completed it before. Write it to a file, and again
/// when commands have changed; it is for new shells.
///
///   bash: cargo xtask completions bash > ~/.cargo-xtask.bash
///         echo '. ~/.cargo-xtask.bash' >> ~/.bashrc
///
///   zsh:  cargo xtask completions zsh > ~/.zfunc/_cargo-xtask
///         Any folder of your `fpath` will do. cargo's own completion has to be
///         there: rustup completions zsh cargo > ~/.zfunc/_cargo
///
///   fish: cargo xtask completions fish > ~/.config/fish/conf.d/cargo-xtask.fish
///
/// Reads no variables.
///
/// Exit codes: 0 printed; 2 there is none for this shell.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completions {
    /// The shell that reads it
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// A shell that a script is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Show how much of each crate the suites run
///
/// Counts lines, functions and regions, by crate.
///
/// Builds the suites with LLVM's counters, in a target folder of their own, and runs all tests, each on
/// an embedded AWS of its own, in its own process, so that the server's code counts as the app's does.
/// What the suites do not link is named and not counted, and neither is their own code. Code that counts
/// itself is slow: performance budgets are not judged, everything else is.
///
/// Needs cargo-llvm-cov, which is installed into `target/xtask/tools` where it is missing, and `llvm-cov`
/// and `llvm-profdata` of the major version of LLVM that rustc is built with: those that LLVM_COV and
/// LLVM_PROFDATA name, the toolchain's component `llvm-tools`, or the system's.
///
/// Exit codes: 0 every test passed, 1 could not run, 130 interrupted; others are nextest's (100 a test
/// failed, 101 the build failed). What was covered is shown of a run with failures, too.
#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// Write a page for each file, line by line, below `target/xtask/coverage/html`, and print where
    #[arg(long)]
    pub(crate) html: bool,

    /// Show the pages in the browser; writes them
    #[arg(long)]
    pub(crate) open: bool,

    /// Write what was covered in the format of lcov, for services that read it
    #[arg(long, value_name = "FILE")]
    pub(crate) lcov: Option<PathBuf>,
}

/// Run locally what CI runs, in the same order
///
/// A file in `.github/workflows` is the list: its `run:` steps. Each script gets the shell, the folder and the variables
/// that GitHub would give it, and CI=true; what it has started ends with it. As on GitHub, a job stops
/// at its first failing step, but for `if: always()` and the like; other jobs go on unless they need it.
///
/// Left out with the reason: actions (`uses:`), steps whose `if:` only GitHub can tell, and those with a
/// variable that is an expression and is set neither in the environment nor in `app/.env`. Time limits
/// and matrices are GitHub's.
///
/// Exit codes: 0 no step that ran failed, 1 nothing could be run, 30 a step failed, 130 interrupted, or
/// a step was.
#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// The workflow: the name of its file
    #[arg(value_name = "WORKFLOW", default_value = Ci::WORKFLOW)]
    pub(crate) workflow: String,

    /// Run these steps only: the name of a step or of a job; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,

    /// Leave these steps out: the name of a step or of a job; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) skip: Vec<String>,

    /// Show the steps, and which of them would be left out, and run none
    #[arg(long)]
    pub(crate) list: bool,
}

impl Ci {
    /// The workflow that is run where none is named.
    pub(crate) const WORKFLOW: &'static str = "ci";
}

/// Stand between a command and its parent
#[derive(Debug, Args)]
pub(crate) struct Between {
    /// The parent's process id
    pub(crate) parent: u32,

    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub(crate) command: Vec<OsString>,
}

#[cfg(test)]
mod tests;

//! Requests per second: the sandbox beside s3s-fs and moto, by one client, in one run.
//!
//!     cargo bench --package sandbox --bench servers
//!     cargo bench --package sandbox --bench servers -- --quick           # a look, not a measurement
//!     cargo bench --package sandbox --bench servers -- --only sandbox    # for a profiler
//!
//! Each server is a process of its own on loopback, built for release and left at its defaults: the
//! sandbox in this very binary, s3s-fs by `cargo install` (data in `target/tmp`), moto in the virtual
//! environment that CI makes of `.ci/requirements.txt`. What is missing is installed into `target/`.
//! They take turns, several rounds of a fraction of a second each; the table shows medians.
//!
//! Requests are signed before the clock runs and sent over connections that stay open. Every answer's
//! status and length are checked. Client and server share the machine: the limit in the table is what
//! the client gets from a server that looks at nothing and stores nothing.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it finds")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use sandbox::{AccessKey, Config, Sandbox};

#[path = "servers/client.rs"]
mod client;
#[path = "servers/process.rs"]
mod process;
#[path = "servers/signing.rs"]
mod signing;
#[path = "servers/table.rs"]
mod table;
#[path = "servers/workload.rs"]
mod workload;

use process::{Kind, Process};
use signing::{KEY, SECRET};
use table::{Figures, Row};
use workload::Workload;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How long, and how often.
struct Effort {
    /// Of one cell of the table, for one server.
    window: Duration,
    rounds: usize,
    /// Of every server; a start of moto takes more than a second.
    starts: usize,
}

const FULL: Effort = Effort { window: Duration::from_millis(200), rounds: 3, starts: 5 };
const QUICK: Effort = Effort { window: Duration::from_millis(60), rounds: 1, starts: 1 };

/// Requests that are under way at the same time.
const IN_FLIGHT: [usize; 2] = [1, 16];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["--serve", kind, port] => process::serve(kind, port),
        // Cargo adds `--bench` by itself.
        [] | ["--bench"] => compare(&FULL, &Kind::ALL),
        ["--quick"] | ["--quick", "--bench"] => compare(&QUICK, &Kind::ALL),
        ["--only", name] | ["--only", name, "--bench"] => {
            Kind::named(name).and_then(|kind| compare(&FULL, &[kind]))
        }
        _ => Err("known are `--quick` and `--only SERVER`".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(effort: &Effort, kinds: &[Kind]) -> Result<()> {
    process::install()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let starts = starts(effort, kinds).await?;
        let figures = rates(effort, kinds).await?;
        table::print(&figures, &starts);
        Ok(())
    })
}

/// From the start of a process to its first answer to a signed request, and of a sandbox in this process.
async fn starts(effort: &Effort, kinds: &[Kind]) -> Result<Vec<(&'static str, Duration)>> {
    let mut starts = Vec::new();
    for &kind in kinds {
        let mut times = Vec::new();
        for _ in 0..effort.starts {
            let process = Process::start(kind).await?;
            times.push(process.first_answer);
        }
        starts.push((kind.name(), table::median(times)));
    }
    let mut times = Vec::new();
    for _ in 0..effort.starts * 4 {
        let started = Instant::now();
        let sandbox = Sandbox::start(Config::default()).await?;
        sandbox.add_access_key(AccessKey::user("111122223333", "bench", KEY, SECRET));
        let port = sandbox.endpoint().rsplit(':').next().unwrap_or_default().parse()?;
        client::Connection::to(port).send(signing::list_buckets()?).await?.check(200, None)?;
        times.push(started.elapsed());
    }
    starts.push(("sandbox (in process)", table::median(times)));
    Ok(starts)
}

async fn rates(effort: &Effort, kinds: &[Kind]) -> Result<Figures> {
    let workload = Workload::sign()?;
    let mut servers = Vec::new();
    for &kind in kinds {
        let mut server = Process::start(kind).await?;
        workload.prepare(&mut server).await?;
        servers.push(server);
    }
    let mut figures = Figures::default();
    for round in 0..=effort.rounds {
        for server in &mut servers {
            for in_flight in IN_FLIGHT {
                let measured = workload.run(server, in_flight, effort.window).await?;
                // The first round warms up.
                if round > 0 {
                    for (operation, rate) in measured {
                        figures.add(Row { operation, in_flight }, server.kind, rate);
                    }
                }
            }
        }
    }
    Ok(figures)
}

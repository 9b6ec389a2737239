//! `cargo xtask sandbox`: the embedded AWS in the foreground.

use anyhow::{Context as _, Result};
use contract::test_id::SandboxKey;
use contract::{buckets, target};
use sandbox::{AccessKey, Latency, Sandbox};

use crate::cli;
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::signals::Signals;

pub(crate) fn run(args: cli::Sandbox, cx: &Context) -> Result<Exit> {
    cx.block_on(serve(args, cx))
}

async fn serve(args: cli::Sandbox, cx: &Context) -> Result<Exit> {
    let mut signals = Signals::listen()?;
    let config = sandbox::Config {
        port: args.port,
        legacy_bucket_defaults: args.legacy_bucket_defaults,
        latency: latency(&args),
    };
    let sandbox = Sandbox::start(config).await.with_context(|| listening(args.port));
    let sandbox = match cure(args.port) {
        Some(cure) => sandbox.hint(cure)?,
        None => sandbox?,
    };
    let key = SandboxKey::harness();
    sandbox.add_access_key(AccessKey::user(
        target::SANDBOX_ACCOUNT,
        "harness",
        &key.id,
        &key.secret,
    ));

    let mut variables = vec![
        ("AWS_ENDPOINT_URL".to_owned(), sandbox.endpoint().to_owned()),
        ("AWS_REGION".to_owned(), target::SANDBOX_REGION.to_owned()),
        // boto3 knows the region by this name alone.
        ("AWS_DEFAULT_REGION".to_owned(), target::SANDBOX_REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID".to_owned(), key.id),
        ("AWS_SECRET_ACCESS_KEY".to_owned(), key.secret),
        (target::BEDROCK_MODEL_VARIABLE.to_owned(), target::SANDBOX_MODEL_ID.to_owned()),
        (target::SAGEMAKER_ENDPOINT_VARIABLE.to_owned(), target::SANDBOX_ENDPOINT_NAME.to_owned()),
        // The app does not start with buckets alone.
        ("STORAGE_BACKEND".to_owned(), "s3".to_owned()),
    ];
    for bucket in buckets::ALL {
        variables.push((bucket.variable.to_owned(), format!("sandbox-{}", bucket.purpose)));
    }
    for (name, value) in &variables {
        cx.ui.line(format_args!("export {name}={value}"));
    }
    let document: std::collections::BTreeMap<_, _> = variables.into_iter().collect();
    cx.ui.json(&document)?;
    cx.ui.remark("the embedded AWS is running; its keys are no secret and work nowhere else");
    cx.ui.remark(
        "in another shell, after these exports: cargo xtask setup && cargo xtask test --aws, or cargo run -p app",
    );
    cx.ui.remark("Ctrl-C stops it, and forgets what it held");

    tokio::select! {
        () = signals.received() => {
            cx.ui.step("Stopped", sandbox.endpoint());
            Ok(Exit::Success)
        }
        () = sandbox.wait() => {
            // No error that is thrown: with `--json` it would be a second document on stdout.
            cx.ui.failure("the embedded AWS stopped by itself");
            Ok(Exit::Failure)
        }
    }
}

/// Another port, where one was asked for.
fn cure(port: u16) -> Option<&'static str> {
    (port != 0).then_some("cargo xtask sandbox --port 0")
}

fn listening(port: u16) -> String {
    match port {
        0 => "listening on a free port of loopback".to_owned(),
        port => format!("listening on port {port} of loopback"),
    }
}

/// What the flags say of it; `None` where no flag does, so that it costs nothing.
fn latency(args: &cli::Sandbox) -> Option<Latency> {
    let latency = Latency {
        fixed: args.latency.unwrap_or_default(),
        noise: args.noise.unwrap_or_default(),
        seed: args.noise_seed,
    };
    (args.latency.is_some() || args.noise.is_some()).then_some(latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asked_for_a_free_port_is_not_told_to_do_so() {
        assert_eq!(cure(0), None);
        assert_eq!(cure(9000), Some("cargo xtask sandbox --port 0"));
    }
}

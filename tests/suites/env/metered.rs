//! Counts what a test calls on a target that does not count itself: by the SDK's clients of the app
//! and of the fixture, and by the plain client of the test.

use aws_sdk_s3::Client;
use aws_types::SdkConfig;
use contract::calls::Calls;
use http::Request;
use meter::{Exchange, Head, Meter};

use super::{OwnSandbox, TestEnv, target::TestTarget, test_id};

tokio::task_local! {
    /// Where the plain client of the test that is running counts.
    static METER: Meter;
}

impl TestEnv {
    /// What the test and its fixture have called so far on the target of the run; empty where that
    /// counts itself, and where the test has a target of its own.
    pub(crate) fn calls(&self) -> Calls {
        self.target.meter.as_ref().map(Meter::so_far).unwrap_or_default()
    }

    /// [`TestEnv::run_on`], counted as on a target that does not count itself: what was called.
    pub(crate) async fn run_counted_on(
        sandbox: &OwnSandbox,
        body: impl AsyncFnOnce(&TestEnv),
    ) -> Calls {
        let id = test_id();
        let meter = Meter::new([sandbox.endpoint()]);
        let target = TestTarget::of_its_own(sandbox, &id).counted_by(&meter);
        counting(Some(meter.clone()), TestEnv::run_in(target, &id, body)).await;
        meter.take()
    }
}

/// Lets the plain client count while `body` runs; a task that it spawns is not `body`.
pub(super) async fn counting<T>(meter: Option<Meter>, body: impl Future<Output = T>) -> T {
    match meter {
        Some(meter) => METER.scope(meter, body).await,
        None => body.await,
    }
}

/// Counts a request of the plain client, where it goes to the target and somebody counts.
pub(crate) fn sent<B>(request: &Request<B>) -> Option<Exchange> {
    METER.try_with(|meter| meter.sent(&Head::of(request, None))).ok().flatten()
}

/// The same configuration, whose clients are counted.
///
/// What its credentials come from keeps the client that it has: it asks nothing for the test.
pub(super) fn metered(config: &SdkConfig, meter: &Meter) -> SdkConfig {
    let mut builder = config.to_builder();
    builder.set_http_client(config.http_client().map(|client| meter.wrap(client)));
    builder.build()
}

/// The same client, counted.
pub(super) fn metered_client(client: &Client, meter: &Meter) -> Client {
    let config = client.config();
    let mut builder = config.to_builder();
    builder.set_http_client(config.http_client().map(|client| meter.wrap(client)));
    Client::from_conf(builder.build())
}

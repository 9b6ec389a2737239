//! A workspace folder of the test's own, an embedded AWS of the test's own, and the real binary
//! with nothing of the developer's configuration.

use std::path::Path;
use std::process::{Command, Output};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use sandbox::{AccessKey, Config, Sandbox};
use tempfile::TempDir;

/// The account that the harness acts as.
pub(crate) const ACCOUNT: &str = "123456789012";
/// Another account.
pub(crate) const OTHER_ACCOUNT: &str = "999999999999";
/// The region of the tests.
pub(crate) const REGION: &str = "eu-central-1";

const KEY: (&str, &str) = ("AKIAHARNESS000000001", "harness/secret/of/the/tests/000000000001");
const OTHER_KEY: (&str, &str) =
    ("AKIASOMEBODYELSE0001", "another/secret/of/the/tests/000000000002");

/// One test's world.
pub(crate) struct World {
    /// The embedded AWS.
    pub(crate) sandbox: Sandbox,
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl World {
    /// An embedded AWS that knows two accounts, and an empty workspace folder. The four bucket
    /// variables name one bucket, `shared`, which does not exist yet.
    pub(crate) async fn new() -> World {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        sandbox.add_access_key(AccessKey::user(ACCOUNT, "harness", KEY.0, KEY.1));
        sandbox.add_access_key(AccessKey::user(
            OTHER_ACCOUNT,
            "stranger",
            OTHER_KEY.0,
            OTHER_KEY.1,
        ));
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("app")).unwrap();
        std::fs::create_dir_all(folder.path().join("xtask")).unwrap();
        let mut world = World { sandbox, folder, variables: Vec::new() };
        let endpoint = world.sandbox.endpoint().to_owned();
        world.set("AWS_ENDPOINT_URL", &endpoint);
        world.set("AWS_REGION", REGION);
        world.set("AWS_ACCESS_KEY_ID", KEY.0);
        world.set("AWS_SECRET_ACCESS_KEY", KEY.1);
        world.set_buckets(["shared"; 4]);
        world
    }

    /// Sets a variable for the binary; an empty value is passed on as empty.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a variable away from the binary.
    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| known != name);
    }

    /// Names the buckets for creatives, landing pages, exports and uploads.
    pub(crate) fn set_buckets(&mut self, names: [&str; 4]) {
        for (bucket, name) in contract::buckets::ALL.iter().zip(names) {
            self.set(bucket.variable, name);
        }
    }

    /// Gives the binary a profile of this name with the keys that it has in its environment. Those become
    /// another account's.
    pub(crate) fn move_keys_to_profile(&mut self, name: &str) {
        let file = self.folder().join("credentials");
        let profile =
            format!("[{name}]\naws_access_key_id = {}\naws_secret_access_key = {}\n", KEY.0, KEY.1);
        std::fs::write(&file, profile).unwrap();
        self.set("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap());
        self.set("AWS_ACCESS_KEY_ID", OTHER_KEY.0);
        self.set("AWS_SECRET_ACCESS_KEY", OTHER_KEY.1);
    }

    /// Lets the binary take the real workspace for its own, for commands that start cargo there.
    pub(crate) fn in_the_real_workspace(&mut self) {
        self.set("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"));
    }

    /// The workspace folder that the binary takes for its own.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The binary with this world's variables and nothing of the developer's configuration.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        const FOREIGN: [&str; 15] = [
            "AWS_",
            "BEDROCK_",
            "CLOUDFRONT_",
            "DATABASE_",
            "LISTEN_ADDRESS",
            "LOCAL_STORAGE_",
            "LOG_FORMAT",
            "MAX_UPLOAD_",
            "MODEL_",
            "NEXTEST",
            "S3_",
            "SAGEMAKER_",
            "SHUTDOWN_GRACE_",
            "STORAGE_",
            "XTASK_",
        ];
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(args).current_dir(self.folder());
        #[expect(clippy::disallowed_methods, reason = "only the names, to take them from a child")]
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_none_or(|name| FOREIGN.iter().any(|begin| name.starts_with(begin)))
            {
                command.env_remove(name);
            }
        }
        // In CI a stale lock fails a run; a test that wants that says so.
        command.env_remove("CI");
        // What a test runs is none of the job's steps.
        command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
        // Nor does it call programs that the developer has named.
        for name in ["LLVM_COV", "LLVM_PROFDATA", "RUSTC"] {
            command.env_remove(name);
        }
        // A profile of the developer's must not leak in; no instance is asked for its role.
        command
            .env("AWS_CONFIG_FILE", self.folder().join("no-config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.folder().join("no-credentials"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("CARGO_MANIFEST_DIR", self.folder().join("xtask"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the binary to its end and gives stdout, stderr and the exit code in one text to compare,
    /// with what differs from run to run replaced.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        self.shown(&self.command(args).output().unwrap())
    }

    /// The text that [`World::run`] gives.
    pub(crate) fn shown(&self, output: &Output) -> String {
        let text = format!(
            "exit code: {}\n----- stdout -----\n{}----- stderr -----\n{}",
            output.status.code().map_or("none".to_owned(), |code| code.to_string()),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        text.replace(self.sandbox.endpoint(), "[ENDPOINT]")
            .replace(&self.folder().display().to_string(), "[WORKSPACE]")
    }

    /// A client of the account that the binary acts for.
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        self.client(KEY, REGION)
    }

    /// A client of somebody else.
    pub(crate) fn other_s3(&self) -> aws_sdk_s3::Client {
        self.client(OTHER_KEY, REGION)
    }

    /// A client of the account that the binary acts for, in another region.
    pub(crate) fn s3_in(&self, region: &'static str) -> aws_sdk_s3::Client {
        self.client(KEY, region)
    }

    fn client(&self, key: (&str, &str), region: &'static str) -> aws_sdk_s3::Client {
        client(self.sandbox.endpoint(), key, region)
    }
}

/// A client for any endpoint.
pub(crate) fn client(
    endpoint: &str,
    (id, secret): (&str, &str),
    region: &'static str,
) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new(region))
            .endpoint_url(endpoint)
            .force_path_style(true)
            .credentials_provider(Credentials::new(id, secret, None, None, "tests"))
            .build(),
    )
}

/// Makes a bucket by hand, as somebody else's tool would.
pub(crate) async fn create_bucket(client: &aws_sdk_s3::Client, name: &str, region: &str) {
    let location = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region))
        .build();
    client.create_bucket().bucket(name).create_bucket_configuration(location).send().await.unwrap();
}

/// Replaces request ids and durations, which differ from run to run.
pub(crate) fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\(request id [^)]+\)", "(request id [ID])");
    settings.add_filter(r"\b\d+(\.\d+)? ?(ms|s)\b", "[TIME]");
    settings.add_filter(r"at line 1 column \d+", "at line 1 column [N]");
    settings.add_filter(r"(under )?\$\d+(\.\d+)?", "[COST]");
    settings.add_filter(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b", "[RUN]");
    settings
}

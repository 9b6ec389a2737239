//! Where a run's tests send their requests, and the variables that tell them.

/// Names the target of the run: `sandbox` or `aws`. Without it a test starts a sandbox of its own.
pub const TARGET_VARIABLE: &str = "XTASK_TARGET";

/// The run's [`RunId`](crate::RunId); set together with [`TARGET_VARIABLE`].
pub const RUN_ID_VARIABLE: &str = "XTASK_RUN_ID";

/// The endpoint of the embedded AWS; set where the target is [`Target::Sandbox`].
/// A name of its own, so that no setting of the real AWS can be mistaken for it.
pub const SANDBOX_ENDPOINT_VARIABLE: &str = "XTASK_SANDBOX_ENDPOINT";

/// The folder in which a test leaves its [`Record`](crate::Record); without it, none is left.
pub const RECORDS_VARIABLE: &str = "XTASK_RECORDS";

/// How many samples a scenario of the performance suite takes, instead of its own number.
pub const SAMPLES_VARIABLE: &str = "XTASK_SAMPLES";

/// The account that owns everything in the embedded AWS.
pub const SANDBOX_ACCOUNT: &str = "123456789012";

/// The region of the embedded AWS in a test run; not `us-east-1`, whose exceptions hide faults.
pub const SANDBOX_REGION: &str = "eu-central-1";

/// Names the model that the tests may invoke: a model id, an inference profile's id, or an ARN.
/// Developers set it for AWS; `xtask` sets it on the embedded AWS.
pub const BEDROCK_MODEL_VARIABLE: &str = "BEDROCK_TEST_MODEL_ID";

/// Names the SageMaker endpoint that the tests may invoke; set as [`BEDROCK_MODEL_VARIABLE`] is.
pub const SAGEMAKER_ENDPOINT_VARIABLE: &str = "SAGEMAKER_TEST_ENDPOINT";

/// The model of the tests on the embedded AWS.
pub const SANDBOX_MODEL_ID: &str = "amazon.nova-micro-v1:0";

/// The endpoint of the tests on the embedded AWS.
pub const SANDBOX_ENDPOINT_NAME: &str = "text-generation";

/// The name that the app under test gives to its SDK on the embedded AWS (`app/NAME` in the user
/// agent), so that the call log tells what the app did from what a test did beside it.
pub const APP_NAME: &str = "app-under-test";

/// Where the tests of a run send their requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The embedded AWS, on loopback.
    Sandbox,
    /// What the standard AWS configuration says: AWS, or any server at `AWS_ENDPOINT_URL`.
    Aws,
}

impl Target {
    /// The value of [`TARGET_VARIABLE`].
    pub fn as_str(self) -> &'static str {
        match self {
            Target::Sandbox => "sandbox",
            Target::Aws => "aws",
        }
    }

    /// Reads a value of [`TARGET_VARIABLE`].
    ///
    /// # Errors
    /// Names the variable and what it may be.
    pub fn parse(value: &str) -> Result<Target, String> {
        match value {
            "sandbox" => Ok(Target::Sandbox),
            "aws" => Ok(Target::Aws),
            other => Err(format!("`{TARGET_VARIABLE}` is `{other}`, expected `sandbox` or `aws`")),
        }
    }
}

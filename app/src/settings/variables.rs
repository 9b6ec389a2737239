//! Every variable that the app reads: the one list behind messages and `.env.example`.

/// A variable that the app reads.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The form of its value.
    pub expected: &'static str,
    /// A value to start from; dots for a secret, so that nobody takes ours.
    pub example: &'static str,
    /// The value where it is unset and one can do without.
    pub default: Option<&'static str>,
    /// Whether its value must never be printed.
    pub secret: bool,
}

const fn variable(name: &'static str, expected: &'static str, example: &'static str) -> Variable {
    Variable { name, expected, example, default: None, secret: false }
}

impl Variable {
    const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

const BUCKET: &str = "a bucket name: 3 to 63 of `a` to `z`, `0` to `9`, `-` and `.`, starting and ending with a letter or digit";
const ENDPOINT: &str = "a URL that starts with `http://` or `https://`, without credentials";

/// Every variable that the app reads.
pub const VARIABLES: &[Variable] = &[
    variable("STORAGE_BACKEND", "`s3` or `local`", "local").default("local"),
    variable(
        "AWS_REGION",
        "a region such as `us-west-2` (any name where `AWS_ENDPOINT_URL` is set)",
        "us-west-2",
    ),
    variable("S3_BUCKET_CREATIVES", BUCKET, "example-creatives"),
    variable("S3_BUCKET_LANDING_PAGES", BUCKET, "example-landing-pages"),
    variable("S3_BUCKET_EXPORTS", BUCKET, "example-exports"),
    variable("S3_BUCKET_UPLOADS", BUCKET, "example-uploads"),
    variable(
        "CLOUDFRONT_DOMAIN",
        "a bare host name, without `https://` and without a path",
        "d1234567890.cloudfront.net",
    ),
    variable(
        "S3_KEY_PREFIX",
        "a folder within the bucket, at most 1023 bytes, without a leading `/`, `.` or `..` segments and control characters",
        "staging/",
    ),
    variable("S3_ADDRESSING_STYLE", "`auto`, `path` or `virtual`", "auto").default("auto"),
    variable("LOCAL_STORAGE_ROOT", "a folder", "target/app-files").default("target/app-files"),
    variable(
        "LOCAL_STORAGE_BASE_URL",
        "a URL that starts with `http://` or `https://`, without query, fragment and credentials",
        "http://127.0.0.1:3000/local-files",
    )
    .default("http://127.0.0.1:3000/local-files"),
    variable(
        "LOCAL_STORAGE_SIGNING_KEY",
        "at least 32 bytes that nobody can guess, such as the output of `openssl rand -hex 32`",
        "...",
    )
    .secret(),
    variable("MODEL_CATALOGUE", "a TOML file", "models.toml"),
    variable("MODEL_TIMEOUT_SECONDS", "whole seconds, 1 to 3600", "60").default("60"),
    variable("DATABASE_FILE", "a SQLite file, or `:memory:`", "target/app.sqlite")
        .default("target/app.sqlite"),
    variable("LISTEN_ADDRESS", "an IP address with a port", "127.0.0.1:3000")
        .default("127.0.0.1:3000"),
    variable("MAX_UPLOAD_BYTES", "a number of bytes", "104857600").default("104857600"),
    variable("SHUTDOWN_GRACE_SECONDS", "whole seconds, 0 to 3600", "8").default("8"),
    variable("LOG_FORMAT", "`text` or `json`", "text").default("text"),
    variable("AWS_ACCESS_KEY_ID", "an access key id", "...").secret(),
    variable("AWS_SECRET_ACCESS_KEY", "a secret access key", "...").secret(),
    variable("AWS_SESSION_TOKEN", "a session token", "...").secret(),
    variable("AWS_PROFILE", "a profile of `~/.aws/config`", "default"),
    variable("AWS_ENDPOINT_URL", ENDPOINT, "http://127.0.0.1:9000"),
    variable("AWS_ENDPOINT_URL_S3", ENDPOINT, "http://127.0.0.1:9000"),
    variable("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", ENDPOINT, "http://127.0.0.1:9000"),
    variable("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", ENDPOINT, "http://127.0.0.1:9000"),
];

/// The place of a variable in the table.
pub(super) fn position(name: &str) -> Option<usize> {
    VARIABLES.iter().position(|variable| variable.name == name)
}

/// The entry of a variable that is in the table.
pub(super) fn find(name: &str) -> &'static Variable {
    VARIABLES
        .iter()
        .find(|variable| variable.name == name)
        .expect("only variables of the table are read, each by a test")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `.env.example` with every comment sign before an assignment taken away.
    fn example_lines() -> Vec<&'static str> {
        let example = include_str!("../../.env.example");
        let (of_the_app, _) = example.split_once("# For the integration tests alone").unwrap();
        of_the_app
            .lines()
            .map(|line| line.strip_prefix('#').unwrap_or(line))
            .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()) && line.contains('='))
            .collect()
    }

    #[test]
    fn the_example_file_has_every_variable_and_no_other() {
        let names: Vec<_> =
            example_lines().iter().map(|line| line.split('=').next().unwrap()).collect();
        let expected: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn the_example_file_shows_the_defaults() {
        for (line, variable) in example_lines().iter().zip(VARIABLES) {
            let value = line.split_once('=').unwrap().1;
            if let Some(default) = variable.default {
                assert_eq!(value, default, "{line}");
            }
        }
    }

    #[test]
    fn every_variable_of_the_example_file_has_a_comment() {
        let example = include_str!("../../.env.example");
        let lines: Vec<_> = example.lines().collect();
        for variable in VARIABLES {
            let at = lines
                .iter()
                .position(|line| {
                    line.trim_start_matches('#').starts_with(&format!("{}=", variable.name))
                })
                .unwrap();
            assert!(lines[at - 1].starts_with("# "), "{}", variable.name);
        }
    }
}

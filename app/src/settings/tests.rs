//! Tables of settings, good and bad.

use std::path::PathBuf;

use super::backend::MIN_SIGNING_KEY_BYTES;
use super::*;
use crate::storage::Purpose;

const S3: [(&str, &str); 6] = [
    ("STORAGE_BACKEND", "s3"),
    ("AWS_REGION", "us-west-2"),
    ("S3_BUCKET_CREATIVES", "example-creatives"),
    ("S3_BUCKET_LANDING_PAGES", "example-landing-pages"),
    ("S3_BUCKET_EXPORTS", "example-exports"),
    ("S3_BUCKET_UPLOADS", "example-uploads"),
];

fn from(vars: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from_vars(vars.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())))
}

/// The S3 settings, with some variables replaced or added.
fn s3_with(changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    from(&[&S3, changes].concat())
}

fn problems(result: Result<Settings, SettingsError>) -> Vec<SettingProblem> {
    match result {
        Err(SettingsError::Invalid { problems }) => problems,
        other => panic!("expected problems, got {other:?}"),
    }
}

fn variables(result: Result<Settings, SettingsError>) -> Vec<&'static str> {
    problems(result).iter().map(|problem| problem.variable).collect()
}

#[test]
fn s3_needs_a_region_and_four_buckets() {
    let settings = from(&S3).unwrap();
    let BackendSettings::S3(s3) = settings.backend else {
        panic!("not S3");
    };
    assert_eq!(s3.region.as_str(), "us-west-2");
    let buckets = Purpose::ALL.map(|purpose| s3.bucket(purpose).to_string());
    let expected = ["creatives", "landing-pages", "exports", "uploads"];
    assert_eq!(buckets, expected.map(|name| format!("example-{name}")));
    assert!(s3.cdn_domain.is_none() && settings.key_prefix.as_str().is_empty());
}

#[test]
fn each_missing_variable_of_s3_is_named_and_nothing_falls_back() {
    for (missing, _) in &S3[1..] {
        for value in [None, Some("")] {
            let mut vars: Vec<_> = S3.into_iter().filter(|(name, _)| name != missing).collect();
            vars.extend(value.map(|value| (*missing, value)));
            let problems = problems(from(&vars));
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].variable, *missing);
            assert_eq!(problems[0].problem, "not set");
        }
    }
}

#[test]
fn every_problem_is_reported_at_once_with_its_cure() {
    let error = from(&[
        ("STORAGE_BACKEND", "s3"),
        ("AWS_REGION", "us west 2"),
        ("S3_BUCKET_CREATIVES", "Example"),
        ("CLOUDFRONT_DOMAIN", "https://d1.cloudfront.net/"),
        ("S3_KEY_PREFIX", "/a"),
        ("S3_ADDRESSING_STYLE", "vhost"),
        ("LOCAL_STORAGE_BASE_URL", "ftp://a"),
        ("LOCAL_STORAGE_SIGNING_KEY", "hunter2"),
        ("AWS_ACCESS_KEY_ID", "hunter2"),
        ("AWS_ENDPOINT_URL_S3", "http://hunter2:hunter2@localhost"),
    ]);
    let text = error.as_ref().unwrap_err().to_string();
    let expected = [
        "`AWS_REGION`: \"us west 2\": a region has only `a` to `z`, `0` to `9` and `-`\n    expected a region",
        "`S3_BUCKET_CREATIVES`: \"Example\": a bucket name has only",
        "`S3_BUCKET_UPLOADS`: not set\n    expected a bucket name",
        "such as `S3_BUCKET_UPLOADS=example-uploads`",
        "`CLOUDFRONT_DOMAIN`: \"https://d1.cloudfront.net/\": domain is not a bare host name",
        "`S3_KEY_PREFIX`: key starts with `/`",
        "`S3_ADDRESSING_STYLE`: \"vhost\" is no addressing style",
        "`LOCAL_STORAGE_SIGNING_KEY`: 7 bytes are too few, the least is 32",
        "`AWS_SECRET_ACCESS_KEY`: not set, although `AWS_ACCESS_KEY_ID` is",
        "`AWS_ENDPOINT_URL_S3`: the URL has credentials in it",
        "\n\nhint: set them in the environment or in `app/.env`",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected}\nis not in\n{text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(
        variables(error),
        [
            "AWS_REGION",
            "S3_BUCKET_CREATIVES",
            "S3_BUCKET_LANDING_PAGES",
            "S3_BUCKET_EXPORTS",
            "S3_BUCKET_UPLOADS",
            "CLOUDFRONT_DOMAIN",
            "S3_KEY_PREFIX",
            "S3_ADDRESSING_STYLE",
            "LOCAL_STORAGE_BASE_URL",
            "LOCAL_STORAGE_SIGNING_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ENDPOINT_URL_S3",
        ]
    );
}

#[test]
fn each_malformed_value_is_a_problem_of_its_own() {
    let too_long = "p".repeat(1_024);
    for (variable, value) in [
        ("STORAGE_BACKEND", "S3"),
        ("STORAGE_BACKEND", "gcs"),
        ("AWS_REGION", "us west 2"),
        ("AWS_REGION", "us-west-2b"),
        ("AWS_REGION", "garage"),
        ("S3_BUCKET_CREATIVES", "s3://bucket"),
        ("S3_BUCKET_LANDING_PAGES", "a"),
        ("S3_BUCKET_EXPORTS", "192.168.0.1"),
        ("S3_BUCKET_UPLOADS", "under_score"),
        ("CLOUDFRONT_DOMAIN", "d1.cloudfront.net/path"),
        ("CLOUDFRONT_DOMAIN", "d1.cloudfront.net:443"),
        ("S3_KEY_PREFIX", "a/../b"),
        ("S3_KEY_PREFIX", "a\nb"),
        ("S3_KEY_PREFIX", &too_long),
        ("S3_ADDRESSING_STYLE", "Path"),
        ("LOCAL_STORAGE_BASE_URL", "127.0.0.1:3000"),
        ("LOCAL_STORAGE_BASE_URL", "http://a/?b"),
        ("LOCAL_STORAGE_BASE_URL", "http://user@a/"),
        ("LOCAL_STORAGE_BASE_URL", "http://a/files"),
        ("LOCAL_STORAGE_BASE_URL", "http://a/users/x/"),
        ("LOCAL_STORAGE_BASE_URL", "http://a/x/:y"),
        ("LOCAL_STORAGE_BASE_URL", "http://a/*"),
        ("LOCAL_STORAGE_SIGNING_KEY", "short"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:9000"),
        ("AWS_ENDPOINT_URL", "localhost"),
        ("AWS_ENDPOINT_URL_S3", "s3://localhost"),
    ] {
        let mut found = variables(s3_with(&[(variable, value)]));
        // Only a wrong backend hides what the right one would need.
        found.dedup();
        assert_eq!(found, [variable], "{variable}={value}");
    }
}

#[test]
fn a_malformed_value_is_a_problem_also_for_the_other_backend() {
    let local = [("STORAGE_BACKEND", "local"), ("S3_BUCKET_UPLOADS", "no bucket")];
    assert_eq!(variables(from(&local)), ["S3_BUCKET_UPLOADS"]);
    assert_eq!(
        variables(s3_with(&[("LOCAL_STORAGE_SIGNING_KEY", "short")])),
        ["LOCAL_STORAGE_SIGNING_KEY"]
    );
}

#[test]
fn without_any_variable_files_are_local() {
    let settings = from(&[("PATH", "/bin"), ("STORAGE_BACKEND", "")]).unwrap();
    let BackendSettings::Local(local) = settings.backend else {
        panic!("not local");
    };
    assert_eq!(local.root, PathBuf::from("target/app-files"));
    assert_eq!(local.base_url.as_str(), "http://127.0.0.1:3000/local-files");
    assert!(local.signing_key.expose().len() >= MIN_SIGNING_KEY_BYTES);
}

#[test]
fn random_signing_keys_differ() {
    let key = || match from(&[]).unwrap().backend {
        BackendSettings::Local(local) => local.signing_key,
        BackendSettings::S3(_) => panic!("not local"),
    };
    assert!(key() != key());
}

#[test]
fn buckets_without_a_backend_are_not_guessed_about() {
    let error = from(&S3[1..]);
    let text = error.as_ref().unwrap_err().to_string();
    assert!(
        text.contains("`STORAGE_BACKEND`: not set, although `S3_BUCKET_CREATIVES` is"),
        "{text}"
    );
    assert_eq!(variables(error), ["STORAGE_BACKEND"]);
}

#[test]
fn another_endpoint_may_have_regions_of_its_own() {
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
        let vars = [("AWS_REGION", "garage"), (variable, "http://127.0.0.1:9000")];
        assert!(s3_with(&vars).is_ok());
    }
    assert_eq!(variables(s3_with(&[("AWS_REGION", "garage")])), ["AWS_REGION"]);
}

#[test]
fn the_key_prefix_counts_for_both_backends() {
    for backend in ["s3", "local"] {
        let vars = [("STORAGE_BACKEND", backend), ("S3_KEY_PREFIX", "test/a")];
        assert_eq!(s3_with(&vars).unwrap().key_prefix.as_str(), "test/a/");
    }
}

#[test]
fn half_a_key_pair_is_a_problem() {
    for (given, missing) in [
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        ("AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"),
    ] {
        assert_eq!(variables(s3_with(&[(given, "x")])), [missing]);
    }
}

#[test]
fn secrets_do_not_show() {
    let settings = s3_with(&[
        ("STORAGE_BACKEND", "local"),
        ("LOCAL_STORAGE_SIGNING_KEY", "hunter2-hunter2-hunter2-hunter2-hunter2"),
        ("AWS_ACCESS_KEY_ID", "hunter2"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_SESSION_TOKEN", "hunter2"),
    ])
    .unwrap();
    let credentials = settings.aws.credentials.as_ref().unwrap();
    assert_eq!(credentials.secret_access_key.expose(), "hunter2");
    let shown = format!("{settings:?} {settings:#?}");
    assert!(shown.contains("(redacted)") && !shown.contains("hunter2"), "{shown}");
}

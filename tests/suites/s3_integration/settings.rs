//! Settings: every problem has the name of its variable, and nothing falls back silently.

use app::settings::{BackendSettings, Settings, SettingsError, VARIABLES};
use app::storage::Purpose;

/// A complete set for S3.
const S3: [(&str, &str); 6] = [
    ("STORAGE_BACKEND", "s3"),
    ("AWS_REGION", "us-west-2"),
    ("S3_BUCKET_CREATIVES", "example-creatives"),
    ("S3_BUCKET_LANDING_PAGES", "example-landing-pages"),
    ("S3_BUCKET_EXPORTS", "example-exports"),
    ("S3_BUCKET_UPLOADS", "example-uploads"),
];

fn read(variables: &[(&str, &str)], changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let changed = |name| changes.iter().any(|(changed, _)| *changed == name);
    let variables = variables.iter().filter(|(name, _)| !changed(*name)).chain(changes);
    Settings::from_vars(variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// The variables that are complained about.
fn complaints(settings: Result<Settings, SettingsError>) -> Vec<&'static str> {
    match settings.unwrap_err() {
        SettingsError::Invalid { problems } => problems.iter().map(|p| p.variable).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_chosen_backend_is_the_one_that_is_taken() {
    assert!(matches!(read(&S3, &[]).unwrap().backend, BackendSettings::S3(_)));
    let local = read(&S3, &[("STORAGE_BACKEND", "local")]).unwrap();
    assert!(matches!(local.backend, BackendSettings::Local(_)));
    assert!(matches!(read(&[], &[]).unwrap().backend, BackendSettings::Local(_)));
}

#[test]
fn what_s3_needs_is_missed_by_name() {
    for (name, _) in &S3[1..] {
        assert_eq!(complaints(read(&S3, &[(*name, "")])), [*name]);
    }
}

#[test]
fn buckets_without_a_backend_are_not_taken_for_local_files() {
    assert_eq!(complaints(read(&S3, &[("STORAGE_BACKEND", "")])), ["STORAGE_BACKEND"]);
}

#[test]
fn each_malformed_value_is_named() {
    for (name, value) in [
        ("STORAGE_BACKEND", "S3"),
        ("STORAGE_BACKEND", "azure"),
        ("AWS_REGION", "the moon"),
        ("S3_BUCKET_CREATIVES", "Upper-Case"),
        ("S3_BUCKET_LANDING_PAGES", "s3://with-scheme"),
        ("S3_BUCKET_EXPORTS", "ab"),
        ("S3_BUCKET_UPLOADS", "with/slash"),
        ("CLOUDFRONT_DOMAIN", "https://d1234567890.cloudfront.net"),
        ("CLOUDFRONT_DOMAIN", "d1234567890.cloudfront.net/path"),
        ("S3_KEY_PREFIX", "/leading"),
        ("S3_KEY_PREFIX", "a/../b"),
        ("S3_ADDRESSING_STYLE", "sideways"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:9000"),
        ("LOCAL_STORAGE_BASE_URL", "ftp://example.org"),
        ("LOCAL_STORAGE_SIGNING_KEY", "short"),
    ] {
        assert_eq!(complaints(read(&S3, &[(name, value)])), [name], "{value}");
    }
}

#[test]
fn half_a_key_pair_is_named() {
    let half = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")];
    assert_eq!(complaints(read(&S3, &half)), ["AWS_SECRET_ACCESS_KEY"]);
    let half = [("AWS_SECRET_ACCESS_KEY", "example")];
    assert_eq!(complaints(read(&S3, &half)), ["AWS_ACCESS_KEY_ID"]);
}

#[test]
fn all_problems_are_told_at_once() {
    let mut all = complaints(read(&[("STORAGE_BACKEND", "s3")], &[("S3_KEY_PREFIX", "/x")]));
    all.sort_unstable();
    let mut expected = vec!["S3_KEY_PREFIX"];
    expected.extend(S3[1..].iter().map(|(name, _)| *name));
    expected.sort_unstable();
    assert_eq!(all, expected);
}

#[test]
fn a_complaint_shows_the_cure_but_no_secret() {
    let changes = [("LOCAL_STORAGE_SIGNING_KEY", "hunter2"), ("S3_BUCKET_UPLOADS", "")];
    let message = read(&S3, &changes).unwrap_err().to_string();
    assert!(message.contains("S3_BUCKET_UPLOADS="), "{message}");
    assert!(message.contains("app/.env"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn the_contract_names_the_buckets_as_the_app_does() {
    let of_the_app = Purpose::ALL.map(|purpose| (purpose.as_str(), purpose.bucket_variable()));
    let of_the_contract = contract::buckets::ALL.map(|bucket| (bucket.purpose, bucket.variable));
    assert_eq!(of_the_contract, of_the_app);
    for (_, name) in of_the_app {
        assert!(VARIABLES.iter().any(|variable| variable.name == name), "{name}");
    }
}

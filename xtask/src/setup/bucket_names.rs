//! Proposes bucket names.
//!
//! One bucket per purpose, though one name may serve all four: permissions are granted per bucket, so
//! only distinct buckets show which purpose lacks one, and only they let the least be granted.
//!
//! The names carry account and region, so that everybody who sets up this workspace in the account
//! gets the same ones, and nobody else does. On AWS they belong to the account's own namespace
//! (`<prefix>-<account>-<region>-an`; Amazon S3 User Guide, "Namespaces for general purpose buckets"):
//! names that follow a pattern can be guessed, and in the global namespace a stranger could take them
//! first, or take one again after it was deleted.

use std::path::Path;

/// The longest name of a bucket (Amazon S3 User Guide, "General purpose bucket naming rules").
const MAX_BYTES: usize = 63;

/// What the app is called where its manifest does not say.
const DEFAULT_APP: &str = "app";

/// Where the buckets are going to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Location<'a> {
    /// The account, where the server has any.
    pub(super) account: Option<&'a str>,
    /// The region.
    pub(super) region: &'a str,
    /// Whether this is AWS itself.
    pub(super) is_aws: bool,
}

/// A name for the bucket of one purpose.
pub(super) fn propose(app: &str, purpose: &str, location: Location<'_>) -> String {
    let mut tail = match location.account {
        Some(account) => format!("-{account}-{}", label(location.region)),
        None => format!("-{}", label(location.region)),
    };
    if location.is_aws && location.account.is_some() {
        tail += "-an";
    }
    tail.truncate(MAX_BYTES / 2);
    let middle = format!("-test-{}", label(purpose));
    let mut head = label(app);
    // The app's name gives way: purpose, account and region are what tells the buckets apart.
    head.truncate(MAX_BYTES.saturating_sub(middle.len() + tail.len()));
    let head = match head.trim_end_matches('-') {
        "" => DEFAULT_APP,
        head => head,
    };
    format!("{head}{middle}{tail}").trim_end_matches('-').to_owned()
}

/// Whether a name belongs to the account's own namespace in the region.
pub(super) fn is_account_regional(name: &str, account: &str, region: &str) -> bool {
    name.strip_suffix(&format!("-{account}-{region}-an")).is_some_and(|prefix| !prefix.is_empty())
}

/// The name of the package in `app/`.
pub(super) fn app_name(workspace: &Path) -> String {
    let manifest = std::fs::read_to_string(workspace.join("app/Cargo.toml")).unwrap_or_default();
    // What cargo does not take for a manifest, cargo says.
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let name = manifest.get("package").and_then(|package| package.get("name")?.as_str());
    name.unwrap_or(DEFAULT_APP).to_owned()
}

/// As a name may hold it: `a-z`, `0-9` and single `-` inside.
fn label(text: &str) -> String {
    let mut label = String::new();
    for char in text.chars().map(|char| char.to_ascii_lowercase()) {
        match char {
            'a'..='z' | '0'..='9' => label.push(char),
            _ if label.is_empty() || label.ends_with('-') => {}
            _ => label.push('-'),
        }
    }
    label.truncate(label.trim_end_matches('-').len());
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWS: Location<'_> =
        Location { account: Some("123456789012"), region: "eu-central-1", is_aws: true };

    #[test]
    fn names_carry_account_and_region() {
        let other = Location { is_aws: false, ..AWS };
        let nobody = Location { account: None, ..other };
        for (location, name) in [
            (AWS, "app-test-uploads-123456789012-eu-central-1-an"),
            (other, "app-test-uploads-123456789012-eu-central-1"),
            (nobody, "app-test-uploads-eu-central-1"),
        ] {
            assert_eq!(propose("app", "uploads", location), name);
        }
    }

    #[test]
    fn every_name_follows_the_naming_rules() {
        let long = "x".repeat(80);
        let apps = ["app", "My_App 2", "ünï", "-", "", &long, "a-very-long-name-with-a--"];
        for app in apps {
            for bucket in contract::buckets::ALL {
                for region in ["us-east-1", "ap-southeast-1", "us-gov-west-1", "My Region", &long] {
                    for is_aws in [true, false] {
                        let name = propose(app, bucket.purpose, Location { region, is_aws, ..AWS });
                        assert!((3..=63).contains(&name.len()), "{name}");
                        let is_good = |byte: u8| {
                            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
                        };
                        assert!(name.bytes().all(is_good), "{name}");
                        assert!(!name.starts_with('-') && !name.ends_with('-'), "{name}");
                        assert!(name.contains(bucket.purpose), "{name}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_apps_name_is_read_as_cargo_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("app")).unwrap();
        assert_eq!(app_name(folder.path()), "app");
        for (manifest, name) in [
            ("[package]\nname = \"shop\" # why\n", "shop"),
            ("[package]\n  name='shop'\n", "shop"),
            ("package.name = \"shop\"\n", "shop"),
            ("[dependencies]\nname = \"1\"\n[package]\nname = \"shop\"\n", "shop"),
            ("[package]\nname.workspace = true\n", "app"),
            ("name = ", "app"),
        ] {
            std::fs::write(folder.path().join("app/Cargo.toml"), manifest).unwrap();
            assert_eq!(app_name(folder.path()), name, "{manifest}");
        }
    }

    #[test]
    fn names_of_the_accounts_namespace_are_known_again() {
        let is_ours = |name: &str| is_account_regional(name, "123456789012", "eu-central-1");
        assert!(is_ours(&propose("app", "landing-pages", AWS)));
        for other in [
            "app-123456789012-eu-central-1",
            "app-123456789012-us-east-1-an",
            "app-999999999999-eu-central-1-an",
            "-123456789012-eu-central-1-an",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}

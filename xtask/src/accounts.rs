//! The accounts that a workspace may be used with: `[workspace.metadata.xtask] accounts` in its
//! `Cargo.toml`, where everybody who works on it has the same.
//!
//! A list in a variable would hold for those who set it, which are not those who take the wrong profile.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

use crate::aws::Identity;
use crate::error::hinted;

/// Refuses an account that is not on the list, where there is one. A server without accounts has none
/// that could be wrong.
///
/// # Errors
/// Where the account is not on the list, or the list cannot be read.
pub(crate) fn check(workspace: &Path, identity: &Identity, source: &str) -> Result<()> {
    let Identity::Known { account, .. } = identity else { return Ok(()) };
    let allowed = allowed(&workspace.join("Cargo.toml"))?;
    if allowed.is_empty() || allowed.contains(account) {
        return Ok(());
    }
    let error = anyhow!(
        "account {account} is not one that this workspace allows ({}); the credentials are those of {source}",
        allowed.join(", ")
    );
    let add = "or add it to `accounts` in `[workspace.metadata.xtask]` of `Cargo.toml`";
    Err(hinted(error, format_args!("export AWS_PROFILE=... of one of them, {add}")))
}

/// Whether this is an account's id.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// None where nobody listed any.
fn allowed(manifest: &Path) -> Result<Vec<String>> {
    let text = match std::fs::read_to_string(manifest) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("reading `{}`", manifest.display()));
        }
    };
    let context = || format!("reading `{}`", manifest.display());
    let manifest: toml::Table = text.parse().with_context(context)?;
    let metadata = manifest.get("workspace").and_then(|workspace| workspace.get("metadata"));
    let accounts = metadata.and_then(|metadata| metadata.get("xtask")?.get("accounts"));
    let Some(accounts) = accounts else { return Ok(Vec::new()) };
    let account =
        |value: &toml::Value| value.as_str().filter(|text| is_account(text)).map(ToOwned::to_owned);
    let listed = accounts.as_array().and_then(|list| list.iter().map(account).collect());
    listed.ok_or_else(|| {
        let error = anyhow!("`accounts` in `[workspace.metadata.xtask]` is no list of account ids");
        hinted(error, "accounts = [\"123456789012\"]")
    })
}

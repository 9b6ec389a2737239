//! Where was looked for credentials when there are none, and what to do about it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;

use crate::aws::{CURES, NOWHERE};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::ui::Tone;

/// What may name credentials in a variable.
const NAMING: [&str; 4] = [
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Says where was looked, and what to do.
pub(super) fn configured(cx: &Context) -> Result<Exit> {
    let ui = &cx.ui;
    ui.finding(Tone::Bad, "not found", format_args!("AWS is not configured: {NOWHERE}"));
    let looked = looked(&cx.config);
    for (place, found) in &looked {
        ui.line(format_args!("{:>15} {place}: {found}", ""));
    }
    for cure in CURES {
        ui.hint(cure);
    }
    ui.json(&json!({
        "version": super::report::VERSION,
        "configured": false,
        "looked_at": looked
            .iter()
            .map(|(place, found)| json!({ "place": place, "found": found }))
            .collect::<Vec<_>>(),
        "hints": CURES,
        "ok": false,
    }))?;
    Ok(Exit::Failure)
}

fn looked(config: &Config) -> Vec<(String, String)> {
    let set: Vec<&str> = NAMING.into_iter().filter(|name| config.get(name).is_some()).collect();
    let environment = match set.as_slice() {
        [] => format!("neither AWS_ACCESS_KEY_ID nor {} is set", NAMING.join(" nor ")),
        set => format!("{} is set, and led to no credentials", set.join(", ")),
    };
    let dot_env = config.dot_env_path();
    let dot_env_says = match dot_env.exists() {
        true => "it is there, and holds no credentials",
        false => "there is no such file; `app/.env.example` shows one",
    };
    let metadata = match config.is_on("AWS_EC2_METADATA_DISABLED") {
        true => "not asked: AWS_EC2_METADATA_DISABLED is set",
        false => "no answer",
    };
    let region = match config.get_with_origin("AWS_REGION") {
        Some((region, origin)) => format!("{region} ({})", origin.as_str()),
        None => "AWS_REGION is not set".to_owned(),
    };
    let mut looked = vec![
        ("environment".to_owned(), environment),
        ("app/.env".to_owned(), dot_env_says.to_owned()),
    ];
    for (variable, name) in
        [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")]
    {
        let path = profile_file(config, variable, name);
        let found = match path.exists() {
            true => "it is there, and has no credentials for the profile `default`",
            false => "there is no such file",
        };
        looked.push((path.display().to_string(), found.to_owned()));
    }
    looked.push(("instance metadata".to_owned(), metadata.to_owned()));
    looked.push(("region".to_owned(), region));
    looked
}

fn profile_file(config: &Config, variable: &str, name: &str) -> PathBuf {
    let home = || config.get("HOME").or_else(|| config.get("USERPROFILE")).unwrap_or("~");
    match config.get(variable) {
        Some(path) => PathBuf::from(path),
        None => Path::new(home()).join(".aws").join(name),
    }
}

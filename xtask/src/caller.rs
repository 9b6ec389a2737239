//! Who is asking, by which credentials, where: what a command says first, and what about it may go wrong.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::aws::{Aws, Identity};
use crate::ui::{Tone, Ui};

/// Credentials that end sooner may not last for a run and its clean-up.
const SHORT_LIFE: Duration = Duration::from_secs(15 * 60);

/// AWS refuses what is signed by a clock that is a quarter of an hour off ("Signature Version 4
/// signing process", IAM User Guide); well before that it is worth a word.
const SKEW: Duration = Duration::from_secs(2 * 60);

/// Prints who is asking as a part of the result.
pub(crate) fn introduce(ui: Ui, aws: &Aws) {
    for (word, text) in facts(aws) {
        let is_known = word != "account" || aws.identity != Identity::Unknown;
        ui.finding(if is_known { Tone::Plain } else { Tone::Warn }, word, text);
    }
    warn(ui, aws);
    ui.line("");
}

/// Prints who is asking beside the result.
pub(crate) fn announce(ui: Ui, aws: &Aws) {
    for (word, text) in facts(aws) {
        let (first, rest) = word.split_at(1);
        ui.step(&format!("{}{rest}", first.to_uppercase()), text);
    }
    warn(ui, aws);
}

/// Says which credentials were passed over, whether those that won last long enough, and whether both
/// clocks agree.
pub(crate) fn warn(ui: Ui, aws: &Aws) {
    for shadowed in &aws.credentials.shadowed {
        ui.warning(format_args!("{} is not used: {} wins", shadowed, aws.credentials));
    }
    if let Some(rest) = lifetime(aws).filter(|rest| *rest < SHORT_LIFE) {
        ui.warning(format_args!(
            "the credentials end in {}, which may be too soon for a run and its clean-up",
            minutes(rest)
        ));
        ui.hint(aws.credentials.cure());
    }
    if let Some(skew) = aws.clock.skew().filter(|skew| *skew >= SKEW) {
        ui.warning(format_args!(
            "this machine's clock is {} off the server's; AWS refuses 15 min",
            minutes(skew)
        ));
        ui.hint("set the clock: sudo timedatectl set-ntp true");
    }
}

fn facts(aws: &Aws) -> Vec<(&'static str, String)> {
    let mut facts = match &aws.identity {
        Identity::Known { account, arn } => {
            vec![("account", account.clone()), ("caller", arn.clone())]
        }
        Identity::Unknown => {
            let why = "unknown: the server has no STS, so that nobody can check whose a bucket is";
            vec![("account", why.to_owned())]
        }
    };
    let lasting = match lifetime(aws) {
        Some(rest) => format!("; they end in {}", minutes(rest)),
        None => "; no end is known".to_owned(),
    };
    facts.push(("credentials", format!("{}{lasting}", aws.credentials)));
    facts.push(("region", aws.region.clone()));
    facts.push(("endpoint", aws.endpoint_shown().to_owned()));
    facts
}

/// The same for a machine. No secret is in it: the source of the credentials, not their value.
pub(crate) fn document(aws: &Aws) -> Value {
    let (account, arn) = match &aws.identity {
        Identity::Known { account, arn } => (Some(account), Some(arn)),
        Identity::Unknown => (None, None),
    };
    json!({
        "account": account,
        "arn": arn,
        "credentials": aws.credentials.to_string(),
        "shadowed": aws.credentials.shadowed,
        "seconds_left": lifetime(aws).map(|rest| rest.as_secs()),
    })
}

fn lifetime(aws: &Aws) -> Option<Duration> {
    let expires: SystemTime = aws.credentials.expires?;
    Some(expires.duration_since(aws.clock.now()).unwrap_or_default())
}

fn minutes(rest: Duration) -> String {
    format!("{} min", rest.as_secs() / 60)
}

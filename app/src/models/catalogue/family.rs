//! What the id of a Bedrock model tells of its family.

use super::super::model::Family;

/// What an id tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The family.
    Family(Family),
    /// A Llama with another chat format than that of Llama 3.
    OtherLlama,
    /// Nothing: an imported model, an application inference profile, a provider that we do not know.
    Nothing,
}

/// Reads the id of a model or inference profile, or the ARN of either.
///
/// Ids are `PROVIDER.MODEL`, profiles `GEOGRAPHY.PROVIDER.MODEL`, and ARNs end with `/` and one of them
/// (Amazon Bedrock User Guide, "Supported foundation models" and "Supported Regions and models for inference profiles").
pub(super) fn told_by(id: &str) -> Told {
    let name = id.rsplit('/').next().unwrap_or(id);
    let parts: Vec<&str> = name.split('.').collect();
    let [.., provider, model] = parts[..] else { return Told::Nothing };
    // Dots in versions, as in `claude-v2.1`, would shift the two.
    let (provider, model) = match parts[..] {
        [first, second, ..] if PROVIDERS.contains(&first) => (first, second),
        [_, second, third, ..] if PROVIDERS.contains(&second) => (second, third),
        _ => (provider, model),
    };
    match provider {
        "anthropic" => Told::Family(Family::Anthropic),
        "amazon" if NOVA_TEXT.iter().any(|start| model.starts_with(start)) => {
            Told::Family(Family::Nova)
        }
        "meta" if model.starts_with("llama3") => Told::Family(Family::Llama),
        "meta" if model.starts_with("llama") => Told::OtherLlama,
        _ => Told::Nothing,
    }
}

const PROVIDERS: [&str; 3] = ["anthropic", "amazon", "meta"];

/// The Nova models that write text; there are others for images, video and speech.
const NOVA_TEXT: [&str; 6] =
    ["nova-micro", "nova-lite", "nova-pro", "nova-premier", "nova-2-lite", "nova-2-pro"];

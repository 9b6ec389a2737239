//! The form of a catalogue file: every value is checked, and every fault has its place.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::Deserialize;
use toml::Spanned;

use super::super::model::{Family, Limits, Model, ModelId, Provider};
use super::family::{Told, told_by};
use super::nearest::nearest;
use super::position::Position;

/// Something wrong in the file.
pub(super) struct Fault {
    /// The byte where it starts.
    pub(super) at: usize,
    pub(super) message: String,
}

/// Reads the models, and the index of the default one.
pub(super) fn read(text: &str) -> Result<(Vec<Model>, usize), Fault> {
    let file: CatalogueFile = toml::from_str(text).map_err(|error| Fault {
        at: error.span().map_or(0, |span| span.start),
        message: error.message().to_owned(),
    })?;
    if file.models.get_ref().is_empty() {
        return Err(fault(&file.models, "there are no models, expected at least one `[[models]]`"));
    }
    let mut models: Vec<Model> = Vec::new();
    let mut places: Vec<usize> = Vec::new();
    for table in file.models.get_ref() {
        let model = model(table)?;
        let id = &table.get_ref().id;
        if let Some(first) = models.iter().position(|other| other.id == model.id) {
            let line = Position::of(text, places[first]).line;
            let message = format!("model id `{}` is used twice, first in line {line}", model.id);
            return Err(fault(id, message));
        }
        places.push(id.span().start);
        models.push(model);
    }
    let default = default(&file.default, &models)?;
    Ok((models, default))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    default: Spanned<String>,
    models: Spanned<Vec<Spanned<ModelTable>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelTable {
    id: Spanned<String>,
    display_name: Spanned<String>,
    provider: Spanned<String>,
    model: Option<Spanned<String>>,
    family: Option<Spanned<String>>,
    endpoint: Option<Spanned<String>>,
    streaming: Spanned<bool>,
    max_input_chars: Spanned<i64>,
    max_output_tokens: Spanned<i64>,
    enabled: Option<bool>,
}

fn default(wanted: &Spanned<String>, models: &[Model]) -> Result<usize, Fault> {
    let id = wanted.get_ref();
    match models.iter().position(|model| model.id.as_str() == id) {
        Some(index) if models[index].enabled => Ok(index),
        Some(_) => Err(fault(wanted, format!("the default model `{id}` is disabled"))),
        None => {
            let near = nearest(id, models.iter().map(|model| &model.id));
            let near = near.first().map(|near| format!(", the nearest is `{near}`"));
            let near = near.unwrap_or_default();
            Err(fault(wanted, format!("the default {id:?} is no model of this catalogue{near}")))
        }
    }
}

fn model(table: &Spanned<ModelTable>) -> Result<Model, Fault> {
    let fields = table.get_ref();
    let id = ModelId::new(fields.id.get_ref().as_str())
        .map_err(|reason| fault(&fields.id, format!("a model id {reason}")))?;
    let display_name = display_name(&fields.display_name)?;
    let provider = provider(table, &id)?;
    let streaming = *fields.streaming.get_ref();
    if streaming && matches!(provider, Provider::SageMaker { .. }) {
        let message =
            format!("`streaming` of model `{id}` must be false: its endpoint answers in one piece");
        return Err(fault(&fields.streaming, message));
    }
    let max_input_chars =
        limit("max_input_chars", &id, &fields.max_input_chars, 1..=MAX_INPUT_CHARS)?;
    let max_output_tokens =
        limit("max_output_tokens", &id, &fields.max_output_tokens, 1..=MAX_OUTPUT_TOKENS)?;
    Ok(Model {
        id,
        display_name,
        provider,
        streaming,
        limits: Limits { max_input_chars: max_input_chars as usize, max_output_tokens },
        enabled: fields.enabled.unwrap_or(true),
    })
}

/// No request could be longer: a body has at most 25,000,000 bytes (Amazon Bedrock API Reference, "InvokeModel").
const MAX_INPUT_CHARS: u32 = 25_000_000;

/// Several times what any model writes; a slip of the keyboard is more.
const MAX_OUTPUT_TOKENS: u32 = 1_000_000;

fn limit(
    name: &str,
    id: &ModelId,
    value: &Spanned<i64>,
    range: RangeInclusive<u32>,
) -> Result<u32, Fault> {
    let number = *value.get_ref();
    match u32::try_from(number) {
        Ok(limit) if range.contains(&limit) => Ok(limit),
        _ => Err(fault(
            value,
            format!(
                "`{name}` of model `{id}` is {number}, expected {} to {}",
                range.start(),
                range.end()
            ),
        )),
    }
}

fn display_name(value: &Spanned<String>) -> Result<String, Fault> {
    let name = value.get_ref();
    let length = name.chars().count();
    if name.trim().is_empty() {
        Err(fault(value, "`display_name` is empty"))
    } else if length > MAX_DISPLAY_NAME_CHARS {
        let message =
            format!("`display_name` has {length} characters, the most is {MAX_DISPLAY_NAME_CHARS}");
        Err(fault(value, message))
    } else if let Some(control) = name.chars().find(|c| c.is_control()) {
        Err(fault(value, format!("`display_name` has the control character {control:?}")))
    } else {
        Ok(name.clone())
    }
}

/// A line in a list.
const MAX_DISPLAY_NAME_CHARS: usize = 100;

fn provider(table: &Spanned<ModelTable>, id: &ModelId) -> Result<Provider, Fault> {
    let fields = table.get_ref();
    let name = fields.provider.get_ref().as_str();
    let needed = |field: &str| {
        fault(
            &fields.provider,
            format!("model `{id}` of provider `{name}` needs the field `{field}`"),
        )
    };
    let unfit = |field: &str, value: &Spanned<String>| {
        fault(value, format!("`{field}` is no field of a model of provider `{name}`"))
    };
    match name {
        "bedrock" => {
            if let Some(endpoint) = &fields.endpoint {
                return Err(unfit("endpoint", endpoint));
            }
            let model = fields.model.as_ref().ok_or_else(|| needed("model"))?;
            check_model(model)?;
            let family = family(model, fields.family.as_ref())?;
            Ok(Provider::Bedrock { model: model.get_ref().clone(), family })
        }
        "sagemaker" => {
            if let Some(model) = &fields.model {
                return Err(unfit("model", model));
            }
            if let Some(family) = &fields.family {
                return Err(unfit("family", family));
            }
            let endpoint = fields.endpoint.as_ref().ok_or_else(|| needed("endpoint"))?;
            check_endpoint(endpoint)?;
            Ok(Provider::SageMaker { endpoint: endpoint.get_ref().clone() })
        }
        other => Err(fault(
            &fields.provider,
            format!("provider {other:?} is neither `bedrock` nor `sagemaker`"),
        )),
    }
}

/// What `modelId` of InvokeModel can be (Amazon Bedrock API Reference): 1 to 2,048 characters, of an id or an ARN.
fn check_model(value: &Spanned<String>) -> Result<(), Fault> {
    let model = value.get_ref();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '/');
    if model.is_empty() || model.len() > 2_048 {
        Err(fault(value, format!("`model` has {} bytes, expected 1 to 2048", model.len())))
    } else if let Some(other) = model.chars().find(|c| !allowed(*c)) {
        Err(fault(value, format!("`model` has {other:?}, which no model id or ARN has")))
    } else if model.starts_with("arn:") && !is_model_arn(model) {
        Err(fault(value, "`model` is no ARN of a model or inference profile"))
    } else {
        Ok(())
    }
}

/// `arn:PARTITION:bedrock:REGION:ACCOUNT:TYPE/ID`; a model of the Marketplace is an endpoint of SageMaker.
fn is_model_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        [_, partition, "bedrock" | "sagemaker", _, _, resource] => {
            partition.starts_with("aws")
                && resource
                    .split_once('/')
                    .is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty())
        }
        _ => false,
    }
}

fn family(model: &Spanned<String>, said: Option<&Spanned<String>>) -> Result<Family, Fault> {
    let id = model.get_ref();
    let told = told_by(id);
    if told == Told::OtherLlama {
        let message = format!("`{id}` has another chat format than that of Llama 3");
        return Err(fault(model, message));
    }
    let Some(said) = said else {
        let Told::Family(family) = told else {
            let message =
                format!("`{id}` does not tell its family, expected `family` to be {}", families());
            return Err(fault(model, message));
        };
        return Ok(family);
    };
    let name = said.get_ref();
    match Family::ALL.into_iter().find(|family| family.name() == name) {
        None => Err(fault(said, format!("family {name:?} is unknown, expected {}", families()))),
        Some(family) => match told {
            Told::Family(other) if other != family => {
                let message =
                    format!("family `{name}` contradicts `{id}`, which is `{}`", other.name());
                Err(fault(said, message))
            }
            _ => Ok(family),
        },
    }
}

fn families() -> String {
    let names = Family::ALL.map(|family| format!("`{}`", family.name()));
    let (last, rest) = names.split_last().expect("there are three");
    format!("{} or {last}", rest.join(", "))
}

/// What `EndpointName` of InvokeEndpoint can be (Amazon SageMaker API Reference).
fn check_endpoint(value: &Spanned<String>) -> Result<(), Fault> {
    let name = value.get_ref();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let sound = (1..=63).contains(&name.len())
        && name.chars().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if sound {
        Ok(())
    } else {
        let message = "`endpoint` is no name of an endpoint, expected 1 to 63 letters, digits and inner hyphens";
        Err(fault(value, message))
    }
}

fn fault<T>(value: &Spanned<T>, message: impl Display) -> Fault {
    Fault { at: value.span().start, message: message.to_string() }
}

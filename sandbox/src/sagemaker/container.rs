//! What runs behind an endpoint: a text-generation container.
//!
//! Source: "HTTP API Reference", Hugging Face Text Generation Inference, and its router's validation; the wrapping of its errors from SageMaker's answers quoted in public issues.

use serde_json::{Map, Value, json};

use crate::generation::{Generation, Prompt, count_tokens};
use crate::rest_json::Refusal;
use crate::staged::Circumstances;

/// `max_new_tokens` where the request has none.
const DEFAULT_LENGTH: usize = 100;

/// What the container reads and writes together, in tokens.
const MAX_TOTAL_TOKENS: usize = 4_096;

/// A container by the name of its endpoint.
pub(super) struct Container<'a> {
    model: &'a str,
}

/// An error of the container, which SageMaker wraps.
pub(super) struct Failure {
    status: u16,
    body: String,
}

impl<'a> Container<'a> {
    pub(super) fn new(model: &'a str) -> Self {
        Self { model }
    }

    /// Text for `{"inputs": ..., "parameters": {...}}`.
    pub(super) fn answer(&self, declared_as_json: bool, body: &[u8]) -> Result<Value, Failure> {
        if !declared_as_json {
            return Err(Failure {
                status: 415,
                body: "Expected request with `Content-Type: application/json`".to_owned(),
            });
        }
        let request: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| Failure {
                // The container tells bad syntax from bad data.
                status: if error.is_syntax() || error.is_eof() { 400 } else { 422 },
                body: format!("Failed to parse the request body as JSON: {error}"),
            })?;
        let inputs = match request.get("inputs") {
            Some(Value::String(inputs)) => inputs,
            Some(_) => return Err(wrong_type("inputs: invalid type, expected a string")),
            None => return Err(wrong_type("missing field `inputs`")),
        };
        let empty = Map::new();
        let parameters = match request.get("parameters") {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(parameters)) => parameters,
            Some(_) => {
                return Err(wrong_type(
                    "parameters: invalid type, expected struct GenerateParameters",
                ));
            }
        };
        let prompt = read(inputs, parameters)?;
        let said = Generation::new(self.model, &prompt);
        let whole = parameters.get("return_full_text").and_then(Value::as_bool).unwrap_or(false);
        let text = if whole { format!("{inputs} {}", said.text()) } else { said.text() };
        Ok(json!([{"generated_text": text}]))
    }
}

fn read(inputs: &str, parameters: &Map<String, Value>) -> Result<Prompt, Failure> {
    let input_tokens = count_tokens(inputs);
    if inputs.is_empty() {
        return Err(invalid("`inputs` cannot be empty"));
    }
    let max_tokens = match given(parameters, "max_new_tokens") {
        None => DEFAULT_LENGTH,
        Some(value) => value
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| wrong_type("parameters.max_new_tokens: invalid value, expected u32"))?,
    };
    if max_tokens == 0 {
        return Err(invalid("`max_new_tokens` must be strictly positive"));
    }
    if input_tokens.saturating_add(max_tokens) > MAX_TOTAL_TOKENS {
        return Err(invalid(&format!(
            "`inputs` tokens + `max_new_tokens` must be <= {MAX_TOTAL_TOKENS}. Given: {input_tokens} `inputs` tokens and {max_tokens} `max_new_tokens`"
        )));
    }
    if let Some(value) = given(parameters, "temperature") {
        let temperature = value
            .as_f64()
            .ok_or_else(|| wrong_type("parameters.temperature: invalid type, expected f32"))?;
        if temperature <= 0.0 {
            return Err(invalid("`temperature` must be strictly positive"));
        }
    }
    if let Some(value) = given(parameters, "top_p") {
        let top_p = value
            .as_f64()
            .ok_or_else(|| wrong_type("parameters.top_p: invalid type, expected f32"))?;
        if top_p <= 0.0 || top_p >= 1.0 {
            return Err(invalid("`top_p` must be > 0.0 and < 1.0"));
        }
    }
    let stop = given(parameters, "stop").and_then(Value::as_array);
    let stop_sequences =
        stop.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(Prompt { text: inputs.to_owned(), input_tokens, max_tokens, stop_sequences })
}

fn given<'a>(parameters: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    parameters.get(name).filter(|value| !value.is_null())
}

fn wrong_type(what: &str) -> Failure {
    Failure {
        status: 422,
        body: format!("Failed to deserialize the JSON body into the target type: {what}"),
    }
}

fn invalid(what: &str) -> Failure {
    let body =
        json!({"error": format!("Input validation error: {what}"), "error_type": "validation"});
    Failure { status: 422, body: body.to_string() }
}

impl Failure {
    /// SageMaker's ModelError around what the container said.
    pub(super) fn refusal(&self, of: &Circumstances<'_>) -> Refusal {
        // Not part of the template: the body may hold braces.
        let place = of.fill("See https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group=/aws/sagemaker/Endpoints/{endpoint} in account {account} for more information.");
        let message = format!(
            "Received client error ({}) from primary with message \"{}\". {place}",
            self.status, self.body
        );
        Refusal::new(424, "ModelError", message)
            .capitalized()
            .member("OriginalStatusCode", self.status)
            .member("OriginalMessage", self.body.clone())
            .member(
                "LogStreamArn",
                of.fill(
                    "arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/Endpoints/{endpoint}",
                ),
            )
    }
}

//! Cross-origin resource sharing: the configuration, preflight requests, and the headers on answers.
//!
//! Source: "Using cross-origin resource sharing (CORS)", S3 User Guide.

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;
use crate::sigv4::header as text;
use crate::store::{Missing, Store};

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];
/// The most rules of a configuration.
const MAX_RULES: usize = 100;

pub(super) async fn get(
    cx: Cx,
    input: GetBucketCorsInput,
) -> Result<S3Response<GetBucketCorsOutput>, Fault> {
    let rules = cx.settings(&input.bucket, |settings| settings.cors.clone())?;
    let rules = rules
        .ok_or_else(|| Fault::new("NoSuchCORSConfiguration").field("BucketName", &input.bucket))?;
    Ok(S3Response::new(GetBucketCorsOutput { cors_rules: Some(rules) }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketCorsInput,
) -> Result<S3Response<PutBucketCorsOutput>, Fault> {
    let rules = input.cors_configuration.cors_rules;
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(Fault::new("MalformedXML"));
    }
    for rule in &rules {
        if let Some(method) =
            rule.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str()))
        {
            return Err(Fault::new("InvalidRequest").message(format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )));
        }
        if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
            return Err(Fault::new("MalformedXML"));
        }
        if let Some(origin) =
            rule.allowed_origins.iter().find(|origin| origin.matches('*').count() > 1)
        {
            return Err(Fault::new("InvalidRequest").message(format!(
                "AllowedOrigin \"{origin}\" can not have more than one wildcard."
            )));
        }
    }
    cx.settings(&input.bucket, |settings| settings.cors = Some(rules))?;
    Ok(S3Response::new(PutBucketCorsOutput::default()))
}

pub(super) async fn delete(
    cx: Cx,
    input: DeleteBucketCorsInput,
) -> Result<S3Response<DeleteBucketCorsOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.cors = None)?;
    Ok(S3Response::new(DeleteBucketCorsOutput::default()))
}

/// Answers a preflight request, which carries no signature.
///
/// # Errors
/// BadRequest without its headers, AccessForbidden where no rule allows it.
pub(super) fn preflight(
    store: &Store,
    bucket: Option<&str>,
    parts: &Parts,
) -> Result<HeaderMap, Fault> {
    let origin = text(parts, "origin").ok_or_else(|| {
        Fault::new("BadRequest").message("Insufficient information. Origin request header needed.")
    })?;
    let method = text(parts, "access-control-request-method")
        .filter(|method| METHODS.contains(method))
        .ok_or_else(|| {
            Fault::new("BadRequest").message("Invalid Access-Control-Request-Method: null")
        })?;
    let asked: Vec<String> = text(parts, "access-control-request-headers")
        .unwrap_or_default()
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    let forbidden = |message: &'static str| {
        Fault::new("AccessForbidden")
            .message(message)
            .field("Method", method)
            .field("ResourceType", "OBJECT")
    };
    let rules = rules(store, bucket)
        .ok_or_else(|| forbidden("CORSResponse: CORS is not enabled for this bucket."))?;
    let rule = rules.iter().find(|rule| allows(rule, origin, method) && asked.iter().all(|name| allows_header(rule, name))).ok_or_else(|| {
        forbidden("CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.")
    })?;
    let mut headers = answer(rule, origin);
    if !asked.is_empty() {
        insert(&mut headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &asked.join(", "));
    }
    if let Some(age) = rule.max_age_seconds {
        insert(&mut headers, header::ACCESS_CONTROL_MAX_AGE, &age.to_string());
    }
    Ok(headers)
}

/// The origin of a cross-origin request, and the method that rules are asked about.
pub(super) fn origin(parts: &Parts) -> Option<(String, String)> {
    let method = text(parts, "access-control-request-method").unwrap_or(parts.method.as_str());
    text(parts, "origin").map(|origin| (origin.to_owned(), method.to_owned()))
}

/// The headers that an answer to a cross-origin request carries; none where no rule allows it.
pub(super) fn on_answer(
    store: &Store,
    bucket: Option<&str>,
    origin: &str,
    method: &str,
) -> HeaderMap {
    let rules = rules(store, bucket).unwrap_or_default();
    rules
        .iter()
        .find(|rule| allows(rule, origin, method))
        .map(|rule| answer(rule, origin))
        .unwrap_or_default()
}

/// The rules of a bucket; `None` where it has none, or is none.
fn rules(store: &Store, bucket: Option<&str>) -> Option<CORSRules> {
    store.with(bucket?, |bucket| Ok::<_, Missing>(bucket.settings.cors.clone())).ok()?
}

fn answer(rule: &CORSRule, origin: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let anybody = rule.allowed_origins.iter().any(|allowed| allowed == "*");
    insert(&mut headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, if anybody { "*" } else { origin });
    insert(&mut headers, header::ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
    if let Some(exposed) = rule.expose_headers.as_ref().filter(|exposed| !exposed.is_empty()) {
        insert(&mut headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &exposed.join(", "));
    }
    if !anybody {
        insert(&mut headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    insert(
        &mut headers,
        header::VARY,
        "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    );
    headers
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn allows(rule: &CORSRule, origin: &str, method: &str) -> bool {
    rule.allowed_methods.iter().any(|allowed| allowed == method)
        && rule.allowed_origins.iter().any(|allowed| covers(allowed, origin))
}

fn allows_header(rule: &CORSRule, name: &str) -> bool {
    rule.allowed_headers.iter().flatten().any(|allowed| covers(&allowed.to_ascii_lowercase(), name))
}

/// Whether a pattern with at most one `*` covers `text`.
fn covers(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => {
            text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_covers_any_text_between_its_ends() {
        assert!(covers("https://*.example.com", "https://a.example.com"));
        assert!(!covers("https://*.example.com", "https://.example.co"));
        assert!(!covers("ab*ba", "aba"));
        assert!(covers("*", ""));
    }
}

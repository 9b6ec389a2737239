//! S3 on top of s3s: what happens before its protocol, what each operation is handed, and how an answer is completed.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::request::Parts;
use http::{HeaderMap, Method, Request, Response};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error, S3ErrorCode, TrailingHeaders};
use time::OffsetDateTime;

use crate::access_key::{AccessKey, Keyring};
use crate::fault::Fault;
use crate::front::{finish_s3, new_ids};
use crate::iam::Need;
use crate::sigv4::{Claim, Evidence, MAX_SKEW, V2Claim, V4Claim, header, iso8601};
use crate::store::Store;

mod acceleration;
mod access;
mod acl;
mod answer;
mod asked;
mod attributes;
mod body;
mod buckets;
mod checksums;
mod complete;
mod conditions;
mod convert;
mod copy;
mod cors;
mod decision;
mod delete;
mod encryption;
mod form;
mod lenient;
mod lifecycle;
mod listing;
mod lock;
mod logging;
mod metadata;
mod multipart;
mod notification;
mod objects;
mod operations;
mod ownership_controls;
mod policy;
mod post;
mod public_access_block;
mod reading;
mod replication;
mod request_payment;
mod subject;
mod tagging;
mod version2;
mod versioning;
mod website;

/// The S3 of the sandbox.
pub(crate) struct S3 {
    keys: Arc<Keyring>,
    store: Arc<Store>,
    service: S3Service,
}

/// What an S3 request came to.
pub(crate) struct Outcome {
    pub(crate) response: Response<Body>,
    /// The API operation's name; `Unknown` where the request was refused before.
    pub(crate) operation: String,
    pub(crate) bucket: Option<String>,
    pub(crate) key: Option<String>,
    /// What IAM was asked; nothing where the caller was refused or sent elsewhere.
    pub(crate) needs: Vec<Need>,
    pub(crate) error: Option<String>,
    /// The signature could not be read at all.
    pub(crate) unreadable_claim: bool,
    pub(crate) request_id: String,
}

/// What is known of one request, shared between the front, the access check and the operation through the request's extensions.
#[derive(Default)]
pub(crate) struct Slot {
    /// The region of the credential scope: the regional endpoint that the client believes it talks to.
    pub(crate) region: String,
    /// What the signature (version 4) was made over.
    pub(crate) evidence: Option<Evidence>,
    /// Signed by version 2.
    pub(crate) version_2: bool,
    /// `Expires` as it was sent; s3s sees it only where it is a date.
    pub(crate) expires: Option<http::HeaderValue>,
    /// An XML document as it was sent, for what s3s does not read of it.
    pub(crate) document: Option<bytes::Bytes>,
    /// The fields of an upload by a form.
    pub(crate) form: Option<form::Form>,
    /// Found in the body before the signature was verified; answered after.
    pub(crate) body_fault: Option<Fault>,
    pub(crate) caller: OnceLock<Arc<AccessKey>>,
    pub(crate) operation: OnceLock<String>,
    pub(crate) asked: asked::Asked,
    /// The refusal in full, where s3s could only carry its code and message.
    pub(crate) fault: Mutex<Option<Fault>>,
}

impl Slot {
    /// Keeps a fault, and gives s3s its shadow.
    pub(crate) fn refuse(&self, fault: Fault) -> S3Error {
        let mut error = S3Error::with_message(
            S3ErrorCode::from_bytes(fault.code.as_bytes()).unwrap_or(S3ErrorCode::InvalidRequest),
            fault.message.clone(),
        );
        error.set_status_code(fault.status);
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        error
    }
}

/// What an operation is handed beside its input.
pub(crate) struct Cx {
    pub(crate) store: Arc<Store>,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) slot: Arc<Slot>,
    pub(crate) method: Method,
    pub(crate) uri: http::Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) trailers: Option<TrailingHeaders>,
}

impl Cx {
    /// The caller's account.
    ///
    /// # Errors
    /// AccessDenied for an anonymous caller.
    pub(crate) fn caller(&self) -> Result<&AccessKey, Fault> {
        self.slot.caller.get().map(Arc::as_ref).ok_or_else(|| Fault::new("AccessDenied"))
    }

    /// The caller, or nobody.
    pub(crate) fn caller_or_anonymous(&self) -> AccessKey {
        self.slot.caller.get().map_or_else(AccessKey::anonymous, |key| AccessKey::clone(key))
    }

    /// A header's value, where it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl S3 {
    pub(crate) fn new(keys: Arc<Keyring>, legacy_bucket_defaults: bool) -> Self {
        let store = Arc::new(Store::new(legacy_bucket_defaults));
        let mut builder = S3ServiceBuilder::new(operations::Operations {
            store: store.clone(),
            keys: keys.clone(),
        });
        // Without an authenticator s3s would skip the access check, too.
        builder.set_auth(access::Secrets(keys.clone()));
        builder.set_access(access::Access { store: store.clone(), keys: keys.clone() });
        let mut config = S3Config::default();
        config.presigned_url_max_skew_time_secs = MAX_SKEW.whole_seconds().unsigned_abs() as u32;
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        Self { keys, store, service: builder.build() }
    }

    /// Answers one request.
    pub(crate) async fn answer(
        &self,
        claim: Result<Claim, Fault>,
        mut parts: Parts,
        body: Body,
    ) -> Outcome {
        let (request_id, host_id) = new_ids();
        let method = parts.method.clone();
        let (bucket, key) = answer::path(&parts);
        let unreadable_claim = claim.is_err();
        let origin = cors::origin(&parts);
        if method == Method::OPTIONS {
            return self.preflight(&parts, bucket, key, request_id, &host_id);
        }
        let slot = match claim.and_then(|claim| self.screen(claim, &mut parts)) {
            Ok(slot) => slot,
            Err(fault) => {
                let (mut response, error) = answer::refusal(&fault, &request_id, &host_id);
                finish_s3(&mut response, &method, &request_id, &host_id);
                return Outcome {
                    response,
                    operation: "Unknown".into(),
                    bucket,
                    key,
                    needs: Vec::new(),
                    error: Some(error),
                    unreadable_claim,
                    request_id,
                };
            }
        };
        let (body, form, body_fault) = body::receive(&mut parts, body).await;
        let document = body.bytes().filter(|_| form.is_none());
        let slot = Arc::new(Slot { body_fault, document, form, ..slot });
        parts.extensions.insert(slot.clone());

        let other_path = version2::other_path(&slot, &parts);
        let mut result = self.service.call(Request::from_parts(parts, body)).await;
        if let Some(parts) = other_path.filter(|_| version2::is_mismatch(&result)) {
            let body = slot.document.clone().map_or_else(Body::empty, Body::from);
            result = self.service.call(Request::from_parts(parts, body)).await;
        }
        let (mut response, error) = answer::complete(
            result,
            &slot,
            bucket.as_deref(),
            key.as_deref(),
            &request_id,
            &host_id,
        );
        if let Some((origin, asked)) = origin {
            response.headers_mut().extend(cors::on_answer(
                &self.store,
                bucket.as_deref(),
                &origin,
                &asked,
            ));
        }
        finish_s3(&mut response, &method, &request_id, &host_id);
        let operation = slot.operation.get().cloned().unwrap_or_else(|| "Unknown".into());
        let needs = slot.asked.take(response.status());
        Outcome {
            response,
            operation,
            bucket,
            key,
            needs,
            error,
            unreadable_claim: false,
            request_id,
        }
    }

    /// A browser's question before a cross-origin request.
    fn preflight(
        &self,
        parts: &Parts,
        bucket: Option<String>,
        key: Option<String>,
        request_id: String,
        host_id: &str,
    ) -> Outcome {
        let (mut response, error) = match cors::preflight(&self.store, bucket.as_deref(), parts) {
            Ok(headers) => {
                let mut response = Response::new(Body::empty());
                *response.headers_mut() = headers;
                (response, None)
            }
            Err(fault) => {
                let (response, error) = answer::refusal(&fault, &request_id, host_id);
                (response, Some(error))
            }
        };
        finish_s3(&mut response, &parts.method, &request_id, host_id);
        Outcome {
            response,
            operation: "Preflight".into(),
            bucket,
            key,
            needs: Vec::new(),
            error,
            unreadable_claim: false,
            request_id,
        }
    }

    /// The checks that s3s leaves out or words differently: the claim's service, age, key and token, before the signature is verified.
    fn screen(&self, claim: Claim, parts: &mut Parts) -> Result<Slot, Fault> {
        body::check_transfer(parts)?;
        let claim = match claim {
            Claim::Anonymous => {
                let expires = parts.headers.get(http::header::EXPIRES).cloned();
                lenient::smooth_unsigned(parts);
                return Ok(Slot { expires, ..Slot::default() });
            }
            Claim::V2(claim) => return self.screen_v2(&claim, parts),
            Claim::V4(claim) => claim,
        };
        check_service(&claim)?;
        check_age(&claim)?;
        let key = self.check_key(&claim.access_key, claim.session_token.as_deref())?;
        if claim.signature.len() != 64
            || !claim.signature.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            // s3s would call a signature of another shape a malformed request.
            return Err(Evidence::new(claim, parts.clone()).mismatch());
        }
        if !claim.is_presigned() {
            if header(parts, "x-amz-content-sha256").is_none() {
                return Err(Fault::new("InvalidRequest")
                    .message("Missing required header for this request: x-amz-content-sha256"));
            }
            if !parts.headers.contains_key("x-amz-date")
                && let Ok(value) = http::HeaderValue::from_str(&claim.timestamp)
            {
                // Signed by Date; s3s reads X-Amz-Date alone.
                parts.headers.insert("x-amz-date", value);
            }
        }
        let expires = parts.headers.get(http::header::EXPIRES).cloned();
        let received = parts.clone();
        lenient::smooth_signed(parts, &received, &claim, &key.secret);
        Ok(Slot {
            region: claim.region.clone(),
            evidence: Some(Evidence::new(claim, received)),
            expires,
            ..Slot::default()
        })
    }

    fn screen_v2(&self, claim: &V2Claim, parts: &mut Parts) -> Result<Slot, Fault> {
        let now = OffsetDateTime::now_utc();
        if let Some(time) = claim.time.filter(|time| (now - *time).abs() > MAX_SKEW) {
            return Err(too_skewed(iso8601(time), now));
        }
        self.check_key(&claim.access_key, claim.session_token.as_deref())?;
        let expires = parts.headers.get(http::header::EXPIRES).cloned();
        lenient::smooth_unsigned(parts);
        Ok(Slot { version_2: true, expires, ..Slot::default() })
    }

    fn check_key(&self, id: &str, token: Option<&str>) -> Result<Arc<AccessKey>, Fault> {
        let unknown = || Fault::new("InvalidAccessKeyId").field("AWSAccessKeyId", id);
        let key = self.keys.get(id).ok_or_else(unknown)?;
        match (key.session_token.as_deref(), token) {
            (None, None) => Ok(key),
            // A temporary key means nothing without its token.
            (Some(_), None) => Err(unknown()),
            (expected, given) if expected == given => Ok(key),
            (_, given) => {
                Err(Fault::new("InvalidToken").field("Token-0", given.unwrap_or_default()))
            }
        }
    }
}

fn check_service(claim: &V4Claim) -> Result<(), Fault> {
    if claim.service == "s3" {
        return Ok(());
    }
    let what = format!("incorrect service \"{}\". This endpoint belongs to \"s3\".", claim.service);
    Err(if claim.is_presigned() {
        Fault::new("AuthorizationQueryParametersError")
            .message(format!("Error parsing the X-Amz-Credential parameter; {what}"))
    } else {
        Fault::new("AuthorizationHeaderMalformed")
            .message(format!("The authorization header is malformed; {what}"))
    })
}

fn check_age(claim: &V4Claim) -> Result<(), Fault> {
    let now = OffsetDateTime::now_utc();
    match claim.expires {
        Some(expires) => {
            // First, since nothing can be added to a time at the end of the calendar.
            if claim.time > now + MAX_SKEW {
                return Err(Fault::new("AccessDenied")
                    .message("Request is not valid yet")
                    .field("ServerTime", iso8601(now)));
            }
            if now > claim.time + expires {
                return Err(Fault::new("AccessDenied")
                    .message("Request has expired")
                    .field("X-Amz-Expires", expires.whole_seconds().to_string())
                    .field("Expires", iso8601(claim.time + expires))
                    .field("ServerTime", iso8601(now)));
            }
        }
        None => {
            if (now - claim.time).abs() > MAX_SKEW {
                return Err(too_skewed(claim.timestamp.clone(), now));
            }
        }
    }
    Ok(())
}

fn too_skewed(request: String, now: OffsetDateTime) -> Fault {
    Fault::new("RequestTimeTooSkewed")
        .field("RequestTime", request)
        .field("ServerTime", iso8601(now))
        .field("MaxAllowedSkewMilliseconds", MAX_SKEW.whole_milliseconds().to_string())
}

//! S3 on top of s3s: from a request to its answer, and what each operation is handed.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error, S3ErrorCode, TrailingHeaders};

use crate::access_key::{AccessKey, Keyring};
use crate::fault::Fault;
use crate::iam::Need;
use crate::ids;
use crate::sigv4::{Claim, Evidence, MAX_SKEW};
use crate::store::{Settings, Store};

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
mod screen;
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
    pub(crate) expires: Option<HeaderValue>,
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
    /// # Errors
    /// AccessDenied for an anonymous caller.
    pub(crate) fn caller(&self) -> Result<&AccessKey, Fault> {
        self.slot.caller.get().map(Arc::as_ref).ok_or_else(|| Fault::new("AccessDenied"))
    }

    /// The caller, or nobody.
    pub(crate) fn caller_or_anonymous(&self) -> AccessKey {
        self.slot.caller.get().map_or_else(AccessKey::anonymous, |key| AccessKey::clone(key))
    }

    /// Reads or changes a bucket's settings.
    ///
    /// # Errors
    /// NoSuchBucket.
    pub(crate) fn settings<T>(
        &self,
        bucket: &str,
        f: impl FnOnce(&mut Settings) -> T,
    ) -> Result<T, Fault> {
        self.store.with(bucket, |bucket| Ok(f(&mut bucket.settings)))
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
        let (request_id, host_id) = (ids::request_id(), ids::host_id());
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
                answer::finish(&mut response, &method, &request_id, &host_id);
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
        answer::finish(&mut response, &method, &request_id, &host_id);
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
        answer::finish(&mut response, &parts.method, &request_id, host_id);
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
}

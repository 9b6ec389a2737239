//! The HTTP service in front: which service a request is for, and the log of the calls.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::Body;
use tokio::net::TcpListener;

use crate::access_key::Keyring;
use crate::bedrock::Bedrock;
use crate::calls::{Call, CallLog, Entry, Sender, Service};
use crate::fault::Fault;
use crate::latency::{Delayed, Delays};
use crate::query_api::Api;
use crate::s3::S3;
use crate::sagemaker::SageMaker;
use crate::sigv4::{Claim, Query, V4Claim};
use crate::{bedrock, iam, rest_json, sagemaker, sts};

mod drain;

use drain::Drained;

/// Everything that serves requests.
#[derive(Clone)]
pub(crate) struct Front {
    keys: Arc<Keyring>,
    calls: Arc<CallLog>,
    s3: Arc<S3>,
    bedrock: Arc<Bedrock>,
    sagemaker: Arc<SageMaker>,
}

impl Front {
    pub(crate) fn new(
        keys: Arc<Keyring>,
        calls: Arc<CallLog>,
        legacy_bucket_defaults: bool,
    ) -> Self {
        let s3 = Arc::new(S3::new(keys.clone(), legacy_bucket_defaults));
        let bedrock = Arc::new(Bedrock::new(keys.clone(), calls.clone()));
        let sagemaker = Arc::new(SageMaker::new(keys.clone(), calls.clone()));
        Self { keys, calls, s3, bedrock, sagemaker }
    }

    /// Accepts connections until the listener fails for good; answers are held back by `delays`.
    pub(crate) async fn serve(self, listener: TcpListener, delays: Option<Arc<Delays>>) {
        let mut failures = 0;
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, mostly: passes when connections close.
                    failures += 1;
                    tracing::warn!(%error, "a connection was not accepted");
                    if failures > 1_000 {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            failures = 0;
            // Small answers would otherwise wait for the client's delayed acknowledgement.
            let _ = stream.set_nodelay(true);
            let front = self.clone();
            let delays = delays.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let front = front.clone();
                    async move { Ok::<_, Infallible>(front.handle(request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), Delayed::new(service, delays));
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended early");
                }
            });
        }
    }

    async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let body = Body::http_body(Drained::new(body, &parts));
        let claim = Claim::read(&parts);
        match claim {
            Ok(Claim::V4(claim)) if claim.service == Service::Sts.as_str() => {
                self.query(&sts::API, *claim, parts, body, started).await
            }
            Ok(Claim::V4(claim)) if claim.service == Service::Iam.as_str() => {
                self.query(&iam::API, *claim, parts, body, started).await
            }
            Ok(Claim::V4(claim)) if claim.service == Service::Bedrock.as_str() => {
                self.bedrock.serve(*claim, parts, body, started).await
            }
            Ok(Claim::V4(claim)) if claim.service == Service::SageMaker.as_str() => {
                self.sagemaker.serve(*claim, parts, body, started).await
            }
            claim => match runtime(&claim, &parts) {
                Some((service, operation)) => {
                    let entry = Entry::open(self.calls.clone(), service, operation, None, started);
                    rest_json::unsigned(&claim, &parts).send(entry)
                }
                None => {
                    let (response, call) = self.s3(claim, parts, body, started).await;
                    self.calls.push(call);
                    response
                }
            },
        }
    }

    async fn query(
        &self,
        api: &Api,
        claim: V4Claim,
        parts: Parts,
        body: Body,
        started: Instant,
    ) -> Response<Body> {
        let (response, call) = api.serve(&self.keys, claim, parts, body, started).await;
        self.calls.push(call);
        response
    }

    async fn s3(
        &self,
        claim: Result<Claim, Fault>,
        parts: Parts,
        body: Body,
        started: Instant,
    ) -> (Response<Body>, Call) {
        let access_key = match &claim {
            Ok(Claim::V4(claim)) => Some(claim.access_key.clone()),
            Ok(Claim::V2(claim)) => Some(claim.access_key.clone()),
            _ => None,
        };
        let sender = Sender::of(&parts);
        let prefix = Query::parse(parts.uri.query().unwrap_or_default()).get("prefix");
        let prefix = prefix.map(|prefix| prefix.into_owned());
        let outcome = self.s3.answer(claim, parts, body).await;
        let status = outcome.response.status().as_u16();
        let call = Call {
            access_key,
            app_name: sender.app_name,
            presigned: sender.presigned,
            needs: outcome.needs,
            bucket: outcome.bucket,
            key: outcome.key,
            prefix,
            status,
            answer_bytes: http_body::Body::size_hint(outcome.response.body()).exact(),
            refused: matches!(status, 401 | 403) || outcome.unreadable_claim,
            error: outcome.error,
            duration: started.elapsed(),
            ..Call::of(Service::S3, &outcome.operation, outcome.request_id)
        };
        (outcome.response, call)
    }
}

/// The runtime that a request without a readable scope means: told by its path.
///
/// Nothing is taken from S3, whose buckets may be named `model` or `endpoints`: there, a POST to a key always has a query, and a form is posted to the bucket itself.
fn runtime(claim: &Result<Claim, Fault>, parts: &Parts) -> Option<(Service, &'static str)> {
    let unsigned = matches!(claim, Ok(Claim::Anonymous) | Err(_));
    if !unsigned || parts.method != Method::POST || parts.uri.query().is_some() {
        return None;
    }
    match parts.uri.path().split('/').nth(1)? {
        "model" => match bedrock::Operation::read(parts) {
            bedrock::Operation::Unknown => None,
            operation => Some((Service::Bedrock, operation.name())),
        },
        "endpoints" => match sagemaker::Operation::read(parts) {
            sagemaker::Operation::Unknown => None,
            operation => Some((Service::SageMaker, operation.name())),
        },
        _ => None,
    }
}

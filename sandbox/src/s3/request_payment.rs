//! Who pays for requests to a bucket: stored and told, without effect on requests.
//!
//! Source: PutBucketRequestPayment, S3 API Reference.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;

pub(super) async fn get(
    cx: Cx,
    input: GetBucketRequestPaymentInput,
) -> Result<S3Response<GetBucketRequestPaymentOutput>, Fault> {
    let requester_pays = cx.settings(&input.bucket, |settings| settings.requester_pays)?;
    let payer = if requester_pays { Payer::REQUESTER } else { Payer::BUCKET_OWNER };
    Ok(S3Response::new(GetBucketRequestPaymentOutput { payer: Some(Payer::from_static(payer)) }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketRequestPaymentInput,
) -> Result<S3Response<PutBucketRequestPaymentOutput>, Fault> {
    let requester_pays = match input.request_payment_configuration.payer.as_str() {
        Payer::REQUESTER => true,
        Payer::BUCKET_OWNER => false,
        _ => return Err(Fault::new("MalformedXML")),
    };
    cx.settings(&input.bucket, |settings| settings.requester_pays = requester_pays)?;
    Ok(S3Response::new(PutBucketRequestPaymentOutput::default()))
}

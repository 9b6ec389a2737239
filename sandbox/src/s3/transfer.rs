//! Who pays for transfers, and whether they are accelerated: stored and told, without effect on requests.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;
use crate::store::Missing;

pub(super) async fn get_request_payment(
    cx: Cx,
    input: GetBucketRequestPaymentInput,
) -> Result<S3Response<GetBucketRequestPaymentOutput>, Fault> {
    let requester_pays =
        cx.store.with(&input.bucket, |bucket| Ok::<_, Missing>(bucket.settings.requester_pays))?;
    let payer = if requester_pays { Payer::REQUESTER } else { Payer::BUCKET_OWNER };
    Ok(S3Response::new(GetBucketRequestPaymentOutput { payer: Some(Payer::from_static(payer)) }))
}

pub(super) async fn put_request_payment(
    cx: Cx,
    input: PutBucketRequestPaymentInput,
) -> Result<S3Response<PutBucketRequestPaymentOutput>, Fault> {
    let requester_pays = match input.request_payment_configuration.payer.as_str() {
        Payer::REQUESTER => true,
        Payer::BUCKET_OWNER => false,
        _ => return Err(Fault::new("MalformedXML")),
    };
    cx.store.with(&input.bucket, |bucket| {
        bucket.settings.requester_pays = requester_pays;
        Ok::<_, Missing>(())
    })?;
    Ok(S3Response::new(PutBucketRequestPaymentOutput::default()))
}

/// A bucket that was never told answers without a status.
pub(super) async fn get_acceleration(
    cx: Cx,
    input: GetBucketAccelerateConfigurationInput,
) -> Result<S3Response<GetBucketAccelerateConfigurationOutput>, Fault> {
    let status = cx
        .store
        .with(&input.bucket, |bucket| Ok::<_, Missing>(bucket.settings.acceleration.clone()))?;
    Ok(S3Response::new(GetBucketAccelerateConfigurationOutput { status, ..Default::default() }))
}

pub(super) async fn put_acceleration(
    cx: Cx,
    input: PutBucketAccelerateConfigurationInput,
) -> Result<S3Response<PutBucketAccelerateConfigurationOutput>, Fault> {
    let status = input
        .accelerate_configuration
        .status
        .filter(|status| matches!(status.as_str(), "Enabled" | "Suspended"))
        .ok_or_else(|| Fault::new("MalformedXML"))?;
    if input.bucket.contains('.') {
        // The accelerated endpoint's certificate covers one label.
        return Err(Fault::new("InvalidRequest").message(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        ));
    }
    cx.store.with(&input.bucket, |bucket| {
        bucket.settings.acceleration = Some(status);
        Ok::<_, Missing>(())
    })?;
    Ok(S3Response::new(PutBucketAccelerateConfigurationOutput::default()))
}

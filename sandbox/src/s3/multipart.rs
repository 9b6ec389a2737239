//! Multipart uploads.

use s3s::S3Response;
use s3s::dto::*;

use super::listing::{Encoding, delimiter, page_length};
use super::{Cx, convert};
use crate::fault::Fault;
use crate::store::Missing;

pub(super) async fn list_uploads(
    cx: Cx,
    input: ListMultipartUploadsInput,
) -> Result<S3Response<ListMultipartUploadsOutput>, Fault> {
    let encoding = Encoding::read(input.encoding_type)?;
    let length = page_length("max-uploads", input.max_uploads)?;
    let prefix = input.prefix.unwrap_or_default();
    let key_marker = input.key_marker.unwrap_or_default();
    // Without a key marker an upload id marker is ignored (ListMultipartUploads, S3 API Reference).
    let id_marker = input
        .upload_id_marker
        .as_deref()
        .filter(|marker| !marker.is_empty() && !key_marker.is_empty());
    let delimiter = delimiter(input.delimiter.as_deref());
    let (page, owner) = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>((
            bucket.list_uploads(&prefix, delimiter, &key_marker, id_marker, length as usize),
            bucket.owner.clone(),
        ))
    })?;
    let (next_key_marker, next_upload_id_marker) = page.last.filter(|_| page.truncated).unzip();
    let uploads = page.uploads.into_iter().map(|(key, id, upload)| MultipartUpload {
        checksum_algorithm: upload
            .checksum
            .map(|(algorithm, _)| ChecksumAlgorithm::from_static(algorithm.as_str())),
        checksum_type: upload.checksum.map(|(_, kind)| ChecksumType::from_static(kind.as_str())),
        initiated: Some(upload.initiated.into()),
        initiator: Some(Initiator {
            display_name: Some(upload.initiator.user_id),
            id: Some(upload.initiator.arn),
        }),
        key: Some(encoding.name(&key)),
        owner: Some(convert::owner(&owner)),
        storage_class: Some(StorageClass::from(
            upload.metadata.storage_class.unwrap_or_else(|| "STANDARD".into()),
        )),
        upload_id: Some(id),
    });
    Ok(S3Response::new(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        common_prefixes: Some(
            page.prefixes
                .iter()
                .map(|prefix| CommonPrefix { prefix: Some(encoding.name(prefix)) })
                .collect(),
        ),
        delimiter: encoding.option(delimiter),
        encoding_type: encoding.shown(),
        is_truncated: Some(page.truncated),
        key_marker: Some(encoding.name(&key_marker)),
        max_uploads: Some(length),
        next_key_marker: next_key_marker.map(|key| encoding.name(&key)),
        next_upload_id_marker,
        prefix: Some(encoding.name(&prefix)),
        upload_id_marker: Some(input.upload_id_marker.unwrap_or_default()),
        uploads: Some(uploads.collect()),
        ..Default::default()
    }))
}

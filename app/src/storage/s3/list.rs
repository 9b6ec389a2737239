//! Listings of a bucket.

use aws_sdk_s3::types::{EncodingType, Object};
use percent_encoding::percent_decode_str;

use super::super::error::StorageError;
use super::super::key::ObjectKey;
use super::super::listing::{ListPage, ListRequest, ObjectEntry};
use super::super::prefix::{KeyPrefix, Prefix};
use super::error::{Failure, S3Error};
use super::operation::Operation;
use super::{S3Backend, token, whole_seconds};

pub(super) async fn list_page(
    backend: &S3Backend,
    key_prefix: &KeyPrefix,
    whole_prefix: &Prefix,
    request: &ListRequest,
) -> Result<ListPage, StorageError> {
    let call = backend
        .client
        .list_objects_v2()
        .bucket(&backend.bucket)
        .prefix(whole_prefix.as_str())
        .max_keys(i32::from(request.page_size))
        .set_delimiter(request.by_folder.then(|| "/".to_owned()))
        .set_continuation_token(request.continue_from.as_ref().map(ToString::to_string))
        // XML has no way to write control characters, which keys of other writers may have.
        .encoding_type(EncodingType::Url);
    let output = call.send().await.map_err(|error| {
        let failure = Failure::new(error);
        match (failure.code(), &request.continue_from) {
            (Some("InvalidArgument"), Some(_)) => StorageError::ContinuationToken,
            _ => failure.of(backend, Operation::LIST_OBJECTS, whole_prefix.as_str()),
        }
    })?;
    // A server that ignores the parameter does not echo it either.
    let names = Names { encoded: output.encoding_type() == Some(&EncodingType::Url), key_prefix };
    let mut page = ListPage::default();
    for object in output.contents.unwrap_or_default() {
        let name = names.decode(object.key().unwrap_or_default());
        match names.relative(&name).map(ObjectKey::new) {
            Some(Ok(key)) => page.entries.push(entry(key, object)),
            _ => page.unaddressable.push(name),
        }
    }
    for common in output.common_prefixes.unwrap_or_default() {
        let name = names.decode(common.prefix().unwrap_or_default());
        match names.relative(&name).map(Prefix::new) {
            Some(Ok(prefix)) => page.common_prefixes.push(prefix),
            _ => page.unaddressable.push(name),
        }
    }
    page.next = token(output.next_continuation_token);
    if output.is_truncated == Some(true) && page.next.is_none() {
        let message = "the server says that there are more keys, but not how to ask for them";
        return Err(S3Error::bad_answer(
            backend,
            Operation::LIST_OBJECTS,
            whole_prefix.as_str(),
            message.to_owned(),
        ));
    }
    if output.is_truncated == Some(false) {
        page.next = None;
    }
    Ok(page)
}

struct Names<'a> {
    encoded: bool,
    key_prefix: &'a KeyPrefix,
}

impl Names<'_> {
    fn decode(&self, name: &str) -> String {
        if self.encoded {
            // S3 encodes like an HTML form: a blank is a `+`.
            let name = name.replace('+', " ");
            percent_decode_str(&name).decode_utf8_lossy().into_owned()
        } else {
            name.to_owned()
        }
    }

    fn relative<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.key_prefix.strip(name)
    }
}

fn entry(key: ObjectKey, object: Object) -> ObjectEntry {
    ObjectEntry {
        key,
        size_bytes: object.size().and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
        last_modified: whole_seconds(object.last_modified().copied()),
        etag: object.e_tag.unwrap_or_default(),
    }
}

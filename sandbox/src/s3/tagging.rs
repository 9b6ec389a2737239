//! Tags of buckets and objects.
//!
//! Source: "Categorizing your objects using tags", S3 User Guide; "Tag restrictions", Billing User Guide.

use std::collections::HashSet;

use quick_xml::events::Event;
use s3s::S3Response;
use s3s::dto::*;

use super::{Cx, convert};
use crate::fault::Fault;
use crate::sigv4::Query;
use crate::store::{Bucket, VersionId, Versioning};

/// The most tags of an object, and of a bucket.
const MAX_OBJECT_TAGS: usize = 10;
const MAX_BUCKET_TAGS: usize = 50;

/// A list of tags as it is stored.
pub(super) type Tags = Vec<(String, String)>;

/// The `x-amz-tagging` header: tags as a query string.
///
/// # Errors
/// InvalidArgument, InvalidTag, BadRequest for too many.
pub(super) fn parse_header(header: &str) -> Result<Tags, Fault> {
    let form = header.replace('+', " ");
    let mut tags: Tags = Query::parse(&form).into_pairs();
    tags.sort();
    let names: HashSet<&str> = tags.iter().map(|(key, _)| key.as_str()).collect();
    if names.len() != tags.len() || tags.iter().any(|(key, _)| key.is_empty()) {
        return Err(Fault::new("InvalidArgument")
            .message("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
            .field("ArgumentName", "x-amz-tagging")
            .field("ArgumentValue", header));
    }
    check(&tags, MAX_OBJECT_TAGS)?;
    Ok(tags)
}

fn check(tags: &Tags, most: usize) -> Result<(), Fault> {
    if tags.len() > most {
        let what = if most == MAX_OBJECT_TAGS { "Object" } else { "Bucket" };
        return Err(
            Fault::new("BadRequest").message(format!("{what} tags cannot be greater than {most}"))
        );
    }
    let mut seen = HashSet::new();
    for (key, value) in tags {
        if key.is_empty() || key.chars().count() > 128 || !key.chars().all(is_allowed) {
            return Err(Fault::new("InvalidTag")
                .message("The TagKey you have provided is invalid")
                .field("TagKey", key));
        }
        if value.chars().count() > 256 || !value.chars().all(is_allowed) {
            return Err(Fault::new("InvalidTag")
                .message("The TagValue you have provided is invalid")
                .field("TagKey", key)
                .field("TagValue", value));
        }
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(Fault::new("InvalidTag")
                .message("System tags cannot be added/updated by requester")
                .field("TagKey", key));
        }
        if !seen.insert(key) {
            return Err(Fault::new("InvalidTag")
                .message("Cannot provide multiple Tags with the same key")
                .field("TagKey", key));
        }
    }
    Ok(())
}

/// Letters, digits, spaces and `+ - = . _ : / @`.
fn is_allowed(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "+-=._:/@".contains(character)
}

fn from_document(tagging: Tagging, most: usize) -> Result<Tags, Fault> {
    let tags = tagging.tag_set.into_iter().map(|tag| match (tag.key, tag.value) {
        (Some(key), value) => Ok((key, value.unwrap_or_default())),
        (None, _) => Err(Fault::new("MalformedXML")),
    });
    let tags = tags.collect::<Result<Tags, Fault>>()?;
    check(&tags, most)?;
    Ok(tags)
}

/// The `Tags` of a CreateBucketConfiguration.
///
/// # Errors
/// MalformedXML, and as for PutBucketTagging.
pub(super) fn of_new_bucket(document: &[u8]) -> Result<Option<Tags>, Fault> {
    let tags = read_document(document, b"Tags")?;
    if let Some(tags) = &tags {
        check(tags, MAX_BUCKET_TAGS)?;
    }
    Ok(tags.filter(|tags| !tags.is_empty()))
}

/// The `tagging` field of a form, a Tagging document, as an `x-amz-tagging` header.
///
/// # Errors
/// MalformedXML, and as for PutObjectTagging.
pub(super) fn from_form(document: &str) -> Result<String, Fault> {
    let tags =
        read_document(document.as_bytes(), b"TagSet")?.ok_or_else(|| Fault::new("MalformedXML"))?;
    check(&tags, MAX_OBJECT_TAGS)?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(tags);
    Ok(query.finish())
}

/// The tags in the element `list` of a document.
fn read_document(document: &[u8], list: &[u8]) -> Result<Option<Tags>, Fault> {
    let malformed = || Fault::new("MalformedXML");
    let mut reader = quick_xml::Reader::from_reader(document);
    let mut tags: Option<Tags> = None;
    let mut path: Vec<Vec<u8>> = Vec::new();
    loop {
        match reader.read_event().map_err(|_| malformed())? {
            Event::Start(element) => {
                path.push(element.local_name().as_ref().to_vec());
                match path.last().map(Vec::as_slice) {
                    Some(name) if name == list => tags = Some(Tags::new()),
                    Some(b"Tag") => {
                        tags.iter_mut().for_each(|tags| tags.push(Default::default()));
                    }
                    _ => {}
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => {
                let text = text.decode().map_err(|_| malformed())?;
                append(&path, tags.as_mut(), &text);
            }
            Event::GeneralRef(reference) => {
                let name = reference.decode().map_err(|_| malformed())?;
                let text = quick_xml::escape::unescape(&format!("&{name};"))
                    .map_err(|_| malformed())?
                    .into_owned();
                append(&path, tags.as_mut(), &text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(tags)
}

/// Text arrives in pieces, around each entity.
fn append(path: &[Vec<u8>], tags: Option<&mut Tags>, text: &str) {
    let Some((key, value)) = tags.and_then(|tags| tags.last_mut()) else { return };
    let of_tag = path.iter().rev().nth(1).is_some_and(|name| name == b"Tag");
    match path.last().map(Vec::as_slice) {
        Some(b"Key") if of_tag => key.push_str(text),
        Some(b"Value") if of_tag => value.push_str(text),
        _ => {}
    }
}

fn to_document(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag { key: Some(key.clone()), value: Some(value.clone()) })
        .collect()
}

pub(super) async fn get_bucket(
    cx: Cx,
    input: GetBucketTaggingInput,
) -> Result<S3Response<GetBucketTaggingOutput>, Fault> {
    let tags = cx.settings(&input.bucket, |settings| settings.tags.clone())?;
    let tags = tags.ok_or_else(|| Fault::new("NoSuchTagSet").field("BucketName", &input.bucket))?;
    Ok(S3Response::new(GetBucketTaggingOutput { tag_set: to_document(&tags) }))
}

pub(super) async fn put_bucket(
    cx: Cx,
    input: PutBucketTaggingInput,
) -> Result<S3Response<PutBucketTaggingOutput>, Fault> {
    let tags = from_document(input.tagging, MAX_BUCKET_TAGS)?;
    cx.settings(&input.bucket, |settings| settings.tags = (!tags.is_empty()).then_some(tags))?;
    let mut response = S3Response::new(PutBucketTaggingOutput::default());
    response.status = Some(http::StatusCode::NO_CONTENT);
    Ok(response)
}

pub(super) async fn delete_bucket(
    cx: Cx,
    input: DeleteBucketTaggingInput,
) -> Result<S3Response<DeleteBucketTaggingOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.tags = None)?;
    Ok(S3Response::new(DeleteBucketTaggingOutput::default()))
}

/// Runs `f` on the tags of a version; the version's id, where the bucket has versions.
fn with_tags<T>(
    cx: &Cx,
    bucket: &str,
    key: &str,
    id: Option<&str>,
    f: impl FnOnce(&mut Tags) -> T,
) -> Result<(T, Option<String>), Fault> {
    let id = id.map(VersionId::parse);
    cx.store.with(bucket, |bucket: &mut Bucket| {
        let versioned = bucket.settings.versioning != Versioning::Unversioned;
        let version = bucket
            .version_mut(key, id.as_ref())
            .map_err(|missing| convert::missing_version(missing, key, id.as_ref()))?;
        if version.is_marker() {
            return Err(convert::delete_marker(cx));
        }
        let shown = convert::version_id(Some(&version.id).filter(|_| versioned));
        Ok((f(&mut version.properties.tags), shown))
    })
}

pub(super) async fn get_object(
    cx: Cx,
    input: GetObjectTaggingInput,
) -> Result<S3Response<GetObjectTaggingOutput>, Fault> {
    let (tag_set, version_id) =
        with_tags(&cx, &input.bucket, &input.key, input.version_id.as_deref(), |tags| {
            to_document(tags)
        })?;
    Ok(S3Response::new(GetObjectTaggingOutput { tag_set, version_id }))
}

pub(super) async fn put_object(
    cx: Cx,
    input: PutObjectTaggingInput,
) -> Result<S3Response<PutObjectTaggingOutput>, Fault> {
    let tags = from_document(input.tagging, MAX_OBJECT_TAGS)?;
    let ((), version_id) =
        with_tags(&cx, &input.bucket, &input.key, input.version_id.as_deref(), |stored| {
            *stored = tags
        })?;
    Ok(S3Response::new(PutObjectTaggingOutput { version_id }))
}

pub(super) async fn delete_object(
    cx: Cx,
    input: DeleteObjectTaggingInput,
) -> Result<S3Response<DeleteObjectTaggingOutput>, Fault> {
    let ((), version_id) =
        with_tags(&cx, &input.bucket, &input.key, input.version_id.as_deref(), Tags::clear)?;
    Ok(S3Response::new(DeleteObjectTaggingOutput { version_id }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_form() {
        assert_eq!(
            parse_header("a=1&b%20c=d+e&f").unwrap(),
            [("a".into(), "1".into()), ("b c".into(), "d e".into()), ("f".into(), String::new())]
        );
        assert_eq!(parse_header("a=1&a=2").unwrap_err().code, "InvalidArgument");
        assert_eq!(parse_header("aws:x=1").unwrap_err().code, "InvalidTag");
        let eleven: Vec<String> = (0..11).map(|number| format!("k{number}=v")).collect();
        assert_eq!(parse_header(&eleven.join("&")).unwrap_err().code, "BadRequest");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(check(&vec![("ü".repeat(128), "ü".repeat(256))], 10).is_ok());
        assert!(check(&vec![("ü".repeat(129), String::new())], 10).is_err());
        assert!(check(&vec![("k".into(), "ü".repeat(257))], 10).is_err());
    }
}

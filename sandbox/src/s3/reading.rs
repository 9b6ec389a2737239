//! The read side of an object: which version, under which conditions, which of its bytes, with which headers.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::dto::*;

use super::conditions::{ReadConditions, Unmet, failed};
use super::convert::{self, ChecksumFields};
use super::multipart::check_part_number;
use super::{Cx, encryption, lifecycle};
use crate::fault::Fault;
use crate::sigv4::{Query, iso8601};
use crate::store::{Object as Stored, Part, Version, VersionId, Versioning};

/// What a read asks for.
pub(super) struct Read {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) version: Option<String>,
    pub(super) conditions: ReadConditions,
    pub(super) range: Option<Range>,
    pub(super) part: Option<i32>,
}

/// The version that a read found, and which of its bytes it wants.
pub(super) struct Found {
    pub(super) version: Version,
    pub(super) object: Arc<Stored>,
    pub(super) versioned: bool,
    pub(super) range: std::ops::Range<u64>,
    /// A range or a part was asked for: 206.
    pub(super) partial: bool,
    pub(super) parts_count: Option<i32>,
    /// `x-amz-expiration`.
    pub(super) expiration: Option<String>,
    /// The one part asked for.
    pub(super) part: Option<Part>,
}

impl Read {
    pub(super) fn find(self, cx: &Cx) -> Result<Found, Fault> {
        encryption::check_read(cx)?;
        let id = self.version.as_deref().map(VersionId::parse);
        let (version, versioned, expiration) = cx
            .store
            .with(&self.bucket, |bucket| {
                bucket.version(&self.key, id.as_ref()).map(|version| {
                    let versioned = bucket.settings.versioning != Versioning::Unversioned;
                    // A rule's days count for the current version alone.
                    let expiration = id
                        .is_none()
                        .then(|| lifecycle::expiration(bucket, &self.key, version))
                        .flatten();
                    (version.clone(), versioned, expiration)
                })
            })
            .map_err(|missing| convert::missing_version(missing, &self.key, id.as_ref()))?;
        let Some(object) = version.object().cloned() else {
            // A delete marker has no representation, only its own headers.
            return Err(convert::delete_marker(cx)
                .header("allow", "DELETE")
                .header("x-amz-delete-marker", "true")
                .header("x-amz-version-id", version.id.as_str())
                .header("last-modified", &httpdate::fmt_http_date(version.modified)));
        };
        match self.conditions.decide(&object.etag, version.modified) {
            Ok(()) => {}
            Err(Unmet::Failed(condition)) => return Err(failed(condition)),
            Err(Unmet::NotModified) => {
                let mut fault = Fault::new("NotModified")
                    .header("etag", &format!("\"{}\"", object.etag))
                    .header("last-modified", &httpdate::fmt_http_date(version.modified));
                if versioned {
                    fault = fault.header("x-amz-version-id", version.id.as_str());
                }
                return Err(fault);
            }
        }
        encryption::check_customer_key(&object.metadata, cx, encryption::CUSTOMER)?;
        let mut found = Found {
            range: 0..object.content.len(),
            partial: false,
            parts_count: None,
            part: None,
            expiration,
            version,
            object,
            versioned,
        };
        match (self.part, self.range) {
            (Some(_), Some(_)) => {
                return Err(Fault::new("InvalidRequest")
                    .message("Cannot specify both Range header and partNumber query parameter"));
            }
            (Some(number), None) => found.select_part(number)?,
            (None, Some(range)) => found.select_range(&range, cx)?,
            (None, None) => {}
        }
        Ok(found)
    }
}

impl Found {
    fn select_part(&mut self, number: i32) -> Result<(), Fault> {
        check_part_number(number)?;
        let parts = &self.object.parts;
        let absent = || {
            Fault::new("InvalidPartNumber")
                .field("ActualPartCount", parts.len().max(1).to_string())
                .field("PartNumberRequested", number.to_string())
        };
        self.partial = true;
        if parts.is_empty() {
            // A single upload is its own part 1.
            return if number == 1 { Ok(()) } else { Err(absent()) };
        }
        // Parts keep the order of their numbers; asked for is the position in that order.
        let index = usize::try_from(number - 1)
            .ok()
            .filter(|index| *index < parts.len())
            .ok_or_else(absent)?;
        let start: u64 = parts[..index].iter().map(|part| part.content.len()).sum();
        self.range = start..start + parts[index].content.len();
        self.parts_count = i32::try_from(parts.len()).ok();
        self.part = Some(parts[index].clone());
        Ok(())
    }

    fn select_range(&mut self, range: &Range, cx: &Cx) -> Result<(), Fault> {
        let length = self.object.content.len();
        let unsatisfiable = || {
            Fault::new("InvalidRange")
                .field("RangeRequested", cx.header("range").unwrap_or_default())
                .field("ActualObjectSize", length.to_string())
                .header("content-range", &format!("bytes */{length}"))
        };
        self.range = match *range {
            Range::Int { first, .. } if first >= length => return Err(unsatisfiable()),
            Range::Int { first, last } => first..last.map_or(length, |last| (last + 1).min(length)),
            Range::Suffix { length: 0 } => return Err(unsatisfiable()),
            Range::Suffix { .. } if length == 0 => return Err(unsatisfiable()),
            Range::Suffix { length: wanted } => length.saturating_sub(wanted)..length,
        };
        self.partial = true;
        Ok(())
    }

    pub(super) fn length(&self) -> i64 {
        (self.range.end - self.range.start) as i64
    }

    pub(super) fn content_range(&self) -> Option<String> {
        // An empty object's part 1 has no byte to name.
        (self.partial && !self.range.is_empty()).then(|| {
            format!(
                "bytes {}-{}/{}",
                self.range.start,
                self.range.end - 1,
                self.object.content.len()
            )
        })
    }

    pub(super) fn shown_version(&self) -> Option<String> {
        self.versioned.then(|| self.version.id.as_str().to_owned())
    }

    /// The checksum, where the client asked for it; of a part when a part was asked for, and none for a range.
    pub(super) fn checksum(&self, cx: &Cx) -> ChecksumFields {
        if !cx
            .header("x-amz-checksum-mode")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"))
        {
            return ChecksumFields::default();
        }
        let stored = self.object.checksum.as_ref();
        match (&self.part, stored) {
            (Some(part), Some(stored)) => match &part.checksum {
                Some(value) => ChecksumFields {
                    kind: Some(ChecksumType::from_static(stored.kind.as_str())),
                    ..ChecksumFields::value(stored.algorithm, value.clone())
                },
                None => ChecksumFields::default(),
            },
            _ if self.range.end - self.range.start != self.object.content.len() => {
                ChecksumFields::default()
            }
            _ => ChecksumFields::of(stored),
        }
    }

    /// The stored headers.
    pub(super) fn headers(&self) -> HeaderMap {
        let metadata = &self.object.metadata;
        let mut headers = encryption::headers(metadata);
        let fields = [
            (
                "content-type",
                Some(metadata.content_type.as_deref().unwrap_or("binary/octet-stream")),
            ),
            ("cache-control", metadata.cache_control.as_deref()),
            ("content-disposition", metadata.content_disposition.as_deref()),
            ("content-encoding", metadata.content_encoding.as_deref()),
            ("content-language", metadata.content_language.as_deref()),
            ("expires", metadata.expires.as_deref()),
            ("x-amz-website-redirect-location", metadata.website_redirect.as_deref()),
        ];
        for (name, value) in fields {
            if let Some(value) =
                value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
            {
                headers.insert(name, value);
            }
        }
        if let Some(retention) = &self.version.properties.retention {
            insert(&mut headers, "x-amz-object-lock-mode", &retention.mode);
            insert(
                &mut headers,
                "x-amz-object-lock-retain-until-date",
                &iso8601(retention.until.into()),
            );
        }
        if self.version.properties.legal_hold {
            insert(&mut headers, "x-amz-object-lock-legal-hold", "ON");
        }
        headers
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// `response-*` parameters replace stored headers.
///
/// # Errors
/// InvalidRequest for an anonymous caller, InvalidArgument for what is no header's value.
pub(super) fn overrides(cx: &Cx, mut headers: HeaderMap) -> Result<HeaderMap, Fault> {
    let query = Query::parse(cx.uri.query().unwrap_or_default());
    for (parameter, name) in [
        ("response-content-type", "content-type"),
        ("response-content-language", "content-language"),
        ("response-expires", "expires"),
        ("response-cache-control", "cache-control"),
        ("response-content-disposition", "content-disposition"),
        ("response-content-encoding", "content-encoding"),
    ] {
        if let Some(value) = query.get(parameter) {
            if cx.slot.caller.get().is_none() {
                return Err(Fault::new("InvalidRequest").message(
                    "Request specific response headers cannot be used for anonymous GET requests.",
                ));
            }
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                Fault::new("InvalidArgument")
                    .message("Header value cannot be represented using ISO-8859-1.")
                    .field("ArgumentName", parameter)
                    .field("ArgumentValue", value.clone())
            })?;
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    Ok(headers)
}

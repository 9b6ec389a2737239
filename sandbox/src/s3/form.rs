//! What of an upload by a form s3s leaves out: `${filename}` in the key, the fields that are no header of an upload.
//!
//! Source: "POST Object", S3 API Reference; "Creating an HTML form (using AWS Signature Version 4)", S3 API Reference.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, header};

use crate::fault::Fault;
use crate::sigv4::header as text;

/// What a form's key may hold in place of the name of the user's file.
const PLACEHOLDER: &str = "${filename}";

/// The fields before the file, names in lower case; what comes after the file is ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    /// Where the key stands in the body.
    key: Option<Range<usize>>,
    filename: String,
}

/// The boundary of a form, where the request carries one.
pub(super) fn boundary(parts: &Parts) -> Option<String> {
    let kind = text(parts, header::CONTENT_TYPE.as_str())?;
    let (essence, parameters) = kind.split_once(';')?;
    if parts.method != Method::POST || !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"').to_owned())
    })
}

impl Form {
    /// Reads a form; `None` for what is none, which s3s refuses.
    pub(super) fn read(body: &[u8], boundary: &str) -> Option<Self> {
        let delimiter = format!("--{boundary}");
        let mut form = Self::default();
        let mut at = find(body, delimiter.as_bytes(), 0)? + delimiter.len();
        while body.get(at..at + 2)? == b"\r\n" {
            let headers_end = find(body, b"\r\n\r\n", at)?;
            let headers = String::from_utf8_lossy(body.get(at + 2..headers_end)?).into_owned();
            let disposition = headers
                .split("\r\n")
                .find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
            let name = parameter(disposition, "name")?.to_ascii_lowercase();
            let start = headers_end + 4;
            if name == "file" {
                // Of a path, as some browsers send, the last segment counts.
                let path = parameter(disposition, "filename").unwrap_or_default();
                form.filename = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
                return Some(form);
            }
            let end = find(body, format!("\r\n{delimiter}").as_bytes(), start)?;
            if name == "key" {
                form.key = Some(start..end);
            }
            let value = String::from_utf8_lossy(&body[start..end]).into_owned();
            form.fields.push((name, value));
            at = end + 2 + delimiter.len();
        }
        None
    }

    /// A field's value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The key that comes out.
    pub(super) fn key(&self) -> Option<String> {
        self.get("key").map(|key| key.replace(PLACEHOLDER, &self.filename))
    }

    /// The body with the file's name in the key: the policy is held against the key that comes out.
    pub(super) fn with_filename(&self, body: Bytes) -> Bytes {
        match (&self.key, self.get("key")) {
            (Some(range), Some(key)) if key.contains(PLACEHOLDER) => [
                &body[..range.start],
                key.replace(PLACEHOLDER, &self.filename).as_bytes(),
                &body[range.end..],
            ]
            .concat()
            .into(),
            _ => body,
        }
    }

    /// # Errors
    /// InvalidArgument for a policy without a signature, InvalidPolicyDocument for an expiration that is no ISO 8601 date in UTC.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let Some(policy) = self.get("policy") else { return Ok(()) };
        if self.get("signature").or(self.get("x-amz-signature")).is_none() {
            return Err(Fault::new("InvalidArgument")
                .message("Bucket POST must contain a field named 'Signature'.  If it is specified, please check the order of the fields.")
                .field("ArgumentName", "Signature")
                .field("ArgumentValue", ""));
        }
        let policy = STANDARD.decode(policy).ok();
        let policy: Option<serde_json::Value> =
            policy.and_then(|policy| serde_json::from_slice(&policy).ok());
        // What cannot be read at all, s3s refuses.
        match policy.as_ref().and_then(|policy| policy.get("expiration")?.as_str()) {
            Some(date) if !(date.contains('T') && date.ends_with('Z')) => {
                Err(Fault::new("InvalidPolicyDocument")
                    .message(format!("Invalid Policy: Invalid 'expiration' value: '{date}'")))
            }
            _ => Ok(()),
        }
    }
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = from;
    loop {
        at += body.get(at..)?.iter().position(|byte| *byte == first)?;
        if body[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

/// A parameter of a Content-Disposition; between quotes, a semicolon separates nothing.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let (_, mut rest) = disposition.split_once(';')?;
    loop {
        let (found, value) = rest.split_once('=')?;
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"')?;
                (value, after.split_once(';').map_or("", |(_, after)| after))
            }
            None => value.split_once(';').unwrap_or((value, "")),
        };
        if found.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--xx\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\nu/${filename}\r\n--xx\r\nContent-Disposition: form-data; name=\"acl\"\r\n\r\nprivate\r\n--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"dir\\a b.txt\"\r\nContent-Type: text/plain\r\n\r\n${filename}\r\n--xx--\r\n";

    #[test]
    fn the_key_takes_the_files_name_and_the_file_stays() {
        let form = Form::read(BODY.as_bytes(), "xx").unwrap();
        assert_eq!((form.get("key"), form.get("acl")), (Some("u/${filename}"), Some("private")));
        let body = form.with_filename(Bytes::from_static(BODY.as_bytes()));
        assert_eq!(body, BODY.replacen("${filename}", "a b.txt", 1));
    }

    #[test]
    fn a_policy_expires_in_utc() {
        let check = |date: &str| {
            let policy = format!("{{\"expiration\":\"{date}\"}}");
            let policy = STANDARD.encode(policy);
            let fields = vec![("policy".into(), policy), ("signature".into(), "s".into())];
            Form { fields, ..Form::default() }.check().map_err(|fault| fault.code)
        };
        assert_eq!(check("2030-01-01T00:00:00Z"), Ok(()));
        for wrong in ["2030-01-01 00:00:00+00:00", "2030-01-01T00:00:00+01:00"] {
            assert_eq!(check(wrong), Err("InvalidPolicyDocument".into()), "{wrong}");
        }
    }

    #[test]
    fn a_files_name_may_hold_what_separates_parameters() {
        for (parameters, name) in [
            ("filename=\"a;b=c.txt\"", "a;b=c.txt"),
            ("filename=\"a; name=b\"; size=1", "a; name=b"),
            ("size=1; filename=\"a.txt\"", "a.txt"),
            ("filename=\"\"", ""),
        ] {
            let body = format!(
                "--xx\r\nContent-Disposition: form-data; name=\"file\"; {parameters}\r\n\r\n"
            );
            assert_eq!(Form::read(body.as_bytes(), "xx").unwrap().filename, name, "{parameters}");
        }
    }

    #[test]
    fn what_is_no_form_is_left_alone() {
        for wrong in ["", "--xx", "--yy\r\n", "--xx--\r\n", &BODY[..60]] {
            assert_eq!(Form::read(wrong.as_bytes(), "xx"), None, "{wrong}");
        }
    }
}

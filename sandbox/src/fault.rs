//! An error as AWS answers it: code, status, message and the error's own fields.

use std::borrow::Cow;

use http::StatusCode;
use quick_xml::escape::escape;

mod table;

/// One refusal, independent of how a service writes it down.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: Cow<'static, str>,
    pub(crate) status: StatusCode,
    pub(crate) message: Cow<'static, str>,
    /// Elements beside Code and Message, such as `BucketName`, in AWS's order.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Response headers that belong to the error, such as `x-amz-bucket-region`.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Fault {
    /// A fault with the status and message that AWS documents for `code`.
    pub(crate) fn new(code: &'static str) -> Self {
        let (status, message) = table::defaults(code);
        Self {
            code: Cow::Borrowed(code),
            status,
            message: Cow::Borrowed(message),
            fields: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// A fault known only by its code at run time.
    pub(crate) fn from_parts(code: String, status: StatusCode, message: Option<String>) -> Self {
        let (_, default) = table::defaults(&code);
        let message = message
            .filter(|message| !message.is_empty())
            .map_or(Cow::Borrowed(default), Cow::Owned);
        Self { code: Cow::Owned(code), status, message, fields: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    pub(crate) fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// S3's error document.
    pub(crate) fn to_s3_xml(&self, request_id: &str, host_id: &str) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        element(&mut xml, "Code", &self.code);
        element(&mut xml, "Message", &self.message);
        for (name, value) in &self.fields {
            element(&mut xml, name, value);
        }
        element(&mut xml, "RequestId", request_id);
        element(&mut xml, "HostId", host_id);
        xml.push_str("</Error>");
        xml
    }
}

/// Appends `<name>text</name>`, escaped.
pub(crate) fn element(xml: &mut String, name: &str, text: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push('>');
    xml.push_str(&escape(text));
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

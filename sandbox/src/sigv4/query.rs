//! Query strings: decoded, and in their canonical form.

use std::borrow::Cow;

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::STRICT;

/// A query string, decoded.
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    pub(crate) fn parse(query: &'a str) -> Self {
        let decode = |text: &'a str| percent_decode_str(text).decode_utf8_lossy();
        Self(
            query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| match pair.split_once('=') {
                    Some((name, value)) => (decode(name), decode(value)),
                    None => (decode(pair), Cow::Borrowed("")),
                })
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// All names and values, in the order in which they stand.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    }

    /// Sorted and encoded, without the signature itself.
    pub(super) fn canonical(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, STRICT).to_string();
        let mut pairs: Vec<(String, String)> = self
            .0
            .iter()
            .filter(|(name, _)| name != "X-Amz-Signature")
            .map(|(name, value)| (encode(name), encode(value)))
            .collect();
        pairs.sort();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

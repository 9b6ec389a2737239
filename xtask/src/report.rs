//! What is kept of a run: `summary.json`, and the page that shows it.

mod document;

pub(crate) use document::Document;

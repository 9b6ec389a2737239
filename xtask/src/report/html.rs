//! The page of a run: one file that needs no network.

use super::document::Document;
use super::requirements::Requirements;

/// The page of a run.
pub(super) fn page(document: &Document, requirements: &Requirements) -> String {
    let _ = (document, requirements);
    String::new()
}

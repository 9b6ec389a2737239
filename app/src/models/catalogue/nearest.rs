//! What somebody may have meant by a name that does not exist.

use std::cmp::Reverse;

use super::super::model::ModelId;

/// `ids`, those that look most like `wanted` first, whatever their case; equally near ones stay in order.
pub(super) fn nearest<'a>(
    wanted: &str,
    ids: impl Iterator<Item = &'a ModelId>,
) -> Vec<&'a ModelId> {
    let wanted = wanted.to_lowercase();
    let mut ids: Vec<&ModelId> = ids.collect();
    ids.sort_by_cached_key(|id| {
        // Between 0 and 1; whole numbers can be sorted.
        let likeness = strsim::normalized_damerau_levenshtein(&wanted, id.as_str());
        Reverse((likeness * 1e6) as u32)
    });
    ids
}

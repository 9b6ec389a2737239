//! The bytes of an object, as shared buffers.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest, Md5};

use super::checksum::{Algorithm, Hasher};

/// The bytes of an object or part: one buffer as uploaded, or the parts' buffers one after another.
#[derive(Clone, Default)]
pub(crate) struct Content {
    segments: Arc<[Bytes]>,
    length: u64,
}

impl Content {
    /// Joins contents without copying their bytes.
    pub(crate) fn join<'a>(contents: impl IntoIterator<Item = &'a Content>) -> Self {
        let segments: Arc<[Bytes]> =
            contents.into_iter().flat_map(|content| content.segments.iter().cloned()).collect();
        let length = segments.iter().map(|segment| segment.len() as u64).sum();
        Self { segments, length }
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// The buffers.
    pub(crate) fn segments(&self) -> &[Bytes] {
        &self.segments
    }

    /// The bytes, piece by piece.
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.segments.iter().map(AsRef::as_ref)
    }

    /// Hexadecimal, as in the ETag of a single upload.
    pub(crate) fn md5(&self) -> String {
        let mut md5 = Md5::new();
        self.pieces().for_each(|piece| md5.update(piece));
        hex::encode(md5.finalize())
    }

    /// Base64, by an algorithm of S3's checksums.
    pub(crate) fn checksum(&self, algorithm: Algorithm) -> String {
        Hasher::over(algorithm, self.pieces())
    }

    /// A range of bytes as slices of the same buffers; what lies outside is left out.
    pub(crate) fn slice(&self, range: Range<u64>) -> Content {
        let mut segments = Vec::new();
        let mut start = 0u64;
        for segment in self.segments.iter() {
            let end = start + segment.len() as u64;
            let from = range.start.max(start);
            let to = range.end.min(end);
            if from < to {
                // Both are offsets within one buffer, so they fit its length.
                segments.push(segment.slice((from - start) as usize..(to - start) as usize));
            }
            start = end;
        }
        let length = segments.iter().map(|segment| segment.len() as u64).sum();
        Content { segments: segments.into(), length }
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        let segments: Arc<[Bytes]> =
            if bytes.is_empty() { Arc::new([]) } else { Arc::new([bytes]) };
        Self { segments, length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &Content) -> Vec<u8> {
        content.segments().concat()
    }

    #[test]
    fn a_slice_crosses_segments() {
        let whole = Content::join([
            &Content::from(Bytes::from("abc")),
            &Content::from(Bytes::from("defg")),
            &Content::from(Bytes::from("h")),
        ]);
        assert_eq!(whole.len(), 8);
        assert_eq!(text(&whole.slice(1..5)), b"bcde");
        assert_eq!(text(&whole.slice(2..8)), b"cdefgh");
        assert_eq!(text(&whole.slice(7..7)), b"");
        assert_eq!(text(&whole.slice(6..100)), b"gh");
    }
}

//! Cuts a body of any chunks into parts, and says how large each part has to be.

use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use super::super::error::StorageError;
use super::super::key::ObjectKey;
use super::super::transfer::{IncomingBody, PartSize, UploadOptions};

/// The most parts that an upload can have (Amazon S3 User Guide, "Multipart upload limits").
pub(super) const MAX_PARTS: u64 = 10_000;

/// Behind so many parts the size doubles, as long as nobody knows how much is to come:
/// starting at 5 MiB, ten steps hold 5 TiB.
const PARTS_PER_SIZE: u64 = 1_000;

/// The size of the part with this number, from 1, in bytes.
///
/// With a known length all parts are of one size, as every S3-compatible server wants it.
pub(super) fn part_size_bytes(smallest: PartSize, content_length: Option<u64>, number: u64) -> u64 {
    let size = match content_length {
        Some(length) => smallest.bytes().max(length.div_ceil(MAX_PARTS)),
        None => {
            let doublings = (number.saturating_sub(1) / PARTS_PER_SIZE).min(30);
            smallest.bytes().saturating_mul(1 << doublings)
        }
    };
    size.min(PartSize::MAX.bytes())
}

/// The most that fits into all parts together, in bytes.
pub(super) fn capacity_bytes(smallest: PartSize, content_length: Option<u64>) -> u64 {
    (1..=MAX_PARTS).map(|number| part_size_bytes(smallest, content_length, number)).sum()
}

/// Cuts a body into parts.
pub(super) struct PartReader<'a> {
    key: &'a ObjectKey,
    body: Option<IncomingBody<'a>>,
    /// What has come, but belongs to the next part.
    rest: Bytes,
    read_bytes: u64,
    content_length: Option<u64>,
}

impl<'a> PartReader<'a> {
    pub(super) fn new(key: &'a ObjectKey, body: IncomingBody<'a>, options: &UploadOptions) -> Self {
        Self {
            key,
            body: Some(body),
            rest: Bytes::new(),
            read_bytes: 0,
            content_length: options.content_length,
        }
    }

    /// How much has come so far, in bytes.
    pub(super) fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// The next part: `size` bytes, or fewer if it is the last; empty behind the end.
    ///
    /// A part that came as one piece is not copied.
    pub(super) async fn next(&mut self, size_bytes: u64) -> Result<Bytes, StorageError> {
        // A part is held in memory as a whole, so on a 32-bit machine it has to be smaller.
        let size = usize::try_from(size_bytes).unwrap_or(usize::MAX);
        if self.rest.is_empty() {
            self.rest = self.chunk().await?.unwrap_or_default();
        }
        if self.rest.len() >= size {
            return Ok(self.rest.split_to(size));
        }
        let first = std::mem::take(&mut self.rest);
        let Some(second) = self.chunk().await? else {
            return Ok(first);
        };
        let mut part = BytesMut::from(first);
        self.rest = second;
        loop {
            let wanted = size - part.len();
            part.extend_from_slice(&self.rest.split_to(wanted.min(self.rest.len())));
            if part.len() == size {
                return Ok(part.freeze());
            }
            match self.chunk().await? {
                Some(chunk) => self.rest = chunk,
                None => return Ok(part.freeze()),
            }
        }
    }

    /// Whether everything has been handed out; waits for the next chunk to find out.
    pub(super) async fn at_end(&mut self) -> Result<bool, StorageError> {
        if self.rest.is_empty() {
            self.rest = self.chunk().await?.unwrap_or_default();
        }
        Ok(self.rest.is_empty())
    }

    /// The next chunk that is not empty; the length is checked on the way.
    async fn chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        let Some(body) = &mut self.body else {
            return Ok(None);
        };
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|source| StorageError::Body {
                key: self.key.clone(),
                read_bytes: self.read_bytes,
                source,
            })?;
            self.read_bytes += chunk.len() as u64;
            if self.content_length.is_some_and(|length| self.read_bytes > length) {
                return Err(self.length_mismatch("more"));
            }
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        self.body = None;
        if self.content_length.is_some_and(|length| self.read_bytes < length) {
            return Err(self.length_mismatch(&format!("{} bytes", self.read_bytes)));
        }
        Ok(None)
    }

    fn length_mismatch(&self, actual: &str) -> StorageError {
        StorageError::LengthMismatch {
            key: self.key.clone(),
            expected_bytes: self.content_length.unwrap_or_default(),
            actual: actual.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    const MIB: u64 = 1024 * 1024;
    const TIB: u64 = MIB * MIB;

    #[test]
    fn ten_thousand_parts_always_suffice() {
        for length in [1, 100 * MIB, TIB, 48 * TIB] {
            let size = part_size_bytes(PartSize::MIN, Some(length), 1);
            assert!(size * MAX_PARTS >= length, "{length}");
            assert!((PartSize::MIN.bytes()..=PartSize::MAX.bytes()).contains(&size));
            assert_eq!(size, part_size_bytes(PartSize::MIN, Some(length), MAX_PARTS));
        }
        assert!(capacity_bytes(PartSize::MIN, None) >= 4 * TIB);
        assert!(capacity_bytes(PartSize::default(), None) >= 5 * TIB);
        assert_eq!(part_size_bytes(PartSize::MAX, None, MAX_PARTS), PartSize::MAX.bytes());
    }

    #[test]
    fn parts_of_unknown_bodies_grow_late() {
        let size = |number| part_size_bytes(PartSize::default(), None, number) / MIB;
        assert_eq!([1, 1_000, 1_001, 2_001].map(size), [8, 8, 16, 32]);
    }

    async fn cut(
        chunks: &[&'static [u8]],
        size: u64,
        content_length: Option<u64>,
    ) -> Result<Vec<Bytes>, StorageError> {
        let key = ObjectKey::new("k").unwrap();
        let chunks = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk)));
        let body = stream::iter(chunks.collect::<Vec<_>>()).boxed();
        let options = UploadOptions { content_length, ..UploadOptions::default() };
        let mut reader = PartReader::new(&key, body, &options);
        let mut parts = Vec::new();
        while !reader.at_end().await? {
            parts.push(reader.next(size).await?);
        }
        assert!(reader.next(size).await?.is_empty());
        Ok(parts)
    }

    #[tokio::test]
    async fn chunks_are_cut_into_parts_wherever_they_end() {
        let chunkings: [&[&'static [u8]]; 6] = [
            &[b"abcdefg"],
            &[b"abc", b"defg"],
            &[b"ab", b"c", b"d", b"efg"],
            &[b"", b"abcd", b"", b"efg", b""],
            &[b"abcdef", b"g"],
            &[b"a", b"b", b"c", b"d", b"e", b"f", b"g"],
        ];
        for chunks in chunkings {
            let parts = cut(chunks, 3, None).await.unwrap();
            assert_eq!(parts, ["abc", "def", "g"], "{chunks:?}");
            assert_eq!(cut(chunks, 7, Some(7)).await.unwrap(), ["abcdefg"], "{chunks:?}");
        }
        assert!(cut(&[], 3, None).await.unwrap().is_empty());
        assert!(cut(&[b""], 3, Some(0)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_body_of_another_length_is_refused() {
        for length in [0, 1, 3, 5, 100] {
            let error = cut(&[b"ab", b"cd"], 3, Some(length)).await.unwrap_err();
            assert!(matches!(error, StorageError::LengthMismatch { .. }), "{length}: {error}");
        }
    }

    #[tokio::test]
    async fn a_part_that_came_in_one_piece_is_not_copied() {
        let key = ObjectKey::new("k").unwrap();
        let chunk = Bytes::from(vec![7; 10]);
        let body = stream::iter([Ok(chunk.clone())]).boxed();
        let mut reader = PartReader::new(&key, body, &UploadOptions::default());
        let parts = [reader.next(4).await.unwrap(), reader.next(4).await.unwrap()];
        assert_eq!(parts[0].as_ptr(), chunk.as_ptr());
        assert_eq!(parts[1].as_ptr(), chunk[4..].as_ptr());
    }
}

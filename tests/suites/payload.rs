//! Bodies of any size that show where each byte of them belongs.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// An endless body, the same in every test.
///
/// It repeats itself, but after a prime number of bytes: what was swapped, cut or repeated in pieces
/// of any round size does not look like it any more.
pub(crate) struct Payload {
    /// Two periods, so that a chunk of one period can begin anywhere without being copied.
    periods: Bytes,
}

const PERIOD_BYTES: usize = 65_537;

/// The largest chunk of [`Payload::chunks`].
const CHUNK_BYTES: usize = 64 * 1024;

impl Payload {
    /// Makes one; cheap.
    pub(crate) fn new() -> Payload {
        // Knuth's multiplicative generator (MMIX); its high byte is random enough.
        let mut state = 1_u64;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        let period: Vec<u8> = std::iter::repeat_with(next).take(PERIOD_BYTES).collect();
        Payload { periods: period.repeat(2).into() }
    }

    /// Some of it, in chunks that share one buffer.
    pub(crate) fn chunks(&self, range: Range<u64>) -> impl Iterator<Item = Bytes> + Send + use<> {
        let periods = self.periods.clone();
        range.clone().step_by(CHUNK_BYTES).map(move |start| {
            let length = (range.end - start).min(CHUNK_BYTES as u64) as usize;
            let start = (start % PERIOD_BYTES as u64) as usize;
            periods.slice(start..start + length)
        })
    }

    /// Some of it in one piece.
    pub(crate) fn bytes(&self, range: Range<u64>) -> Bytes {
        let mut bytes = BytesMut::new();
        for chunk in self.chunks(range) {
            bytes.extend_from_slice(&chunk);
        }
        bytes.freeze()
    }

    /// Whether `chunk` is what stands at `offset`.
    pub(crate) fn is_at(&self, offset: u64, chunk: &[u8]) -> bool {
        let mut rest = chunk;
        let expected = self.chunks(offset..offset + chunk.len() as u64);
        expected.into_iter().all(|expected| match rest.split_off(..expected.len()) {
            Some(found) => found == expected,
            None => false,
        })
    }
}

"""Bodies of any size that show where each byte of them belongs."""

from collections.abc import Iterator

PERIOD_BYTES = 65_537
CHUNK_BYTES = 64 * 1024


def _period() -> bytes:
    # Knuth's multiplicative generator (MMIX); its high byte is random enough.
    state, period = 1, bytearray()
    for _ in range(PERIOD_BYTES):
        state = (state * 6_364_136_223_846_793_005 + 1) % 2**64
        period.append(state >> 56)
    return bytes(period)


_PERIODS = _period() * 2


def chunks(start: int, end: int) -> Iterator[bytes]:
    """Some of an endless body that repeats itself after a prime number of bytes."""
    for offset in range(start, end, CHUNK_BYTES):
        place = offset % PERIOD_BYTES
        yield _PERIODS[place : place + min(end - offset, CHUNK_BYTES)]


def whole(start: int, end: int) -> bytes:
    """Some of it in one piece."""
    return b"".join(chunks(start, end))


def is_at(offset: int, chunk: bytes) -> bool:
    """Whether `chunk` is what stands at `offset`."""
    return chunk == whole(offset, offset + len(chunk))

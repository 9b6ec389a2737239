//! What the end-to-end suite cannot show on a good server: limits, broken answers, streams that go wrong.

mod calls;
mod fake;
mod streams;
mod time_limits;

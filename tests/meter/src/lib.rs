//! Counts what is called on a target that does not count itself: AWS, or another server at an
//! endpoint.
//!
//! A [`Meter`] is put into whatever sends requests: around the HTTP client of an `SdkConfig`
//! ([`Meter::wrap`]), or beside a plain client ([`Meter::sent`]).
//! It names each request as the embedded AWS names it in its call log, so that both ways of counting
//! give the same [`Calls`](contract::calls::Calls).

mod body;
mod hosts;
mod meter;
mod operation;
mod sdk;
mod tokens;

pub use body::Counted;
pub use meter::{Exchange, Meter};
pub use operation::Head;

//! Only its dependencies count; `Cargo.toml` says why.

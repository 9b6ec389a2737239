//! Ctrl-C while something is tried: what was written for it is taken back before the command ends.

use contract::RunId;

use super::bucket_probe::BucketProbe;
use super::verify::Verified;
use crate::signals::Signals;
use crate::ui::Ui;

/// What was tried, and what of it could not be taken back.
pub(crate) trait Tried {
    /// Bucket and key, with the version where there is one.
    fn left(&self) -> &[String];
}

impl Tried for Verified {
    fn left(&self) -> &[String] {
        &self.left
    }
}

impl Tried for BucketProbe {
    fn left(&self) -> &[String] {
        &self.left
    }
}

/// Waits for `trying`, which takes back what it writes below the prefix of `run`. `None` where a signal
/// arrives meanwhile: it is waited for all the same, unless another one arrives.
pub(crate) async fn to_its_end<T: Tried>(
    ui: Ui,
    signals: &mut Signals,
    run: &RunId,
    trying: impl Future<Output = T>,
) -> Option<T> {
    let progress = ui.progress("trying permissions");
    let mut trying = std::pin::pin!(trying);
    let tried = tokio::select! {
        tried = &mut trying => Some(tried),
        () = signals.received() => None,
    };
    // A bar that is drawn over the words would hide them.
    progress.finish_and_clear();
    if tried.is_some() {
        return tried;
    }
    ui.remark("taking back what was tried; Ctrl-C again does not wait");
    let tried = tokio::select! {
        tried = &mut trying => Some(tried),
        () = signals.received() => None,
    };
    let is_clean = tried.as_ref().is_some_and(|tried| tried.left().is_empty());
    for left in tried.iter().flat_map(Tried::left) {
        ui.warning(format_args!("it could not be removed: {left}"));
    }
    if !is_clean {
        ui.hint(format_args!("what is left of it: cargo xtask cleanup --run {run}"));
    }
    None
}

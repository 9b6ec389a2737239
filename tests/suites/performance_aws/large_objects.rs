//! Objects that are too large for one request, or to be read as a whole.

use super::scenario::{Budget, MEDIAN, Operation, P90, Scenario, hold};
use super::{KB, MB, secs};

#[tokio::test]
async fn a_multipart_upload_of_two_parts() {
    hold(&[Scenario {
        samples: 6,
        warm_up: 1,
        ..Scenario::of(
            Operation::UploadInParts { bytes: 6 * MB },
            [Budget::OnAws(MEDIAN, secs(30)), Budget::TimesRaw(3.5)],
        )
    }])
    .await;
}

#[tokio::test]
async fn a_range_out_of_the_middle() {
    hold(&[Scenario::of(
        Operation::DownloadRange { bytes: 100 * KB, of_bytes: 6 * MB },
        [Budget::OnAws(P90, secs(5)), Budget::TimesRaw(3.5)],
    )])
    .await;
}

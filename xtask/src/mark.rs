//! The mark of a live run, `<root>/<run-id>/_run.json`, and how it is read.
//!
//! A run puts its mark again every [`BEAT`]; the object's `Last-Modified` is the heartbeat, so that
//! ages are differences on the server's clock alone. The body says who beats, so that a run that was
//! killed on this machine need not be waited for.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::primitives::ByteStream;
use contract::{Prefix, Root, RunId};
use serde::{Deserialize, Serialize};

use crate::aws::{Aws, AwsError};

mod heartbeat;
mod process;

pub(crate) use heartbeat::Heartbeat;

/// How often a run puts its mark again.
pub(crate) const BEAT: Duration = Duration::from_secs(15);

/// How long a run counts as live after its last heartbeat: three beats may be lost.
pub(crate) const LIVE_FOR: Duration = Duration::from_secs(60);

/// The version of the body's format.
const FORMAT: u32 = 1;

/// Who runs. What a system cannot tell is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    format: u32,
    run: String,
    host: Option<String>,
    /// Linux's id of this boot: after another one, every process of the mark is gone.
    boot: Option<String>,
    /// Containers may share host name and boot, but not the numbers of their processes.
    pid_namespace: Option<String>,
    pid: u32,
    /// In clock ticks since boot: a number that was given to another process does not pass for the
    /// run's.
    process_started: Option<u64>,
    /// RFC 3339.
    started: String,
}

/// A mark's place: a bucket, and one of the two roots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MarkPlace {
    /// The bucket.
    pub(crate) bucket: String,
    /// Below which root.
    pub(crate) root: Root,
}

impl Mark {
    /// The mark of a run of this very process.
    pub(crate) fn of_this_process(run: &RunId) -> Mark {
        let pid = std::process::id();
        Mark {
            format: FORMAT,
            run: run.to_string(),
            host: process::host(),
            boot: process::boot(),
            pid_namespace: process::namespace(),
            pid,
            process_started: process::started(pid),
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        }
    }

    /// Reads a mark's body; `None` where it is not a mark of a format that is known.
    pub(crate) fn parse(body: &[u8]) -> Option<Mark> {
        serde_json::from_slice::<Mark>(body).ok().filter(|mark| mark.format == FORMAT)
    }

    /// The run's process, as it is shown.
    pub(crate) fn process(&self) -> String {
        match &self.host {
            Some(host) => format!("process {} on {host}", self.pid),
            None => format!("process {}", self.pid),
        }
    }

    /// Puts the mark into each place at once.
    ///
    /// # Errors
    /// The first failure; the other places have been tried all the same.
    pub(crate) async fn put(&self, aws: &Aws, places: &[MarkPlace]) -> Result<(), AwsError> {
        let puts = places.iter().map(|place| self.put_one(aws, place));
        futures::future::join_all(puts).await.into_iter().collect()
    }

    async fn put_one(&self, aws: &Aws, place: &MarkPlace) -> Result<(), AwsError> {
        // `run` was a `RunId` when the mark was made, and no other mark is ever put.
        let key = format!("{}{}/{}", place.root.as_str(), self.run, contract::prefix::MARK_NAME);
        // A mark has numbers and strings only, which JSON always takes.
        let body = serde_json::to_vec_pretty(self).unwrap_or_default();
        let put = aws.s3.put_object().bucket(&place.bucket).key(&key);
        put.set_expected_bucket_owner(aws.expected_owner())
            .content_type("application/json")
            .body(ByteStream::from(body))
            .send()
            .await
            .map_err(|error| {
                AwsError::new("s3:PutObject", format!("{}/{key}", place.bucket), error)
            })?;
        Ok(())
    }
}

/// What a run's mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// The run has no mark.
    Unmarked,
    /// It beats.
    Live {
        /// Since the last heartbeat, by the server's clock.
        beat: Duration,
        /// Who runs; `None` where the body could not be read.
        mark: Option<Mark>,
    },
    /// The heartbeat is too old, or the process is gone.
    Dead,
}

/// Reads the pulse of a run in one bucket, below one root.
///
/// # Errors
/// Where the bucket cannot be listed.
pub(crate) async fn pulse(
    aws: &Aws,
    bucket: &str,
    root: Root,
    run: &RunId,
) -> Result<Pulse, AwsError> {
    let key = Prefix::mark(root, run);
    // A listing needs no permission that finding the leftovers did not need.
    let list = aws.s3.list_objects_v2().bucket(bucket).prefix(&key).max_keys(1);
    let found = list
        .set_expected_bucket_owner(aws.expected_owner())
        .send()
        .await
        .map_err(|error| AwsError::new("s3:ListBucket", bucket, error))?;
    let object = found.contents().iter().find(|object| object.key() == Some(key.as_str()));
    let Some(object) = object else { return Ok(Pulse::Unmarked) };
    let beaten = object.last_modified().and_then(|time| SystemTime::try_from(*time).ok());
    Ok(pulse_of(aws, bucket, root, run, beaten).await)
}

/// Reads the pulse of a run whose mark was seen in a listing, last beaten at `beaten`.
pub(crate) async fn pulse_of(
    aws: &Aws,
    bucket: &str,
    root: Root,
    run: &RunId,
    beaten: Option<SystemTime>,
) -> Pulse {
    // A heartbeat without a time, or of a time to come, is taken for one of now: the cautious way.
    let now = aws.clock.now();
    let beat = beaten.and_then(|beaten| now.duration_since(beaten).ok()).unwrap_or_default();
    if beat >= LIVE_FOR {
        return Pulse::Dead;
    }
    let mark = read(aws, bucket, &Prefix::mark(root, run)).await;
    if is_live(beat, mark.as_ref(), process::is_gone) {
        Pulse::Live { beat, mark }
    } else {
        Pulse::Dead
    }
}

/// Whether a run lives, by the age of its last heartbeat and by its mark, where that could be read.
fn is_live(beat: Duration, mark: Option<&Mark>, is_gone: impl Fn(&Mark) -> bool) -> bool {
    beat < LIVE_FOR && !mark.is_some_and(is_gone)
}

/// The mark's body. That it cannot be read is no error: its age says enough.
async fn read(aws: &Aws, bucket: &str, key: &str) -> Option<Mark> {
    let get = aws.s3.get_object().bucket(bucket).key(key);
    // Whatever stands at the key, no more than a mark's size of it is read.
    let get = get.set_expected_bucket_owner(aws.expected_owner()).range("bytes=0-65535");
    let body = get.send().await.ok()?.body.collect().await.ok()?;
    Mark::parse(&body.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunId {
        RunId::parse("r-1").unwrap()
    }

    #[test]
    fn a_mark_is_read_back() {
        let mark = Mark::of_this_process(&run());
        let body = serde_json::to_vec_pretty(&mark).unwrap();
        assert_eq!(Mark::parse(&body), Some(mark));
    }

    #[test]
    fn what_is_not_a_mark_is_not_taken_for_one() {
        let mark = Mark { format: 2, ..Mark::of_this_process(&run()) };
        let newer = serde_json::to_vec(&mark).unwrap();
        for body in [b"".as_slice(), b"{}", b"null", b"\xff\xfe", &newer] {
            assert_eq!(Mark::parse(body), None, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_run_lives_while_its_heart_beats_and_its_process_is_not_known_to_be_gone() {
        let mark = Mark::of_this_process(&run());
        let seconds = Duration::from_secs;
        // Age of the heartbeat, whether a mark could be read, whether its process is gone: live?
        let table = [
            (seconds(0), true, false, true),
            (seconds(59), true, false, true),
            (seconds(60), true, false, false),
            (seconds(3600), true, false, false),
            (seconds(0), true, true, false),
            (seconds(59), false, false, true),
            (seconds(59), false, true, true),
            (seconds(60), false, false, false),
        ];
        for (beat, readable, gone, live) in table {
            let mark = readable.then_some(&mark);
            assert_eq!(is_live(beat, mark, |_| gone), live, "{beat:?} {readable} {gone}");
        }
    }

    #[test]
    fn this_process_is_not_gone() {
        assert!(!process::is_gone(&Mark::of_this_process(&run())));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_process_of_this_very_boot_and_namespace_can_be_gone() {
        let gone = Mark { pid: u32::MAX, ..Mark::of_this_process(&run()) };
        assert!(process::is_gone(&gone));
        let other = || Some("another".to_owned());
        for alive in [
            Mark { host: other(), ..gone.clone() },
            Mark { boot: other(), ..gone.clone() },
            Mark { boot: None, ..gone.clone() },
            Mark { host: None, ..gone.clone() },
            Mark { pid_namespace: other(), ..gone.clone() },
            Mark { pid_namespace: None, ..gone.clone() },
        ] {
            assert!(!process::is_gone(&alive), "{alive:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_number_that_was_given_to_another_process_does_not_pass_for_the_runs() {
        let here = Mark::of_this_process(&run());
        let reused = Mark { process_started: here.process_started.map(|ticks| ticks + 1), ..here };
        assert!(process::is_gone(&reused));
    }
}

//! The mark of a live run, `<root>/<run-id>/_run.json`, and how it is read. Where several shards make up a
//! run, each has a mark of its own, `_run-1-of-4.json`, and the run lives while one of them does.
//!
//! A run puts its mark again every [`BEAT`]; the object's `Last-Modified` is the heartbeat, so that
//! ages are differences on the server's clock alone. The body says who beats, so that a run that was
//! killed on this machine need not be waited for.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::primitives::ByteStream;
use contract::{KeyKind, Prefix, Root, RunId, Shard};
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
    /// Left out where one process runs all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shard: Option<Shard>,
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

/// A mark's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MarkPlace {
    /// The bucket.
    bucket: String,
    /// What [`Prefix::mark`] says.
    key: String,
}

impl MarkPlace {
    /// Where the marks of a run, or of one shard of it, stand: below both roots of each bucket.
    pub(crate) fn all(buckets: &[String], run: &RunId, shard: Option<Shard>) -> Vec<MarkPlace> {
        let places = buckets.iter().flat_map(|bucket| {
            Root::ALL.map(|root| {
                let key = Prefix::mark(root, run, shard);
                MarkPlace { bucket: bucket.clone(), key }
            })
        });
        places.collect()
    }
}

impl Mark {
    /// The mark of a run of this very process, or of one shard of it.
    pub(crate) fn of_this_process(run: &RunId, shard: Option<Shard>) -> Mark {
        let pid = std::process::id();
        Mark {
            format: FORMAT,
            run: run.to_string(),
            shard,
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
        // A mark has numbers and strings only, which JSON always takes.
        let body = serde_json::to_vec_pretty(self).unwrap_or_default();
        let put = aws.s3.put_object().bucket(&place.bucket).key(&place.key);
        put.set_expected_bucket_owner(aws.expected_owner())
            .content_type("application/json")
            .body(ByteStream::from(body))
            .send()
            .await
            .map_err(|error| {
                AwsError::new("s3:PutObject", format!("{}/{}", place.bucket, place.key), error)
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

/// Reads the pulse of a run in one bucket, below one root: the liveliest of its shards'.
///
/// # Errors
/// Where the bucket cannot be listed.
pub(crate) async fn pulse(
    aws: &Aws,
    bucket: &str,
    root: Root,
    run: &RunId,
) -> Result<Pulse, AwsError> {
    let mut pulse = Pulse::Unmarked;
    for (key, beaten) in marks(aws, bucket, root, run).await? {
        match pulse_of(aws, bucket, &key, beaten).await {
            live @ Pulse::Live { .. } => return Ok(live),
            other => pulse = other,
        }
    }
    Ok(pulse)
}

/// Who else goes by this run's name now, in words, where both would sweep up each other's objects: a
/// process that runs all of it, or the same shard, or a part by another division.
///
/// # Errors
/// Where a bucket cannot be listed.
pub(crate) async fn rival(
    aws: &Aws,
    buckets: &[String],
    run: &RunId,
    shard: Option<Shard>,
) -> Result<Option<String>, AwsError> {
    let places = buckets.iter().flat_map(|bucket| Root::ALL.map(|root| (bucket, root)));
    let looks = places.map(|(bucket, root)| async move {
        for (key, beaten) in marks(aws, bucket, root, run).await? {
            let KeyKind::Mark { shard: other, .. } = KeyKind::of(&key) else { continue };
            if shard.zip(other).is_some_and(|(ours, theirs)| ours.is_beside(theirs)) {
                continue;
            }
            if let Pulse::Live { mark, .. } = pulse_of(aws, bucket, &key, beaten).await {
                return Ok(Some(
                    mark.map_or_else(|| "another process".to_owned(), |m| m.process()),
                ));
            }
        }
        Ok(None)
    });
    let found: Result<Vec<_>, AwsError> =
        futures::future::join_all(looks).await.into_iter().collect();
    Ok(found?.into_iter().flatten().next())
}

/// The keys of a run's marks, and when each was last put.
async fn marks(
    aws: &Aws,
    bucket: &str,
    root: Root,
    run: &RunId,
) -> Result<Vec<(String, Option<SystemTime>)>, AwsError> {
    // A listing needs no permission that finding the leftovers did not need. The delimiter keeps it out
    // of the folders of tests, and what sorts before or between the marks is less than a page.
    let list = aws.s3.list_objects_v2().bucket(bucket).prefix(Prefix::marks(root, run));
    let found = list
        .delimiter("/")
        .set_expected_bucket_owner(aws.expected_owner())
        .send()
        .await
        .map_err(|error| AwsError::new("s3:ListBucket", bucket, error))?;
    let marks = found.contents().iter().filter_map(|object| {
        let key = object.key()?;
        let beaten = object.last_modified().and_then(|time| SystemTime::try_from(*time).ok());
        matches!(KeyKind::of(key), KeyKind::Mark { .. }).then(|| (key.to_owned(), beaten))
    });
    Ok(marks.collect())
}

/// Reads the pulse of the mark at `key`, which was seen in a listing, last beaten at `beaten`.
pub(crate) async fn pulse_of(
    aws: &Aws,
    bucket: &str,
    key: &str,
    beaten: Option<SystemTime>,
) -> Pulse {
    // A heartbeat without a time, or of a time to come, is taken for one of now: the cautious way.
    let now = aws.clock.now();
    let beat = beaten.and_then(|beaten| now.duration_since(beaten).ok()).unwrap_or_default();
    if beat >= LIVE_FOR {
        return Pulse::Dead;
    }
    let mark = read(aws, bucket, key).await;
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
    use crate::leftovers::fake;

    fn run() -> RunId {
        RunId::parse("r-1").unwrap()
    }

    #[test]
    fn a_mark_is_read_back() {
        let mark = Mark::of_this_process(&run(), None);
        let body = serde_json::to_vec_pretty(&mark).unwrap();
        assert_eq!(Mark::parse(&body), Some(mark));
    }

    #[test]
    fn what_is_not_a_mark_is_not_taken_for_one() {
        let mark = Mark { format: 2, ..Mark::of_this_process(&run(), None) };
        let newer = serde_json::to_vec(&mark).unwrap();
        for body in [b"".as_slice(), b"{}", b"null", b"\xff\xfe", &newer] {
            assert_eq!(Mark::parse(body), None, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_run_lives_while_its_heart_beats_and_its_process_is_not_known_to_be_gone() {
        let mark = Mark::of_this_process(&run(), None);
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

    #[tokio::test]
    async fn a_run_is_as_live_as_the_liveliest_of_its_shards() {
        let old = "2020-01-01T00:00:00.000Z";
        // A time to come is taken for one of now.
        let live = "2999-01-01T00:00:00.000Z";
        for (times, is_live) in
            [([old, old], false), ([live, old], true), ([old, live], true), ([live, live], true)]
        {
            let answer = move |asked: &fake::Asked| match asked.name() {
                "ListObjectsV2" => {
                    let marks = times.iter().zip(1..).map(|(time, shard)| {
                        format!(
                            "<Contents><Key>test/r-1/_run-{shard}-of-2.json</Key>\
                             <LastModified>{time}</LastModified></Contents>"
                        )
                    });
                    (
                        200,
                        format!(
                            "<ListBucketResult>{}</ListBucketResult>",
                            marks.collect::<String>()
                        ),
                    )
                }
                // That a mark cannot be read makes nobody dead.
                _ => fake::error(404, "NoSuchKey"),
            };
            let (place, _) = fake::place(Prefix::of_run(Root::Test, &run()), answer);
            let pulse = pulse(&place.aws, "bucket", Root::Test, &run()).await.unwrap();
            assert_eq!(matches!(pulse, Pulse::Live { .. }), is_live, "{times:?}: {pulse:?}");
        }
    }

    #[test]
    fn this_process_is_not_gone() {
        assert!(!process::is_gone(&Mark::of_this_process(&run(), None)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_process_of_this_very_boot_and_namespace_can_be_gone() {
        let gone = Mark { pid: u32::MAX, ..Mark::of_this_process(&run(), None) };
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
        let here = Mark::of_this_process(&run(), None);
        let reused = Mark { process_started: here.process_started.map(|ticks| ticks + 1), ..here };
        assert!(process::is_gone(&reused));
    }
}

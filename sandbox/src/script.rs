//! A body that is sent piece by piece, with what happens between the pieces.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use s3s::Body;

use crate::calls::Entry;
use crate::holds::Hold;

/// One thing that happens while a body is sent.
pub(crate) enum Step {
    Send(Bytes),
    /// An error that the body itself carries.
    Fail {
        code: &'static str,
        bytes: Bytes,
    },
    Pause(Duration),
    /// Waits for somebody else; where nobody comes, the rest is replaced by the failure.
    Await {
        hold: Hold,
        otherwise: Box<Step>,
    },
    /// Closes the connection.
    Cut,
}

/// A body that plays `steps`, pulled by the connection: nothing is made before the client has taken what came before.
///
/// The entry is closed before the last step that sends something, and logged as abandoned when the client leaves earlier.
pub(crate) fn body(steps: Vec<Step>, entry: Entry) -> Body {
    let steps = stream::unfold((VecDeque::from(steps), entry), |(mut steps, mut entry)| async {
        loop {
            let Some(step) = steps.pop_front() else {
                entry.close();
                return None;
            };
            let piece = match step {
                Step::Send(bytes) => Ok(Frame::data(bytes)),
                Step::Fail { code, bytes } => {
                    entry.failed(code);
                    steps.clear();
                    Ok(Frame::data(bytes))
                }
                Step::Pause(duration) => {
                    tokio::time::sleep(duration).await;
                    continue;
                }
                Step::Await { hold, otherwise } => {
                    if !hold.released().await {
                        steps.clear();
                        steps.push_back(*otherwise);
                    }
                    continue;
                }
                Step::Cut => {
                    // What was sent so far has to leave the buffer first: an error would throw it away.
                    tokio::task::yield_now().await;
                    Err(io::Error::other("cut off on purpose"))
                }
            };
            if steps.is_empty() {
                entry.close();
            }
            return Some((piece, (steps, entry)));
        }
    });
    Body::http_body_unsync(StreamBody::new(steps))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use http_body_util::BodyExt;

    use super::*;
    use crate::calls::{CallLog, Service};
    use crate::holds::{HoldKey, Holds};

    fn send(text: &'static str) -> Step {
        Step::Send(Bytes::from_static(text.as_bytes()))
    }

    /// The body, and the log that its call will be in.
    fn play(steps: Vec<Step>) -> (Body, Arc<CallLog>) {
        let log = Arc::new(CallLog::default());
        let mut entry =
            Entry::open(log.clone(), Service::Bedrock, "InvokeModel", None, Instant::now());
        entry.answered(200, None);
        (body(steps, entry), log)
    }

    #[tokio::test]
    async fn the_call_is_logged_with_the_last_piece_and_not_before() {
        let (mut body, log) =
            play(vec![send("a"), Step::Pause(Duration::from_millis(1)), send("b")]);
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        assert!(log.snapshot().is_empty());
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "b");
        assert_eq!(log.snapshot().len(), 1);
        assert!(body.frame().await.is_none());
        drop(body);
        assert_eq!(log.snapshot().len(), 1);
        assert!(!log.snapshot()[0].abandoned);
    }

    #[tokio::test]
    async fn a_body_that_is_dropped_was_abandoned() {
        let (mut body, log) = play(vec![send("a"), send("b")]);
        body.frame().await.unwrap().unwrap();
        drop(body);
        let calls = log.snapshot();
        assert_eq!((calls.len(), calls[0].abandoned, calls[0].status), (1, true, 200));
    }

    #[tokio::test]
    async fn nobody_who_comes_replaces_the_rest_by_the_failure() {
        let text = |text: &str| text.to_owned();
        let key = HoldKey { access_key: text("k"), model: text("m"), prompt: text("p") };
        let hold = Arc::new(Holds::default()).take(key, Duration::from_millis(1));
        let bytes = Bytes::from_static(b"late");
        let otherwise = Box::new(Step::Fail { code: "modelTimeoutException", bytes });
        let (body, log) = play(vec![send("a"), Step::Await { hold, otherwise }, send("b")]);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "alate");
        assert_eq!(log.snapshot()[0].error.as_deref(), Some("modelTimeoutException"));
    }

    #[tokio::test]
    async fn a_cut_body_is_an_error_after_what_was_sent() {
        let (mut body, log) = play(vec![send("a"), Step::Cut]);
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        assert!(body.frame().await.unwrap().is_err());
        assert!(!log.snapshot()[0].abandoned);
    }
}

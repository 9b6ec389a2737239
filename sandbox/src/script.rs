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

//! From a model's events to what is sent, undisturbed or with a staged effect.

use bytes::Bytes;
use serde_json::json;

use crate::holds::Hold;
use crate::script::Step;
use crate::staged::{Effect, SLOW, TIMED_OUT, UNEXPECTED};

use super::event::{Event, chunk, exception};

/// Every event, one after the other.
pub(super) fn steps(events: &[Event]) -> Vec<Step> {
    events.iter().map(|event| Step::Send(frame(event))).collect()
}

/// The events with what the effect does between them.
///
/// It happens after pieces of text rather than after chunks: in some families the first chunks carry none.
pub(super) fn disturbed(
    events: &[Event],
    effect: Effect,
    hold: impl FnOnce() -> Hold,
) -> Vec<Step> {
    if let Some(garbled) = effect.garbles() {
        return events.iter().map(|_| Step::Send(chunk(garbled))).collect();
    }
    let mut steps = steps(events);
    match effect {
        Effect::Slow => steps.insert(after_text(events, 1), Step::Pause(SLOW)),
        Effect::Held => {
            let otherwise = Box::new(failure("modelTimeoutException", TIMED_OUT));
            steps.insert(after_text(events, 1), Step::Await { hold: hold(), otherwise });
        }
        Effect::Breaks => {
            steps.truncate(after_text(events, 2));
            steps.push(failure("modelStreamErrorException", UNEXPECTED));
        }
        Effect::Cut => {
            steps.truncate(after_text(events, 2));
            steps.push(Step::Cut);
        }
        Effect::Refuse(_) | Effect::RefuseAtFirst(_) | Effect::Garbled => {}
    }
    steps
}

fn frame(event: &Event) -> Bytes {
    chunk(event.payload.to_string().as_bytes())
}

fn failure(code: &'static str, message: &str) -> Step {
    let mut body = json!({"message": message});
    if code == "modelStreamErrorException" {
        body["originalStatusCode"] = 500.into();
        body["originalMessage"] = "the model broke on purpose".into();
    }
    Step::Fail { code, bytes: exception(code, &body) }
}

/// The index behind the `count`-th piece of text, or behind the last one where there are fewer.
fn after_text(events: &[Event], count: usize) -> usize {
    let texts = events.iter().enumerate().filter(|(_, event)| event.has_text);
    texts.take(count).last().map_or(0, |(index, _)| index + 1)
}

//! What a staged behaviour does to an answer.

use bytes::Bytes;
use http::request::Parts;

use crate::rest_json::Refusal;
use crate::script::Step;
use crate::sigv4::header;

use super::SLOW;

/// The third attempt of a call to a flaky model is answered.
const PATIENT_ATTEMPT: u32 = 3;

/// Something that is not JSON.
const GARBLED: &[u8] = b"<html><body>upstream sent something else</body></html>";

/// What a behaviour does; the ordinary path knows nothing of it.
#[derive(Clone, Copy)]
pub(crate) enum Effect {
    Refuse(&'static Wording),
    RefuseAtFirst(&'static Wording),
    Slow,
    Breaks,
    Cut,
    Garbled,
    Held,
}

/// An error in a service's words.
pub(crate) struct Wording {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    /// `{caller}`, `{action}`, `{resource}`, `{region}`, `{account}` and `{endpoint}` stand for the call's own.
    pub(crate) message: &'static str,
    /// IAM and SageMaker write `Message`.
    pub(crate) capitalized: bool,
    pub(crate) retry_after: Option<&'static str>,
    /// What the model's container answered, where that is what broke.
    pub(crate) original: Option<Original>,
}

/// What an error tells of the model's own answer.
#[derive(Clone, Copy)]
pub(crate) struct Original {
    pub(crate) status: u16,
    pub(crate) message: &'static str,
}

/// What the words of an error are filled with.
pub(crate) struct Circumstances<'a> {
    pub(crate) caller: &'a str,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) endpoint: &'a str,
}

impl Effect {
    /// The wording of the refusal of this attempt, if it is refused.
    pub(crate) fn refuses(self, parts: &Parts) -> Option<&'static Wording> {
        match self {
            Self::Refuse(wording) => Some(wording),
            Self::RefuseAtFirst(wording) if attempt(parts) < PATIENT_ATTEMPT => Some(wording),
            _ => None,
        }
    }

    /// How long a plain answer takes beyond its time.
    pub(crate) fn delay(self) -> Option<std::time::Duration> {
        matches!(self, Self::Slow).then_some(SLOW)
    }

    /// What is sent for the body of a plain answer, and the length that is promised.
    pub(crate) fn plain(self, body: Bytes) -> (usize, Vec<Step>) {
        match self {
            Self::Garbled => (GARBLED.len(), vec![Step::Send(Bytes::from_static(GARBLED))]),
            Self::Cut => (body.len(), vec![Step::Send(body.slice(..body.len() / 2)), Step::Cut]),
            _ => (body.len(), vec![Step::Send(body)]),
        }
    }

    /// Whether a stream never comes to its last chunk, which tells what was counted.
    pub(crate) fn breaks_off(self) -> bool {
        matches!(self, Self::Breaks | Self::Cut | Self::Garbled)
    }

    /// What a chunk of a stream says instead.
    pub(crate) fn garbles(self) -> Option<&'static [u8]> {
        matches!(self, Self::Garbled).then_some(GARBLED)
    }
}

impl Wording {
    /// The error of one call.
    pub(crate) fn refusal(&self, of: &Circumstances<'_>) -> Refusal {
        let mut refusal = Refusal::new(self.status, self.code, of.fill(self.message));
        if self.capitalized {
            refusal = refusal.capitalized();
        }
        if let Some(seconds) = self.retry_after {
            refusal = refusal.header("retry-after", seconds);
        }
        match self.original {
            None => refusal,
            Some(original) if self.capitalized => refusal
                .member("OriginalStatusCode", original.status)
                .member("OriginalMessage", original.message)
                .member(
                    "LogStreamArn",
                    of.fill("arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/Endpoints/{endpoint}"),
                ),
            Some(original) => refusal
                .member("originalStatusCode", original.status)
                .member("resourceName", of.resource),
        }
    }
}

impl Circumstances<'_> {
    pub(crate) fn fill(&self, template: &str) -> String {
        [
            ("{caller}", self.caller),
            ("{action}", self.action),
            ("{resource}", self.resource),
            ("{region}", self.region),
            ("{account}", self.account),
            ("{endpoint}", self.endpoint),
        ]
        .into_iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// The attempt that the SDK counts: `amz-sdk-request: attempt=2; max=3`; the first where it counts none.
fn attempt(parts: &Parts) -> u32 {
    header(parts, "amz-sdk-request")
        .into_iter()
        .flat_map(|value| value.split(';'))
        .find_map(|field| field.trim().strip_prefix("attempt=")?.parse().ok())
        .unwrap_or(1)
}

//! Where the time of a run goes.

use std::time::{Duration, Instant, SystemTime};

use crate::context::Context;
use crate::report::Timing;

/// A clock that knows which part of the run it is.
#[derive(Debug)]
pub(crate) struct Timings {
    /// By the calendar.
    pub(crate) started: SystemTime,
    begun: Instant,
    phase_begun: Instant,
    phases: Vec<(Phase, Duration)>,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Target, credentials, buckets, permissions, the mark, what the target lacks.
    Preflight,
    /// Cargo's and the compiler's part, and nextest's list of what was built.
    Build,
    /// Nextest's part: the tests.
    Tests,
    /// What the tests left.
    Sweep,
    /// Needs against the lock, JUnit, summary, page.
    Report,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Phase::Preflight => "preflight",
            Phase::Build => "build",
            Phase::Tests => "tests",
            Phase::Sweep => "sweep",
            Phase::Report => "report",
        }
    }
}

impl Timings {
    /// Starts the clock.
    pub(crate) fn start() -> Timings {
        let now = Instant::now();
        Timings { started: SystemTime::now(), begun: now, phase_begun: now, phases: Vec::new() }
    }

    /// What has passed since the end of the part before was `phase`.
    pub(crate) fn end(&mut self, phase: Phase) {
        let now = Instant::now();
        let time = now.duration_since(self.phase_begun);
        self.phase_begun = now;
        match self.phases.iter_mut().find(|(known, _)| *known == phase) {
            Some((_, sum)) => *sum += time,
            None => self.phases.push((phase, time)),
        }
    }

    /// The run so far.
    pub(crate) fn whole(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The parts that have ended.
    pub(crate) fn parts(&self) -> Vec<Timing> {
        let part = |(phase, time): &(Phase, Duration)| Timing {
            phase: phase.as_str().to_owned(),
            seconds: time.as_secs_f64(),
        };
        self.phases.iter().map(part).collect()
    }

    /// Prints the parts.
    pub(crate) fn print(&self, cx: &Context) {
        for Timing { phase, seconds } in self.parts() {
            cx.ui.below(1, format_args!("{phase:<10} {seconds:>7.2} s"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_comes_twice_is_one_part() {
        let mut timings = Timings::start();
        for phase in [Phase::Preflight, Phase::Build, Phase::Preflight, Phase::Tests] {
            timings.end(phase);
        }
        let parts = timings.parts();
        let names: Vec<_> = parts.iter().map(|part| part.phase.as_str()).collect();
        assert_eq!(names, ["preflight", "build", "tests"]);
        let sum: f64 = parts.iter().map(|part| part.seconds).sum();
        assert!(sum <= timings.whole().as_secs_f64());
    }
}

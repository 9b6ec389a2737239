//! What lies under the two roots of a bucket, by run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use contract::{KeyKind, Prefix, Root, RunId};

use super::buckets::{Chosen, Standing};
use crate::aws::{Aws, AwsError};
use crate::leftovers::{Kind, Leftover, Notice, Place, Tally, visit};

/// What of the two roots a command is about.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// One run only.
    pub(super) run: Option<RunId>,
    /// Strays that are newer are left alone, one by one; runs are weighed as a whole, later.
    pub(super) not_after: Option<SystemTime>,
}

/// Whose a leftover is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    /// A run's.
    Run(RunId),
    /// Nobody's: outside the grammar. Where it lies in a folder that could be a run's, which run's.
    Stray(Option<RunId>),
}

/// What one run, or nobody, left in one bucket.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// How much there is.
    pub(super) tally: Tally,
    /// The keys of the run's current marks, and when each was last put.
    pub(super) marks: Vec<(String, Option<SystemTime>)>,
}

/// What lies in one bucket.
#[derive(Debug)]
pub(super) struct Survey {
    /// The bucket.
    pub(super) bucket: Chosen,
    /// What we may do with it.
    pub(super) standing: Standing,
    /// What lies there, by owner.
    pub(super) groups: BTreeMap<Who, Group>,
    /// Strays that are too new.
    pub(super) newer_strays: Tally,
    /// Strays in the folder of the one run that the command is about.
    pub(super) unchosen_strays: Tally,
    /// What makes the listing less than it seems.
    pub(super) notices: BTreeSet<Notice>,
}

impl Scope {
    /// Below which prefixes to look. With `--run`, nothing else is even listed.
    pub(super) fn prefixes(&self) -> [Prefix; 2] {
        Root::ALL.map(|root| match &self.run {
            Some(run) => Prefix::of_run(root, run),
            None => Prefix::of_root(root),
        })
    }

    /// Whether a stray is old enough.
    pub(super) fn takes_stray(&self, item: &Leftover) -> bool {
        match (self.not_after, item.modified) {
            (None, _) => true,
            (Some(limit), Some(modified)) => modified <= limit,
            (Some(_), None) => false,
        }
    }
}

impl Who {
    /// Whose a key is; `None` where it is nobody's to remove.
    pub(super) fn of(key: &str) -> Option<Who> {
        match KeyKind::of(key) {
            KeyKind::Test { run, .. } | KeyKind::Mark { run, .. } => Some(Who::Run(run)),
            KeyKind::Stray { root } => {
                let rest = key.strip_prefix(root.as_str()).unwrap_or_default();
                let folder = rest.split_once('/').and_then(|(run, _)| RunId::parse(run).ok());
                Some(Who::Stray(folder))
            }
            KeyKind::Outside => None,
        }
    }
}

impl Survey {
    /// Looks at a bucket. What fails becomes the bucket's standing: the other buckets are worth
    /// cleaning all the same.
    pub(super) async fn of(aws: &Aws, bucket: Chosen, scope: &Scope) -> Survey {
        let standing = Standing::of(aws, &bucket).await;
        let mut survey = Survey::of_nothing(bucket, standing);
        if !matches!(survey.standing, Standing::Missing | Standing::Broken { .. })
            && let Err(error) = survey.look(aws, scope).await
        {
            // Half of a listing would pass for all of it.
            return Survey::of_nothing(survey.bucket, Standing::failed(&error));
        }
        survey
    }

    fn of_nothing(bucket: Chosen, standing: Standing) -> Survey {
        Survey {
            bucket,
            standing,
            groups: BTreeMap::new(),
            newer_strays: Tally::default(),
            unchosen_strays: Tally::default(),
            notices: BTreeSet::new(),
        }
    }

    async fn look(&mut self, aws: &Aws, scope: &Scope) -> Result<(), AwsError> {
        let places = scope.prefixes().map(|prefix| Place {
            aws: aws.clone(),
            bucket: self.bucket.name.clone(),
            prefix,
        });
        let (groups, newer) = (&mut self.groups, &mut self.newer_strays);
        let unchosen = &mut self.unchosen_strays;
        let each = std::cell::RefCell::new(|item: &Leftover| {
            let Some(who) = Who::of(&item.key) else { return };
            if matches!(who, Who::Stray(_)) {
                if scope.run.is_some() {
                    unchosen.add(item);
                    return;
                }
                if !scope.takes_stray(item) {
                    newer.add(item);
                    return;
                }
            }
            let group = groups.entry(who).or_default();
            if matches!(KeyKind::of(&item.key), KeyKind::Mark { .. }) && item.kind == Kind::Object {
                group.marks.push((item.key.clone(), item.modified));
            }
            group.tally.add(item);
        });
        let [first, second] =
            places.each_ref().map(|place| visit(place, |item| (each.borrow_mut())(item)));
        let (first, second) = futures::try_join!(first, second)?;
        self.notices = &first | &second;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leftovers::fake;

    #[test]
    fn keys_are_told_apart_by_run() {
        let run = |id| RunId::parse(id).unwrap();
        let table = [
            ("test/r-1/a.b/n0/x", Some(Who::Run(run("r-1")))),
            ("perf-test/r-1/_run.json", Some(Who::Run(run("r-1")))),
            ("test/r-1/loose", Some(Who::Stray(Some(run("r-1"))))),
            ("test/loose", Some(Who::Stray(None))),
            ("test/NOT A RUN/x", Some(Who::Stray(None))),
            ("testing/x", None),
            ("test", None),
        ];
        for (key, who) in table {
            assert_eq!(Who::of(key), who, "{key}");
        }
    }

    #[tokio::test]
    async fn of_a_listing_that_failed_half_way_nothing_is_shown() {
        let year = std::time::Duration::from_secs(365 * 24 * 3600);
        let long_ago = Some(SystemTime::now() - 20 * year);
        for (run, not_after) in [(None, long_ago), (RunId::parse("r-1").ok(), None)] {
            let (place, log) = fake::place(Prefix::of_root(Root::Test), |asked| {
                let keys = [("perf-test/r-1/t/n/x", "v1"), ("perf-test/r-1/loose", "v1")];
                let tail = "<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>";
                match asked.name() {
                    "ListObjectVersions" if asked.has("key-marker") => {
                        fake::error(403, "AccessDenied")
                    }
                    "ListObjectVersions" if asked.target.contains("perf-test") => {
                        (200, fake::versions(keys, tail))
                    }
                    "ListObjectVersions" => (200, fake::versions([], "")),
                    "ListMultipartUploads" => (200, fake::uploads([], "")),
                    _ => (200, String::new()),
                }
            });
            let bucket = Chosen { name: "bucket".to_owned(), variables: Vec::new(), named: true };
            let survey = Survey::of(&place.aws, bucket, &Scope { run, not_after }).await;
            assert!(log.all().iter().any(|asked| asked.has("key-marker")), "{survey:?}");
            assert!(matches!(survey.standing, Standing::Broken { .. }), "{survey:?}");
            assert!(survey.groups.is_empty(), "{survey:?}");
            let strays = [&survey.newer_strays, &survey.unchosen_strays];
            assert!(strays.iter().all(|tally| tally.is_empty()), "{survey:?}");
        }
    }

    #[test]
    fn a_stray_without_a_time_is_not_known_to_be_old() {
        let now = SystemTime::now();
        let stray = |modified| Leftover {
            key: "test/x".to_owned(),
            kind: Kind::Object,
            id: None,
            bytes: 0,
            modified,
        };
        let scope = |not_after| Scope { run: None, not_after };
        assert!(scope(Some(now)).takes_stray(&stray(Some(now))));
        assert!(
            !scope(Some(now)).takes_stray(&stray(Some(now + std::time::Duration::from_secs(1))))
        );
        assert!(!scope(Some(now)).takes_stray(&stray(None)));
        assert!(scope(None).takes_stray(&stray(None)));
    }
}

//! The workflow files of this repository: what runs them may not be somebody else's to change, and only
//! those of AWS get to AWS.

use std::path::{Path, PathBuf};

use saphyr::MarkedYamlOwned;

use super::workflow::{Does, FOLDER, Workflow};
use super::yaml::{self, Node};

/// The workflows whose jobs may ask GitHub for a token that AWS takes.
const OF_AWS: [&str; 2] = ["aws.yml", "cleanup.yml"];

/// A workflow file.
struct File {
    name: String,
    text: String,
    yaml: MarkedYamlOwned,
}

fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FOLDER);
    let entries = std::fs::read_dir(&folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let file = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let yaml = yaml::parse(&text).unwrap();
        File { name: path.file_name().unwrap().to_str().unwrap().to_owned(), text, yaml }
    };
    let files: Vec<_> = paths.into_iter().map(file).collect();
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["aws.yml", "ci.yml", "cleanup.yml"]);
    files
}

impl File {
    fn root(&self) -> Node<'_> {
        Node::root(&self.yaml)
    }

    fn jobs(&self) -> Vec<Node<'_>> {
        self.root().need("jobs").unwrap().entries().unwrap()
    }
}

#[test]
fn every_workflow_can_be_run_here() {
    for file in files() {
        let workflow = Workflow::parse(&file.text).unwrap();
        let steps = workflow.jobs.iter().flat_map(|job| &job.steps);
        let scripts = steps.filter(|step| matches!(step.does, Does::Run(_))).count();
        assert!(scripts > 0, "{}", file.name);
    }
}

#[test]
fn every_action_is_pinned_by_its_commit_and_says_which_version_that_is() {
    for file in files() {
        let uses: Vec<_> = file.text.lines().filter(|line| line.contains("uses:")).collect();
        assert!(!uses.is_empty(), "{}", file.name);
        for line in uses {
            let pinned = line.split_once('@').and_then(|(_, pin)| pin.split_once(" # v"));
            let (commit, version) = pinned.unwrap_or_else(|| panic!("{}: {line}", file.name));
            let is_hash = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            let is_version = version.split('.').all(|part| part.parse::<u32>().is_ok());
            assert!(is_hash && is_version, "{}: {line}", file.name);
        }
    }
}

#[test]
fn only_the_jobs_of_aws_may_ask_for_a_token_and_nobody_may_write() {
    for file in files() {
        let is_of_aws = OF_AWS.contains(&file.name.as_str());
        let granted = |node: Node<'_>| -> Vec<String> {
            let permissions = node.get("permissions").unwrap();
            let entries = permissions.map(|node| node.entries().unwrap()).unwrap_or_default();
            let grant = |entry: Node<'_>| format!("{}: {}", entry.key(), entry.text().unwrap());
            entries.into_iter().map(grant).collect()
        };
        assert!(file.root().get("permissions").unwrap().is_some(), "{}", file.name);
        let of_all = granted(file.root());
        for job in file.jobs() {
            let mut all = [of_all.clone(), granted(job)].concat();
            all.sort();
            let expected: &[&str] = match is_of_aws {
                true => &["contents: read", "id-token: write"],
                false => &["contents: read"],
            };
            assert_eq!(all, expected, "{}: {}", file.name, job.key());
            assert_eq!(job.get("environment").unwrap().is_some(), is_of_aws, "{}", file.name);
        }
        assert_eq!(file.text.contains("secrets."), is_of_aws, "{}", file.name);
        // Its token could write, and it runs what strangers propose.
        assert!(!file.text.contains("pull_request_target"), "{}", file.name);
    }
}

#[test]
fn every_job_has_a_time_limit_and_no_checkout_leaves_its_token_behind() {
    for file in files() {
        for job in file.jobs() {
            let minutes = job.text_of("timeout-minutes").unwrap().unwrap();
            assert!(minutes.parse::<u32>().unwrap() <= 60, "{}: {}", file.name, job.key());
            let steps = job.need("steps").unwrap().items().unwrap();
            let is_checkout = |step: &&Node<'_>| {
                let action = step.text_of("uses").unwrap().unwrap_or_default();
                action.starts_with("actions/checkout@")
            };
            let checkouts: Vec<_> = steps.iter().filter(is_checkout).collect();
            assert!(!checkouts.is_empty(), "{}: {}", file.name, job.key());
            for checkout in checkouts {
                let with = checkout.need("with").unwrap();
                let kept = with.text_of("persist-credentials").unwrap();
                assert_eq!(kept.as_deref(), Some("false"), "{}", file.name);
            }
        }
    }
}

#[test]
fn a_run_on_aws_is_never_cancelled_and_always_cleaned_up() {
    for file in files() {
        if OF_AWS.contains(&file.name.as_str()) {
            let concurrency = file.root().need("concurrency").unwrap();
            let cancels = concurrency.text_of("cancel-in-progress").unwrap();
            assert_eq!(cancels.as_deref(), Some("false"), "{}", file.name);
        }
    }
    let files = files();
    let aws = files.iter().find(|file| file.name == "aws.yml").unwrap();
    let workflow = Workflow::parse(&aws.text).unwrap();
    let [job] = workflow.jobs.as_slice() else { panic!("{:?}", workflow.jobs) };
    let run = |command: &str| {
        let runs = |does: &Does| matches!(does, Does::Run(script) if script.text.contains(command));
        job.steps.iter().position(|step| runs(&step.does)).unwrap()
    };
    let (test, cleanup) = (run("cargo xtask test --aws"), run("cargo xtask cleanup --yes"));
    assert!(test < cleanup);
    assert_eq!(job.steps[cleanup].condition.as_deref(), Some("always()"));
    let run_id = |step: usize| &job.steps[step].env["RUN_ID"];
    assert_eq!(run_id(test), run_id(cleanup));
}

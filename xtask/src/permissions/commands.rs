//! What our own commands need: each does once, on an embedded AWS of its own, all that it may have to
//! do on AWS, by the code that does it there.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, Tag, Tagging,
    VersioningConfiguration,
};
use contract::test_id::SandboxKey;
use contract::{RunId, TestId, buckets, target};
use sandbox::{AccessKey, Sandbox};

use super::{Command, Names, Needs, Places, View};
use crate::aws::{self, Aws, AwsError, Identity};
use crate::context::Context;
use crate::mark::{Mark, MarkPlace};
use crate::{check, cleanup, setup, test};

/// The needs of every command.
///
/// # Errors
/// Where a command does not get through what it has to do.
pub(crate) async fn observe(cx: &Context) -> Result<BTreeMap<Command, Needs>> {
    let scratch = Scratch::start().await?;
    let mut needs = BTreeMap::new();
    for command in Command::all() {
        let aws = scratch.aws(&key_of(command));
        let step = || format!("finding out what `{command}` needs");
        match command {
            // After the others: it asks about what they need.
            Command::Check => continue,
            Command::Cleanup => cleanup::exercise(cx, &aws, &scratch).await.with_context(step)?,
            Command::Setup => setup::exercise(&aws, &scratch).await.with_context(step)?,
            Command::Test => test::exercise(cx, &aws, &scratch).await.with_context(step)?,
        }
    }
    scratch.collect(&mut needs);
    let asked = needs.values().flatten().cloned().collect();
    for aws in scratch.callers(&key_of(Command::Check)) {
        let step = || format!("finding out what `{}` needs", Command::Check);
        check::exercise(&aws, &scratch, &asked).await.with_context(step)?;
    }
    scratch.collect(&mut needs);
    Ok(needs)
}

fn key_of(command: Command) -> SandboxKey {
    TestId::new("xtask", command.to_string()).sandbox_key()
}

/// Who the commands are there.
const USER: &str = "command";

/// The role that one of them may have taken on.
const ROLE: &str = "commands";

/// An embedded AWS for commands to work on.
pub(crate) struct Scratch {
    sandbox: Sandbox,
}

impl Scratch {
    /// For `setup`, which makes it.
    pub(crate) const NEW_BUCKET: &str = "scratch-setup";
    /// For `setup`, which adopts it.
    pub(crate) const ADOPTED_BUCKET: &str = "scratch-adopted";
    /// For `cleanup`.
    pub(crate) const CLEANUP_BUCKET: &str = "scratch-cleanup";
    /// For `test`.
    pub(crate) const TEST_BUCKET: &str = "scratch-test";

    /// All of them. None is there in the beginning.
    const BUCKETS: [&str; 4] =
        [Self::NEW_BUCKET, Self::ADOPTED_BUCKET, Self::CLEANUP_BUCKET, Self::TEST_BUCKET];

    async fn start() -> Result<Scratch> {
        let sandbox = Sandbox::start(sandbox::Config::default())
            .await
            .context("starting the embedded AWS")?;
        let scratch = Scratch { sandbox };
        scratch.admit("owner", &SandboxKey::harness());
        for command in Command::all() {
            scratch.admit(USER, &key_of(command));
        }
        Ok(scratch)
    }

    fn admit(&self, name: &str, key: &SandboxKey) {
        let key = AccessKey::user(target::SANDBOX_ACCOUNT, name, &key.id, &key.secret);
        self.sandbox.add_access_key(key);
    }

    /// As AWS itself is talked to: a server that is none is asked for more.
    fn aws(&self, key: &SandboxKey) -> Aws {
        let endpoint = self.sandbox.endpoint();
        let aws =
            aws::connect_to_sandbox(endpoint, target::SANDBOX_REGION, key, target::SANDBOX_ACCOUNT);
        Aws { endpoint: None, ..aws }
    }

    /// The holder of `key` as a user, and in the session of a role.
    fn callers(&self, key: &SandboxKey) -> [Aws; 2] {
        let account = target::SANDBOX_ACCOUNT;
        // IAM has to know the role; nobody signs with this key.
        let role = AccessKey::assumed_role(account, ROLE, ROLE, "ASIASCRATCHROLE", "none", "none");
        self.sandbox.add_access_key(role);
        let arns = [
            format!("arn:aws:iam::{account}:user/{USER}"),
            format!("arn:aws:sts::{account}:assumed-role/{ROLE}/{ROLE}"),
        ];
        arns.map(|arn| {
            let identity = Identity::Known { account: account.to_owned(), arn };
            Aws { identity, ..self.aws(key) }
        })
    }

    /// Adds what the calls since the last time needed.
    fn collect(&self, needs: &mut BTreeMap<Command, Needs>) {
        let commands: BTreeMap<String, Command> =
            Command::all().map(|command| (key_of(command).id, command)).collect();
        for call in self.sandbox.take_calls() {
            if let Some(command) = call.access_key.as_ref().and_then(|key| commands.get(key)) {
                let needed = self.names().needs(&call, View::Command);
                needs.entry(*command).or_default().extend(needed);
            }
        }
    }

    /// What placeholders stand for here, for a command that looks at buckets that others have made:
    /// one that keeps versions, and one that does not.
    pub(crate) fn places(&self) -> Places {
        let names = [Scratch::NEW_BUCKET, Scratch::TEST_BUCKET].map(ToOwned::to_owned);
        let purposes = buckets::ALL.iter().map(|bucket| bucket.purpose);
        Places {
            partition: "aws".to_owned(),
            region: Some(target::SANDBOX_REGION.to_owned()),
            account: Some(target::SANDBOX_ACCOUNT.to_owned()),
            buckets: purposes.zip(names).collect(),
            model: Some(target::SANDBOX_MODEL_ID.to_owned()),
            endpoint: Some(target::SANDBOX_ENDPOINT_NAME.to_owned()),
            ..Places::default()
        }
    }

    fn names(&self) -> Names {
        // A command treats all buckets alike, so that the purpose does not matter.
        let purpose = buckets::ALL[0].purpose;
        Names {
            buckets: Scratch::BUCKETS.map(|name| (name.to_owned(), purpose)).into(),
            account: target::SANDBOX_ACCOUNT.to_owned(),
            region: target::SANDBOX_REGION.to_owned(),
            model: target::SANDBOX_MODEL_ID.to_owned(),
            endpoint: target::SANDBOX_ENDPOINT_NAME.to_owned(),
        }
    }

    /// Makes a bucket as somebody may have made it long ago: it keeps versions, blocks no public
    /// access, and has a tag of its own.
    ///
    /// # Errors
    /// Where the embedded AWS does not do it.
    pub(crate) async fn make_bucket(&self, bucket: &str) -> Result<()> {
        let s3 = self.aws(&SandboxKey::harness()).s3;
        let region = BucketLocationConstraint::from(target::SANDBOX_REGION);
        let region = CreateBucketConfiguration::builder().location_constraint(region).build();
        s3.create_bucket().bucket(bucket).create_bucket_configuration(region).send().await?;
        let enabled = BucketVersioningStatus::Enabled;
        let enabled = VersioningConfiguration::builder().status(enabled).build();
        s3.put_bucket_versioning().bucket(bucket).versioning_configuration(enabled).send().await?;
        let tags = Tagging::builder().tag_set(Tag::builder().key("team").value("x").build()?);
        s3.put_bucket_tagging().bucket(bucket).tagging(tags.build()?).send().await?;
        s3.delete_public_access_block().bucket(bucket).send().await?;
        Ok(())
    }

    /// Leaves the mark of a run that is live.
    ///
    /// # Errors
    /// Where the embedded AWS does not do it.
    pub(crate) async fn mark(&self, bucket: &str, run: &RunId) -> Result<()> {
        let aws = self.aws(&SandboxKey::harness());
        let places = MarkPlace::all(&[bucket.to_owned()], run, None);
        let put = Mark::of_this_process(run, None).put(&aws, &places).await;
        put.map_err(AwsError::into_error)
    }

    /// Leaves below `prefix` all that can be left: a version, a delete marker, an unfinished upload,
    /// and a key that only a request of its own can delete.
    ///
    /// # Errors
    /// Where the embedded AWS does not do it.
    pub(crate) async fn litter(&self, bucket: &str, prefix: &str) -> Result<()> {
        let s3 = self.aws(&SandboxKey::harness()).s3;
        for name in ["deleted", "odd\u{1}"] {
            let put = s3.put_object().bucket(bucket).key(format!("{prefix}{name}"));
            put.body(ByteStream::from_static(b"x")).send().await?;
        }
        s3.delete_object().bucket(bucket).key(format!("{prefix}deleted")).send().await?;
        let upload = s3.create_multipart_upload().bucket(bucket).key(format!("{prefix}upload"));
        upload.send().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::permissions::{LOCK_FILE, Lock, Subject};
    use crate::ui::Ui;

    #[tokio::test]
    async fn the_lock_holds_what_the_commands_need() {
        let cx = Context { ui: Ui::new(false), config: Config::of(&[], &[]) };
        let needs = observe(&cx).await.unwrap();
        assert!(needs.values().all(|needs| !needs.is_empty()), "{needs:?}");
        let lock = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(LOCK_FILE);
        let lock = Lock::read(&lock).unwrap();
        for (command, needs) in needs {
            let locked = lock.needs(&Subject::Command(command));
            assert_eq!(Some(&needs), locked, "{command}: cargo xtask test --update-permissions");
        }
    }
}

//! Access keys, and the ring of those that the sandbox knows.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest, Sha256};

use crate::iam::{Need, Policies, PolicyError, Request, Verdict};

/// Who may call: a key pair and the identity behind it.
#[derive(Clone)]
pub struct AccessKey {
    /// The access key id (`AKIA...`; `ASIA...` for temporary ones).
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// Temporary credentials carry a token, which must accompany each request.
    pub session_token: Option<String>,
    /// The account, 12 digits.
    pub account: String,
    /// What GetCallerIdentity answers as `Arn`.
    pub principal_arn: String,
    /// What GetCallerIdentity answers as `UserId`.
    pub user_id: String,
    /// Of an assumed role: `/`, or `/a/b/`, which the session's ARN does not tell.
    role_path: String,
    /// `None`: everything in its account.
    policies: Option<Policies>,
}

impl AccessKey {
    /// A long-lived key of an IAM user.
    pub fn user(account: &str, name: &str, id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            session_token: None,
            account: account.to_owned(),
            principal_arn: format!("arn:aws:iam::{account}:user/{name}"),
            user_id: format!("AIDA{}", &digest(&format!("{account}/{name}")).to_uppercase()[..17]),
            role_path: "/".to_owned(),
            policies: None,
        }
    }

    /// A temporary key of an assumed role.
    pub fn assumed_role(
        account: &str,
        role: &str,
        session: &str,
        id: &str,
        secret: &str,
        token: &str,
    ) -> Self {
        let role_id = format!("AROA{}", &digest(&format!("{account}/{role}")).to_uppercase()[..17]);
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            session_token: Some(token.to_owned()),
            account: account.to_owned(),
            principal_arn: format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            user_id: format!("{role_id}:{session}"),
            role_path: "/".to_owned(),
            policies: None,
        }
    }

    /// Nobody: what a request without a signature comes from.
    pub(crate) fn anonymous() -> Self {
        Self {
            id: String::new(),
            secret: String::new(),
            session_token: None,
            account: String::new(),
            principal_arn: "anonymous".into(),
            user_id: "anonymous".into(),
            role_path: "/".to_owned(),
            policies: None,
        }
    }

    /// The path of an assumed role, such as `/service-role/`: part of the role's ARN, not of the session's.
    #[must_use]
    pub fn with_role_path(mut self, path: &str) -> Self {
        let path = path.trim_matches('/');
        self.role_path = if path.is_empty() { "/".to_owned() } else { format!("/{path}/") };
        self
    }

    /// Holds the key to identity-based policies, JSON documents as IAM takes them.
    ///
    /// A key without this may do everything in its account; one with an empty list may do nothing.
    ///
    /// # Errors
    /// Which document is malformed, where, and how.
    pub fn with_policies<T: AsRef<str>>(
        mut self,
        documents: impl IntoIterator<Item = T>,
    ) -> Result<Self, PolicyError> {
        self.policies = Some(Policies::parse(documents)?);
        Ok(self)
    }

    pub(crate) fn policies(&self) -> Option<&Policies> {
        self.policies.as_ref()
    }

    /// What its own policies say.
    pub(crate) fn says(
        &self,
        need: &Need,
        context: &dyn Fn(&str) -> Option<Vec<String>>,
    ) -> Verdict {
        let request = Request { action: &need.action, resource: &need.resource, context };
        self.policies
            .as_ref()
            .map_or(Verdict::Allow, |policies| policies.evaluate(&request).verdict)
    }

    /// The role behind a session.
    pub(crate) fn role(&self) -> Option<&str> {
        self.principal_arn.split_once(":assumed-role/")?.1.split('/').next()
    }

    /// The path of the role behind a session.
    pub(crate) fn role_path(&self) -> &str {
        &self.role_path
    }

    /// The user's name, without its path.
    pub(crate) fn user_name(&self) -> Option<&str> {
        self.principal_arn.split_once(":user/")?.1.rsplit('/').next()
    }

    pub(crate) fn is_root(&self) -> bool {
        self.principal_arn.ends_with(":root")
    }

    /// The ARN of the user, or of the role behind a session.
    pub(crate) fn identity_arn(&self) -> String {
        self.role().map_or_else(
            || self.principal_arn.clone(),
            |role| format!("arn:aws:iam::{}:role{}{role}", self.account, self.role_path),
        )
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("account", &self.account)
            .field("principal_arn", &self.principal_arn)
            .finish_non_exhaustive()
    }
}

/// The canonical user id that S3 shows as the owner: 64 hexadecimal digits, a fixed function of the account.
pub(crate) fn canonical_id(account: &str) -> String {
    digest(&format!("canonical-user/{account}"))
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The keys that the sandbox knows, by id; shared, since every request asks for one and more than once.
#[derive(Default)]
pub(crate) struct Keyring {
    keys: RwLock<HashMap<String, Arc<AccessKey>>>,
}

impl Keyring {
    pub(crate) fn add(&self, key: AccessKey) {
        self.keys
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.id.clone(), key.into());
    }

    pub(crate) fn remove(&self, id: &str) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// # Errors
    /// Unknown keys and malformed documents; nothing is changed then.
    pub(crate) fn set_policies<T: AsRef<str>>(
        &self,
        id: &str,
        documents: impl IntoIterator<Item = T>,
    ) -> Result<(), PolicyError> {
        let policies = Policies::parse(documents)?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let key = keys.get_mut(id).ok_or_else(|| PolicyError::unknown_key(id))?;
        Arc::make_mut(key).policies = Some(policies);
        Ok(())
    }

    /// The first key, by id, that `wanted` picks.
    pub(crate) fn find(&self, wanted: impl Fn(&AccessKey) -> bool) -> Option<Arc<AccessKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.values().filter(|key| wanted(key)).min_by(|a, b| a.id.cmp(&b.id)).cloned()
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<AccessKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Whether a canonical user id stands for an account with a key.
    pub(crate) fn knows_canonical_id(&self, id: &str) -> bool {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .any(|key| canonical_id(&key.account) == id)
    }
}

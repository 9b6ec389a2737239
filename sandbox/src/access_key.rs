//! Access keys, and the ring of those that the sandbox knows.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use sha2::{Digest, Sha256};

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
        }
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

/// The keys that the sandbox knows, by id.
#[derive(Default)]
pub(crate) struct Keyring {
    keys: RwLock<HashMap<String, AccessKey>>,
}

impl Keyring {
    pub(crate) fn add(&self, key: AccessKey) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(key.id.clone(), key);
    }

    pub(crate) fn remove(&self, id: &str) {
        self.keys.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    pub(crate) fn get(&self, id: &str) -> Option<AccessKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The account that a canonical user id stands for, among the accounts with a key.
    pub(crate) fn knows_canonical_id(&self, id: &str) -> bool {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .any(|key| canonical_id(&key.account) == id)
    }
}

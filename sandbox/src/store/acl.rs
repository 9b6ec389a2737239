//! Access control lists: who is granted what on a bucket or an object.

/// One line of an ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) grantee: Grantee,
    pub(crate) permission: Permission,
}

/// Whom a grant is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grantee {
    /// An account, by its canonical user id.
    Account(String),
    /// Everybody, anonymous callers included.
    AllUsers,
    /// Everybody with any AWS account.
    AuthenticatedUsers,
    /// S3's own log delivery.
    LogDelivery,
}

/// What a grant allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    FullControl,
    Read,
    Write,
    ReadAcp,
    WriteAcp,
}

impl Grantee {
    /// The group's URI; `None` for an account.
    pub(crate) fn uri(&self) -> Option<&'static str> {
        match self {
            Self::Account(_) => None,
            Self::AllUsers => Some("http://acs.amazonaws.com/groups/global/AllUsers"),
            Self::AuthenticatedUsers => {
                Some("http://acs.amazonaws.com/groups/global/AuthenticatedUsers")
            }
            Self::LogDelivery => Some("http://acs.amazonaws.com/groups/s3/LogDelivery"),
        }
    }

    pub(crate) fn group(uri: &str) -> Option<Self> {
        [Self::AllUsers, Self::AuthenticatedUsers, Self::LogDelivery]
            .into_iter()
            .find(|group| group.uri() == Some(uri))
    }

    /// Open to more than accounts named one by one.
    pub(crate) fn is_public(&self) -> bool {
        matches!(self, Self::AllUsers | Self::AuthenticatedUsers)
    }

    fn covers(&self, caller: Option<&str>) -> bool {
        match self {
            Self::Account(id) => caller == Some(id),
            Self::AllUsers => true,
            Self::AuthenticatedUsers => caller.is_some(),
            Self::LogDelivery => false,
        }
    }
}

impl Permission {
    const ALL: [Self; 5] =
        [Self::FullControl, Self::Read, Self::Write, Self::ReadAcp, Self::WriteAcp];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::ReadAcp => "READ_ACP",
            Self::WriteAcp => "WRITE_ACP",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }
}

/// Whether `grants` allow `permission` to a caller (canonical user id; `None` for an anonymous one).
pub(crate) fn allows(
    grants: &[Grant],
    permission: Permission,
    caller: Option<&str>,
    ignore_public: bool,
) -> bool {
    grants.iter().any(|grant| {
        let permitted =
            grant.permission == permission || grant.permission == Permission::FullControl;
        permitted && !(ignore_public && grant.grantee.is_public()) && grant.grantee.covers(caller)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_control_is_every_permission_and_groups_cover_their_members() {
        let grants = [
            Grant { grantee: Grantee::Account("me".into()), permission: Permission::FullControl },
            Grant { grantee: Grantee::AuthenticatedUsers, permission: Permission::Read },
        ];
        assert!(allows(&grants, Permission::WriteAcp, Some("me"), false));
        assert!(allows(&grants, Permission::Read, Some("other"), false));
        assert!(!allows(&grants, Permission::Write, Some("other"), false));
        assert!(!allows(&grants, Permission::Read, None, false));
        assert!(!allows(&grants, Permission::Read, Some("other"), true));
    }
}

//! Identity and access management: what a call needs, whether its caller may, and the API that tells it beforehand.

use std::fmt;

use crate::access_key::AccessKey;

mod actions;
mod api;
#[cfg(test)]
mod cases;
mod context;
mod document;
mod evaluate;
mod operator;
mod policies;
mod simulate;
mod variable;

#[cfg(test)]
pub(crate) use actions::operations_checked_for;
pub(crate) use actions::{On, When, needs};
pub(crate) use api::API;
pub(crate) use context::Global;
pub(crate) use document::{Names, Statement, has_variables};
pub(crate) use evaluate::{Request, Verdict, evaluate, matches};
pub(crate) use policies::Policies;
pub use policies::PolicyError;

/// An IAM action on a resource: what a call had to be allowed to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// Such as `s3:GetObjectVersion`; the IAM action, not the API operation.
    pub action: String,
    /// An ARN, or `*` for actions that know no resource.
    pub resource: String,
}

/// Why a call is denied: by which kind of policy, and whether it says so or says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    IdentitySilent,
    IdentityDenies,
    ResourceSilent,
    ResourceDenies,
}

/// A need that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    /// The caller's ARN.
    pub(crate) caller: String,
    pub(crate) need: Need,
    pub(crate) reason: Reason,
}

impl Denial {
    /// AWS's words ("Troubleshoot access denied error messages", IAM User Guide); S3 writes the resource in quotes.
    pub(crate) fn message(&self, quote: &str) -> String {
        let Need { action, resource } = &self.need;
        let resource = if resource == "*" {
            String::new()
        } else {
            format!(" on resource: {quote}{resource}{quote}")
        };
        let reason = self.reason;
        let caller = &self.caller;
        match reason {
            Reason::IdentitySilent | Reason::ResourceSilent => format!(
                "User: {caller} is not authorized to perform: {action}{resource} because no {reason} allows the {action} action"
            ),
            Reason::IdentityDenies | Reason::ResourceDenies => format!(
                "User: {caller} is not authorized to perform: {action}{resource} with an explicit deny in {} {reason}",
                if reason == Reason::IdentityDenies { "an" } else { "a" }
            ),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdentitySilent | Self::IdentityDenies => "identity-based policy",
            Self::ResourceSilent | Self::ResourceDenies => "resource-based policy",
        })
    }
}

/// Whether a caller may do everything that a call needs, on resources without policies of their own.
///
/// `context` gives the values of a condition key (in lower case) for one need.
///
/// # Errors
/// The first need that is not met.
pub(crate) fn authorize(
    caller: &AccessKey,
    needs: &[Need],
    context: &dyn Fn(&Need, &str) -> Option<Vec<String>>,
) -> Result<(), Denial> {
    for need in needs {
        let reason = match caller.says(need, &|key| context(need, key)) {
            Verdict::Allow => continue,
            Verdict::Deny => Reason::IdentityDenies,
            Verdict::Silent => Reason::IdentitySilent,
        };
        return Err(Denial { caller: caller.principal_arn.clone(), need: need.clone(), reason });
    }
    Ok(())
}

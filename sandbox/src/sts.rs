//! AWS STS: GetCallerIdentity (STS API Reference, version 2011-06-15).

use crate::access_key::AccessKey;
use crate::calls::Service;
use crate::fault::{Fault, element};
use crate::query_api::{Api, Request};

pub(crate) const API: Api =
    Api { service: Service::Sts, namespace: "https://sts.amazonaws.com/doc/2011-06-15/", answer };

fn answer(operation: &str, request: &mut Request<'_>) -> Result<String, Fault> {
    match operation {
        // Everybody may, whatever the policies say (GetCallerIdentity, STS API Reference).
        "GetCallerIdentity" => Ok(caller_identity(&request.caller)),
        other if is_sts_operation(other) => Err(Fault::new("NotImplemented")
            .message(format!("the sandbox does not play the STS operation {other}"))),
        other => Err(unknown_operation(other, request)),
    }
}

fn caller_identity(caller: &AccessKey) -> String {
    let mut xml = String::new();
    element(&mut xml, "Arn", &caller.principal_arn);
    element(&mut xml, "UserId", &caller.user_id);
    element(&mut xml, "Account", &caller.account);
    xml
}

fn unknown_operation(operation: &str, request: &Request<'_>) -> Fault {
    let version = request.parameters.get("Version").unwrap_or_default();
    Fault::new("InvalidAction")
        .message(format!("Could not find operation {operation} for version {version}"))
}

fn is_sts_operation(name: &str) -> bool {
    matches!(
        name,
        "AssumeRole"
            | "AssumeRoleWithSAML"
            | "AssumeRoleWithWebIdentity"
            | "AssumeRoot"
            | "DecodeAuthorizationMessage"
            | "GetAccessKeyInfo"
            | "GetFederationToken"
            | "GetSessionToken"
    )
}

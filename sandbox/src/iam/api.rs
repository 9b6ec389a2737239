//! The API of IAM, as far as it is played: SimulatePrincipalPolicy and GetRole (IAM API Reference, version 2010-05-08).

use http::StatusCode;

use super::{On, When, needs, simulate};
use crate::calls::Service;
use crate::fault::{Fault, element};
use crate::query_api::{Api, Request};

pub(crate) const API: Api =
    Api { service: Service::Iam, namespace: "https://iam.amazonaws.com/doc/2010-05-08/", answer };

/// When every role was created: the sandbox does not know better, and a fixed date does not make answers differ.
const CREATED: &str = "2020-01-01T00:00:00Z";

fn answer(operation: &str, request: &mut Request<'_>) -> Result<String, Fault> {
    match operation {
        "GetRole" => get_role(request),
        "SimulatePrincipalPolicy" => simulate::principal_policy(request),
        other => Err(Fault::new("NotImplemented")
            .message(format!("the sandbox does not play the IAM operation {other}"))),
    }
}

/// Holds the caller to an operation on a user or role; `shown` is how IAM's refusal calls it.
///
/// # Errors
/// AccessDenied.
pub(super) fn authorize(
    request: &mut Request<'_>,
    operation: &str,
    arn: &str,
    shown: &str,
) -> Result<(), Fault> {
    let needs = needs(
        operation,
        |when| when == When::Always,
        |on| if on == On::Principal { vec![arn.to_owned()] } else { Vec::new() },
    );
    request.authorize(needs).map_err(|mut denial| {
        denial.need.resource = shown.to_owned();
        Fault::new("AccessDenied").message(denial.message(""))
    })
}

pub(super) fn no_such(kind: &str, name: &str) -> Fault {
    Fault::new("NoSuchEntity")
        .status(StatusCode::NOT_FOUND)
        .message(format!("The {kind} with name {name} cannot be found."))
}

fn get_role(request: &mut Request<'_>) -> Result<String, Fault> {
    let name = request.required("RoleName")?;
    let account = request.caller.account.clone();
    let role = request.keys.find(|key| key.account == account && key.role() == Some(&*name));
    let arn = role
        .as_ref()
        .map_or_else(|| format!("arn:aws:iam::{account}:role/{name}"), |role| role.identity_arn());
    authorize(request, "GetRole", &arn, &format!("role {name}"))?;
    let role = role.ok_or_else(|| no_such("role", &name))?;

    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let trust = percent_encoding::utf8_percent_encode(&trust, percent_encoding::NON_ALPHANUMERIC);
    let mut xml = String::from("<Role>");
    element(&mut xml, "Path", role.role_path());
    element(&mut xml, "RoleName", &name);
    element(&mut xml, "RoleId", role.user_id.split(':').next().unwrap_or_default());
    element(&mut xml, "Arn", &arn);
    element(&mut xml, "CreateDate", CREATED);
    element(&mut xml, "AssumeRolePolicyDocument", &trust.to_string());
    element(&mut xml, "MaxSessionDuration", "3600");
    xml.push_str("<RoleLastUsed/></Role>");
    Ok(xml)
}

//! SimulatePrincipalPolicy: what the policies of a user or role would say.
//!
//! As on AWS, the answer rests on identity-based policies and on what the request tells of its circumstances, and is advice.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;

use super::evaluate::{Request as Question, lower_key};
use super::{Global, Policies, Verdict, api};
use crate::access_key::AccessKey;
use crate::fault::{Fault, element};
use crate::query_api::Request;

/// Results of one page, unless asked for fewer.
const PAGE: usize = 100;

/// Parameters that would change the answer, and that the sandbox does not weigh.
const NOT_PLAYED: [&str; 3] =
    ["ResourcePolicy", "PermissionsBoundaryPolicyInputList.member.1", "CallerArn"];

pub(super) fn principal_policy(request: &mut Request<'_>) -> Result<String, Fault> {
    let arn = request.required("PolicySourceArn")?;
    let (kind, name) = source(&arn)?;
    let actions = request.list("ActionNames");
    if actions.is_empty() {
        request.required("ActionNames")?;
    }
    if let Some(action) = actions.iter().find(|action| !is_action(action)) {
        return Err(invalid(format!("Invalid Entity Action: {action}")));
    }
    let mut resources = request.list("ResourceArns");
    if let Some(resource) = resources.iter().find(|resource| !is_resource(resource)) {
        return Err(invalid(format!("Invalid Entity Resource: {resource}")));
    }
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    api::authorize(request, "SimulatePrincipalPolicy", &arn, &arn)?;
    let principal = request
        .keys
        .find(|key| key.identity_arn() == arn && key.account == request.caller.account)
        .ok_or_else(|| api::no_such(kind, name))?;
    if let Some(parameter) = NOT_PLAYED.iter().find(|name| request.parameters.has(name)) {
        return Err(Fault::new("NotImplemented").message(format!(
            "the sandbox does not simulate with the parameter {}",
            parameter.split('.').next().unwrap_or_default()
        )));
    }
    let simulation = Simulation::read(request, principal)?;
    let page = page(request, actions.len())?;

    let mut xml = String::from("<EvaluationResults>");
    for action in &actions[page.clone()] {
        let outcomes: Vec<Outcome> =
            resources.iter().map(|resource| simulation.run(action, resource)).collect();
        write(&mut xml, action, &outcomes);
    }
    xml.push_str("</EvaluationResults>");
    let truncated = page.end < actions.len();
    element(&mut xml, "IsTruncated", if truncated { "true" } else { "false" });
    if truncated {
        element(&mut xml, "Marker", &page.end.to_string());
    }
    Ok(xml)
}

/// Kind and name of the principal; a session, whose ARN belongs to STS, is none.
fn source(arn: &str) -> Result<(&'static str, &str), Fault> {
    let entity = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(':'));
    let entity = entity.and_then(|(_, entity)| entity.split_once('/'));
    let (kind, path) = match entity {
        Some(("user", path)) => ("user", path),
        Some(("role", path)) => ("role", path),
        Some(("group", path)) => ("group", path),
        _ => {
            // [seen] in public issues, for the ARN of an assumed role.
            return Err(invalid(format!(
                "Invalid Entity Arn: {arn} does not clearly define entity type and name."
            )));
        }
    };
    Ok((kind, path.rsplit('/').next().unwrap_or_default()))
}

fn invalid(message: String) -> Fault {
    Fault::new("InvalidInput").status(StatusCode::BAD_REQUEST).message(message)
}

/// `service:Action`, without wildcards.
fn is_action(action: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-".contains(&byte))
    };
    action.split_once(':').is_some_and(|(service, name)| is_name(service) && is_name(name))
}

fn is_resource(resource: &str) -> bool {
    let fields: Vec<&str> = resource.splitn(6, ':').collect();
    let account = fields.get(4).copied().unwrap_or_default();
    let is_account =
        account.is_empty() || (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()));
    resource == "*" || (fields.len() == 6 && fields[0] == "arn" && is_account)
}

/// Which of the actions are answered now.
fn page(request: &Request<'_>, actions: usize) -> Result<std::ops::Range<usize>, Fault> {
    let length = match request.parameters.get("MaxItems") {
        None => PAGE,
        Some(most) => most
            .parse()
            .ok()
            .filter(|most| (1..=1_000).contains(most))
            .ok_or_else(|| invalid(format!("Invalid MaxItems: {most}")))?,
    };
    let start = match request.parameters.get("Marker") {
        None => 0,
        Some(marker) => marker
            .parse()
            .ok()
            .filter(|start| *start < actions)
            .ok_or_else(|| invalid(format!("Invalid Marker: {marker}")))?,
    };
    Ok(start..actions.min(start + length))
}

/// What is simulated.
struct Simulation {
    principal: Arc<AccessKey>,
    /// `None`: a key without policies may do everything.
    policies: Option<Policies>,
    /// The document of each statement.
    sources: Vec<String>,
    /// By the key in lower case.
    context: BTreeMap<String, Vec<String>>,
}

/// One action on one resource.
struct Outcome<'a> {
    resource: &'a str,
    decision: &'static str,
    matched: Vec<&'a str>,
    /// Condition keys whose values nobody gave.
    missing: Vec<String>,
}

impl Simulation {
    fn read(request: &Request<'_>, principal: Arc<AccessKey>) -> Result<Self, Fault> {
        let more = Policies::parse(request.list("PolicyInputList"))
            .map_err(|error| invalid(error.to_string()))?;
        let named = |policies: &Policies, name: &str| -> Vec<String> {
            let lengths = policies.lengths().enumerate();
            lengths
                .flat_map(|(index, length)| vec![format!("{name}.{}", index + 1); length])
                .collect()
        };
        let own = principal.policies().cloned();
        let mut sources = own.as_ref().map_or_else(Vec::new, |own| named(own, "policy"));
        sources.extend(named(&more, "PolicyInputList"));

        let mut context = BTreeMap::new();
        for index in 1.. {
            let entry = format!("ContextEntries.member.{index}");
            let Some(key) = request.parameters.get(&format!("{entry}.ContextKeyName")) else {
                break;
            };
            let values = request.list(&format!("{entry}.ContextKeyValues"));
            context.insert(lower_key(&key), values);
        }
        Ok(Self { policies: own.map(|own| own.and(&more)), principal, sources, context })
    }

    /// The values of a condition key: those that were given, and what the principal and the clock tell.
    fn value(&self, key: &str) -> Option<Vec<String>> {
        let known = key.starts_with("aws:principal")
            || matches!(key, "aws:username" | "aws:currenttime" | "aws:epochtime");
        let global = Global {
            caller: Some(&self.principal),
            region: "",
            headers: None,
            resource_account: None,
        };
        let given = self.context.get(key).cloned();
        given.or_else(|| global.get(key).filter(|_| known))
    }

    fn run<'a>(&'a self, action: &str, resource: &'a str) -> Outcome<'a> {
        let Some(policies) = &self.policies else {
            return Outcome {
                resource,
                decision: "allowed",
                matched: Vec::new(),
                missing: Vec::new(),
            };
        };
        let context = |key: &str| self.value(key);
        let evaluation = policies.evaluate(&Question { action, resource, context: &context });
        let mut matched: Vec<&str> =
            evaluation.matched.iter().map(|index| self.sources[*index].as_str()).collect();
        matched.dedup();
        let mut missing: Vec<String> = policies
            .statements()
            .flat_map(|statement| statement.keys())
            .filter(|key| self.value(&lower_key(key)).is_none())
            .collect();
        missing.sort();
        missing.dedup();
        let decision = match evaluation.verdict {
            Verdict::Allow => "allowed",
            Verdict::Deny => "explicitDeny",
            Verdict::Silent => "implicitDeny",
        };
        Outcome { resource, decision, matched, missing }
    }
}

/// One EvaluationResult: of a single resource by itself, of several one by one and together.
fn write(xml: &mut String, action: &str, outcomes: &[Outcome<'_>]) {
    xml.push_str("<member>");
    element(xml, "EvalActionName", action);
    match outcomes {
        [only] => {
            element(xml, "EvalResourceName", only.resource);
            element(xml, "EvalDecision", only.decision);
            write_reasons(xml, only);
        }
        several => {
            let has = |decision: &str| several.iter().any(|outcome| outcome.decision == decision);
            let together = ["explicitDeny", "implicitDeny"].into_iter().find(|denied| has(denied));
            element(xml, "EvalResourceName", "*");
            element(xml, "EvalDecision", together.unwrap_or("allowed"));
            xml.push_str("<ResourceSpecificResults>");
            for outcome in several {
                xml.push_str("<member>");
                element(xml, "EvalResourceName", outcome.resource);
                element(xml, "EvalResourceDecision", outcome.decision);
                write_reasons(xml, outcome);
                xml.push_str("</member>");
            }
            xml.push_str("</ResourceSpecificResults>");
        }
    }
    xml.push_str("</member>");
}

fn write_reasons(xml: &mut String, outcome: &Outcome<'_>) {
    xml.push_str("<MatchedStatements>");
    for source in &outcome.matched {
        xml.push_str("<member>");
        element(xml, "SourcePolicyId", source);
        element(xml, "SourcePolicyType", "IAM Policy");
        xml.push_str("</member>");
    }
    xml.push_str("</MatchedStatements><MissingContextValues>");
    for key in &outcome.missing {
        element(xml, "member", key);
    }
    xml.push_str("</MissingContextValues>");
}

//! IAM's simulator: what the caller's own policies say about what cannot be tried.
//!
//! Advisory: it sees neither bucket policies nor session policies nor, in part, those of the
//! organization ("IAM policy testing with the IAM policy simulator", IAM User Guide). It needs a
//! permission of its own, `iam:SimulatePrincipalPolicy`, and knows users and roles, not sessions.

use std::collections::{BTreeMap, BTreeSet};

use contract::{Prefix, RunId};
use futures::future::join_all;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::question::{Question, Thing, endpoint_arns, model_arns};
use super::verdict::{Verdict, in_words};
use crate::aws::{Aws, AwsError, Element, Identity, Request, Service};
use crate::permissions::{Keys, Places};

/// The most results that one answer can hold.
const PAGE: &str = "1000";

/// What the simulator says about one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Simulated {
    /// Allowed, denied, or unknown where it hangs on what the simulator was not told.
    pub(super) verdict: Verdict,
    /// Its own word: `allowed`, `implicitDeny`, `explicitDeny`.
    pub(super) decision: String,
}

/// What the simulator says, or why it says nothing.
pub(super) type Simulation = Result<BTreeMap<Question, Simulated>, String>;

/// Questions that are asked together, each with its ARNs.
type Group<'a> = Vec<(&'a Question, Vec<String>)>;

/// Asks about all questions in a few requests.
pub(super) async fn ask(
    aws: &Aws,
    places: &Places,
    run: &RunId,
    questions: &[&Question],
) -> Simulation {
    let principal = principal(aws).await?;
    let mut groups: BTreeMap<(u8, Option<String>), Group<'_>> = BTreeMap::new();
    for &question in questions {
        let prefix = question.listed.as_ref().map(|keys| key(keys, places, run));
        let arns = arns(question, places, run);
        if !arns.is_empty() {
            groups.entry((shape(&question.thing), prefix)).or_default().push((question, arns));
        }
    }
    let asked = groups.into_iter().map(|((_, prefix), group)| {
        let principal = principal.as_str();
        async move { simulate(aws, principal, prefix.as_deref(), &group).await }
    });
    let mut simulation = BTreeMap::new();
    for answer in join_all(asked).await {
        simulation.extend(answer.map_err(|error| match Verdict::of(&error) {
            Verdict::Denied => "the caller may not ask it (iam:SimulatePrincipalPolicy)".to_owned(),
            Verdict::NotSupported => "the server has none".to_owned(),
            _ => in_words(&error),
        })?);
    }
    Ok(simulation)
}

/// The user, or the role behind a session.
async fn principal(aws: &Aws) -> Result<String, String> {
    let Identity::Known { account, arn } = &aws.identity else {
        return Err("nobody knows who is asking".to_owned());
    };
    let mut parts = arn.splitn(6, ':');
    let (partition, entity) = (parts.nth(1).unwrap_or("aws"), parts.nth(3).unwrap_or_default());
    match entity.split('/').collect::<Vec<_>>().as_slice() {
        ["user", ..] => Ok(arn.clone()),
        ["assumed-role", role, ..] => Ok(role_arn(aws, role)
            .await
            // Without a path, which the session's ARN does not tell, it may be found all the same.
            .unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role}"))),
        ["root"] => Err("it does not know the root user".to_owned()),
        _ => Err(format!("it does not know `{arn}`")),
    }
}

/// As IAM says; `None` where it may not be asked, or does not say.
async fn role_arn(aws: &Aws, role: &str) -> Option<String> {
    let parameters = [("RoleName".to_owned(), role.to_owned())];
    arn_of_role(&call(aws, "iam:GetRole", role, &parameters).await.ok()?)
}

fn arn_of_role(answer: &Element) -> Option<String> {
    let arn = answer.find("Role")?.text("Arn")?;
    (!arn.is_empty()).then(|| arn.to_owned())
}

/// One request: each of the actions on each of the resources.
async fn simulate(
    aws: &Aws,
    principal: &str,
    prefix: Option<&str>,
    group: &Group<'_>,
) -> Result<BTreeMap<Question, Simulated>, AwsError> {
    let actions: BTreeSet<&str> =
        group.iter().map(|(question, _)| question.action.as_str()).collect();
    let resources: BTreeSet<&str> =
        group.iter().flat_map(|(_, arns)| arns).map(String::as_str).collect();
    let mut parameters = vec![
        ("PolicySourceArn".to_owned(), principal.to_owned()),
        ("MaxItems".to_owned(), PAGE.to_owned()),
    ];
    let mut list = |name: &str, values: &BTreeSet<&str>| {
        for (index, value) in values.iter().enumerate() {
            parameters.push((format!("{name}.member.{}", index + 1), (*value).to_owned()));
        }
    };
    list("ActionNames", &actions);
    list("ResourceArns", &resources);
    if let Some(prefix) = prefix {
        for (name, value) in [
            ("ContextKeyName", "s3:prefix"),
            ("ContextKeyType", "string"),
            ("ContextKeyValues.member.1", prefix),
        ] {
            parameters.push((format!("ContextEntries.member.1.{name}"), value.to_owned()));
        }
    }
    let mut decisions: BTreeMap<(String, String), Simulated> = BTreeMap::new();
    let mut marker: Option<String> = None;
    loop {
        let mut parameters = parameters.clone();
        parameters.extend(marker.take().map(|marker| ("Marker".to_owned(), marker)));
        let answer = call(aws, "iam:SimulatePrincipalPolicy", principal, &parameters).await?;
        let result = answer.find("SimulatePrincipalPolicyResult");
        for evaluation in result.into_iter().flat_map(|result| result.members("EvaluationResults"))
        {
            read(evaluation, &mut decisions);
        }
        let is_truncated = result.and_then(|result| result.text("IsTruncated")) == Some("true");
        marker = result.and_then(|result| result.text("Marker")).map(ToOwned::to_owned);
        if !is_truncated || marker.is_none() {
            break;
        }
    }
    let worst = |(question, arns): &(&Question, Vec<String>)| {
        let decision = |arn: &String| decisions.get(&(question.action.clone(), arn.clone()));
        let decisions: Option<Vec<_>> = arns.iter().map(decision).collect();
        let worst = decisions?.into_iter().min_by_key(|simulated| simulated.verdict)?;
        Some(((*question).clone(), worst.clone()))
    };
    Ok(group.iter().filter_map(worst).collect())
}

/// One action: by resource where there are several, by itself where there is one.
fn read(evaluation: &Element, decisions: &mut BTreeMap<(String, String), Simulated>) {
    let action = evaluation.text("EvalActionName").unwrap_or_default();
    let mut keep = |element: &Element, decision: &str| {
        let resource = element.text("EvalResourceName").unwrap_or_default().to_owned();
        if let Some(decision) = element.text(decision) {
            let simulated = Simulated::of(element, decision);
            decisions.insert((action.to_owned(), resource), simulated);
        }
    };
    keep(evaluation, "EvalDecision");
    for single in evaluation.members("ResourceSpecificResults") {
        keep(single, "EvalResourceDecision");
    }
}

impl Simulated {
    fn of(element: &Element, decision: &str) -> Simulated {
        // Listings say their prefix, and nothing else has one.
        let mut missing =
            element.members("MissingContextValues").filter(|key| key.own_text() != "s3:prefix");
        let verdict = match decision {
            "allowed" => Verdict::Allowed,
            "implicitDeny" if missing.next().is_some() => Verdict::Unknown,
            _ => Verdict::Denied,
        };
        Simulated { verdict, decision: decision.to_owned() }
    }
}

async fn call(
    aws: &Aws,
    action: &'static str,
    subject: &str,
    parameters: &[(String, String)],
) -> Result<Element, AwsError> {
    let operation = action.trim_start_matches("iam:");
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut body = format!("Action={operation}&Version=2010-05-08");
    for (name, value) in parameters {
        body.push_str(&format!("&{}={}", name, encode(value)));
    }
    let request = Request {
        service: Service::Iam,
        action,
        subject: subject.to_owned(),
        method: "POST",
        path: "/".to_owned(),
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        body: body.into_bytes(),
    };
    let answer = aws.signed.send(request).await?;
    Ok(Element::parse(&answer).unwrap_or_default())
}

/// Questions of one shape are asked together: crossing their actions with their resources makes sense.
fn shape(thing: &Thing) -> u8 {
    match thing {
        Thing::Everything => 0,
        Thing::Bucket(_) => 1,
        Thing::Objects(..) => 2,
        Thing::Model(_) => 3,
        Thing::Endpoint(_) => 4,
        Thing::Other(_) => 5,
    }
}

/// The ARNs of a question, each without a pattern: one that has to be guessed is not asked about.
fn arns(question: &Question, places: &Places, run: &RunId) -> Vec<String> {
    let arns = match &question.thing {
        Thing::Everything => return vec!["*".to_owned()],
        Thing::Objects(bucket, keys) => {
            let key = key(keys, places, run);
            vec![format!("arn:{}:s3:::{bucket}/{key}", places.partition)]
        }
        Thing::Model(id) => model_arns(id, places),
        Thing::Endpoint(name) => endpoint_arns(name, places),
        Thing::Bucket(_) | Thing::Other(_) => vec![question.resource(places)],
    };
    if arns.iter().any(|arn| arn.contains('*')) { Vec::new() } else { arns }
}

/// A key, or a prefix, that is within what is asked.
fn key(keys: &Keys, places: &Places, run: &RunId) -> String {
    match keys {
        Keys::Below(root) => Prefix::mark(*root, run, None),
        Keys::BelowKeyPrefix => format!("{}{run}", places.key_prefix),
        Keys::Exactly(key) => key.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_without_an_arn_is_not_one_without_a_name() {
        for (role, arn) in [
            ("<Role><Arn>arn:aws:iam::1:role/x</Arn></Role>", Some("arn:aws:iam::1:role/x")),
            ("<Role><Arn></Arn></Role>", None),
            ("<Role><RoleName>x</RoleName></Role>", None),
            ("<Role/>", None),
            ("<Other/>", None),
        ] {
            let answer = format!("<GetRoleResponse>{role}</GetRoleResponse>");
            let answer = Element::parse(answer.as_bytes()).unwrap();
            assert_eq!(arn_of_role(&answer).as_deref(), arn, "{role}");
        }
    }

    #[test]
    fn a_result_is_read_by_resource_and_what_hangs_on_unknown_values_is_unknown() {
        let document = "<member><EvalActionName>s3:GetObject</EvalActionName>\
            <EvalResourceName>*</EvalResourceName><EvalDecision>implicitDeny</EvalDecision>\
            <ResourceSpecificResults>\
            <member><EvalResourceName>a</EvalResourceName><EvalResourceDecision>allowed</EvalResourceDecision></member>\
            <member><EvalResourceName>b</EvalResourceName><EvalResourceDecision>implicitDeny</EvalResourceDecision>\
            <MissingContextValues><member>s3:prefix</member></MissingContextValues></member>\
            <member><EvalResourceName>c</EvalResourceName><EvalResourceDecision>implicitDeny</EvalResourceDecision>\
            <MissingContextValues><member>aws:SourceIp</member></MissingContextValues></member>\
            </ResourceSpecificResults></member>";
        let document = Element::parse(document.as_bytes()).unwrap();
        let mut decisions = BTreeMap::new();
        read(document.find("member").unwrap(), &mut decisions);
        let verdict =
            |resource: &str| decisions[&("s3:GetObject".to_owned(), resource.to_owned())].verdict;
        assert_eq!(
            ["a", "b", "c"].map(verdict),
            [Verdict::Allowed, Verdict::Denied, Verdict::Unknown]
        );
    }
}

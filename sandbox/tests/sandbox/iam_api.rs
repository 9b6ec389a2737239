//! What can be known beforehand: SimulatePrincipalPolicy, GetRole, and Bedrock's GetFoundationModelAvailability.

use std::time::SystemTime;

use aws_sigv4::http_request::SignableBody;
use http::{Method, StatusCode};
use sandbox::staged::{Family, Staged};
use sandbox::{AccessKey, Sandbox, Service};
use serde_json::{Value, json};

use crate::iam_policies::{policy, with_condition};
use crate::support::{ACCOUNT, KEY, SECRET, Signer, sandbox};

const ROLE: &str = "arn:aws:iam::111122223333:role/team/r";

/// One signed request by a key without a token: a form where there is one.
async fn call(
    sandbox: &Sandbox,
    key: (&str, &str),
    service: &str,
    path: &str,
    form: Option<&[(&str, &str)]>,
) -> (StatusCode, String) {
    let signer = Signer { key, region: "eu-west-1", service, time: SystemTime::now() };
    let method = if form.is_some() { Method::POST } else { Method::GET };
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form.unwrap_or_default())
        .finish();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let signed = SignableBody::Bytes(body.as_bytes());
    let (status, _, answer) = signer.send(sandbox, method, path, &kind, signed, &body).await;
    (status, String::from_utf8_lossy(&answer).into_owned())
}

const MAIN: (&str, &str) = (KEY, SECRET);
const PETER: (&str, &str) = ("AKIAPETER", "peter-secret");

/// The main user, the role `r` with its policies, and the user `peter` with his.
async fn world(role: &[String], peter: &[String]) -> Sandbox {
    let sandbox = sandbox().await;
    let key = AccessKey::assumed_role(ACCOUNT, "r", "s", "ASIAROLE", "secret", "token");
    sandbox.add_access_key(key.with_role_path("team").with_policies(role).unwrap());
    let key = AccessKey::user(ACCOUNT, "peter", PETER.0, PETER.1);
    sandbox.add_access_key(key.with_policies(peter).unwrap());
    sandbox
}

/// A simulation, as the decisions, or status and error.
async fn simulate(
    sandbox: &Sandbox,
    who: (&str, &str),
    principal: &str,
    parameters: &[(&str, &str)],
) -> String {
    let mut form = vec![
        ("Action", "SimulatePrincipalPolicy"),
        ("Version", "2010-05-08"),
        ("PolicySourceArn", principal),
    ];
    form.extend(parameters);
    let (status, body) = call(sandbox, who, "iam", "/", Some(&form)).await;
    if status != StatusCode::OK {
        return format!(
            "{} {}: {}",
            status.as_u16(),
            all(&body, "Code")[0],
            all(&body, "Message")[0]
        );
    }
    let mut lines = Vec::new();
    for (index, tag) in body.match_indices("<Eval") {
        if body[index..].starts_with("<EvaluationResults") {
            continue;
        }
        let name = &body[index + 1..];
        let name = &name[..name.find('>').unwrap()];
        let value = &body[index + tag.len()..];
        let value = &value[value.find('>').unwrap() + 1..value.find('<').unwrap()];
        lines.push(format!("{}={value}", name.trim_start_matches("Eval")));
    }
    lines.join(" ")
}

/// The texts of an element.
fn all(xml: &str, name: &str) -> Vec<String> {
    xml.split(&format!("<{name}>"))
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().replace("&apos;", "'"))
        .collect()
}

#[tokio::test]
async fn each_action_is_simulated_on_each_resource() {
    let allow = policy("Allow", &["s3:*"], &["arn:aws:s3:::b/*"]);
    let deny = policy("Deny", &["s3:Delete*"], &["*"]);
    let sandbox = world(&[allow, deny], &[]).await;
    let one =
        [("ActionNames.member.1", "s3:GetObject"), ("ResourceArns.member.1", "arn:aws:s3:::b/k")];
    assert_eq!(
        simulate(&sandbox, MAIN, ROLE, &one).await,
        "ActionName=s3:GetObject ResourceName=arn:aws:s3:::b/k Decision=allowed"
    );
    let several = [
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:DeleteObject"),
        ("ResourceArns.member.1", "arn:aws:s3:::b/k"),
        ("ResourceArns.member.2", "arn:aws:s3:::c/k"),
    ];
    assert_eq!(
        simulate(&sandbox, MAIN, ROLE, &several).await,
        "ActionName=s3:GetObject ResourceName=* Decision=implicitDeny \
         ResourceName=arn:aws:s3:::b/k ResourceDecision=allowed \
         ResourceName=arn:aws:s3:::c/k ResourceDecision=implicitDeny \
         ActionName=s3:DeleteObject ResourceName=* Decision=explicitDeny \
         ResourceName=arn:aws:s3:::b/k ResourceDecision=explicitDeny \
         ResourceName=arn:aws:s3:::c/k ResourceDecision=explicitDeny"
    );
    // Nothing is allowed on everything.
    assert_eq!(
        simulate(&sandbox, MAIN, ROLE, &one[..1]).await,
        "ActionName=s3:GetObject ResourceName=* Decision=implicitDeny"
    );
    // Who has no policies may do everything.
    let main = "arn:aws:iam::111122223333:user/main";
    assert!(simulate(&sandbox, MAIN, main, &one).await.ends_with("Decision=allowed"));
    let call = &sandbox.calls()[0];
    assert_eq!((call.service, call.action.as_str()), (Service::Iam, "iam:SimulatePrincipalPolicy"));
    assert_eq!(
        (call.needs[0].action.as_str(), call.needs[0].resource.as_str()),
        ("iam:SimulatePrincipalPolicy", ROLE)
    );
}

#[tokio::test]
async fn a_simulation_takes_what_it_is_told() {
    let narrow = with_condition(
        "Allow",
        &["s3:ListBucket"],
        &["*"],
        r#"{"StringLike":{"s3:prefix":"${aws:username}/*"},"Bool":{"aws:SecureTransport":"true"}}"#,
    );
    let sandbox = world(&[], &[narrow]).await;
    let peter = "arn:aws:iam::111122223333:user/peter";
    let told = [
        ("ActionNames.member.1", "s3:ListBucket"),
        ("ContextEntries.member.1.ContextKeyName", "S3:prefix"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "peter/x"),
        ("ContextEntries.member.1.ContextKeyType", "string"),
        ("ContextEntries.member.2.ContextKeyName", "aws:SecureTransport"),
        ("ContextEntries.member.2.ContextKeyValues.member.1", "true"),
    ];
    assert!(simulate(&sandbox, MAIN, peter, &told).await.ends_with("Decision=allowed"));
    assert!(simulate(&sandbox, MAIN, peter, &told[..4]).await.ends_with("Decision=implicitDeny"));

    let mut form = vec![("Action", "SimulatePrincipalPolicy"), ("PolicySourceArn", peter)];
    form.extend(&told[..4]);
    let (_, body) = call(&sandbox, MAIN, "iam", "/", Some(&form)).await;
    assert!(
        body.contains(
            "<MissingContextValues><member>aws:SecureTransport</member></MissingContextValues>"
        ),
        "{body}"
    );
    // Policies that are only tried, and which one decided.
    let tried = policy("Allow", &["s3:*"], &["*"]);
    form.push(("PolicyInputList.member.1", &tried));
    let (_, body) = call(&sandbox, MAIN, "iam", "/", Some(&form)).await;
    assert_eq!(all(&body, "EvalDecision"), ["allowed"]);
    assert_eq!(all(&body, "SourcePolicyId"), ["PolicyInputList.1"]);
}

#[tokio::test]
async fn simulations_come_in_pages() {
    let sandbox = world(&[], &[]).await;
    let names: Vec<String> = (1..=5).map(|index| format!("ActionNames.member.{index}")).collect();
    let mut form = vec![("Action", "SimulatePrincipalPolicy"), ("PolicySourceArn", ROLE)];
    form.extend(names.iter().map(|name| (name.as_str(), "s3:GetObject")));
    form.push(("MaxItems", "2"));
    let mut marker: Option<String> = None;
    let mut pages = Vec::new();
    loop {
        let mut form = form.clone();
        if let Some(marker) = &marker {
            form.push(("Marker", marker));
        }
        let (_, body) = call(&sandbox, MAIN, "iam", "/", Some(&form)).await;
        pages.push((all(&body, "EvalDecision").len(), all(&body, "IsTruncated").remove(0)));
        marker = all(&body, "Marker").pop();
        if marker.is_none() {
            break;
        }
    }
    let page = |length: usize, truncated: &str| (length, truncated.to_owned());
    assert_eq!(pages, [page(2, "true"), page(2, "true"), page(1, "false")]);
}

#[tokio::test]
async fn a_simulation_may_be_refused() {
    let sandbox = world(&[], &[]).await;
    let get = ("ActionNames.member.1", "s3:GetObject");
    for (principal, parameters, expected) in [
        (
            "arn:aws:sts::111122223333:assumed-role/r/s",
            vec![get],
            "400 InvalidInput: Invalid Entity Arn: arn:aws:sts::111122223333:assumed-role/r/s does not clearly define entity type and name.",
        ),
        (
            "arn:aws:iam::111122223333:role/r",
            vec![get],
            "404 NoSuchEntity: The role with name r cannot be found.",
        ),
        (
            "arn:aws:iam::444455556666:user/other",
            vec![get],
            "404 NoSuchEntity: The user with name other cannot be found.",
        ),
        (
            ROLE,
            vec![("ActionNames.member.1", "s3:Get*")],
            "400 InvalidInput: Invalid Entity Action: s3:Get*",
        ),
        (
            ROLE,
            vec![],
            "400 ValidationError: 1 validation error detected: Value null at 'actionNames' failed to satisfy constraint: Member must not be null",
        ),
        (
            ROLE,
            vec![get, ("ResourceArns.member.1", "b/k")],
            "400 InvalidInput: Invalid Entity Resource: b/k",
        ),
        (ROLE, vec![get, ("MaxItems", "0")], "400 InvalidInput: Invalid MaxItems: 0"),
        (
            ROLE,
            vec![get, ("PolicyInputList.member.1", "{}")],
            "400 InvalidInput: policy document 1 is malformed: `Statement` is missing",
        ),
        (
            ROLE,
            vec![get, ("ResourcePolicy", "{}")],
            "501 NotImplemented: the sandbox does not simulate with the parameter ResourcePolicy",
        ),
    ] {
        assert_eq!(simulate(&sandbox, MAIN, principal, &parameters).await, expected);
    }
    assert_eq!(
        simulate(&sandbox, PETER, ROLE, &[get]).await,
        "403 AccessDenied: User: arn:aws:iam::111122223333:user/peter is not authorized to perform: iam:SimulatePrincipalPolicy on resource: arn:aws:iam::111122223333:role/team/r because no identity-based policy allows the iam:SimulatePrincipalPolicy action"
    );
    sandbox.set_policies(PETER.0, [policy("Allow", &["iam:Simulate*"], &[ROLE])]).unwrap();
    assert!(simulate(&sandbox, PETER, ROLE, &[get]).await.ends_with("Decision=implicitDeny"));
    let wrong = simulate(&sandbox, (KEY, "wrong"), ROLE, &[get]).await;
    assert!(wrong.starts_with("403 SignatureDoesNotMatch"), "{wrong}");
}

#[tokio::test]
async fn a_role_is_found_with_its_path() {
    let sandbox = world(&[], &[policy("Allow", &["iam:GetRole"], &[ROLE])]).await;
    let form = |name| [("Action", "GetRole"), ("Version", "2010-05-08"), ("RoleName", name)];
    let (status, body) = call(&sandbox, PETER, "iam", "/", Some(&form("r"))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(all(&body, "Arn"), [ROLE]);
    assert_eq!(
        (all(&body, "Path"), all(&body, "RoleName")),
        (vec!["/team/".into()], vec!["r".into()])
    );
    assert!(all(&body, "RoleId")[0].starts_with("AROA"), "{body}");
    let call_ = &sandbox.calls()[0];
    assert_eq!((call_.action.as_str(), call_.needs[0].resource.as_str()), ("iam:GetRole", ROLE));
    let (status, body) = call(&sandbox, PETER, "iam", "/", Some(&form("x"))).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        all(&body, "Message"),
        [
            "User: arn:aws:iam::111122223333:user/peter is not authorized to perform: iam:GetRole on resource: role x because no identity-based policy allows the iam:GetRole action"
        ]
    );
    let (status, body) = call(&sandbox, MAIN, "iam", "/", Some(&form("x"))).await;
    assert_eq!((status, all(&body, "Code")), (StatusCode::NOT_FOUND, vec!["NoSuchEntity".into()]));
}

#[tokio::test]
async fn a_models_availability_is_told_without_invoking_it() {
    let model = "amazon.nova-lite-v1:0";
    let arn = format!("arn:aws:bedrock:eu-west-1::foundation-model/{model}");
    let ask = policy("Allow", &["bedrock:GetFoundationModelAvailability"], &["*"]);
    let sandbox = world(&[], &[]).await;
    let available = |id: &str, agreement: &str, authorized: &str, entitled: &str| {
        json!({
            "modelId": id,
            "agreementAvailability": {"status": agreement},
            "authorizationStatus": authorized,
            "entitlementAvailability": entitled,
            "regionAvailability": "AVAILABLE",
        })
    };
    let get = async |who: (&str, &str), id: &str| {
        let path = format!("/foundation-model-availability/{}", id.replace(':', "%3A"));
        let (status, body) = call(&sandbox, who, "bedrock", &path, None).await;
        (status.as_u16(), serde_json::from_str::<Value>(&body).unwrap())
    };
    assert_eq!(
        get(MAIN, model).await,
        (200, available(model, "AVAILABLE", "AUTHORIZED", "AVAILABLE"))
    );
    for (staged, agreement, authorized, entitled) in [
        (Staged::Marketplace, "NOT_AVAILABLE", "AUTHORIZED", "AVAILABLE"),
        (Staged::UseCase, "NOT_AVAILABLE", "AUTHORIZED", "AVAILABLE"),
        (Staged::NoAccess, "AVAILABLE", "AUTHORIZED", "NOT_AVAILABLE"),
        (Staged::Denied, "AVAILABLE", "NOT_AUTHORIZED", "AVAILABLE"),
    ] {
        let id = staged.model_id(Family::Anthropic);
        let expected = available(&id, agreement, authorized, entitled);
        assert_eq!(get(MAIN, &id).await, (200, expected));
    }
    assert_eq!(get(MAIN, "amazon.nobody-made-it-v1:0").await.0, 404);

    let (status, body) = get(PETER, model).await;
    assert_eq!(
        (status, body["Message"].as_str().unwrap()),
        (
            403,
            "User: arn:aws:iam::111122223333:user/peter is not authorized to perform: bedrock:GetFoundationModelAvailability because no identity-based policy allows the bedrock:GetFoundationModelAvailability action"
        )
    );
    sandbox.set_policies(PETER.0, [&ask]).unwrap();
    assert_eq!(get(PETER, model).await.1["authorizationStatus"], "NOT_AUTHORIZED");
    let invoke = policy("Allow", &["bedrock:InvokeModel"], &[&arn]);
    sandbox.set_policies(PETER.0, [&ask, &invoke]).unwrap();
    assert_eq!(get(PETER, model).await.1["authorizationStatus"], "AUTHORIZED");
    let call = sandbox.calls().pop().unwrap();
    assert_eq!(call.action, "bedrock:GetFoundationModelAvailability");
    assert_eq!(call.needs.len(), 1);
}

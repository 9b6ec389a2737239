//! The OpenAPI document and the routes are the same, in both directions.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::Value;

use super::{TestApp, request};
use crate::api::PROBLEM_JSON;
use crate::settings::API_ROOTS;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Paths with the methods that are documented, in upper case.
fn documented(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = document["paths"].as_object().unwrap();
    let methods = |item: &Value| {
        let keys = item.as_object().unwrap().keys();
        keys.filter(|key| METHODS.contains(&key.as_str())).map(|key| key.to_uppercase()).collect()
    };
    paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}

/// What the router says of itself; the only place where it does.
fn routed(router: &axum::Router) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let quoted = shown.split('"').skip(1).step_by(2);
    // A wildcard stands as `{*key}` in a route, as `{key}` in a document.
    let paths = quoted.filter(|text| text.starts_with('/'));
    // Its fallback, which answers what has no route, shows as two more.
    // What ends in `/` only says that a key is missing.
    let own = paths.filter(|path| !path.ends_with('/') && !path.contains("__private__"));
    own.map(|path| path.replace("{*", "{")).collect()
}

#[tokio::test]
async fn every_route_is_documented_and_every_documented_route_is_there() {
    let app = TestApp::new().await;
    let documented = documented(&app.get("/openapi.json").await.ok());
    assert!(documented.len() >= 9, "{documented:?}");
    assert_eq!(routed(&app.router()), documented.keys().cloned().collect());

    for (path, mut methods) in documented {
        let concrete = path.replace(['{', '}'], "");
        let unknown = Method::from_bytes(b"PROPFIND").unwrap();
        let answer = app.send(request(unknown, &concrete, Body::empty())).await;
        answer.problem(405, "method-not-allowed");
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        let allowed = answer.header(header::ALLOW).split(',').map(str::to_owned);
        assert_eq!(allowed.collect::<BTreeSet<_>>(), methods, "{path}");
    }
}

#[tokio::test]
async fn no_base_url_of_local_files_can_hide_a_route() {
    let documented = documented(&TestApp::new().await.get("/openapi.json").await.ok());
    let roots = documented.keys().map(|path| path.split('/').nth(1).unwrap().to_owned());
    let own: BTreeSet<_> = roots.filter(|root| root != "local-files").collect();
    assert_eq!(own, API_ROOTS.map(str::to_owned).into());
}

#[tokio::test]
async fn every_answer_is_documented_with_its_id_and_every_error_as_a_problem() {
    let document = TestApp::new().await.get("/openapi.json").await.ok();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "two operations are called `{id}`");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("500"), "{method} {path}");
            for (status, response) in responses {
                assert!(
                    response["headers"]["x-request-id"].is_object(),
                    "{method} {path} {status}"
                );
                if status.starts_with(['4', '5']) {
                    let content = response["content"].as_object().unwrap();
                    assert_eq!(content.keys().collect::<Vec<_>>(), [PROBLEM_JSON]);
                    let schema = &content[PROBLEM_JSON]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/Problem");
                }
            }
            let parameters = operation["parameters"].as_array().map_or(0, Vec::len);
            assert_eq!(
                path.contains('{'),
                parameters > 0 && responses.contains_key("400"),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere() {
    let document = TestApp::new().await.get("/openapi.json").await.ok();
    let text = document.to_string();
    let references = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    let references: BTreeSet<_> = references.collect();
    assert!(references.len() > 5);
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

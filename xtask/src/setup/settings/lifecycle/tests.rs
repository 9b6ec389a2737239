//! The merge of lifecycle rules, and which rules count as the same.
#![expect(deprecated, reason = "documents from before filters are still out there")]

use aws_sdk_s3::types::{
    LifecycleRuleAndOperator, NoncurrentVersionTransition, Tag, Transition, TransitionStorageClass,
};
use aws_smithy_types::DateTime;

use super::*;

fn document(rules: Vec<LifecycleRule>) -> Document {
    Document { rules, minimum_object_size: None }
}

fn written(document: Document) -> Document {
    match plan(document) {
        Plan::Change(Change::Lifecycle(document), _) => document,
        other => panic!("no change: {other:?}"),
    }
}

fn enabled(id: &str) -> LifecycleRule {
    LifecycleRule::builder().id(id).status(ExpirationStatus::Enabled).build().unwrap()
}

/// What a server, or somebody, makes of a rule.
type Edit = fn(&mut LifecycleRule);

/// One rule of each kind that a bucket may hold.
fn rules_of_others() -> Vec<LifecycleRule> {
    let tag = Tag::builder().key("k").value("v").build().unwrap();
    let filter = LifecycleRuleFilter::builder;
    let mut tagged = enabled("tagged");
    tagged.filter = Some(filter().tag(tag.clone()).build());
    tagged.status = ExpirationStatus::Disabled;
    tagged.expiration = Some(LifecycleExpiration::builder().date(DateTime::from_secs(0)).build());
    let mut sized = enabled("sized");
    sized.filter = Some(filter().object_size_greater_than(0).build());
    sized.transitions = Some(vec![
        Transition::builder().days(0).storage_class(TransitionStorageClass::Glacier).build(),
        Transition::builder().days(90).storage_class("SOME_NEW_CLASS".into()).build(),
    ]);
    let mut combined = enabled("combined");
    let and = LifecycleRuleAndOperator::builder()
        .prefix("logs/")
        .tags(tag)
        .object_size_less_than(10)
        .build();
    combined.filter = Some(filter().and(and).build());
    combined.noncurrent_version_transitions = Some(vec![
        NoncurrentVersionTransition::builder()
            .noncurrent_days(3)
            .newer_noncurrent_versions(2)
            .storage_class(TransitionStorageClass::StandardIa)
            .build(),
    ]);
    let mut nameless = enabled("");
    nameless.id = None;
    nameless.filter = Some(filter().build());
    nameless.abort_incomplete_multipart_upload =
        Some(AbortIncompleteMultipartUpload::builder().days_after_initiation(7).build());
    vec![tagged, sized, combined, nameless]
}

#[test]
fn an_empty_document_gets_our_rules_and_then_stays() {
    let written = written(Document::default());
    assert_eq!(written.rules, our_rules(Form::Filter));
    assert_eq!(written.rules.len(), 4);
    assert!(matches!(plan(written), Plan::Unchanged(_)));
}

#[test]
fn our_rules_mean_our_two_prefixes_only() {
    for form in [Form::Filter, Form::RulePrefix] {
        for rule in our_rules(form) {
            let prefix = rule.prefix.or_else(|| rule.filter.and_then(|filter| filter.prefix));
            assert!(matches!(prefix.as_deref(), Some("test/" | "perf-test/")), "{prefix:?}");
        }
    }
}

#[test]
fn no_expiration_holds_days_beside_the_delete_marker() {
    for rule in our_rules(Form::Filter) {
        let expiration = rule.expiration.unwrap();
        assert_ne!(expiration.days.is_some(), expiration.expired_object_delete_marker.is_some());
    }
}

#[test]
fn rules_of_others_are_written_back_as_they_were() {
    let before = Document {
        rules: rules_of_others(),
        minimum_object_size: Some(TransitionDefaultMinimumObjectSize::VariesByStorageClass),
    };
    let after = written(before.clone());
    assert_eq!(after.rules[..4], before.rules[..]);
    assert_eq!(after.rules[4..], our_rules(Form::Filter));
    assert_eq!(after.minimum_object_size, before.minimum_object_size);
    assert!(matches!(plan(after), Plan::Unchanged(_)));
}

#[test]
fn a_rule_of_ours_that_differs_is_replaced_in_its_place() {
    let mut rules = our_rules(Form::Filter);
    rules[0].status = ExpirationStatus::Disabled;
    rules.insert(1, enabled("other"));
    let after = written(document(rules.clone()));
    rules[0].status = ExpirationStatus::Enabled;
    assert_eq!(after.rules, rules);
}

#[test]
fn a_document_from_before_filters_is_kept_in_its_form() {
    let mut old = enabled("old");
    old.prefix = Some("logs/".to_owned());
    let after = written(document(vec![old.clone()]));
    assert_eq!(after.rules[0], old);
    assert_eq!(after.rules[1..], our_rules(Form::RulePrefix));
    assert!(after.rules.iter().all(|rule| rule.filter.is_none()));
    assert!(matches!(plan(after), Plan::Unchanged(_)));
}

#[test]
fn what_servers_say_in_other_words_is_the_same() {
    let normalised = |change: Edit| {
        let mut rules = our_rules(Form::Filter);
        rules.iter_mut().for_each(change);
        rules.reverse();
        plan(document(rules))
    };
    let table: [(&str, Edit); 5] = [
        ("in another order", |_| {}),
        ("with empty lists", |rule| {
            rule.transitions = Some(Vec::new());
            rule.noncurrent_version_transitions = Some(Vec::new());
        }),
        ("with `false` spelled out", |rule| {
            let marker = &mut rule.expiration.as_mut().unwrap().expired_object_delete_marker;
            marker.get_or_insert(false);
        }),
        ("with `And` around the prefix", |rule| {
            let prefix = rule.filter.take().unwrap().prefix;
            let and = LifecycleRuleAndOperator::builder().set_prefix(prefix).build();
            rule.filter = Some(LifecycleRuleFilter::builder().and(and).build());
        }),
        ("with an empty filter beside the prefix", |rule| {
            rule.prefix = rule.filter.take().unwrap().prefix;
            rule.filter = Some(LifecycleRuleFilter::builder().build());
        }),
    ];
    for (what, change) in table {
        // A rule-level prefix makes the document one of the old form, which has fewer rules.
        assert!(matches!(normalised(change), Plan::Unchanged(_)), "{what}");
    }
}

#[test]
fn what_means_something_else_is_not_the_same() {
    let table: [(&str, Edit); 4] = [
        ("disabled", |rule| rule.status = ExpirationStatus::Disabled),
        ("other prefix", |rule| rule.filter.as_mut().unwrap().prefix = Some("test".to_owned())),
        ("no filter", |rule| rule.filter = None),
        ("no expiration", |rule| rule.expiration = None),
    ];
    for (what, change) in table {
        let mut rules = our_rules(Form::Filter);
        rules.iter_mut().for_each(change);
        assert!(plan(document(rules)).is_change(), "{what}");
    }
}

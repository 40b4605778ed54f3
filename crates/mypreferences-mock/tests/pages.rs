//! Pages that are not as they should be, as a scenario orders them, seen over the wire.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use mypreferences_mock::{Action, Export, MockService, Operation, PageChanges, Rule};
use serde_json::{Value, json};
use support::{empty_service, get, open};

/// A scenario with one export of 6 rows and these rules on its pages.
fn with_rules(service: &MockService, kind: &str, rules: &Value) -> String {
    let scenario = json!({"exports": [{"token": 7, "kind": kind, "rows": 6}], "rules": rules});
    open(service, &scenario.to_string()).0
}

fn text(service: &MockService, path: &str, kind: &str, offset: u64) -> String {
    let query = format!("limit=2&offset={offset}&keepAlive=true");
    let answer = get(service, &format!("{path}/ExampleClient/export/{kind}/7?{query}"));
    assert_eq!(answer.status, 200);
    answer.text()
}

fn page(service: &MockService, path: &str, offset: u64) -> Value {
    serde_json::from_str(&text(service, path, "Segment", offset)).unwrap()
}

#[test]
fn a_page_can_overlap_or_repeat_the_one_before() {
    let service = empty_service();
    for (shift, overlap) in [(-1, 1), (-2, 0)] {
        let rules = json!([{"on": "page", "offset": 3, "action": {"page": {"shift": shift}}}]);
        let path = with_rules(&service, "segment", &rules);
        let first = page(&service, &path, 1);
        let second = page(&service, &path, 3);
        assert_eq!(second["Preferences"][0], first["Preferences"][overlap]);
        assert_eq!((&second["Offset"], &second["Count"]), (&json!(3), &json!(2)));
        assert_eq!(second["HasMore"], true);
        let again = page(&service, &path, 3);
        assert_ne!(again["Preferences"][0], second["Preferences"][0]);
    }
}

#[test]
fn a_page_in_the_middle_can_be_short() {
    let service = empty_service();
    let rules = json!([{"on": "page", "offset": 3, "action": {"page": {"at_most": 1}}}]);
    let path = with_rules(&service, "segment", &rules);
    let short = page(&service, &path, 3);
    assert_eq!((&short["Count"], &short["Limit"]), (&json!(1), &json!(2)));
    assert_eq!(short["HasMore"], true);
    assert_eq!(page(&service, &path, 4)["Count"], 2);
}

#[test]
fn what_a_page_says_of_itself_can_be_wrong() {
    let service = empty_service();
    let changes = json!({"total_results": 9, "count": 3, "offset": 7, "has_more": false, "at_most": 0});
    let rules = json!([{"on": "page", "skip": 1, "times": "forever", "action": {"page": changes}}]);
    let path = with_rules(&service, "segment", &rules);
    assert_eq!(page(&service, &path, 1)["TotalResults"], 6);
    assert_eq!(
        page(&service, &path, 3),
        json!({"Count": 3, "HasMore": false, "Limit": 2, "Offset": 7, "TotalResults": 9, "Preferences": []})
    );
}

#[test]
fn members_can_be_added_and_replaced() {
    let service = empty_service();
    let members = json!({"Messages": [{"Code": 1}], "New": {"a": null}});
    let rules = json!([{"on": "page", "times": "forever", "action": {"page": {"members": members}}}]);
    let path = with_rules(&service, "cid", &rules);
    let page = text(&service, &path, "CID", 1);
    assert!(page.ends_with(r#"],"Messages":[{"Code":1}],"New":{"a":null}}"#), "{page}");
    assert_eq!(page.matches("Messages").count(), 1);

    let columns = json!({"Headers": ["A"]});
    let rules = json!([{"on": "page", "times": "forever", "action": {"page": {"members": columns}}}]);
    let path = with_rules(&service, "schedule", &rules);
    let page = text(&service, &path, "Schedule", 1);
    assert!(page.ends_with(r#"]],"Headers":["A"]}"#), "{page}");
    assert_eq!(page.matches("Headers").count(), 1);
}

#[test]
fn a_page_can_be_pretty_and_its_keys_in_lower_case() {
    let service = empty_service();
    let rules = json!([
        {"on": "page", "action": "normal"},
        {"on": "page", "action": {"page": {"pretty": true}}},
        {"on": "page", "action": {"page": {"lower_case": true, "delivery": "gzip"}}},
        {"on": "page", "action": {"page": {"lower_case": true}}},
    ]);
    let path = with_rules(&service, "segment", &rules);
    let plain = page(&service, &path, 1);
    let pretty = text(&service, &path, "Segment", 1);
    assert!(pretty.lines().count() > 20);
    assert_eq!(serde_json::from_str::<Value>(&pretty).unwrap(), plain);
    let compressed = get(&service, &format!("{path}/ExampleClient/export/Segment/7?keepAlive=true"));
    assert_eq!(compressed.header("Content-Encoding").unwrap(), "gzip");
    let lower = page(&service, &path, 1);
    assert_eq!(lower["totalresults"], 6);
    assert_eq!(lower["preferences"][0]["cid"], plain["Preferences"][0]["CID"]);
}

#[test]
fn a_token_can_expire_after_some_pages_and_fail_after_some_questions() {
    let service = empty_service();
    let rules = json!([
        {"on": "page", "skip": 2, "action": {"set_status": "Expired"}},
        {"on": "status", "token": 8, "skip": 1, "action": {"set_status": "Failed"}},
    ]);
    let exports = json!([{"token": 7, "rows": 6}, {"token": 8, "status": "Processing"}]);
    let scenario = json!({"exports": exports, "rules": rules}).to_string();
    let (path, _) = open(&service, &scenario);
    page(&service, &path, 1);
    page(&service, &path, 3);
    let status = |token: u64| get(&service, &format!("{path}/ExampleClient/status/Token/{token}"));
    let third = get(&service, &format!("{path}/ExampleClient/export/Segment/7?limit=2&offset=5&keepAlive=true"));
    assert_eq!(third.status, 404);
    assert_eq!(status(7).json()["Status"], "Expired");
    assert_eq!(status(8).json()["Status"], "Processing");
    assert_eq!(status(8).json()["Status"], "Failed");
}

#[test]
fn rust_tests_can_order_the_same() {
    let service = empty_service();
    service.add_export(Export::segment(7, 6));
    let mut changes = PageChanges::default();
    changes.shift = -1;
    let delivery = mypreferences_mock::Delivery::Whole;
    service.push_rule(Rule::new(Operation::Page, Action::Page { changes, delivery }).offset(3));
    let first = page(&service, "", 1);
    assert_eq!(page(&service, "", 3)["Preferences"][0], first["Preferences"][1]);
}

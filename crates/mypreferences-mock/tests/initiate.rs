//! The whole life of an export that begins with an initiate, over the wire.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use support::{LONG, ask, empty_service, get, open, post, request};

const SPEC: &str = r#"{"seed":5,"sources":[
    {"kind":"segment","name":"Everyone","rows":2500},
    {"kind":"segment_group","name":"All of us","rows":3,"records":"profiles"},
    {"kind":"schedule","name":"Nightly","rows":3},
    {"kind":"cid","rows":100},
    {"kind":"segment","name":"Slow","rows":1,"processing_ms":150},
    {"kind":"segment","name":"Broken","processing_ms":1,"ends":"Failed"},
    {"kind":"segment","name":"Brief","lifetime_ms":1}]}"#;

#[test]
fn every_kind_goes_from_initiate_to_commit() {
    let service = empty_service();
    let (path, _) = open(&service, SPEC);
    for (initiate, kind, payload, rows) in [
        ("Segment/Everyone", "Segment", "Preferences", 1000),
        ("SegmentGroup/All%20of%20us", "SegmentGroup", "UserProfilePreferences", 3),
        ("Schedule/Nightly?startDate=2026-01-01&endDate=2026-01-31", "Schedule", "ExportScheduleRows", 3),
        ("CID", "CID", "Preferences", 100),
    ] {
        let begun = post(&service, &format!("{path}/ExampleClient/export/{initiate}"), "{}");
        assert_eq!(begun.status, 200, "{}", begun.text());
        let token = begun.json()["AccessToken"].as_i64().unwrap();
        let status = get(&service, &format!("{path}/ExampleClient/status/Token/{token}")).json();
        assert_eq!(status["Status"], "Complete");
        let page = get(&service, &format!("{path}/ExampleClient/export/{kind}/{token}?keepAlive=true")).json();
        assert_eq!(page[payload].as_array().unwrap().len(), rows);
        let commit = format!("{path}/ExampleClient/export/{kind}/Commit/{token}?keepFiles=false");
        assert_eq!(ask(&service, request("POST", &commit, "", "")).status, 200);
        let status = get(&service, &format!("{path}/ExampleClient/status/Token/{token}")).json();
        assert_eq!(status["Status"], "Retrieved");
    }
}

#[test]
fn pages_add_up_to_what_status_has_counted() {
    let service = empty_service();
    let (path, _) = open(&service, SPEC);
    let begun = post(&service, &format!("{path}/ExampleClient/export/Segment/Everyone"), "");
    let token = begun.json()["AccessToken"].as_i64().unwrap();
    let status = get(&service, &format!("{path}/ExampleClient/status/Token/{token}")).json();
    let (mut offset, mut rows, mut bytes) = (1, 0, 0);
    loop {
        let page = get(&service, &format!("{path}/ExampleClient/export/Segment/{token}?limit=999&offset={offset}"));
        let body = page.json();
        let count = body["Count"].as_u64().unwrap();
        let text = page.text();
        let records = text.split_once('[').unwrap().1.strip_suffix("]}").unwrap();
        // One comma after each record, as the whole is counted.
        bytes += records.len() as u64 + 1;
        rows += count;
        offset += count;
        if body["HasMore"] == false {
            break;
        }
    }
    assert_eq!((status["RowCount"].as_u64(), status["ByteCount"].as_u64()), (Some(rows), Some(bytes)));
    // The last page was read without keepAlive.
    let status = get(&service, &format!("{path}/ExampleClient/status/Token/{token}")).json();
    assert_eq!(status["Status"], "Retrieved");
}

#[test]
fn tokens_and_records_follow_from_the_seed_alone() {
    let read = |seed: u64| {
        let service = empty_service();
        let (path, _) = open(&service, &SPEC.replace("\"seed\":5", &format!("\"seed\":{seed}")));
        let begun = post(&service, &format!("{path}/ExampleClient/export/Segment/Everyone"), "");
        let token = begun.json()["AccessToken"].as_i64().unwrap();
        (token, get(&service, &format!("{path}/ExampleClient/export/Segment/{token}?limit=50")).text())
    };
    assert_eq!(read(5), read(5));
    let (one, other) = (read(5), read(6));
    assert!(one.0 != other.0 && one.1 != other.1);
}

#[test]
fn processing_failure_and_expiry_come_with_time() {
    let service = empty_service();
    let (path, _) = open(&service, SPEC);
    for (name, first, last) in
        [("Slow", Some("Processing"), "Complete"), ("Broken", None, "Failed"), ("Brief", None, "Expired")]
    {
        let begun = post(&service, &format!("{path}/ExampleClient/export/Segment/{name}"), "");
        let token = begun.json()["AccessToken"].as_i64().unwrap();
        let status = || get(&service, &format!("{path}/ExampleClient/status/Token/{token}")).json()["Status"].clone();
        if let Some(first) = first {
            assert_eq!(status(), first);
        }
        let begun = Instant::now();
        while status() != last {
            assert!(begun.elapsed() < LONG, "{name}: {}", status());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn an_unknown_name_or_kind_is_not_found() {
    let service = empty_service();
    let (path, _) = open(&service, SPEC);
    for target in ["Segment/Nobody", "Schedule/Everyone", "SegmentGroup/Everyone"] {
        let answer = post(&service, &format!("{path}/ExampleClient/export/{target}"), "");
        assert_eq!(answer.status, 404, "{target}");
        assert!(answer.json()["Message"].is_string());
    }
    let (bare, _) = open(&service, "{}");
    assert_eq!(post(&service, &format!("{bare}/ExampleClient/export/CID"), "").status, 404);
}

#[test]
fn values_limit_the_export() {
    let service = empty_service();
    let (path, _) = open(&service, SPEC);
    let body = r#"{"MatchCriteria":"ProfileId","Values":["1","2"]}"#;
    let begun = post(&service, &format!("{path}/ExampleClient/export/Segment/Everyone"), body);
    let token = begun.json()["AccessToken"].as_i64().unwrap();
    let status = get(&service, &format!("{path}/ExampleClient/status/Token/{token}")).json();
    assert_eq!(status["RowCount"], 2);
}

#[test]
fn an_undocumented_member_is_ignored_and_remarked_on() {
    let service = empty_service();
    let (path, opened) = open(&service, SPEC);
    let body = r#"{"LastDateTme":"2026-01-01T00:00:00.000Z"}"#;
    let target = format!("{path}/ExampleClient/export/Segment/Everyone");
    assert_eq!(post(&service, &target, body).status, 200);
    assert_eq!(ask(&service, request("POST", &target, "Content-Type: text/plain\r\n", "{}")).status, 415);
    let id = opened["id"].as_str().unwrap();
    let log = get(&service, &format!("/__mock/scenarios/{id}/log")).json();
    assert_eq!(log["requests"][0]["answered"], 200);
    assert_eq!(log["requests"][0]["violation"], 400);
    let remark = log["requests"][0]["remarks"][0].as_str().unwrap();
    assert!(remark.contains("LastDateTme"), "{remark}");
}

#[test]
fn a_rule_can_make_the_initiate_fail() {
    let service = empty_service();
    let spec = SPEC.replace("\"seed\":5", r#""rules":[{"on":"initiate","action":{"answer":{"status":503}}}]"#);
    let (path, _) = open(&service, &spec);
    let target = format!("{path}/ExampleClient/export/Segment/Everyone");
    assert_eq!(post(&service, &target, "").status, 503);
    assert_eq!(post(&service, &target, "").status, 200);
}

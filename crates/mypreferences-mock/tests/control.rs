//! The mock's own interface under `/__mock`, over the wire.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::Read as _;
use std::time::Duration;

use serde_json::Value;
use support::{Client, LONG, ask, empty_service, get, open, post, request};

#[test]
fn a_scenario_is_opened_used_looked_at_and_closed() {
    let service = empty_service();
    let (path, opened) = open(&service, r#"{"client_id":"acme","exports":[{"token":7}]}"#);
    let id = opened["id"].as_str().unwrap();
    let base_url = opened["base_url"].as_str().unwrap();
    assert_eq!(base_url, format!("{}{path}", service.base_url()));
    assert_eq!(opened["tokens"], serde_json::json!([7]));
    assert!(opened["tls"].is_null());

    assert_eq!(get(&service, &format!("{path}/acme/status/Token/7")).status, 200);
    let listed = get(&service, "/__mock/scenarios").json();
    assert_eq!(listed["scenarios"][0]["id"], id);
    assert_eq!(listed["scenarios"][0]["requests"], 1);

    let close = request("DELETE", &format!("/__mock/scenarios/{id}"), "", "");
    assert_eq!(ask(&service, &close).status, 204);
    assert_eq!(ask(&service, &close).status, 404);
    assert_eq!(get(&service, &format!("{path}/acme/status/Token/7")).status, 404);
    assert_eq!(get(&service, "/__mock/health").json()["scenarios"], 0);
}

#[test]
fn a_misspelt_member_is_refused_by_name_and_place() {
    let service = empty_service();
    for (body, told) in [
        (r#"{"rulez":[]}"#, "unknown field `rulez`"),
        (r#"{"exports":[{"tokn":7}]}"#, "unknown field `tokn`"),
        (r#"{"rules":[{"on":"comit","action":"normal"}]}"#, "comit"),
        (r#"{"sources":[{"kind":"schedule","name":"x","records":"profiles"}]}"#, "a schedule has rows"),
        (r#"{"sources":[{"kind":"segment"}]}"#, "a source needs a name"),
        (r#"{"exports":[{"token":0}]}"#, "a token must be between 1 and"),
        ("[]", "a JSON object"),
        ("", "a JSON object"),
    ] {
        let answer = post(&service, "/__mock/scenarios", body);
        assert_eq!(answer.status, 400, "{body}");
        let message = answer.json()["Message"].as_str().unwrap().to_owned();
        assert!(message.contains(told), "{message}");
    }
    assert!(post(&service, "/__mock/scenarios", r#"{"rulez":[]}"#).text().contains("column 8"));
    assert_eq!(get(&service, "/__mock/scenarios").json()["scenarios"], serde_json::json!([]));
}

#[test]
fn the_log_has_everything_and_hides_credentials_unless_asked() {
    let service = empty_service();
    let (path, opened) = open(&service, r#"{"authorization":{"verbatim":"hush"},"exports":[{"token":7}]}"#);
    let log = format!("/__mock/scenarios/{}/log", opened["id"].as_str().unwrap());
    let target = format!("{path}/ExampleClient/export/Segment/Commit/7?keepFiles=true");
    assert_eq!(ask(&service, request("POST", &target, "Authorization: hush\r\n", "")).status, 200);
    assert_eq!(ask(&service, request("POST", &target, "", "")).status, 401);
    let body = get(&service, &log).json();
    let first = &body["requests"][0];
    assert_eq!(first["number"], 0);
    assert_eq!(first["method"], "POST");
    assert_eq!(first["target"], target);
    assert_eq!(first["operation"], "commit");
    assert_eq!(first["token"], 7);
    assert_eq!(first["answered"], 200);
    assert_eq!(first["violation"], Value::Null);
    assert_eq!(first["headers"][2], serde_json::json!(["Authorization", "[redacted]"]));
    assert_eq!(body["requests"][1]["violation"], 401);
    let times = ["received_at_ms", "finished_at_ms"].map(|name| first[name].as_f64().unwrap());
    assert!(times[0] > 0.0 && times[0] <= times[1]);
    let export = &body["exports"][0];
    assert_eq!(export["status"], "Retrieved");
    assert_eq!(export["files_kept"], true);
    assert_eq!(export["commits"][0]["keep_files"], true);
    assert!(export["commits"][0]["at_ms"].as_f64().unwrap() >= times[0]);

    let told = get(&service, &format!("{log}?secrets=true")).json();
    assert_eq!(told["requests"][0]["headers"][2][1], "hush");
    assert_eq!(get(&service, &format!("{log}?secret=true")).status, 400);
    assert_eq!(ask(&service, request("DELETE", &log, "", "")).status, 204);
    assert_eq!(get(&service, &log).json()["requests"], serde_json::json!([]));
}

#[test]
fn a_body_that_is_no_text_is_logged_in_base64() {
    let service = empty_service();
    let mut client = Client::connect(&service);
    client.send("POST /ExampleClient/status/Token/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n");
    client.send([0xFF, 0xFE]);
    client.receive();
    let body = get(&service, "/__mock/scenarios/0/log").json();
    assert_eq!(body["requests"][0]["body"], Value::Null);
    assert_eq!(body["requests"][0]["body_base64"], "//4=");
}

#[test]
fn a_client_that_leaves_is_seen_in_the_log() {
    let service = empty_service();
    let (path, opened) =
        open(&service, r#"{"exports":[{"token":7}],"rules":[{"on":"status","action":{"hang":"never"}}]}"#);
    let mut client = Client::connect(&service);
    client.send(format!("GET {path}/ExampleClient/status/Token/7 HTTP/1.1\r\nHost: x\r\n\r\n"));
    std::thread::sleep(Duration::from_millis(30));
    client.leave();
    let log = format!("/__mock/scenarios/{}/log", opened["id"].as_str().unwrap());
    let begun = std::time::Instant::now();
    loop {
        let logged = get(&service, &log).json()["requests"][0].clone();
        if let Some(left) = logged["disconnected_at_ms"].as_f64() {
            assert!(left >= logged["received_at_ms"].as_f64().unwrap());
            assert_eq!(logged["answered"], Value::Null);
            return;
        }
        assert!(begun.elapsed() < LONG, "{logged}");
    }
}

#[test]
fn rules_and_exports_can_be_added_later_one_or_several() {
    let service = empty_service();
    let (path, opened) = open(&service, "{}");
    let own = format!("/__mock/scenarios/{}", opened["id"].as_str().unwrap());
    let status = |token: i64| get(&service, &format!("{path}/ExampleClient/status/Token/{token}")).status;
    let added = post(&service, &format!("{own}/exports"), r#"[{"token":7},{"token":8,"copies":2}]"#);
    assert_eq!((added.status, added.json()["tokens"].clone()), (201, serde_json::json!([7, 8, 9])));
    let rule = r#"{"on":"status","token":7,"times":"forever","action":{"answer":{"status":503}}}"#;
    let added = post(&service, &format!("{own}/rules"), rule);
    assert_eq!((added.status, added.json()["added"].as_u64()), (201, Some(1)));
    assert_eq!([status(7), status(8), status(9)], [503, 200, 200]);
    assert_eq!(ask(&service, request("DELETE", &format!("{own}/rules"), "", "")).status, 204);
    assert_eq!(status(7), 200);
    for wrong in ["7", "[7]", "[[]]", r#"{"on":"status"}"#] {
        assert_eq!(post(&service, &format!("{own}/rules"), wrong).status, 400, "{wrong}");
    }
    assert_eq!(post(&service, "/__mock/scenarios/99/rules", rule).status, 404);
}

#[test]
fn a_virtual_clock_moves_processing_lifetimes_rules_and_late_commits() {
    let service = empty_service();
    let (path, opened) = open(
        &service,
        r#"{"virtual_clock":true,
            "exports":[{"token":7,"ready_after_ms":60000,"lifetime_ms":3600000},{"token":8}],
            "rules":[{"on":"status","token":8,"after_ms":1000,"for_ms":1000,"action":{"answer":{"status":503}}},
                     {"on":"commit","token":8,"action":{"hang":{"after_ms":20000}}}]}"#,
    );
    let clock = format!("/__mock/scenarios/{}/clock", opened["id"].as_str().unwrap());
    let advance = |millis: u64| {
        let answer = post(&service, &clock, &format!("{{\"advance_ms\":{millis}}}"));
        assert_eq!(answer.status, 200);
        answer.json()["scenario_time_ms"].as_f64().unwrap()
    };
    let status = |token: i64| {
        let answer = get(&service, &format!("{path}/ExampleClient/status/Token/{token}"));
        match answer.status {
            200 => answer.json()["Status"].as_str().unwrap().to_owned(),
            other => other.to_string(),
        }
    };
    let mut client = Client::connect(&service);
    client.send(request("POST", &format!("{path}/ExampleClient/export/Segment/Commit/8?keepFiles=true"), "", ""));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!([status(7), status(8)], ["Processing", "Complete"]);
    assert!((advance(1000) - 1000.0).abs() < 0.001);
    assert_eq!(status(8), "503");
    advance(1000);
    assert_eq!(status(8), "Complete");
    advance(18_000);
    let begun = std::time::Instant::now();
    while status(8) != "Retrieved" {
        assert!(begun.elapsed() < LONG, "the late commit is applied when its time has come");
    }
    assert_eq!(status(7), "Processing");
    advance(40_000);
    assert_eq!(status(7), "Complete");
    advance(3_540_000);
    assert_eq!(status(7), "Expired");
}

#[test]
fn the_offset_moves_the_date_and_only_a_virtual_clock_can_be_advanced() {
    let service = empty_service();
    let (path, opened) = open(&service, r#"{"exports":[{"token":7}]}"#);
    let clock = format!("/__mock/scenarios/{}/clock", opened["id"].as_str().unwrap());
    let now = |answer: &support::Received| answer.json()["now_ms"].as_i64().unwrap();
    let before = now(&post(&service, &clock, "{}"));
    let after = now(&post(&service, &clock, r#"{"offset_ms":-86400000}"#));
    assert!((before - after - 86_400_000).abs() < 10_000);
    assert_eq!(post(&service, &clock, r#"{"advance_ms":1}"#).status, 409);
    assert_eq!(get(&service, &format!("{path}/ExampleClient/status/Token/7")).status, 200);
}

#[test]
fn the_interface_is_strict_about_methods_lengths_and_sizes() {
    let service = empty_service();
    for (method, target, allowed) in [
        ("PUT", "/__mock/scenarios", "GET, POST"),
        ("POST", "/__mock/health", "GET"),
        ("POST", "/__mock/scenarios/0/log", "GET, DELETE"),
        ("GET", "/__mock/scenarios/0/clock", "POST"),
    ] {
        let answer = ask(&service, request(method, target, "", ""));
        assert_eq!(answer.status, 405, "{method} {target}");
        assert_eq!(answer.header("Allow").as_deref(), Some(allowed));
    }
    for (status, head) in [
        (411, "POST /__mock/scenarios HTTP/1.1\r\nHost: x\r\n\r\n"),
        (411, "POST /__mock/scenarios HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (413, "POST /__mock/scenarios HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"),
        (404, "GET /__mock/page HTTP/1.1\r\nHost: x\r\n\r\n"),
        (404, "GET /__mock/scenarios/ HTTP/1.1\r\nHost: x\r\n\r\n"),
        (404, "GET /__mock/scenarios/x HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "GET /__mock/health?x HTTP/1.1\r\nHost: x\r\n\r\n"),
    ] {
        assert_eq!(ask(&service, head).status, status, "{head}");
    }
    // The interface leaves no traces in the service's own log.
    assert!(service.requests().is_empty());
}

#[test]
fn the_description_is_served_and_lists_every_path_of_the_interface() {
    let service = empty_service();
    let description = get(&service, "/__mock/openapi.json").json();
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    let paths = description["paths"].as_object().unwrap();
    let own = paths.keys().filter(|path| path.starts_with("/__mock")).count();
    assert_eq!((own, paths.len()), (10, 21));
}

#[test]
fn sixty_four_scenarios_are_served_side_by_side() {
    let service = empty_service();
    std::thread::scope(|scope| {
        for number in 1..=64 {
            let service = &service;
            scope.spawn(move || {
                let spec = format!(
                    r#"{{"client_id":"client{number}","seed":{number},"exports":[{{"token":7,"rows":{number}}}],
                        "rules":[{{"on":"status","action":{{"answer":{{"status":503}}}}}}]}}"#
                );
                let (path, opened) = open(service, &spec);
                let base = format!("{path}/client{number}");
                let status = format!("{base}/status/Token/7");
                assert_eq!(get(service, &status).status, 503);
                assert_eq!(get(service, &status).json()["RowCount"], number);
                let page = get(service, &format!("{base}/export/Segment/7?keepAlive=true"));
                assert_eq!(page.json()["Count"], number);
                let keep = number % 2 == 0;
                let commit = format!("{base}/export/Segment/Commit/7?keepFiles={keep}");
                assert_eq!(ask(service, request("POST", &commit, "", "")).status, 200);
                let id = opened["id"].as_str().unwrap();
                let log = get(service, &format!("/__mock/scenarios/{id}/log")).json();
                assert_eq!(log["requests"].as_array().unwrap().len(), 4);
                assert_eq!(log["exports"][0]["commits"][0]["keep_files"], keep);
            });
        }
    });
    assert_eq!(get(&service, "/__mock/health").json()["scenarios"], 64);
    assert!(service.requests().is_empty());
}

/// The data of the next event.
fn event(client: &mut Client) -> Value {
    let mut text = Vec::new();
    while !text.ends_with(b"\n\n") {
        let mut byte = [0];
        client.stream.read_exact(&mut byte).unwrap();
        text.extend(byte);
    }
    let text = String::from_utf8(text).unwrap();
    let (_, data) = text.split_once("data: ").unwrap();
    serde_json::from_str(data.trim()).unwrap()
}

#[test]
fn the_page_is_served_and_loads_nothing_from_elsewhere() {
    let service = empty_service();
    let page = get(&service, "/__mock/");
    assert_eq!(page.header("Content-Type").as_deref(), Some("text/html; charset=utf-8"));
    assert!(page.header("Content-Security-Policy").unwrap().starts_with("default-src 'none'"));
    let text = page.text();
    assert_eq!(text, get(&service, "/__mock").text());
    assert!(!text.contains("http://") && !text.contains("https://"), "nothing from elsewhere");
}

#[test]
fn events_tell_of_requests_and_exports_and_never_show_a_credential() {
    let service = empty_service();
    let spec =
        r#"{"authorization":{"hmac":{"user_id":"etl","secret":"hush-hush"}},"exports":[{"token":123456789012}]}"#;
    let (path, opened) = open(&service, spec);
    let mut client = Client::connect(&service);
    client.send("GET /__mock/events HTTP/1.1\r\nHost: x\r\n\r\n");
    let first = event(&mut client);
    assert_eq!(first["open"], serde_json::json!(["0", "1"]));
    let target = format!("{path}/ExampleClient/status/Token/123456789012?tell=123456789012");
    ask(&service, request("GET", &target, "Authorization: PNAUTHINFO3 hush-hush\r\n", ""));
    let second = event(&mut client);
    assert_eq!(second["changed"].as_array().unwrap().len(), 1, "only what has changed");
    let seen = &second["changed"][0];
    assert_eq!(seen["requests"][0]["answered"], 401);
    assert_eq!(seen["requests"][0]["target"], "/s/1/ExampleClient/status/Token/***9012?tell=***9012");
    assert_eq!(seen["exports"][0]["token"], "***9012");
    let id = opened["id"].as_str().unwrap();
    let close = request("DELETE", &format!("/__mock/scenarios/{id}"), "", "");
    ask(&service, &close);
    let third = event(&mut client);
    assert_eq!(third["open"], serde_json::json!(["0"]));
    for told in [first, second, third] {
        let told = told.to_string();
        assert!(!told.contains("hush") && !told.contains("123456789012"), "{told}");
    }
}

#[test]
fn a_script_is_the_scenario_with_what_was_added_and_plays_again() {
    let service = empty_service();
    let spec = r#"{"authorization":{"oauth":{"client_id":"job","client_secret":"hush","user_id":"etl"}},
        "exports":[{"token":4711000000,"copies":2},{"token":4712000000}]}"#;
    open(&service, spec);
    let rules = r#"[{"on":"commit","token":4712000000,"action":{"read_then_close":"now"}}]"#;
    assert_eq!(post(&service, "/__mock/scenarios/1/rules", rules).status, 201);
    assert_eq!(post(&service, "/__mock/scenarios/1/exports", r#"{"token":4713000000}"#).status, 201);
    let script = get(&service, "/__mock/scenarios/1/script").json();
    let tokens: Vec<_> =
        script["exports"].as_array().unwrap().iter().map(|export| export["token"].as_i64().unwrap()).collect();
    assert_eq!(tokens, [1001, 1003, 1004]);
    assert_eq!(script["rules"][0]["token"], 1003);
    assert!(!script.to_string().contains("hush"));
    let (_, again) = open(&service, &script.to_string());
    assert_eq!(again["tokens"], serde_json::json!([1001, 1002, 1003, 1004]));
    ask(&service, request("DELETE", "/__mock/scenarios/1/rules", "", ""));
    assert!(get(&service, "/__mock/scenarios/1/script").json().get("rules").is_none());
    // The mock's own world has none, and tells what is in it.
    service.add_export(mypreferences_mock::Export::segment(4_714_000_000, 5));
    let own = get(&service, "/__mock/scenarios/0/script").json();
    assert_eq!(own["exports"], serde_json::json!([{"token": 1001, "kind": "segment", "rows": 5}]));
    open(&service, &own.to_string());
}

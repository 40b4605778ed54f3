//! Orders, handles and pages, from made-up texts.

use super::page::Arrived;
use super::*;
use crate::error::ErrorKind;

fn lines(page: &Page) -> Vec<String> {
    page.records()
        .map(|record| {
            let mut line = Vec::new();
            record.write_line(&mut line);
            String::from_utf8(line).unwrap()
        })
        .collect()
}

fn read(text: &str) -> Result<Page, String> {
    Page::read(text.as_bytes().to_vec(), 1000).map_err(|no_page| no_page.words().to_owned())
}

#[test]
fn records_are_the_servers_own_bytes() {
    let page = read(
        "\u{feff} {\"Count\":2,\"hasmore\":false,\"Limit\":5,\"OFFSET\":1,\"totalResults\":2,\
         \"UserProfilePreferences\":[{\"b\":12345678901234567890123,\"a\":\"\\u00e9\\\\\"}, {\"x\" : 1.50e3 }]}",
    )
    .unwrap();
    assert_eq!(lines(&page), ["{\"b\":12345678901234567890123,\"a\":\"\\u00e9\\\\\"}", "{\"x\" : 1.50e3 }"]);
    assert_eq!((page.count, page.has_more), (2, false));
    assert_eq!((page.offset, page.total_results), (Some(1), Some(2)));
    assert_eq!(page.others().len(), 0);
}

#[test]
fn a_pretty_printed_record_becomes_one_line_and_its_strings_stay() {
    let page = read("{\"HasMore\":false,\"Preferences\":[{\n  \"a\": \"x  \\\" y\",\r\n  \"b\": [1,\n2]\n}]}").unwrap();
    assert_eq!(lines(&page), ["{\"a\":\"x  \\\" y\",\"b\":[1,2]}"]);
    assert_eq!(page.count, 1);
}

#[test]
fn lines_end_in_place_only_where_no_byte_of_a_record_changes() {
    let ended = |text: &str| {
        let mut page = read(text).unwrap();
        let lines = page.end_lines_in_place()?;
        Some(String::from_utf8(page.raw()[lines].to_vec()).unwrap())
    };
    let page = |records: &str| format!("{{\"HasMore\":false,\"Preferences\":{records}}}");
    assert_eq!(ended(&page("[{\"a\":\"},{\"},{\"b\":[1,2]}]")).unwrap(), "{\"a\":\"},{\"}\n{\"b\":[1,2]}\n");
    // The byte after the last record may be a space.
    assert_eq!(ended(&page("[ {\"a\":1} ]")).unwrap(), "{\"a\":1}\n");
    for records in ["[]", "[{}, {}]", "[{} ,{}]", "[{},\n{}]", "[{\n},{}]", "[{}\r]"] {
        assert_eq!(ended(&page(records)), None, "{records}");
    }
}

#[test]
fn other_members_are_kept_as_they_stand() {
    let page =
        read("{\"HasMore\":true,\"Headers\":[\"A\", \"B\"],\"ExportScheduleRows\":[[1,2],[1,2]],\"New\":{\"x\":null}}")
            .unwrap();
    assert!(page.is_schedule());
    let others: Vec<_> = page.others().collect();
    assert_eq!(others[0], ("Headers", b"[\"A\", \"B\"]".as_slice()));
    assert_eq!(others[1], ("New", b"{\"x\":null}".as_slice()));
    assert_eq!(lines(&page), ["[1,2]", "[1,2]"]);
}

#[test]
fn a_compact_page_is_read_as_one_with_white_space() {
    let members = |page: &Page| -> Vec<(String, Vec<u8>)> {
        let owned = |(name, value): (&str, &[u8])| (name.to_owned(), value.to_vec());
        page.others().map(owned).collect()
    };
    for compact in [
        r#"{"New":{"Preferences":[1]},"HasMore":true,"preferences":[{"a":"}]"},{"b":[]}],"Headers":["A","B"],"Count":2}"#,
        r#"{"UserProfilePreferences":[],"HasMore":false,"Messages":["é"]}"#,
        r#"{"Preferences":null,"UserProfilePreferences":[{"a":1}],"HasMore":true}"#,
        r#"{"Preferences":[{"a":1}],"HasMore":true,"UserProfilePreferences":null,"x":1}"#,
        r#"{"Preferences":[{"a":1}],"HasMore":true,"UserProfilePreferences":"x"}"#,
        r#"{"Preferences":[1,"a",null],"HasMore":true}"#,
        r#"{"\u0050references":[{"a":1}],"HasMore":true}"#,
    ] {
        let spaced = compact.replacen(":[", ": [", 2);
        let (page, other) = (read(compact).unwrap(), read(&spaced).unwrap());
        assert_eq!(lines(&page), lines(&other), "{compact}");
        assert_eq!(page.count, other.count, "{compact}");
        assert_eq!(page.has_more, other.has_more, "{compact}");
        let without_spaces = |members: Vec<(String, Vec<u8>)>| format!("{members:?}").replace(" 32,", "");
        assert_eq!(without_spaces(members(&page)), without_spaces(members(&other)), "{compact}");
    }
    for bad in [
        r#"{"HasMore":true,"Preferences":[{"a":1}],"UserProfilePreferences":[{"b":1}]}"#,
        r#"{"HasMore":true,"Preferences":[{"a":1}],"preferences":[]}"#,
        r#"{"HasMore":true,"Preferences":[{"a":1}],}"#,
        r#"{"HasMore":true,"Preferences":[{"a":1}]]}"#,
        r#"{"HasMore":true,"Preferences":[{"a":tru}]}"#,
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_is_no_page_is_refused() {
    for bad in [
        "[]",
        "{}",
        "{\"HasMore\":false}",
        "{\"HasMore\":false,\"Preferences\":null}",
        "{\"HasMore\":false,\"Preferences\":[],\"userProfilePreferences\":[]}",
        "{\"Preferences\":[]}",
        "{\"HasMore\":\"no\",\"Preferences\":[]}",
        "{\"HasMore\":false,\"Preferences\":[1,]}",
        "{\"HasMore\":false,\"Preferences\":[]} trailing",
        "{\"HasMore\":false,\"Preferences\":[{\"a\":1}",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_page_that_is_none_says_what_is_wrong_with_it() {
    let records = r#""Preferences":[{"a":1}]"#;
    for (members, wrong) in [
        (r#""HasMore":false"#, "it has no array of records"),
        (records, "it has no HasMore"),
        (r#""HasMore":"no","Preferences":[]"#, "HasMore is a text"),
        (r#""HasMore":null,"Preferences":[]"#, "HasMore is null"),
        (r#""HasMore":true,"TotalResults":"5","Preferences":[]"#, "TotalResults is a text"),
        (r#""HasMore":true,"Count":-1,"Preferences":[{}]"#, "Count is a number that does not count"),
        (r#""HasMore":true,"Offset":[1],"Preferences":[{}]"#, "Offset is an array"),
        (
            r#""HasMore":true,"Preferences":[],"UserProfilePreferences":[]"#,
            "two arrays of records: Preferences and UserProfilePreferences",
        ),
        (r#""HasMore":true,"Preferences":[1,]"#, "it is not a JSON object"),
    ] {
        assert_eq!(read(&format!("{{{members}}}")).unwrap_err(), wrong);
    }
    for twice in [
        r#""Count":1,"COUNT":1"#,
        r#""hasmore":false,"HasMore":false"#,
        r#""Limit":1,"Limit":2"#,
        r#""Offset":null,"offset":1"#,
        r#""TotalResults":1,"TotalResults":1"#,
        r#""Preferences":null"#,
    ] {
        // Whichever of the two readers takes the records.
        for records in [records, r#""Preferences": [{}]"#] {
            let text = format!(r#"{{"HasMore":true,{records},{twice}}}"#);
            let text = text.replacen(r#""HasMore":true,"#, "", usize::from(twice.contains("has")));
            let error = read(&text).unwrap_err();
            assert!(error.ends_with(" stands there twice"), "{text}: {error}");
        }
    }
}

#[test]
fn a_quick_look_at_the_counts_never_says_other_than_the_whole_page() {
    const MEMBERS: [&str; 11] = [
        r#""Count":1"#,
        r#""count":2"#,
        r#""Count":null"#,
        r#""HasMore":true"#,
        r#""HASMORE":false"#,
        r#""Preferences":[{}]"#,
        r#""HasMore":false"#,
        r#""Offset":1"#,
        r#""TotalResults":7"#,
        r#""totalresults":8"#,
        r#""TotalResults":null"#,
    ];
    let mut both = 0;
    for first in MEMBERS {
        for second in MEMBERS {
            for third in MEMBERS {
                for fourth in MEMBERS {
                    let text = format!("{{{first},{second},{third},{fourth}}}");
                    let Ok(arrived) = Arrived::read(text.clone().into_bytes(), 1000, false, false) else {
                        continue;
                    };
                    let (looked, total) = (arrived.counts(), arrived.total_results());
                    if let Ok(page) = arrived.whole() {
                        assert_eq!(looked, (page.count, page.has_more), "{text}");
                        assert!(total.is_none() || total == page.total_results, "{text}");
                        both += 1;
                    }
                }
            }
        }
    }
    assert!(both > 50, "{both}");
}

#[test]
fn an_export_of_nothing_needs_no_array() {
    for array in ["", r#","Preferences":null"#, r#","Preferences":[]"#] {
        for count in [r#""Count":0,"#, "", r#""Count":null,"#] {
            let page = read(&format!(r#"{{{count}"HasMore":false,"TotalResults":0{array}}}"#)).unwrap();
            assert_eq!((page.count, page.records().len()), (0, 0));
        }
    }
    for bad in [
        r#"{"Count":0,"HasMore":true,"TotalResults":0}"#,
        r#"{"Count":0,"HasMore":false}"#,
        r#"{"HasMore":false,"TotalResults":1}"#,
        r#"{"Count":1,"HasMore":false,"TotalResults":0}"#,
        r#"{"Count":1,"HasMore":false,"TotalResults":1}"#,
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn orders_are_judged_by_the_documented_rules() {
    let since: LastDateTime = "2026-11-24T06:25:53.0425Z".parse().unwrap();
    let good = ExportRequest::segment("Everybody")
        .since(since)
        .matching(MatchCriteria::from_words("AlternateId", Some("CRM")).unwrap(), ["7"])
        .callback_url("https://job.example/done");
    good.check().unwrap();
    assert_eq!(
        good.body(),
        serde_json::json!({
            "LastDateTime": "2026-11-24T06:25:53.042Z",
            "MatchCriteria": "AlternateId",
            "MatchType": "CRM",
            "Values": ["7"],
            "CallbackURL": "https://job.example/done",
        })
    );
    let dated = ExportRequest::schedule("Daily").dates("2026-11-01", "2026-11-24");
    dated.check().unwrap();
    assert_eq!(dated.query(), "?startDate=2026-11-01&endDate=2026-11-24");

    let profile = || MatchCriteria::ProfileId { customer_type: None };
    let none: [&str; 0] = [];
    for bad in [
        ExportRequest::segment(""),
        ExportRequest::segment(".."),
        ExportRequest::segment("a\nb"),
        ExportRequest::segment("x".repeat(257)),
        ExportRequest::segment("a").matching(profile(), none),
        ExportRequest::segment("a").matching(profile(), [""]),
        ExportRequest::segment("a").dates("2026-11-01", "2026-11-02"),
        ExportRequest::segment("a").channels(["Email"]),
        ExportRequest::segment("a").callback_url("job.example"),
        ExportRequest::schedule("a").since(since),
        ExportRequest::schedule("a").dates_if_given(Some("2026-11-01".into()), None),
        ExportRequest::schedule("a").dates("2026-11-02", "2026-11-01"),
        ExportRequest::schedule("a").dates("2026-13-01", "2026-13-02"),
        ExportRequest::schedule("a").dates("20261101", "20261102"),
        ExportRequest::cid(none),
        ExportRequest::cid(["7", ""]),
    ] {
        let error = bad.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{bad:?}");
    }
    assert!(MatchCriteria::from_words("AlternateId", None).is_err());
    assert!(MatchCriteria::from_words("profileid", None).is_err());
    assert!("2026-11-24T06:25:53".parse::<LastDateTime>().is_err());
}

#[test]
fn a_handle_goes_to_json_and_back_and_shows_no_token_otherwise() {
    let export = Export {
        access_token: 7_731_902_846_155_093_i64.try_into().unwrap(),
        kind: crate::ExportKind::Schedule,
        base_url: "https://host/".into(),
        surface: "async".into(),
        client_id: "acme".into(),
        name: Some("Daily".into()),
        since_ms: Some(1_795_501_000_123),
        watermark_ms: 1_795_501_553_042,
    };
    let text = export.to_json_with_token();
    assert_eq!(Export::from_json(&text).unwrap(), export);
    assert!(!format!("{export:?}").contains("7731902846155093"));
    for bad in
        ["", "{}", "{\"version\":2}", &text.replace("schedule", "weekly"), &text.replace("7731902846155093", "-1")]
    {
        assert!(Export::from_json(bad).is_err(), "{bad}");
    }
}

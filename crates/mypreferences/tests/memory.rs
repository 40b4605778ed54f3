//! Hostile bodies do not eat memory. A process of its own, because it looks at the peak of the whole process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail in any way")]

use mypreferences::{Client, ErrorKind};
use mypreferences_mock::{Action, Answer, Apply, Delivery, Export, MockConfig, MockService, Operation, Rule};

const TOKEN: i64 = 4711;
/// The promise: so much more at most.
const LIMIT_KIB: u64 = 64 << 10;

/// Peak resident memory of this process so far, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gzip_bomb_and_an_endless_body_stay_under_64_mib_more() {
    let bomb = Delivery::GzipBomb { mebibytes: 256 };
    for (delivery, on) in [
        (bomb.clone(), Operation::Status),
        (bomb.clone(), Operation::Commit),
        (bomb, Operation::Page),
        (Delivery::EndlessBody, Operation::Status),
        (Delivery::EndlessBody, Operation::Commit),
        (Delivery::HugeBody(10 << 30), Operation::Status),
    ] {
        let mock = MockService::start(MockConfig::default()).await.unwrap();
        mock.add_export(Export::segment(TOKEN, 3));
        let client = Client::builder()
            .client_id("ExampleClient")
            .base_url(mock.base_url())
            .credentials(mypreferences::Credentials::bearer("any"))
            .max_attempts(1)
            // The page cap is what the setting says; the promise is about control bodies and a modest page.
            .max_page_body(16 << 20)
            .build()
            .unwrap();
        let answer = Answer::json(200, "{}");
        let action = Action::Answer { answer, apply: Apply::Now, delivery: delivery.clone() };
        mock.push_rule(Rule::new(on, action).forever());
        let before = peak_kib();
        match on {
            Operation::Commit => {
                client.commit(TOKEN, false).await.unwrap();
            }
            Operation::Status => {
                let error = client.status(TOKEN).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ResponseTooLarge, "{delivery:?}");
            }
            _ => {
                let error = client.probe_page(TOKEN).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ResponseTooLarge, "{delivery:?}");
            }
        }
        let more = peak_kib() - before;
        println!("{delivery:?} on {on:?}: {more} KiB more");
        assert!(more < LIMIT_KIB, "{delivery:?} on {on:?}: {more} KiB more");
    }
}

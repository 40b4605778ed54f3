//! The border as a binding sees it: runtime, closing, cancelling, panics.

#![cfg(all(target_os = "linux", feature = "test-hooks"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail in any way"
)]

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use mypreferences::{CommitReceipt, Credentials, Error, ErrorKind, Operation};
use mypreferences_bridge::{CancelToken, Client, ErrorView, ReceiptView, shutdown};
use mypreferences_mock::{Action, Apply, Export, MockConfig, MockService, Operation as On, Rule};

const LONG: Duration = Duration::from_secs(20);
/// The tests look at the threads of the whole process, so they run one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn mock() -> MockService {
    let mock = MockService::start_blocking(MockConfig::default().client_id("acme")).unwrap();
    for token in 1..=9 {
        mock.add_export(Export::segment(token, 3));
    }
    mock
}

fn client(mock: &MockService) -> Client {
    let builder = mypreferences::Client::builder()
        .client_id("acme")
        .base_url(mock.base_url())
        .credentials(Credentials::bearer("made-up"));
    Client::open(builder).unwrap()
}

fn commit(client: &Client, token: i64, cancel: &CancelToken) -> Result<CommitReceipt, Error> {
    client.run(Operation::Commit, cancel, None, |core, cancel| {
        core.commit(token, false).cancel_token(cancel).into_future()
    })
}

use std::future::IntoFuture;

/// Threads of the runtime in this process.
fn our_threads() -> usize {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|name| name.trim() == "mypreferences")
        .count()
}

fn wait_until(condition: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

#[test]
fn there_are_no_threads_before_the_first_call_and_none_after_the_last_client() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    let first = client(&mock);
    let second = client(&mock);
    assert_eq!(our_threads(), 0);
    commit(&first, 1, &CancelToken::new()).unwrap();
    assert!(our_threads() > 0);
    first.close();
    first.close();
    assert_eq!(
        commit(&first, 2, &CancelToken::new()).unwrap_err().kind(),
        ErrorKind::Closed
    );
    commit(&second, 2, &CancelToken::new()).unwrap();
    drop(second);
    assert!(
        wait_until(|| our_threads() == 0),
        "threads were left behind"
    );
}

#[test]
fn after_a_shutdown_the_next_call_starts_anew() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    let client = client(&mock);
    commit(&client, 1, &CancelToken::new()).unwrap();
    shutdown(Duration::from_secs(5));
    assert!(wait_until(|| our_threads() == 0));
    shutdown(Duration::from_secs(5));
    commit(&client, 2, &CancelToken::new()).unwrap();
}

#[test]
fn closing_cancels_the_calls_under_way() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    mock.push_rule(Rule::new(
        On::Commit,
        Action::Hang {
            apply: Apply::Never,
        },
    ));
    let client = client(&mock);
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| commit(&client, 1, &CancelToken::new()).unwrap_err());
        assert!(mock.wait_for_blocking(|log| !log.is_empty(), LONG));
        client.close();
        call.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let view = ErrorView::from(&error);
    assert_eq!(
        (view.number, view.commit_state, view.sent),
        (230, Some("unknown"), "maybe_sent")
    );
    assert!(mock.wait_for_blocking(|log| log[0].disconnected_at.is_some(), LONG));
}

#[test]
fn a_started_call_completes_exactly_once_and_can_be_cancelled() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    let client = client(&mock);
    let (sender, receiver) = channel();
    let start = |token: i64| {
        let sender = sender.clone();
        client
            .start(
                Operation::Commit,
                CancelToken::new(),
                |core, cancel| core.commit(token, false).cancel_token(cancel).into_future(),
                move |result: Result<CommitReceipt, Error>| sender.send(result).unwrap(),
            )
            .unwrap()
    };
    let _first = start(1);
    let receipt = receiver.recv_timeout(LONG).unwrap().unwrap();
    let view = ReceiptView::from(&receipt);
    assert_eq!(
        (view.outcome, view.files, view.sends),
        ("committed", "as_asked", 1)
    );
    mock.push_rule(Rule::new(
        On::Commit,
        Action::Hang {
            apply: Apply::Never,
        },
    ));
    let second = start(2);
    assert!(mock.wait_for_blocking(|log| log.len() == 2, LONG));
    second.cancel();
    assert_eq!(
        receiver.recv_timeout(LONG).unwrap().unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    assert!(
        receiver.recv_timeout(Duration::from_millis(100)).is_err(),
        "it completed twice"
    );
}

#[test]
fn a_tick_can_stop_a_blocking_call() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    mock.push_rule(Rule::new(
        On::Commit,
        Action::Hang {
            apply: Apply::Never,
        },
    ));
    let client = client(&mock);
    let mut ticks = 0;
    let mut tick = || {
        ticks += 1;
        ticks == 3
    };
    let cancel = CancelToken::new();
    let error = client
        .run(
            Operation::Commit,
            &cancel,
            Some((Duration::from_millis(20), &mut tick)),
            |core, cancel| core.commit(1, false).cancel_token(cancel).into_future(),
        )
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(ticks, 3);
}

#[test]
fn after_a_panic_the_next_call_works() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    let client = client(&mock);
    mypreferences_bridge::panic_in_next_call();
    let error = commit(&client, 1, &CancelToken::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert_eq!(ErrorView::from(&error).commit_state, Some("unknown"));
    commit(&client, 1, &CancelToken::new()).unwrap();
}

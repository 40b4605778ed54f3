//! The border as a binding sees it: runtime, closing, cancelling, panics.

#![cfg(all(target_os = "linux", feature = "test-hooks"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail in any way")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use mypreferences::landing::{LandingProgress, Stage};
use mypreferences::{
    ClientBuilder, CommitReceipt, CommitState, Credentials, Error, ErrorKind, Files, Operation, Outcome, Sent,
};
use mypreferences_bridge::{Between, CancelToken, Client, LandingArguments, OrderArguments, Reader, shutdown};
use mypreferences_mock::{Action, Apply, Export, ExportKind, MockConfig, MockService, Operation as On, Rule, Source};

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

fn builder(base_url: &str) -> ClientBuilder {
    mypreferences::Client::builder().client_id("acme").base_url(base_url).credentials(Credentials::bearer("made-up"))
}

fn client(mock: &MockService) -> Client {
    Client::open(builder(&mock.base_url())).unwrap()
}

fn blocking_client(mock: &MockService) -> Client {
    Client::open_blocking(builder(&mock.base_url())).unwrap()
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
    assert_eq!(commit(&first, 2, &CancelToken::new()).unwrap_err().kind(), ErrorKind::Closed);
    commit(&second, 2, &CancelToken::new()).unwrap();
    drop(second);
    assert!(wait_until(|| our_threads() == 0), "threads were left behind");
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
    closing_cancels(client);
    closing_cancels(blocking_client);
}

fn closing_cancels(open: fn(&MockService) -> Client) {
    let mock = mock();
    mock.push_rule(Rule::new(On::Commit, Action::Hang { apply: Apply::Never }));
    let client = open(&mock);
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| commit(&client, 1, &CancelToken::new()).unwrap_err());
        assert!(mock.wait_for_blocking(|log| !log.is_empty(), LONG));
        client.close();
        call.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!((error.commit_state(), error.sent()), (Some(CommitState::Unknown), Sent::MaybeSent));
    assert!(mock.wait_for_blocking(|log| log[0].disconnected_at.is_some(), LONG));
}

#[test]
fn blocking_clients_call_on_the_callers_threads_however_many_those_are() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    let client = blocking_client(&mock);
    std::thread::scope(|scope| {
        for token in 1..=9 {
            let client = &client;
            scope.spawn(move || commit(client, token, &CancelToken::new()).unwrap());
        }
    });
    assert_eq!(our_threads(), 0);
    let refused = client.start(
        Operation::Commit,
        CancelToken::new(),
        |core, cancel| core.commit(1, false).cancel_token(cancel).into_future(),
        |_| panic!("nothing was started"),
    );
    assert_eq!(refused.err().map(|error| error.kind()), Some(ErrorKind::Configuration));
}

#[test]
fn a_blocking_client_sees_that_the_server_closed_its_connection_meanwhile() {
    let _one = ONE_AT_A_TIME.lock();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (answered, was_answered) = channel();
    let server = std::thread::spawn(move || {
        for _ in 0..3 {
            let (mut connection, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).unwrap() > 0 {
                head.extend(byte);
            }
            connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
            // Long enough for the client to put it into its pool, and then it is closed.
            std::thread::sleep(Duration::from_millis(200));
            drop(connection);
            answered.send(()).unwrap();
        }
    });
    let client = Client::open_blocking(builder(&url)).unwrap();
    for token in 1..=3 {
        let receipt = commit(&client, token, &CancelToken::new()).unwrap();
        assert_eq!(receipt.attempts.len(), 1, "the stale connection was used");
        was_answered.recv_timeout(LONG).unwrap();
    }
    server.join().unwrap();
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
    assert_eq!((receipt.outcome, receipt.files, receipt.sends), (Outcome::Committed, Files::AsAsked, 1));
    mock.push_rule(Rule::new(On::Commit, Action::Hang { apply: Apply::Never }));
    let second = start(2);
    assert!(mock.wait_for_blocking(|log| log.len() == 2, LONG));
    second.cancel();
    assert_eq!(receiver.recv_timeout(LONG).unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(receiver.recv_timeout(Duration::from_millis(100)).is_err(), "it completed twice");
}

#[test]
fn a_tick_can_stop_a_blocking_call() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    mock.push_rule(Rule::new(On::Commit, Action::Hang { apply: Apply::Never }));
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
            Some(Between { every: Duration::from_millis(20), is_due: &|| false, look: &mut tick }),
            |core, cancel| core.commit(1, false).cancel_token(cancel).into_future(),
        )
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(ticks, 3);
}

#[test]
fn what_one_blocking_call_does_between_holds_up_no_other_one() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    let hang = Action::Hang { apply: Apply::Never };
    mock.push_rule(Rule::new(On::Commit, hang).forever());
    let (first, second) = (blocking_client(&mock), blocking_client(&mock));
    let (busy, is_busy) = channel();
    let (over, is_over) = channel::<()>();
    std::thread::scope(|scope| {
        let first = &first;
        scope.spawn(move || {
            let mut look = || {
                busy.send(()).unwrap();
                // Of the other call, which needs its timer for it.
                is_over.recv_timeout(LONG).unwrap();
                true
            };
            let between = Between { every: Duration::from_millis(20), is_due: &|| false, look: &mut look };
            let (cancel, operation) = (CancelToken::new(), Operation::Commit);
            let error = first.run(operation, &cancel, Some(between), |core, cancel| {
                core.commit(1, false).cancel_token(cancel).into_future()
            });
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
        });
        is_busy.recv_timeout(LONG).unwrap();
        let begun = Instant::now();
        let cancel = CancelToken::new();
        let error = second.run(Operation::Commit, &cancel, None, |core, cancel| {
            let timeout = Duration::from_millis(300);
            let call = core.commit(2, false).cancel_token(cancel);
            call.timeout(timeout).into_future()
        });
        assert_eq!(error.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        over.send(()).unwrap();
    });
}

#[test]
fn what_is_due_between_is_done_at_once_and_may_make_a_call_itself() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    let client = blocking_client(&mock);
    let told = std::sync::atomic::AtomicBool::new(false);
    let told = std::sync::Arc::new(told);
    let inner = CancelToken::new();
    let mut looked = 0;
    let mut look = || {
        told.store(false, std::sync::atomic::Ordering::SeqCst);
        looked += 1;
        commit(&client, 2, &inner).unwrap();
        false
    };
    let between = Between { every: LONG, is_due: &|| told.load(std::sync::atomic::Ordering::SeqCst), look: &mut look };
    let cancel = CancelToken::new();
    let telling = std::sync::Arc::clone(&told);
    let receipt = client.run(Operation::Commit, &cancel, Some(between), |core, cancel| {
        telling.store(true, std::sync::atomic::Ordering::SeqCst);
        core.commit(1, false).cancel_token(cancel).into_future()
    });
    assert_eq!(receipt.unwrap().sends, 1);
    assert_eq!(looked, 1);
    assert_eq!(mock.requests_for(On::Commit).len(), 2);
}

#[test]
fn a_callback_of_a_started_landing_may_wait_for_another_call_and_is_told_the_last_state() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    mock.add_source(Source::new(ExportKind::Segment, "Everyone", 3000));
    let client = client(&mock);
    let out = std::env::temp_dir().join(format!("mypreferences-border-{}", std::process::id()));
    let (told, is_told) = channel();
    let reader = Reader::new({
        let client = client.clone();
        move |progress: &LandingProgress| {
            if told.send((progress.stage, progress.rows)).is_ok() && progress.rows == 0 {
                commit(&client, 1, &CancelToken::new()).unwrap();
            }
        }
    });
    let order =
        OrderArguments { kind: "segment".to_owned(), name: Some("Everyone".to_owned()), ..OrderArguments::default() };
    let landing =
        LandingArguments { out: out.clone(), commit: Some("never".to_owned()), ..LandingArguments::default() };
    let (sender, receiver) = channel();
    let cancel = CancelToken::new();
    let _started = client
        .start(
            Operation::Export,
            cancel,
            |core, cancel| {
                let call = landing.export(core, order.order().unwrap(), cancel).unwrap();
                let hook = std::sync::Arc::clone(&reader);
                let call = call.on_progress(move |now| hook.tell(now.clone()));
                reader.until_read(call.into_future())
            },
            move |result| sender.send(result).unwrap(),
        )
        .unwrap();
    let landed = receiver.recv_timeout(LONG).unwrap().unwrap();
    std::fs::remove_dir_all(&out).unwrap();
    assert_eq!(landed.rows(), 3000);
    // All of it was told before the completion.
    assert_eq!(is_told.try_iter().last(), Some((Stage::Seal, 3000)));
}

#[test]
fn after_a_panic_the_next_call_works() {
    let _one = ONE_AT_A_TIME.lock();
    let mock = mock();
    let client = client(&mock);
    mypreferences_bridge::panic_in_next_call();
    let error = commit(&client, 1, &CancelToken::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    commit(&client, 1, &CancelToken::new()).unwrap();
}

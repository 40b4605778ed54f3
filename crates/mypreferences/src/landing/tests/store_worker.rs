//! Steps on a real folder and real threads: their order, a panic, a call that is dropped, a runtime that goes away.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;

use crate::ErrorKind;
use crate::landing::store::disk::SystemDisk;
use crate::landing::store_worker::StoreWorker;

/// A folder of a test's own, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("mypreferences-worker-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        Folder(folder)
    }

    async fn worker(&self) -> Result<StoreWorker, crate::Error> {
        StoreWorker::open(Arc::new(SystemDisk), self.0.clone()).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn steps_are_taken_in_their_order_and_the_store_is_free_after_each() {
    let folder = Folder::new("order");
    let mut worker = folder.worker().await.unwrap();
    for round in 0..500 {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut steps = Vec::new();
        for number in 0..3 {
            let seen = Arc::clone(&seen);
            steps.push(worker.begin(move |_| {
                seen.lock().unwrap().push(number);
                Ok(number)
            }));
        }
        for (number, step) in steps.into_iter().enumerate() {
            assert_eq!(step.await.unwrap(), number);
        }
        assert_eq!(*seen.lock().unwrap(), [0, 1, 2], "round {round}");
        assert!(worker.store().is_ok(), "round {round}");
    }
}

#[tokio::test]
async fn a_panic_of_a_step_reaches_whoever_awaits_it() {
    let folder = Folder::new("panic");
    let mut worker = folder.worker().await.unwrap();
    let step = worker.begin(|_| -> Result<(), crate::Error> { panic!("made up") });
    let after = worker.begin(|_| Ok(()));
    let panic = AssertUnwindSafe(step).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"made up"));
    // The store is half changed: nothing more is done with it.
    assert!(after.await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_shelf_takes_its_steps_to_their_end_and_then_gives_the_folder_free() {
    let folder = Folder::new("dropped");
    let mut worker = folder.worker().await.unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    for _ in 0..2 {
        let (taken, wait) = (Arc::clone(&taken), Arc::clone(&wait));
        drop(worker.begin(move |_| {
            wait.lock().unwrap().recv().unwrap();
            taken.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }));
    }
    drop(worker);
    // Until they are taken it is this worker's.
    let error = folder.worker().await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Locked);
    go_on.send(()).unwrap();
    go_on.send(()).unwrap();
    loop {
        match folder.worker().await {
            Ok(_) => break,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Locked),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(taken.load(Ordering::SeqCst), 2);
}

#[test]
fn a_step_needs_no_runtime_but_one_that_awaits_it() {
    let folder = Folder::new("shutdown");
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut worker = runtime().block_on(folder.worker()).unwrap();
    let step = worker.begin(|_| Ok(7));
    let ended = runtime().block_on(async { tokio::time::timeout(Duration::from_secs(60), step).await });
    assert_eq!(ended.expect("it ends").unwrap(), 7);
}

#[tokio::test]
async fn threads_are_used_again_and_end_with_their_shelf() {
    let folder = Folder::new("threads");
    let mut worker = folder.worker().await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        seen.insert(worker.step(|_| Ok(format!("{:?}", std::thread::current().id()))).await.unwrap());
    }
    // Two at most: one may not have said yet that it is free when the next step comes.
    assert!(seen.len() <= 2, "{seen:?}");
    thread_local! {
        static LEFT: std::cell::Cell<Option<std::sync::mpsc::Sender<()>>> =
            const { std::cell::Cell::new(None) };
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let leave = move |_: &mut _| {
        LEFT.set(Some(sender));
        Ok(())
    };
    worker.step(leave).await.unwrap();
    drop(worker);
    // It goes with its thread.
    let end = receiver.recv_timeout(Duration::from_secs(60));
    assert_eq!(end, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
}

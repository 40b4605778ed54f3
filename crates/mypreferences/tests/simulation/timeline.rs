//! One timeline: a world, the real core in it under virtual time, and what every call of it was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mypreferences::test_hooks::Restarted;
use mypreferences::{CancelToken, Client, CommitReceipt, Credentials, Error, Resolution, StatusWord};

use crate::calendar;
use crate::network::{Came, Network, Post, Read, World};
use crate::plan::{Before, COMMIT_AT, Cancel, LATEST_APPLICATION, Millis, PageRoute, Plan, Scenario, duration};
use crate::truth::Truth;

const TOKEN: i64 = 7_731_902_846_155_093;
const SECRET: &str = "canary-hmac-secret-Zk3v9Qx7";
/// Nothing in any world takes so long.
const HANGS_AFTER: Millis = 12 * 3_600_000;

/// What a call was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Commit { keep_files: bool },
    Resolve,
}

/// What a call was told.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Receipt(CommitReceipt),
    Failed(Error),
    Resolved(Resolution),
    /// Its future was dropped.
    Nothing,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) asked: Asked,
    /// Calls that share their requests have the same number.
    pub(crate) flight: u32,
    /// It is the second waiter's.
    pub(crate) second: bool,
    /// It came while another call of the token was running.
    pub(crate) joined: bool,
    pub(crate) begun: Millis,
    pub(crate) ended: Millis,
    pub(crate) timeout: Millis,
    /// It goes on after another process.
    pub(crate) restart: Option<Restart>,
    /// So many POSTs and reads were under way or over when it ended.
    pub(crate) posts_then: usize,
    pub(crate) reads_then: usize,
    pub(crate) told: Told,
}

/// What a call knows of the process before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restart {
    /// When COMMITTING was written.
    pub(crate) committing: Millis,
    /// SENT was.
    pub(crate) noted: bool,
}

pub(crate) struct Timeline {
    pub(crate) plan: Plan,
    pub(crate) truth: Truth,
    pub(crate) posts: Vec<Post>,
    pub(crate) reads: Vec<Read>,
    pub(crate) calls: Vec<Call>,
}

/// Plays the world of a seed.
pub(crate) fn play(seed: u64) -> Timeline {
    // The core draws the jitter of its waits from here.
    fastrand::seed(seed);
    let (plan, random) = Plan::draw(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (network, calls) = runtime.block_on(async {
        let network = Arc::new(Network::new(plan.clone(), random));
        let calls = tokio::time::timeout(duration(HANGS_AFTER), act(&plan, &network)).await;
        (network, calls.expect("a call hangs"))
    });
    drop(runtime);
    let mut world = network.world();
    // Whatever is still on its way arrives now.
    let end = calls.iter().map(|call| call.ended).max().unwrap_or(0);
    world.truth.advance(end + 10 * LATEST_APPLICATION);
    let World { truth, posts, reads, .. } = &mut *world;
    Timeline {
        truth: std::mem::replace(truth, Truth::new(&plan.token, &plan.server)),
        posts: std::mem::take(posts),
        reads: std::mem::take(reads),
        plan,
        calls,
    }
}

/// Who calls, beside the world.
struct Caller {
    client: Client,
    network: Arc<Network>,
    /// The first commit is over.
    first_is_over: AtomicBool,
}

/// A process of its own: nothing is known yet.
fn client(plan: &Plan, network: &Arc<Network>) -> Client {
    let (wall, jump) = (Arc::clone(network), plan.client.clock_jump);
    Client::builder()
        .client_id("SanchezAssociates")
        .base_url("https://service.example/API/3/async/")
        .credentials(Credentials::hmac("RickSanchez", SECRET))
        .timeout(duration(plan.client.timeout))
        .max_attempts(plan.client.max_attempts)
        .require_certain(plan.client.require_certain)
        .preflight(plan.client.preflight)
        .test_transport(Arc::clone(network) as Arc<dyn mypreferences::test_hooks::TestTransport>)
        .test_wall_clock(move || {
            let now = wall.now();
            let jumped = jump.map_or(0, |(at, by)| if now >= at { by } else { 0 });
            calendar::client_time(now + jumped)
        })
        .build()
        .unwrap()
}

async fn act(plan: &Plan, network: &Arc<Network>) -> Vec<Call> {
    let caller = Arc::new(Caller {
        client: client(plan, network),
        network: Arc::clone(network),
        first_is_over: AtomicBool::new(false),
    });
    caller.look_first(plan.client.before).await;
    network.sleep_until(COMMIT_AT).await;
    let keep_files = plan.client.keep_files;
    let timeout = plan.client.timeout;
    let first = {
        let (caller, cancel) = (Arc::clone(&caller), plan.cancel_of(false));
        async move { caller.commit(keep_files, timeout, cancel, None, None).await }
    };
    match plan.scenario {
        Scenario::Restart { dies_after, pause, notes_it } => {
            let ended = restart(plan, &caller, dies_after, pause, notes_it).await;
            match ended {
                Some(calls) => calls,
                // There was nothing to commit.
                None => vec![first.await],
            }
        }
        Scenario::One => vec![first.await],
        Scenario::ThenResolve { pause } => {
            let first = first.await;
            network.sleep_until(first.ended + pause).await;
            vec![first, caller.resolve(timeout).await]
        }
        Scenario::Twice { pause, same_keep } => {
            let first = first.await;
            network.sleep_until(first.ended + pause).await;
            let keep_files = keep_files == same_keep;
            let second = caller.commit(keep_files, timeout, Cancel::Never, None, None).await;
            vec![first, second]
        }
        Scenario::SecondWaiter { after, same_keep, timeout: second_timeout } => {
            let begins = network.now() + after;
            let first = tokio::spawn(first);
            let second = tokio::spawn({
                let caller = Arc::clone(&caller);
                let keep_files = keep_files == same_keep;
                let cancel = plan.cancel_of(true);
                async move { caller.commit(keep_files, second_timeout, cancel, Some(begins), None).await }
            });
            vec![first.await.unwrap(), second.await.unwrap()]
        }
    }
}

/// A landing's process that dies, and the one after it. None: status did not say ready, so that none came so far.
async fn restart(
    plan: &Plan,
    caller: &Caller,
    dies_after: Option<Millis>,
    pause: Millis,
    notes_it: bool,
) -> Option<Vec<Call>> {
    let network = &caller.network;
    // Its pages were read before, so their route is the right one.
    if matches!(plan.reads.page_route, PageRoute::Wrong { .. }) {
        return None;
    }
    let ready = caller.client.status(TOKEN).await.ok()?;
    if ready.status != StatusWord::Complete {
        return None;
    }
    let committing = network.now();
    let fresh = network.world().reads.last().is_some_and(|read| read.age == 0);
    let (keep_files, timeout) = (plan.client.keep_files, plan.client.timeout);
    let mut calls = Vec::new();
    if let Some(dies_after) = dies_after {
        let dies = Cancel::Dropped(dies_after);
        calls.push(caller.commit(keep_files, timeout, dies, None, None).await);
    }
    let died = network.now();
    let sent = network.world().posts.iter().rev().find_map(|post| {
        let late = post.started + 1_000 <= died && post.ended >= post.started + 1_000;
        let lost = matches!(post.came, Came::Lost(_));
        (late || lost).then_some(post.started)
    });
    let sent = sent.filter(|_| notes_it);
    network.sleep_until(died + pause).await;
    let second =
        Caller { client: client(plan, network), network: Arc::clone(network), first_is_over: AtomicBool::new(false) };
    let seconds = |at: Millis| (calendar::client_wall(at) + plan.server.clock_offset).div_euclid(1_000);
    let restarted = Restarted {
        // As the landing reckons it: from answers that no cache gave away, and no earlier than it is written.
        committing_at: (fresh && ready.server_date.is_some()).then(|| seconds(committing) + 1),
        ready,
        sent_at: sent.map(seconds),
    };
    let restart = Restart { committing, noted: sent.is_some() };
    let going_on = Some((restart, restarted));
    calls.push(second.commit(keep_files, timeout, Cancel::Never, None, going_on).await);
    Some(calls)
}

impl Caller {
    async fn look_first(&self, before: Before) {
        match before {
            Before::Nothing => {}
            Before::Status { ago } => {
                self.network.sleep_until(COMMIT_AT - ago).await;
                let _ = self.client.status(TOKEN).await;
            }
            Before::StatusAndPage { ago } => {
                self.network.sleep_until(COMMIT_AT - ago).await;
                let _ = self.client.status(TOKEN).await;
                let _ = self.client.probe_page(TOKEN).await;
            }
        }
    }

    /// One commit; with a moment: as a second waiter, from then on.
    async fn commit(
        &self,
        keep_files: bool,
        timeout: Millis,
        cancel: Cancel,
        second_from: Option<Millis>,
        restart: Option<(Restart, Restarted)>,
    ) -> Call {
        if let Some(from) = second_from {
            // Also with no delay at all, the first call goes first.
            tokio::task::yield_now().await;
            self.network.sleep_until(from).await;
        }
        let joined = second_from.is_some() && !self.first_is_over.load(Ordering::Relaxed);
        let flight = {
            let mut world = self.network.world();
            if !joined {
                world.flight += 1;
            }
            world.flight
        };
        let begun = self.network.now();
        let token = CancelToken::new();
        let mut commit = self.client.commit(TOKEN, keep_files).timeout(duration(timeout)).cancel_token(token.clone());
        let mut known = None;
        if let Some((restart, restarted)) = restart {
            known = Some(restart);
            commit = commit.test_after_a_restart(restarted);
        }
        let told = match cancel {
            Cancel::Never => told(commit.await),
            Cancel::AtAnswer(_) => {
                self.network.will_cancel(&token);
                told(commit.await)
            }
            Cancel::After(after) => {
                let network = Arc::clone(&self.network);
                let canceller = tokio::spawn(async move {
                    network.sleep_until(begun + after).await;
                    token.cancel();
                });
                let result = commit.await;
                canceller.abort();
                told(result)
            }
            Cancel::Dropped(after) => {
                tokio::time::timeout(duration(after), commit.into_future()).await.map_or(Told::Nothing, told)
            }
        };
        if second_from.is_none() {
            self.first_is_over.store(true, Ordering::Relaxed);
        }
        let world = self.network.world();
        Call {
            asked: Asked::Commit { keep_files },
            flight,
            second: second_from.is_some(),
            joined,
            begun,
            ended: self.network.now(),
            timeout,
            restart: known,
            posts_then: world.posts.len(),
            reads_then: world.reads.len(),
            told,
        }
    }

    async fn resolve(&self, timeout: Millis) -> Call {
        let begun = self.network.now();
        let flight = {
            let mut world = self.network.world();
            world.flight += 1;
            world.flight
        };
        let told = match self.client.resolve_commit(TOKEN).timeout(duration(timeout)).await {
            Ok(resolution) => Told::Resolved(resolution),
            Err(error) => Told::Failed(error),
        };
        let world = self.network.world();
        Call {
            asked: Asked::Resolve,
            flight,
            second: false,
            joined: false,
            begun,
            ended: self.network.now(),
            timeout,
            restart: None,
            posts_then: world.posts.len(),
            reads_then: world.reads.len(),
            told,
        }
    }
}

fn told(result: Result<CommitReceipt, Error>) -> Told {
    match result {
        Ok(receipt) => Told::Receipt(receipt),
        Err(error) => Told::Failed(error),
    }
}

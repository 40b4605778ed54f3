//! **Adversarial simulation.** One seed makes one world: a simulated server that holds the truth of one token, a network
//! that loses, delays, forges and duplicates, a second process, a caller with settings of its own. The real core runs in
//! it under virtual time: single flight, driver, verdict, signing and clock, everything but the HTTP library. At the
//! end every promise of the contract is checked against the truth. The simulation shares no code with the core's judge.
//!
//! | file | what it holds |
//! |---|---|
//! | `plan` | what a world is: drawn from the seed |
//! | `truth` | the token: who consumed it and when |
//! | `network` | each exchange: what is answered, lost, applied, shown late; the record of it |
//! | `timeline`, `story` | the calls of the real core in a world; and all of it in words |
//! | `promises` | P1 to P9, below |
//! | `findings` | what was found and is not decided yet |
//! | `many`, `figures` | many timelines on all cores, and what is counted over them |
//!
//! # The promises
//!
//! * **P1** No wrong Certain: the token is consumed by a commit, of whomever, when the receipt is given. Certain
//!   `AlreadyCommitted`: and not by a send of this call.
//! * **P2** No `NotCommitted` about a call of which some request was applied or will be, within the assumptions below;
//!   no `NotCommitted` of `resolve_commit` about a token that shows that it is consumed.
//! * **P3** `keep_files` never changes: not within a call, not in a client while a commit runs or after it was certain.
//! * **P4** At most `max_attempts` sends and one repair of a 401; after a lost request, 500, 502 or 504 five quiet seconds
//!   and a status that says ready before the next; nothing is sent after answers that end the sends; `Retry-After` and
//!   `send_window` are kept.
//! * **P5** No call past its deadline by more than 1 s; no panic, no hang, no requests without end.
//! * **P6** No presumed receipt with `require_certain`; `files: AsAsked` only with the evidence that the contract asks for. How
//!   often that evidence is misleading (somebody else was faster, with the other value) is a figure.
//! * **P7** The record is true: `commit_state`, `sent`, kind, status and `Retry-After` of the last send, every attempt.
//! * **P8** A verdict rests on what was said: each receipt on a row of the contract's table, a baseline of at most 30 s,
//!   three refusals, credentials that worked; `outcome_unknown` never after `Retrieved` was read.
//! * **P9** Where all goes well: one POST and nothing else (one more to repair a wrong clock).
//!
//! # What these worlds assume of the service, with the sentence of the contract that rests on it
//!
//! 1. A request that was answered 4xx, except 408, or certainly not sent, is never applied. "A send is **open** after
//!    MaybeSent, a 2xx other than 200/204, a 2xx with HTML (captive portal), 3xx, 408 and any 5xx."
//! 2. An open send is applied at most 60 s after its connection ended, and status or page tell of it at most 60 s after
//!    the last such end. "If MaybeSent, 500, 502 or 504 are among them -> that error, NotCommitted, only if 'not yet'
//!    held for `confirm_window` (60 s) after the last of them." With status lagging up to 30 s, an application may show up to
//!    90 s later: these are counted as outside the assumptions.
//! 3. Whoever answers 408, 503, a redirect or a portal's page within five seconds has not handed the request on. "If all
//!    open sends were 408/503/3xx/HTML, each answered within 5 s -> the last answer's error, NotCommitted." Those that came
//!    later are applied as often as a gateway's 504. These worlds do apply one in 25 requests that were answered 408 or 503
//!    at once; when that shows only after the last question it is counted as outside the assumptions.
//! 4. Status says `Retrieved` of consumed tokens only: "`Retrieved` = consumed". It may lag by 30 s and it may use other
//!    words after Commit: `Complete`, `Expired`, 400, 401, 404, 410.
//! 5. A page may be served for up to 30 s longer than its token lives, and stops working for other reasons than trouble
//!    never for long; a 404 of somebody else's, as JSON, is among the trouble. "Complete | 400/404/410, and this page route
//!    has worked for this token before | stable (three readings in 10 s): Presumed and never more." How often that is wrong
//!    is a figure, for tokens with short lives and with longer ones.
//! 6. `Expires` is off by less than a minute, or is text without a zone of a place west of Greenwich. "Certain
//!    (EarlyExpiry) only if more than 60 s before `Expires` by the server's `Date`"; "`Expires` without a zone is read as
//!    UTC (the earlier reading)."
//!
//! Worlds have more than this client and a right clock in them: a second process that commits, a process before this one
//! whose journal says COMMITTING (dead before its POST or after it), gateways, local clocks that jump, lives of tokens of a
//! few seconds up to a month.
//!
//! # Running it
//!
//! The ordinary tests play 2,000 timelines. `cargo xtask simulate [--timelines N] [--seed S]` plays any number; a failure
//! prints its seed, and `cargo xtask simulate --seed S --timelines 1` plays that timeline again, to the millisecond.

#![cfg(feature = "test-hooks")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "every file here is a test's; the lint sees only the functions"
)]
#![allow(clippy::doc_markdown, reason = "sentences of the contract are quoted as they stand there")]

mod calendar;
mod figures;
mod findings;
mod many;
mod network;
mod plan;
mod promises;
mod random;
mod story;
mod timeline;
mod truth;

/// The ordinary run and the long one begin here, so that the number of a timeline is its seed.
const FIRST_SEED: u64 = 1;

#[test]
fn two_thousand_timelines_hold_every_promise() {
    let outcome = many::play(FIRST_SEED, 2_000, 2, false);
    assert!(outcome.broken.is_empty(), "{}", outcome.report());
}

#[test]
fn a_seed_plays_the_same_timeline_again() {
    for seed in 1..=50 {
        let [once, again] = [(); 2].map(|()| timeline::play(seed).to_string());
        assert_eq!(once, again);
    }
}

/// Run by `cargo xtask simulate`, which sets the two variables.
#[test]
#[ignore = "takes as long as one likes: cargo xtask simulate"]
fn as_many_timelines_as_wanted_hold_every_promise() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let seed = number("SIMULATION_SEED", FIRST_SEED);
    let count = number("SIMULATION_TIMELINES", 1_000_000);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let outcome = many::play(seed, count, threads, true);
    if count == 1 {
        println!("{}", timeline::play(seed));
    }
    println!("{}", outcome.figures);
    assert!(outcome.broken.is_empty(), "{}", outcome.report());
}

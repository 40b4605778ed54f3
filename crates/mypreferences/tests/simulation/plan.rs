//! The plan of one world: everything that its seed decides before it starts. The token's life, the server's habits, the
//! weather on the network, the caller's settings and what the caller does. What happens to each single request is drawn
//! when it arrives, from the same stream.

use std::time::Duration;

use crate::random::Random;

/// A moment or a length of virtual time in milliseconds. The world begins at 0.
pub(crate) type Millis = i64;

/// When the first commit is called, unless a status call before it took longer. Before that there is room for a
/// baseline.
pub(crate) const COMMIT_AT: Millis = 45_000;
/// How late a request may be applied after its connection ended.
pub(crate) const LATEST_APPLICATION: Millis = 60_000;
/// How far status and page may lag behind the truth.
pub(crate) const LONGEST_LAG: Millis = 30_000;

const SECOND: Millis = 1_000;
const HOUR: Millis = 3_600 * SECOND;

/// What status, or a page, says in some state of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saying {
    Word(&'static str),
    Refused(u16),
}

/// How `Expires` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpiresText {
    /// UTC with Z; off by so many seconds.
    Utc {
        off_seconds: i64,
    },
    /// UTC without a zone; off by so many seconds.
    ZonelessUtc {
        off_seconds: i64,
    },
    /// US Eastern time without a zone: so many hours behind UTC.
    ZonelessEastern {
        hours: i64,
    },
    Absent,
    Empty,
    Unparsable,
}

#[derive(Clone, Debug)]
pub(crate) struct TokenPlan {
    /// When the export is ready; none: never.
    pub(crate) ready_at: Option<Millis>,
    /// The export failed at a moment, and the word for it.
    pub(crate) failed: Option<(Millis, &'static str)>,
    /// When the token expires by itself.
    pub(crate) expires_at: Millis,
    pub(crate) empty: bool,
    /// Consumed before this world began to matter.
    pub(crate) consumed_at: Option<Millis>,
    /// A second process commits the token: when, and with which `keepFiles`.
    pub(crate) other: Option<(Millis, bool)>,
}

#[derive(Clone, Debug)]
pub(crate) struct ServerPlan {
    /// What a successful commit is answered.
    pub(crate) success: u16,
    /// What the commit of a consumed token is answered. A success: an idempotent server.
    pub(crate) again: u16,
    pub(crate) not_ready: u16,
    pub(crate) expired: u16,
    pub(crate) status_after_commit: Saying,
    pub(crate) status_after_expiry: Saying,
    /// Once the token's natural end has passed, a consumed token looks expired too.
    pub(crate) forgets_at_expiry: bool,
    pub(crate) expires_text: ExpiresText,
    /// The server's clock minus ours.
    pub(crate) clock_offset: Millis,
    /// Half of the POSTs reach a node with another clock.
    pub(crate) other_clock: Option<Millis>,
    /// Percent of answers without `Date`.
    pub(crate) dateless: u64,
    /// Percent of reads that come from a cache, with `Age` and as old as that says.
    pub(crate) cached: u64,
    /// From when on every request is answered 401.
    pub(crate) revoked_at: Option<Millis>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Lag {
    pub(crate) longest: Millis,
    /// Each read has a lag of its own, up to the longest.
    pub(crate) jitters: bool,
}

/// Whether the page route is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageRoute {
    /// It works while the export is ready, and is refused so otherwise.
    Right { refusal: u16, html: bool },
    /// It never works.
    Wrong { refusal: u16, html: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outage {
    Refused,
    Silent,
    Unavailable,
    Broken,
    /// IIS' own page for "not found", as HTML.
    HtmlNotFound,
}

#[derive(Clone, Debug)]
pub(crate) struct ReadPlan {
    pub(crate) status_lag: Lag,
    pub(crate) page_lag: Lag,
    pub(crate) page_route: PageRoute,
    /// Percent of status reads that go wrong somehow.
    pub(crate) status_trouble: u64,
    /// Percent of page reads that go wrong somehow.
    pub(crate) page_trouble: u64,
    /// Reads get nothing else from here to there.
    pub(crate) outage: Option<(Millis, Millis, Outage)>,
}

/// What goes wrong with POSTs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    NotSent,
    Lost,
    Hangs,
    Portal,
    Redirect,
    Accepted,
    Refused,
    Throttled,
    Busy,
    ServerError,
}

/// How often a request that got no real answer is applied nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applies {
    Never,
    Sometimes,
    AtOnce,
    Late,
}

#[derive(Clone, Debug)]
pub(crate) struct NetworkPlan {
    /// Percent of POSTs in trouble.
    pub(crate) trouble: u64,
    /// Always this trouble; none: mixed.
    pub(crate) only: Option<Trouble>,
    pub(crate) applies: Applies,
}

/// What the client saw before the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Nothing,
    Status { ago: Millis },
    StatusAndPage { ago: Millis },
}

#[derive(Clone, Debug)]
pub(crate) struct ClientPlan {
    pub(crate) keep_files: bool,
    pub(crate) require_certain: bool,
    pub(crate) preflight: bool,
    pub(crate) timeout: Millis,
    pub(crate) max_attempts: u32,
    pub(crate) before: Before,
    /// When the local clock jumps, and how far.
    pub(crate) clock_jump: Option<(Millis, Millis)>,
}

/// What the caller does beside the first commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    One,
    ThenResolve {
        pause: Millis,
    },
    SecondWaiter {
        after: Millis,
        same_keep: bool,
        timeout: Millis,
    },
    Twice {
        pause: Millis,
        same_keep: bool,
    },
    /// As a landing does it: status, COMMITTING in its journal, the commit. The process dies so long after its POST began,
    /// or before it, and another one goes on after a pause, with what the journal says.
    Restart {
        dies_after: Option<Millis>,
        pause: Millis,
        /// SENT is in the journal if the POST was under way for a second.
        notes_it: bool,
    },
}

/// How a commit is given up: the first, or the second waiter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    Never,
    /// By its cancel token, so long after it began.
    After(Millis),
    /// By its cancel token, in the very moment in which this POST of the world is answered.
    AtAnswer(usize),
    /// Its future is dropped.
    Dropped(Millis),
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) token: TokenPlan,
    pub(crate) server: ServerPlan,
    pub(crate) reads: ReadPlan,
    pub(crate) network: NetworkPlan,
    pub(crate) client: ClientPlan,
    pub(crate) scenario: Scenario,
    pub(crate) cancel: Cancel,
    /// The second waiter is the one who gives up, where there is one.
    pub(crate) second_cancels: bool,
}

impl Plan {
    /// Draws a world. What is left of the stream is for the requests.
    pub(crate) fn draw(seed: u64) -> (Plan, Random) {
        let mut random = Random::new(seed);
        let r = &mut random;
        let plan = Plan {
            seed,
            token: token(r),
            server: server(r),
            reads: reads(r),
            network: network(r),
            client: client(r),
            scenario: scenario(r),
            cancel: cancel(r),
            second_cancels: r.chance(50),
        };
        (plan, random)
    }

    /// How this waiter gives up.
    pub(crate) fn cancel_of(&self, second_waiter: bool) -> Cancel {
        let waiters = matches!(self.scenario, Scenario::SecondWaiter { .. });
        if (waiters && self.second_cancels) == second_waiter { self.cancel } else { Cancel::Never }
    }

    /// Nothing in this world can go wrong.
    pub(crate) fn is_calm(&self) -> bool {
        self.network.trouble == 0
            && self.token.other.is_none()
            && self.token.consumed_at.is_none()
            && self.token.failed.is_none()
            && self.token.expires_at > COMMIT_AT + HOUR
            && self.token.ready_at.is_some_and(|at| at < 0)
            && self.server.revoked_at.is_none()
            && self.server.dateless == 0
            && self.server.other_clock.is_none()
            && self.client.timeout >= 20 * SECOND
            && self.cancel == Cancel::Never
            && self.client.clock_jump.is_none()
            && !matches!(self.scenario, Scenario::Restart { .. })
            && !self.client.preflight
            && self.client.before == Before::Nothing
    }

    /// The token ends by itself soon after the commit.
    pub(crate) fn life_is_short(&self) -> bool {
        self.token.expires_at < COMMIT_AT + 15 * 60 * SECOND
    }

    /// From an application on, within this time status tells of it, if it ever does.
    pub(crate) fn status_shows_within(&self) -> Millis {
        let aged = if self.server.cached > 0 { OLDEST_CACHE } else { 0 };
        self.reads.status_lag.longest.max(aged)
    }

    /// The same for the page.
    pub(crate) fn page_shows_within(&self) -> Millis {
        let aged = if self.server.cached > 0 { OLDEST_CACHE } else { 0 };
        self.reads.page_lag.longest.max(aged)
    }
}

/// The oldest answer that a cache gives away.
pub(crate) const OLDEST_CACHE: Millis = 20 * SECOND;

/// Somewhere before, around, during or after the first commit.
fn moment(r: &mut Random) -> Millis {
    let (least, most) = r.weighted(&[
        (2, (-HOUR, 0)),
        (3, (0, COMMIT_AT)),
        (3, (COMMIT_AT, COMMIT_AT + 20 * SECOND)),
        (1, (COMMIT_AT + 20 * SECOND, COMMIT_AT + 90 * SECOND)),
        (1, (COMMIT_AT + 90 * SECOND, COMMIT_AT + 300 * SECOND)),
    ]);
    r.between(least, most)
}

fn token(r: &mut Random) -> TokenPlan {
    let ready_at = match r.below(100) {
        0..82 => Some(-r.between(SECOND, 2 * HOUR)),
        82..94 => Some(moment(r)),
        _ => None,
    };
    // An export fails instead of becoming ready.
    let failed = (ready_at.is_none() && r.chance(60)).then(|| (moment(r), r.pick(&["Error", "Failed"])));
    let expires_at = match r.below(100) {
        0..18 => moment(r),
        // Where a natural end can be taken for a commit.
        18..34 => COMMIT_AT + r.between(-3 * SECOND, 15 * SECOND),
        34..50 => COMMIT_AT + r.between(30 * SECOND, 600 * SECOND),
        // Nobody knows when in its life an export is committed.
        50..75 => COMMIT_AT + r.between(0, 12 * HOUR),
        _ => COMMIT_AT + r.between(2 * HOUR, 700 * HOUR),
    };
    TokenPlan {
        ready_at,
        failed,
        // A token lives for a while after it became ready.
        expires_at: expires_at.max(ready_at.unwrap_or(expires_at) + 5 * SECOND),
        empty: r.chance(15),
        consumed_at: r.chance(6).then(|| r.between(-HOUR, COMMIT_AT)),
        other: r.chance(25).then(|| (moment(r), r.chance(50))),
    }
}

fn server(r: &mut Random) -> ServerPlan {
    let saying = |r: &mut Random, words: &[(u64, Saying)]| r.weighted(words);
    let off_seconds = match r.below(10) {
        0..4 => 0,
        4..6 => r.between(-50, 50),
        6..9 => 50,
        _ => -50,
    };
    ServerPlan {
        success: if r.chance(85) { 200 } else { 204 },
        again: r.weighted(&[(3, 404), (2, 400), (2, 409), (1, 410), (1, 401), (1, 422), (3, 200)]),
        not_ready: r.pick(&[400, 404, 409]),
        expired: r.pick(&[400, 401, 404, 410]),
        status_after_commit: saying(
            r,
            &[
                (9, Saying::Word("Retrieved")),
                (3, Saying::Word("Expired")),
                (5, Saying::Word("Complete")),
                (2, Saying::Refused(404)),
                (1, Saying::Refused(400)),
                (1, Saying::Refused(401)),
                (1, Saying::Refused(410)),
            ],
        ),
        status_after_expiry: saying(
            r,
            &[
                (6, Saying::Word("Expired")),
                (2, Saying::Refused(404)),
                (1, Saying::Refused(400)),
                (1, Saying::Refused(401)),
                (1, Saying::Refused(410)),
            ],
        ),
        forgets_at_expiry: r.chance(50),
        expires_text: r.weighted(&[
            (6, ExpiresText::Utc { off_seconds }),
            (2, ExpiresText::ZonelessUtc { off_seconds }),
            (2, ExpiresText::ZonelessEastern { hours: 5 }),
            (1, ExpiresText::ZonelessEastern { hours: 4 }),
            (2, ExpiresText::Absent),
            (1, ExpiresText::Empty),
            (1, ExpiresText::Unparsable),
        ]),
        clock_offset: match r.below(10) {
            0..5 => r.between(-3 * SECOND, 3 * SECOND),
            5..8 => r.between(-90 * SECOND, 90 * SECOND),
            _ => r.between(-1_200 * SECOND, 1_200 * SECOND),
        },
        other_clock: r.chance(8).then(|| r.between(-1_200 * SECOND, 1_200 * SECOND)),
        dateless: r.weighted(&[(7, 0), (2, 30), (1, 100)]),
        cached: r.weighted(&[(7, 0), (2, 30), (1, 70)]),
        revoked_at: r.chance(8).then(|| moment(r)),
    }
}

fn lag(r: &mut Random) -> Lag {
    let longest = match r.below(10) {
        0..5 => 0,
        5..7 => r.between(0, 5 * SECOND),
        _ => r.between(0, LONGEST_LAG),
    };
    Lag { longest, jitters: r.chance(50) }
}

fn reads(r: &mut Random) -> ReadPlan {
    let refusal = r.pick(&[400, 404, 404, 404, 410, 401]);
    let page_route = match r.below(100) {
        0..70 => PageRoute::Right { refusal, html: false },
        70..75 => PageRoute::Right { refusal, html: true },
        75..90 => PageRoute::Wrong { refusal, html: false },
        90..95 => PageRoute::Wrong { refusal: 404, html: true },
        _ => PageRoute::Wrong { refusal: 405, html: false },
    };
    let outage = r.chance(20).then(|| {
        let from = moment(r);
        let kind =
            r.pick(&[Outage::Refused, Outage::Silent, Outage::Unavailable, Outage::Broken, Outage::HtmlNotFound]);
        (from, from + r.between(SECOND, 150 * SECOND), kind)
    });
    ReadPlan {
        status_lag: lag(r),
        page_lag: lag(r),
        page_route,
        status_trouble: r.weighted(&[(10, 0), (4, 10), (4, 50), (1, 95)]),
        page_trouble: r.weighted(&[(10, 0), (4, 10), (4, 50), (1, 95)]),
        outage,
    }
}

fn network(r: &mut Random) -> NetworkPlan {
    let only = r.chance(60).then(|| {
        r.weighted(&[
            (2, Trouble::NotSent),
            (6, Trouble::Lost),
            (2, Trouble::Hangs),
            (1, Trouble::Portal),
            (1, Trouble::Redirect),
            (2, Trouble::Accepted),
            (1, Trouble::Refused),
            (1, Trouble::Throttled),
            (2, Trouble::Busy),
            (5, Trouble::ServerError),
        ])
    });
    NetworkPlan {
        trouble: r.weighted(&[(3, 0), (4, 30), (5, 70), (4, 100)]),
        only,
        applies: r.weighted(&[(3, Applies::Never), (4, Applies::Sometimes), (2, Applies::AtOnce), (2, Applies::Late)]),
    }
}

fn client(r: &mut Random) -> ClientPlan {
    let before = match r.below(100) {
        0..40 => Before::Nothing,
        40..70 => Before::Status { ago: r.between(0, 40 * SECOND) },
        _ => Before::StatusAndPage { ago: r.between(0, 40 * SECOND) },
    };
    ClientPlan {
        keep_files: r.chance(50),
        require_certain: r.chance(15),
        preflight: r.chance(15),
        timeout: if r.chance(75) { 180 * SECOND } else { SECOND * r.pick(&[1, 5, 20, 40, 66, 70, 100, 150]) },
        max_attempts: r.weighted(&[(7, 4), (1, 1), (1, 2), (1, 3)]),
        before,
        clock_jump: r.chance(6).then(|| {
            let far = if r.chance(50) { 12 * HOUR } else { 120 * SECOND };
            (moment(r), r.between(-far, far))
        }),
    }
}

fn scenario(r: &mut Random) -> Scenario {
    match r.below(100) {
        0..45 => Scenario::One,
        45..60 => Scenario::Restart {
            dies_after: match r.below(3) {
                0 => None,
                1 => Some(r.between(0, 3 * SECOND)),
                _ => Some(r.between(0, 100 * SECOND)),
            },
            pause: match r.below(4) {
                0 => r.between(0, 3 * SECOND),
                1 => r.between(0, 60 * SECOND),
                2 => r.between(0, 600 * SECOND),
                _ => r.between(0, 8 * HOUR),
            },
            notes_it: r.chance(75),
        },
        60..72 => Scenario::ThenResolve { pause: r.between(0, 100 * SECOND) },
        72..86 => Scenario::SecondWaiter {
            after: match r.below(3) {
                0 => 0,
                1 => r.between(1, 5 * SECOND),
                _ => r.between(1, 100 * SECOND),
            },
            same_keep: r.chance(75),
            timeout: SECOND * r.pick(&[1, 3, 20, 70, 180]),
        },
        _ => Scenario::Twice { pause: r.between(0, 60 * SECOND), same_keep: r.chance(60) },
    }
}

fn cancel(r: &mut Random) -> Cancel {
    match r.below(100) {
        0..85 => Cancel::Never,
        85..90 => Cancel::After(r.between(0, 20 * SECOND)),
        90..92 => Cancel::After(r.between(0, 100 * SECOND)),
        92..97 => Cancel::AtAnswer(usize::try_from(r.below(3)).unwrap()),
        _ => Cancel::Dropped(r.between(0, 20 * SECOND)),
    }
}

/// Virtual time as the standard library has it.
pub(crate) fn duration(millis: Millis) -> Duration {
    Duration::from_millis(u64::try_from(millis.max(0)).unwrap())
}

//! One connection from accept to close: reads requests, logs them, picks the action and plays it.
//! State and verdicts are the world's; bytes are `wire`'s and `delivery`'s.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::answer::{Answer, Reply};
use crate::control::{self, Told};
use crate::delivery::{After, Envelope};
use crate::export::Request;
use crate::http::{self, Framing, Head};
use crate::log::{BODY_CAP, LoggedRequest};
use crate::page_changes::PageChanges;
use crate::route::{Operation, Route};
use crate::rules::{Action, Apply, Asked, Delivery, ResetPoint};
use crate::shared::Shared;
use crate::strict::Checked;
use crate::wire::{Arrival, Body, Stream, Wire};
use crate::world::World;

/// Up to this size an answer leaves in one write.
const ONE_WRITE: u64 = 64 * 1024;

/// Serves a connection until one side ends it.
pub(crate) async fn serve(stream: Stream, connection: u64, shared: Arc<Shared>) {
    let mut wire = Wire::new(stream);
    loop {
        let arrival = match shared.idle_timeout {
            Some(timeout) => match tokio::time::timeout(timeout, wire.read_head()).await {
                Ok(arrival) => arrival,
                Err(_) => return wire.close_at_once().await,
            },
            None => wire.read_head().await,
        };
        let head = match arrival {
            Arrival::Closed => return,
            Arrival::Request(head) => head,
            Arrival::Truncated(raw) => {
                let exchange = Exchange::of_bytes(&shared, connection, raw);
                return exchange.disconnected();
            }
            Arrival::Malformed(raw) => {
                let exchange = Exchange::of_bytes(&shared, connection, raw);
                let answer = Answer::message(400, "Bad Request");
                return exchange.refuse(wire, &answer).await;
            }
            Arrival::TooLarge(raw) => {
                let exchange = Exchange::of_bytes(&shared, connection, raw);
                let answer = Answer::message(431, "The request head is too large.");
                return exchange.refuse(wire, &answer).await;
            }
        };
        match answer_request(&mut wire, connection, &shared, *head).await {
            After::Keep => {}
            After::Close => return wire.close().await,
            After::CloseAtOnce => return wire.close_at_once().await,
            After::Reset => return wire.reset(),
        }
    }
}

async fn answer_request(wire: &mut Wire, connection: u64, shared: &Arc<Shared>, head: Head) -> After {
    if control::is_meant(&head.target) {
        return answer_control(wire, shared, &head).await;
    }
    let (world, target) = shared.world_of(&head.target);
    wire.goes_over(world.line());
    let route = Route::of(&head.method, target);
    let Ok(body) = read_body(wire, &head, BODY_CAP).await else {
        return After::Close;
    };
    let verdict = world.check(&head, &route, &body);
    let (checked, remarks) = (verdict.checked, verdict.remarks);
    let keep_alive = head.keep_alive && head.framing != Framing::Chunked;
    let head_only = head.method == "HEAD";
    let operation = route.target().map(|target| target.operation);
    let token = route.target().and_then(|target| target.token);
    let exchange = Exchange::begin(
        world.clone(),
        LoggedRequest {
            number: 0,
            connection,
            raw_head: head.raw,
            body: body.kept,
            method: head.method,
            target: head.target,
            headers: head.headers,
            operation,
            token,
            // What is accepted in silence and documented nowhere would be a 400 if it were judged.
            violation: match &checked {
                Err(refused) => Some(refused.status),
                Ok(_) => (!remarks.is_empty()).then_some(400),
            },
            remarks,
            received_at: world.elapsed(),
            answered: None,
            finished_at: None,
            disconnected_at: None,
        },
    );
    if !body.complete {
        exchange.disconnected();
        return After::Close;
    }
    let offset = match &checked {
        Ok(Checked::OfToken { request: Request::Page { offset, .. }, .. }) => Some(*offset),
        Ok(_) | Err(_) => None,
    };
    // Held until the answer has left.
    let turn = (operation == Some(Operation::Page)).then(|| world.line().turn());
    let action = match &turn {
        Some(Err(refused)) => Action::answer(refused.clone()),
        Some(Ok(_)) => {
            world.line().before_page().await;
            world.pick_action(Asked { operation, token, offset })
        }
        None => world.pick_action(Asked { operation, token, offset }),
    };
    let player = Player { exchange, checked, close: !keep_alive, head_only };
    player.play(wire, action).await
}

/// Reads the body of a request to its end.
///
/// # Errors
/// When the client that waits for `100 Continue` is gone.
async fn read_body(wire: &mut Wire, head: &Head, cap: usize) -> io::Result<Body> {
    match head.framing {
        Framing::Length(length) => {
            if length > 0 && head.expects_continue {
                wire.send(&http::interim(100)).await?;
            }
            Ok(wire.read_body(length, cap).await)
        }
        Framing::None | Framing::Chunked => Ok(Body { kept: Vec::new(), received: 0, complete: true }),
    }
}

/// A request to the mock itself: not logged, never subject to rules.
async fn answer_control(wire: &mut Wire, shared: &Arc<Shared>, head: &Head) -> After {
    let (answer, keep_alive) = match control::refusal_before_the_body(head) {
        // Its body, if it has one, is left unread.
        Some(refused) => (refused, false),
        None => match read_body(wire, head, control::BODY_CAP).await {
            Ok(body) if body.complete => match control::answer(shared, head, &body.kept) {
                Told::Answer(answer) => (answer, head.keep_alive),
                Told::Events => return control::events::stream(wire, shared).await,
            },
            _ => return After::Close,
        },
    };
    let envelope = Envelope { common: Vec::new(), close: !keep_alive, head_only: head.method == "HEAD" };
    let sent = envelope.deliver(wire, &Reply::from(answer), &Delivery::Whole).await;
    sent.unwrap_or(After::Close)
}

/// A request being answered, as far as the log is concerned.
struct Exchange {
    world: Arc<World>,
    number: u64,
}

impl Exchange {
    fn begin(world: Arc<World>, request: LoggedRequest) -> Self {
        let number = world.record(request);
        Self { world, number }
    }

    /// Bytes that are no request, or not a whole one.
    fn of_bytes(shared: &Shared, connection: u64, raw: Vec<u8>) -> Self {
        let world = shared.first_world();
        let received_at = world.elapsed();
        Self::begin(
            world,
            LoggedRequest {
                number: 0,
                connection,
                raw_head: raw,
                body: Vec::new(),
                method: String::new(),
                target: String::new(),
                headers: Vec::new(),
                operation: None,
                token: None,
                violation: Some(400),
                remarks: Vec::new(),
                received_at,
                answered: None,
                finished_at: None,
                disconnected_at: None,
            },
        )
    }

    async fn refuse(self, mut wire: Wire, answer: &Answer) {
        let envelope = Envelope { common: self.world.common_headers(), close: true, head_only: false };
        self.answered(answer.status);
        let reply = Reply::from(answer.clone());
        let sent = envelope.deliver(&mut wire, &reply, &Delivery::Whole).await;
        if sent.is_err() {
            self.disconnected();
        }
        self.finished();
        wire.close().await;
    }

    /// Noted before the first byte is sent, so that whoever has the answer finds it in the log.
    fn answered(&self, status: u16) {
        self.world.amend(self.number, |request| {
            if request.disconnected_at.is_none() {
                request.answered = Some(status);
            }
        });
    }

    fn finished(&self) {
        let now = self.world.elapsed();
        self.world.amend(self.number, |request| {
            request.finished_at.get_or_insert(now);
        });
    }

    fn disconnected(&self) {
        let now = self.world.elapsed();
        self.world.amend(self.number, |request| {
            request.disconnected_at.get_or_insert(now);
            request.finished_at.get_or_insert(now);
        });
    }
}

/// Plays one action for one request.
struct Player {
    exchange: Exchange,
    /// What the strict checks say of the request.
    checked: Result<Checked, Answer>,
    close: bool,
    head_only: bool,
}

impl Player {
    async fn play(self, wire: &mut Wire, mut action: Action) -> After {
        while let Action::Delay { pause, then } = action {
            self.pause(wire, pause).await;
            action = *then;
        }
        match action {
            Action::Normal | Action::Delay { .. } => {
                let answer = self.carry_out();
                self.deliver(wire, &answer, &Delivery::Whole).await
            }
            Action::Deliver(delivery) => {
                let answer = self.carry_out();
                self.deliver(wire, &answer, &delivery).await
            }
            Action::Page { changes, delivery } => {
                let answer = self.carry_out_changed(&changes);
                self.deliver(wire, &answer, &delivery).await
            }
            Action::SetStatus(word) => {
                if let Ok(Checked::OfToken { token, .. }) = &self.checked {
                    self.exchange.world.set_status(*token, &word);
                }
                let answer = self.carry_out();
                self.deliver(wire, &answer, &Delivery::Whole).await
            }
            Action::Answer { answer, apply, delivery } => {
                self.apply(apply);
                self.deliver(wire, &Reply::from(answer), &delivery).await
            }
            Action::ReadThenClose { apply } => {
                self.apply(apply);
                self.exchange.finished();
                After::CloseAtOnce
            }
            Action::Reset { at, apply } => {
                self.apply(apply);
                if at != ResetPoint::BeforeHeaders {
                    self.exchange.answered(200);
                }
                let after = self.envelope().deliver_until(wire, at).await;
                self.exchange.finished();
                after.unwrap_or(After::Reset)
            }
            Action::Hang { apply } => {
                self.apply(apply);
                wire.until_gone().await;
                self.exchange.disconnected();
                After::Close
            }
            Action::Garbage { bytes, apply } => {
                self.apply(apply);
                self.exchange.finished();
                if wire.send(&bytes).await.is_err() {
                    self.exchange.disconnected();
                }
                After::CloseAtOnce
            }
        }
    }

    fn carry_out(&self) -> Reply {
        self.carry_out_changed(&PageChanges::default())
    }

    fn carry_out_changed(&self, changes: &PageChanges) -> Reply {
        match &self.checked {
            Ok(checked) => self.exchange.world.carry_out_changed(checked, changes),
            Err(refused) => refused.clone().into(),
        }
    }

    /// Carries the operation out behind the back of the answer. What the checks refuse stays undone:
    /// a fault must not hide a wrong request.
    fn apply(&self, apply: Apply) {
        let Ok(checked) = &self.checked else {
            return;
        };
        match apply {
            Apply::Never => {}
            Apply::Now => {
                self.exchange.world.carry_out(checked);
            }
            Apply::After(pause) => {
                let (world, checked) = (self.exchange.world.clone(), checked.clone());
                tokio::spawn(async move {
                    world.pass(pause).await;
                    world.carry_out(&checked);
                });
            }
        }
    }

    async fn deliver(&self, wire: &mut Wire, reply: &Reply, delivery: &Delivery) -> After {
        if let Delivery::Late(pause) = delivery {
            self.pause(wire, *pause).await;
        }
        self.exchange.answered(reply.answer.status);
        let quick = reply.length() <= ONE_WRITE
            && matches!(delivery, Delivery::Whole | Delivery::Late(_) | Delivery::ThenClose);
        if quick {
            // One write is as good as done, and the client may look at the log as soon as it has the answer.
            self.exchange.finished();
        }
        if let Ok(after) = self.envelope().deliver(wire, reply, delivery).await {
            self.exchange.finished();
            after
        } else {
            self.exchange.disconnected();
            After::Close
        }
    }

    /// Waits all of the time: a server that works on something does not notice that its client has left.
    async fn pause(&self, wire: &mut Wire, pause: Duration) {
        let end = tokio::time::Instant::now() + pause;
        if wire.gone_within(pause).await {
            self.exchange.disconnected();
            tokio::time::sleep_until(end).await;
        }
    }

    /// Made when it is needed: the `Date` is that of the answer.
    fn envelope(&self) -> Envelope {
        Envelope { common: self.exchange.world.common_headers(), close: self.close, head_only: self.head_only }
    }
}

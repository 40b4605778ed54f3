//! A timeline in words, for the person who looks for what went wrong: the world, each request in order, and what each
//! call was told. No secret and no token is in any of it.

use std::fmt;

use crate::plan::{COMMIT_AT, Millis};
use crate::timeline::Timeline;

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seed = self.plan.seed;
        writeln!(f, "seed {seed} (times count from the first commit)")?;
        self.world(f)?;
        writeln!(f, "timeline:")?;
        let mut lines = self.requests();
        lines.extend(self.events());
        lines.sort_by_key(|(at, _)| *at);
        for (at, line) in lines {
            writeln!(f, "  {:>12} {line}", seconds(at))?;
        }
        writeln!(f, "told:")?;
        for call in &self.calls {
            let (ended, flight) = (seconds(call.ended), call.flight);
            writeln!(f, "  {ended} call {flight} {:?}: {:?}", call.asked, call.told)?;
        }
        Ok(())
    }
}

impl Timeline {
    fn world(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = &self.plan.token;
        let moment = |at: Option<Millis>| at.map_or_else(|| String::from("never"), seconds);
        writeln!(f, "world:")?;
        writeln!(
            f,
            "  token: ready {}, expires {}, empty {}, fails {}, retrieved before {}, revoked credentials {}",
            moment(token.ready_at),
            seconds(token.expires_at),
            token.empty,
            moment(token.failed.map(|(at, _)| at)),
            moment(token.consumed_at),
            moment(self.plan.server.revoked_at),
        )?;
        if let Some((at, keep_files)) = token.other {
            let at = seconds(at);
            writeln!(f, "  a second process commits {at} with keepFiles={keep_files}")?;
        }
        if let Some((from, to, outage)) = self.plan.reads.outage {
            let (from, to) = (seconds(from), seconds(to));
            writeln!(f, "  reads are out from {from} to {to}: {outage:?}")?;
        }
        writeln!(f, "  server: {:?}", self.plan.server)?;
        writeln!(f, "  reads: {:?}", self.plan.reads)?;
        writeln!(f, "  network: {:?}", self.plan.network)?;
        writeln!(f, "  client: {:?}", self.plan.client)?;
        writeln!(
            f,
            "  caller: {:?}, {:?}{}",
            self.plan.scenario,
            self.plan.cancel,
            if self.plan.second_cancels { " (the second waiter, if there is one)" } else { "" }
        )
    }

    fn requests(&self) -> Vec<(Millis, String)> {
        let posts = self.posts.iter().enumerate().map(|(index, post)| {
            let applied = self
                .truth
                .applied(index)
                .map_or_else(|| String::from("not applied"), |at| format!("APPLIED at {}", seconds(at)));
            let line = format!(
                "POST {index} of call {} keepFiles={:?} -> {}: {:?}; {applied}",
                post.flight,
                post.keep_files,
                seconds(post.ended),
                post.came
            );
            (post.started, line)
        });
        let reads = self.reads.iter().map(|read| {
            let route = if read.page { "page" } else { "status" };
            let age = if read.age > 0 { format!(", Age: {}", read.age / 1_000) } else { String::new() };
            let line = format!("{route} -> {}: {:?}{age}", seconds(read.ended), read.said);
            (read.started, line)
        });
        posts.chain(reads).collect()
    }

    fn events(&self) -> Vec<(Millis, String)> {
        let truth = self.truth.consumed().map(|consumed| {
            let line = format!("TRUTH: consumed by {:?}, keepFiles={:?}", consumed.by, consumed.keep_files);
            (consumed.at, line)
        });
        let calls = self.calls.iter().map(|call| {
            let line = format!(
                "CALL {} {:?} begins, timeout {}{}",
                call.flight,
                call.asked,
                seconds(COMMIT_AT + call.timeout),
                if call.joined { ", joins it" } else { "" }
            );
            (call.begun, line)
        });
        truth.into_iter().chain(calls).collect()
    }
}

/// A moment, counted from the first commit.
fn seconds(at: Millis) -> String {
    if at == Millis::MAX {
        return String::from("never");
    }
    let sign = if at < COMMIT_AT { "-" } else { "+" };
    let distance = (at - COMMIT_AT).unsigned_abs();
    format!("{sign}{}.{:03}s", distance / 1_000, distance % 1_000)
}

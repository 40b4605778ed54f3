//! The truth of one token: who consumed it and when, whatever the client believes. Commits are applied here and nowhere
//! else, in the order of their moments, also long after the client stopped listening.

use crate::plan::{Millis, Saying, ServerPlan, TokenPlan};

/// Who consumed the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Somebody, before this world began to matter.
    SomebodyBefore,
    SecondProcess,
    /// The POST with this index.
    Post(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Consumed {
    pub(crate) at: Millis,
    pub(crate) by: By,
    /// None: nobody knows any more.
    pub(crate) keep_files: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Processing,
    Ready,
    Consumed,
    Expired,
    Failed,
}

#[derive(Clone, Copy, Debug)]
struct Coming {
    at: Millis,
    by: By,
    keep_files: Option<bool>,
}

#[derive(Debug)]
pub(crate) struct Truth {
    token: TokenPlan,
    status_after_commit: Saying,
    status_after_expiry: Saying,
    forgets_at_expiry: bool,
    consumed: Option<Consumed>,
    /// Commits on their way, in no order.
    coming: Vec<Coming>,
    /// Commits that reached the server, and what they found.
    processed: Vec<(By, Phase)>,
}

impl Truth {
    pub(crate) fn new(token: &TokenPlan, server: &ServerPlan) -> Truth {
        let mut coming = Vec::new();
        if let Some(at) = token.consumed_at {
            coming.push(Coming { at, by: By::SomebodyBefore, keep_files: None });
        }
        if let Some((at, keep_files)) = token.other {
            coming.push(Coming { at, by: By::SecondProcess, keep_files: Some(keep_files) });
        }
        Truth {
            token: token.clone(),
            status_after_commit: server.status_after_commit,
            status_after_expiry: server.status_after_expiry,
            forgets_at_expiry: server.forgets_at_expiry,
            consumed: None,
            coming,
            processed: Vec::new(),
        }
    }

    /// A commit will reach the server at this moment.
    pub(crate) fn commit_at(&mut self, at: Millis, post: usize, keep_files: Option<bool>) {
        self.coming.push(Coming { at, by: By::Post(post), keep_files });
    }

    /// Lets everything happen that happens up to this moment.
    pub(crate) fn advance(&mut self, now: Millis) {
        while let Some(next) = (0..self.coming.len())
            .filter(|index| self.coming[*index].at <= now)
            .min_by_key(|index| self.coming[*index].at)
        {
            let coming = self.coming.remove(next);
            let found = self.phase(coming.at);
            if found == Phase::Ready {
                self.consumed = Some(Consumed { at: coming.at, by: coming.by, keep_files: coming.keep_files });
            }
            self.processed.push((coming.by, found));
        }
    }

    /// The token's state at a moment that is over.
    pub(crate) fn phase(&self, at: Millis) -> Phase {
        if self.consumed.is_some_and(|consumed| consumed.at <= at) {
            Phase::Consumed
        } else if self.token.failed.is_some_and(|(failed, _)| failed <= at) {
            Phase::Failed
        } else if at >= self.token.expires_at {
            Phase::Expired
        } else if self.token.ready_at.is_some_and(|ready| ready <= at) {
            Phase::Ready
        } else {
            Phase::Processing
        }
    }

    /// What a commit of this client found on the server, if it got there.
    pub(crate) fn found_by(&self, post: usize) -> Option<Phase> {
        self.processed.iter().find(|(by, _)| *by == By::Post(post)).map(|(_, found)| *found)
    }

    pub(crate) fn consumed(&self) -> Option<Consumed> {
        self.consumed
    }

    /// When this POST was applied.
    pub(crate) fn applied(&self, post: usize) -> Option<Millis> {
        self.consumed.filter(|consumed| consumed.by == By::Post(post)).map(|consumed| consumed.at)
    }

    /// What status says of the state at this moment.
    pub(crate) fn status_says(&self, at: Millis) -> Saying {
        match self.phase(at) {
            Phase::Processing => Saying::Word("Processing"),
            Phase::Ready => Saying::Word("Complete"),
            Phase::Consumed if self.forgets_at_expiry && at >= self.token.expires_at => self.status_after_expiry,
            Phase::Consumed => self.status_after_commit,
            Phase::Expired => self.status_after_expiry,
            Phase::Failed => Saying::Word(self.token.failed.map_or("Failed", |(_, word)| word)),
        }
    }
}

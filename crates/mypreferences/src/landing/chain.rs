//! What the batches of a folder prove together: up to which moment of the server no change is missing. A batch proves the
//! changes from its own `since` to its watermark and nothing else, so coverage decides, not which batch is the newest.

use crate::landing::store::journal::BatchLog;
use crate::landing::store::manifest::Manifest;

/// The batches that follow one another without a gap, from everything on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Up to where, in milliseconds since the epoch, and by which batch.
    pub(crate) end: Option<(i64, String)>,
    /// Those that are no part of it, and why.
    pub(crate) left_out: Vec<(String, LeftOut)>,
}

/// Why a batch is no part of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// It begins after the end of the chain.
    BeginsLater,
    /// Its watermark lies in the server's future: some clock was wrong.
    Future,
}

impl LeftOut {
    /// As a sentence about a batch.
    pub(crate) fn told_of(self, batch: &str) -> String {
        match self {
            LeftOut::BeginsLater => {
                format!("{batch} begins after what the batches before it cover: the changes between them are in none")
            }
            LeftOut::Future => {
                format!("the watermark of {batch} lies in the future: a clock was wrong, and nothing goes on from it")
            }
        }
    }
}

/// The sealed batches that the journal knows and the folder lacks.
pub(crate) fn moved(logs: &[BatchLog], there: &[String]) -> Vec<String> {
    logs.iter()
        .filter(|log| log.sealed.is_some() && !there.contains(&log.intent.batch))
        .map(|log| log.intent.batch.clone())
        .collect()
}

/// Follows the batches, which come in the order in which they were begun. `moved`: those that were sealed and taken away;
/// one that went on from such a one begins where that had ended. `now_ms`: the server's present time, after which no
/// watermark can lie.
pub(crate) fn follow<'a>(
    manifests: impl IntoIterator<Item = &'a Manifest>,
    moved: &[String],
    now_ms: Option<i64>,
) -> Chain {
    let mut chain = Chain::default();
    for manifest in manifests {
        let goes_on_from_moved = manifest.previous.as_ref().is_some_and(|previous| moved.contains(previous));
        let end = chain.end.as_ref().map(|(end, _)| *end);
        let left_out = if !goes_on_from_moved && !begins_within(manifest, end) {
            Some(LeftOut::BeginsLater)
        } else if now_ms.is_some_and(|now| manifest.watermark_ms > now) {
            Some(LeftOut::Future)
        } else {
            None
        };
        if let Some(why) = left_out {
            chain.left_out.push((manifest.batch.clone(), why));
            continue;
        }
        if chain.end.as_ref().is_none_or(|(end, _)| *end < manifest.watermark_ms) {
            chain.end = Some((manifest.watermark_ms, manifest.batch.clone()));
        }
    }
    chain
}

/// A batch of everything, or of what changed since some moment up to `end`.
fn begins_within(manifest: &Manifest, end: Option<i64>) -> bool {
    // A moment that cannot be read proves nothing.
    manifest.since.is_none() || manifest.since_ms().zip(end).is_some_and(|(since, end)| since <= end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A batch with this since and watermark, in hours.
    fn batch(name: &str, since: Option<i64>, watermark: i64) -> Manifest {
        let hour = 3_600_000;
        let since = since.map(|hours| jiff::Timestamp::from_millisecond(hours * hour).unwrap().to_string());
        serde_json::from_value(serde_json::json!({
            "version": 1,
            "batch": name,
            "identity": {"base_url": "", "surface": "", "client_id": "", "kind": "segment", "name": "S"},
            "parameters": {"since": null, "body": {}, "query": "", "compression": "none", "adopted": false},
            "since": since,
            "previous": null,
            "watermark_ms": watermark * hour,
            "watermark": "",
            "total_results": 0,
            "parts": [],
            "members": null,
            "envelopes": null,
        }))
        .unwrap()
    }

    fn end(chain: &Chain) -> Option<&str> {
        chain.end.as_ref().map(|(_, batch)| batch.as_str())
    }

    #[test]
    fn a_batch_with_a_later_since_of_its_own_does_not_move_the_chain() {
        let batches = [batch("a", None, 10), batch("b", Some(20), 30), batch("c", Some(9), 40)];
        let chain = follow(&batches[..2], &[], None);
        assert_eq!(end(&chain), Some("a"));
        assert_eq!(chain.left_out, [("b".to_owned(), LeftOut::BeginsLater)]);
        assert_eq!(end(&follow(&batches, &[], None)), Some("c"));
    }

    #[test]
    fn a_batch_that_went_on_from_one_that_was_moved_away_goes_on_all_the_same() {
        let mut later = batch("b", Some(9), 20);
        later.previous = Some("a".to_owned());
        let moved = ["a".to_owned()];
        assert_eq!(end(&follow(&[later.clone()], &moved, None)), Some("b"));
        assert_eq!(end(&follow(&[later], &[], None)), None);
    }

    #[test]
    fn the_first_batch_of_a_chain_is_one_of_everything() {
        let chain = follow(&[batch("a", Some(5), 10), batch("b", Some(10), 12)], &[], None);
        assert_eq!(chain.end, None);
        assert_eq!(chain.left_out.len(), 2);
    }

    #[test]
    fn a_watermark_in_the_future_is_never_used() {
        let batches = [batch("a", None, 10), batch("b", Some(10), 650_000)];
        let chain = follow(&batches, &[], Some(50 * 3_600_000));
        assert_eq!(end(&chain), Some("a"));
        assert_eq!(chain.left_out, [("b".to_owned(), LeftOut::Future)]);
    }

    #[test]
    fn an_earlier_watermark_takes_nothing_back() {
        let batches = [batch("a", None, 10), batch("b", Some(8), 9)];
        assert_eq!(end(&follow(&batches, &[], None)), Some("a"));
    }
}

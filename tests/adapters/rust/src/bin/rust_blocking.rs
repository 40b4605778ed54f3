//! Surface `rust_blocking`: `mypreferences::blocking::Client`.

use std::time::Duration;

use adapter_lines::{Call, Log, Observed, Plan, adapt, boundaries_record, pages_record};
use mypreferences::blocking::Client;
use mypreferences::export::Page;
use mypreferences::{CancelToken, ClientBuilder, Error};

fn main() -> std::io::Result<()> {
    let log = Log::start();
    adapt(&log, play)
}

fn play(plan: &Plan) -> (Vec<Vec<Observed>>, Vec<String>) {
    let mut texts = Vec::new();
    let client = match plan.builder().and_then(ClientBuilder::build_blocking) {
        Ok(client) => client,
        // A client that cannot be made fails its first call; the others are not made.
        Err(error) => return (vec![vec![failed(&error, &mut texts)]], texts),
    };
    texts.push(format!("{client:?}"));
    let mut results = Vec::new();
    for call in &plan.calls {
        let at_once: Vec<(Observed, Vec<String>)> = std::thread::scope(|scope| {
            let threads: Vec<_> = call
                .tokens()
                .into_iter()
                .map(|token| {
                    let client = &client;
                    scope.spawn(move || one(client, call, &token))
                })
                .collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        let (observed, seen): (Vec<_>, Vec<_>) = at_once.into_iter().unzip();
        results.push(observed);
        texts.extend(seen.into_iter().flatten());
    }
    (results, texts)
}

fn one(client: &Client, call: &Call, token: &str) -> (Observed, Vec<String>) {
    let mut texts = Vec::new();
    let cancel = CancelToken::new();
    if let Some(after) = call.cancel_after_ms {
        let cancel = cancel.clone();
        if after == 0 {
            cancel.cancel();
        } else {
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(after));
                cancel.cancel();
            });
        }
    }
    let result = match call.operation.as_str() {
        "status" => client.status(token).cancel_token(cancel).call().map(|status| {
            texts.push(format!("{status:?}"));
            Observed { sort: "status", record: status.to_json() }
        }),
        "resolve_commit" => client.resolve_commit(token).cancel_token(cancel).call().map(|found| {
            texts.push(format!("{found:?}"));
            Observed { sort: "resolution", record: found.to_json() }
        }),
        "initiate" => call.order().and_then(|order| client.initiate(order).cancel_token(cancel).call()).map(|export| {
            texts.push(format!("{export:?}"));
            Observed { sort: "export", record: export.to_json_with_token() }
        }),
        "wait" => call
            .handle(client.as_async())
            .and_then(|export| {
                let wait = client.wait(&export).cancel_token(cancel);
                match call.max_wait_ms {
                    Some(most) => wait.max_wait(Duration::from_millis(most)).call(),
                    None => wait.call(),
                }
            })
            .map(|status| Observed { sort: "status", record: status.to_json() }),
        "pages" => every_page(client, call, cancel).map(|pages| {
            texts.push(format!("{pages:?}"));
            Observed { sort: "pages", record: pages_record(&pages) }
        }),
        "export" => {
            call.landing(client.as_async(), cancel).and_then(|landing| client.block_on(landing)).map(|landed| {
                texts.push(format!("{landed:?}"));
                Observed { sort: "landed", record: landed.to_json() }
            })
        }
        "commit_landed" => call
            .sealed()
            .and_then(|sealed| {
                let call = client.commit_landed(&sealed, call.keep_files.unwrap_or(true));
                call.cancel_token(cancel).call()
            })
            .map(|receipt| Observed { sort: "batch_receipt", record: receipt.to_json() }),
        "commit_loaded" => call
            .loaded(client.as_async(), cancel)
            .and_then(|loaded| client.block_on(loaded))
            .map(|receipt| Observed { sort: "batch_receipt", record: receipt.to_json() }),
        "boundaries" => call
            .handle(client.as_async())
            .and_then(|export| client.boundaries(&export, call.places()).cancel_token(cancel).call())
            .map(|pairs| Observed { sort: "boundaries", record: boundaries_record(&pairs) }),
        _ => client.commit(token, call.keep_files.unwrap_or(true)).cancel_token(cancel).call().map(|receipt| {
            texts.push(format!("{receipt:?}"));
            Observed { sort: "receipt", record: receipt.to_json() }
        }),
    };
    let observed = result.unwrap_or_else(|error| failed(&error, &mut texts));
    (observed, texts)
}

fn every_page(client: &Client, call: &Call, cancel: CancelToken) -> Result<Vec<Page>, Error> {
    let mut pages = client.pages(&call.handle(client.as_async())?).expect(call.expected()?).cancel_token(cancel);
    if let Some(until) = call.until {
        pages = pages.until(until);
    }
    if let Some(limit) = call.limit {
        pages = pages.limit(limit);
    }
    if let Some(offset) = call.offset {
        pages = pages.offset(offset);
    }
    pages.collect()
}

fn failed(error: &Error, texts: &mut Vec<String>) -> Observed {
    texts.extend([error.to_string(), format!("{error:?}"), format!("{error:#?}")]);
    Observed { sort: "error", record: error.to_json() }
}

//! Surface `rust_async`: `mypreferences::Client`.

use std::time::Duration;

use adapter_lines::{Call, Log, Observed, Plan, adapt, boundaries_record, pages_record};
use futures_util::future::join_all;
use mypreferences::export::Page;
use mypreferences::{CancelToken, Client, ClientBuilder, Error, ExportStatus};

fn main() -> std::io::Result<()> {
    let log = Log::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    adapt(&log, |plan| runtime.block_on(play(plan)))
}

async fn play(plan: &Plan) -> (Vec<Vec<Observed>>, Vec<String>) {
    let mut texts = Vec::new();
    let client = match plan.builder().and_then(ClientBuilder::build) {
        Ok(client) => client,
        // A client that cannot be made fails its first call; the others are not made.
        Err(error) => return (vec![vec![failed(&error, &mut texts)]], texts),
    };
    texts.push(format!("{client:?}"));
    let mut results = Vec::new();
    for call in &plan.calls {
        let at_once = call.tokens().into_iter().map(|token| one(&client, call, token));
        let (observed, seen): (Vec<_>, Vec<_>) = join_all(at_once).await.into_iter().unzip();
        results.push(observed);
        texts.extend(seen.into_iter().flatten());
    }
    (results, texts)
}

async fn one(client: &Client, call: &Call, token: String) -> (Observed, Vec<String>) {
    let mut texts = Vec::new();
    let cancel = CancelToken::new();
    if let Some(after) = call.cancel_after_ms {
        let cancel = cancel.clone();
        if after == 0 {
            cancel.cancel();
        } else {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                cancel.cancel();
            });
        }
    }
    let token = token.as_str();
    let result = match call.operation.as_str() {
        "status" => client.status(token).cancel_token(cancel).await.map(|status| {
            texts.push(format!("{status:?}"));
            Observed { sort: "status", record: status.to_json() }
        }),
        "resolve_commit" => client.resolve_commit(token).cancel_token(cancel).await.map(|found| {
            texts.push(format!("{found:?}"));
            Observed { sort: "resolution", record: found.to_json() }
        }),
        "initiate" => match call.order() {
            Ok(order) => client.initiate(order).cancel_token(cancel).await.map(|export| {
                texts.push(format!("{export:?}"));
                Observed { sort: "export", record: export.to_json_with_token() }
            }),
            Err(error) => Err(error),
        },
        "wait" => {
            waited(client, call, cancel).await.map(|status| Observed { sort: "status", record: status.to_json() })
        }
        "pages" => every_page(client, call, cancel).await.map(|pages| {
            texts.push(format!("{pages:?}"));
            Observed { sort: "pages", record: pages_record(&pages) }
        }),
        "export" => landed(client, call, cancel, &mut texts).await,
        "commit_landed" => batch_receipt(client, call, cancel).await,
        "commit_loaded" => loaded(client, call, cancel).await,
        "boundaries" => boundaries(client, call, cancel).await,
        _ => {
            let keep_files = call.keep_files.unwrap_or(true);
            client.commit(token, keep_files).cancel_token(cancel).await.map(|receipt| {
                texts.push(format!("{receipt:?}"));
                Observed { sort: "receipt", record: receipt.to_json() }
            })
        }
    };
    let observed = result.unwrap_or_else(|error| failed(&error, &mut texts));
    (observed, texts)
}

async fn landed(client: &Client, call: &Call, cancel: CancelToken, texts: &mut Vec<String>) -> Result<Observed, Error> {
    let landed = call.landing(client, cancel)?.await?;
    texts.push(format!("{landed:?}"));
    Ok(Observed { sort: "landed", record: landed.to_json() })
}

async fn batch_receipt(client: &Client, call: &Call, cancel: CancelToken) -> Result<Observed, Error> {
    let sealed = call.sealed()?;
    let receipt = client.commit_landed(&sealed, call.keep_files.unwrap_or(true)).cancel_token(cancel).await?;
    Ok(Observed { sort: "batch_receipt", record: receipt.to_json() })
}

async fn loaded(client: &Client, call: &Call, cancel: CancelToken) -> Result<Observed, Error> {
    let receipt = call.loaded(client, cancel)?.await?;
    Ok(Observed { sort: "batch_receipt", record: receipt.to_json() })
}

async fn boundaries(client: &Client, call: &Call, cancel: CancelToken) -> Result<Observed, Error> {
    let pairs = client.boundaries(&call.handle(client)?, call.places()).cancel_token(cancel).await?;
    Ok(Observed { sort: "boundaries", record: boundaries_record(&pairs) })
}

async fn waited(client: &Client, call: &Call, cancel: CancelToken) -> Result<ExportStatus, Error> {
    let mut wait = client.wait(&call.handle(client)?).cancel_token(cancel);
    if let Some(limit) = call.max_wait_ms {
        wait = wait.max_wait(Duration::from_millis(limit));
    }
    wait.await
}

async fn every_page(client: &Client, call: &Call, cancel: CancelToken) -> Result<Vec<Page>, Error> {
    let mut pages = client.pages(&call.handle(client)?).expect(call.expected()?).cancel_token(cancel);
    if let Some(until) = call.until {
        pages = pages.until(until);
    }
    if let Some(limit) = call.limit {
        pages = pages.limit(limit);
    }
    if let Some(offset) = call.offset {
        pages = pages.offset(offset);
    }
    let mut read = Vec::new();
    while let Some(page) = pages.next().await? {
        read.push(page);
    }
    Ok(read)
}

fn failed(error: &Error, texts: &mut Vec<String>) -> Observed {
    texts.extend([error.to_string(), format!("{error:?}"), format!("{error:#?}")]);
    Observed { sort: "error", record: error.to_json() }
}

//! Surface `rust_async`: `mypreferences::Client`.

use std::time::Duration;

use adapter_lines::{Call, Credentials as Given, Log, Observed, Plan, adapt};
use futures_util::future::join_all;
use mypreferences::{CancelToken, Client, Credentials, Error, OAuth, Settings};

fn main() -> std::io::Result<()> {
    let log = Log::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    adapt(&log, |plan| runtime.block_on(play(plan)))
}

fn client(plan: &Plan) -> Result<Client, Error> {
    let mut settings = Settings::default();
    settings.set("client_id", &plan.client_id)?;
    settings.set("base_url", &plan.base_url)?;
    for (name, value) in &plan.settings {
        settings.set(name, value)?;
    }
    Client::builder()
        .settings(settings)
        .credentials(credentials(&plan.credentials)?)
        .build()
}

fn credentials(given: &Given) -> Result<Credentials, Error> {
    Ok(match given {
        Given::Hmac { user_id, secret } => Credentials::hmac(user_id, secret),
        Given::Bearer(token) => Credentials::bearer(token),
        Given::Authorization(value) => Credentials::verbatim(value),
        Given::OAuth(given) => {
            let mut oauth = OAuth::new(&given.token_url, &given.client_id, &given.client_secret);
            if let Some(user_id) = &given.user_id {
                oauth = oauth.user_id(user_id);
            }
            if let Some(scope) = &given.scope {
                oauth = oauth.scope(scope);
            }
            if let Some(form) = &given.client_auth {
                oauth = oauth.client_auth(form.parse()?);
            }
            Credentials::oauth(oauth)
        }
    })
}

async fn play(plan: &Plan) -> (Vec<Vec<Observed>>, Vec<String>) {
    let mut texts = Vec::new();
    let client = match client(plan) {
        Ok(client) => client,
        // A client that cannot be made fails its first call; the others are not made.
        Err(error) => return (vec![vec![failed(&error, &mut texts)]], texts),
    };
    texts.push(format!("{client:?}"));
    let mut results = Vec::new();
    for call in &plan.calls {
        let at_once = call
            .tokens()
            .into_iter()
            .map(|token| one(&client, call, token));
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
        "status" => client
            .status(token)
            .cancel_token(cancel)
            .await
            .map(|status| {
                texts.push(format!("{status:?}"));
                Observed {
                    sort: "status",
                    record: status.to_json(),
                }
            }),
        "resolve_commit" => client
            .resolve_commit(token)
            .cancel_token(cancel)
            .await
            .map(|found| {
                texts.push(format!("{found:?}"));
                Observed {
                    sort: "resolution",
                    record: found.to_json(),
                }
            }),
        _ => {
            let keep_files = call.keep_files.unwrap_or(true);
            client
                .commit(token, keep_files)
                .cancel_token(cancel)
                .await
                .map(|receipt| {
                    texts.push(format!("{receipt:?}"));
                    Observed {
                        sort: "receipt",
                        record: receipt.to_json(),
                    }
                })
        }
    };
    let observed = result.unwrap_or_else(|error| failed(&error, &mut texts));
    (observed, texts)
}

fn failed(error: &Error, texts: &mut Vec<String>) -> Observed {
    texts.extend([
        error.to_string(),
        format!("{error:?}"),
        format!("{error:#?}"),
    ]);
    Observed {
        sort: "error",
        record: error.to_json(),
    }
}

//! Surface `rust_blocking`: `mypreferences::blocking::Client`.

use std::time::Duration;

use adapter_lines::{Call, Credentials as Given, Log, Observed, Plan, adapt};
use mypreferences::blocking::{CallOptions, Client};
use mypreferences::{CancelToken, Credentials, Error, OAuth, Settings};

fn main() -> std::io::Result<()> {
    let log = Log::start();
    adapt(&log, play)
}

fn client(plan: &Plan) -> Result<Client, Error> {
    let mut settings = Settings::default();
    settings.set("client_id", &plan.client_id)?;
    settings.set("base_url", &plan.base_url)?;
    for (name, value) in &plan.settings {
        settings.set(name, value)?;
    }
    mypreferences::Client::builder()
        .settings(settings)
        .credentials(credentials(&plan.credentials)?)
        .build_blocking()
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

fn play(plan: &Plan) -> (Vec<Vec<Observed>>, Vec<String>) {
    let mut texts = Vec::new();
    let client = match client(plan) {
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
            threads
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .collect()
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
    let mut options = CallOptions::default();
    options.cancel_token = Some(cancel);
    let result = match call.operation.as_str() {
        "status" => client.status(token, &options).map(|status| {
            texts.push(format!("{status:?}"));
            Observed {
                sort: "status",
                record: status.to_json(),
            }
        }),
        "resolve_commit" => client.resolve_commit(token, &options).map(|found| {
            texts.push(format!("{found:?}"));
            Observed {
                sort: "resolution",
                record: found.to_json(),
            }
        }),
        _ => client
            .commit_with(token, call.keep_files.unwrap_or(true), &options)
            .map(|receipt| {
                texts.push(format!("{receipt:?}"));
                Observed {
                    sort: "receipt",
                    record: receipt.to_json(),
                }
            }),
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

//! `demo`: three commits against a mock service in this process, told step by step. One goes well; the answer of the
//! second is lost after it was applied; the third is lost before. Everything in it is made up.

use std::io::IsTerminal;
use std::time::Duration;

use mypreferences::{
    AttemptEvent, Certainty, Client, CommitReceipt, ConfirmedBy, Credentials, Error, Files,
    Operation, Outcome, StatusWord,
};
use mypreferences_mock::{
    Action, Apply, Authorization, Export, MockConfig, MockService, Operation as Asked, Rule,
};

use crate::exit_code::DONE;
use crate::failure::{self, Failure};
use crate::output::Output;
use crate::words;

const CLIENT_ID: &str = "DemoAccount";
const USER_ID: &str = "demo.user";
const SECRET: &str = "made-up-for-the-demo";

/// How long "not yet" must hold before the third commit is sent again; 5 s unless set.
const QUIET: Duration = Duration::from_millis(1500);

const TRY_NEXT: &str = "\
Try next (in a checkout, `cargo run --bin mypreferences --` instead of `mypreferences`):
  mypreferences mock --port 8089 --no-auth --export 4711:3
      the mock service, to be left running; then in a second terminal:
  MYPREFERENCES_AUTHORIZATION=made-up mypreferences commit 4711 --keep-files true \\
      --client-id ExampleClient --base-url http://127.0.0.1:8089
  curl http://127.0.0.1:8089/ExampleClient/status/Token/4711
      what the server says afterwards
  mypreferences commit --help
      the precondition, credentials, exit codes
  README.md
      the same from your language";

/// One story: a token, what happens to its commit, and what the receipt must say.
struct Scene {
    token: i64,
    title: &'static str,
    before: &'static str,
    fault: Option<Apply>,
    confirmed_by: ConfirmedBy,
    sends: u32,
    after: &'static str,
}

const SCENES: [Scene; 3] = [
    Scene {
        token: 100_471_101,
        title: "1. A commit that goes well",
        before: "The pages were read with keepAlive=true and stored. One POST tells the server so.",
        fault: None,
        confirmed_by: ConfirmedBy::Response,
        sends: 1,
        after: "One request, answered 200: the token is used up and the export files are deleted.",
    },
    Scene {
        token: 100_471_202,
        title: "2. A commit whose answer is lost",
        before: "The server does what it is told, but the connection breaks before its answer. Was it applied? Sending \
                 again blindly would be answered \"not found\", which looks like a failure.",
        fault: Some(Apply::Now),
        confirmed_by: ConfirmedBy::Status,
        sends: 1,
        after: "Nothing was sent twice: status says Retrieved, so the lost commit had been applied.",
    },
    Scene {
        token: 100_471_303,
        title: "3. A commit that is lost before it is applied",
        before: "The same broken connection, but this time the server did nothing. From here both look the same: ask, \
                 wait a quiet moment (1.5 s here), ask again.",
        fault: Some(Apply::Never),
        confirmed_by: ConfirmedBy::Response,
        sends: 2,
        after: "Status and page said \"still ready\" for a quiet moment, so it was safe to send again.",
    },
];

pub(super) async fn run(output: Output) -> u8 {
    let stage = Stage::new(output);
    match play(&stage).await {
        Ok(receipts) => {
            stage.say("");
            stage.heading("All three receipts are what the mock says it did.");
            stage.say("");
            stage.say(TRY_NEXT);
            if output.json() {
                return output.print(&format!("{{\"receipts\":[{}]}}", receipts.join(",")));
            }
            DONE
        }
        Err(failure) => output.failure(&failure, None),
    }
}

async fn play(stage: &Stage) -> Result<Vec<String>, Failure> {
    let service = MockService::start(MockConfig::default().client_id(CLIENT_ID).authorization(
        Authorization::Hmac {
            client_id: CLIENT_ID.to_owned(),
            user_id: USER_ID.to_owned(),
            secret: SECRET.to_owned(),
        },
    ))
    .await
    .map_err(|error| failure::internal(format!("the mock service cannot start: {error}")))?;
    let narrator = *stage;
    let client = Client::builder()
        .client_id(CLIENT_ID)
        .base_url(service.base_url())
        .credentials(Credentials::hmac(USER_ID, SECRET))
        .quiet(QUIET)
        .on_attempt(move |event| narrator.request(event))
        .build()?;
    stage.say(&format!(
        "A mock of the service runs at {} with PNAUTHINFO3 authorization.\nEverything is made up; nothing leaves this \
         machine.",
        service.base_url()
    ));

    let mut receipts = Vec::new();
    for scene in &SCENES {
        let receipt = act(stage, &service, &client, scene).await?;
        receipts.push(receipt.to_json());
    }
    service.shutdown().await;
    Ok(receipts)
}

async fn act(
    stage: &Stage,
    service: &MockService,
    client: &Client,
    scene: &Scene,
) -> Result<CommitReceipt, Failure> {
    stage.say("");
    stage.heading(scene.title);
    stage.say(scene.before);
    service.add_export(Export::segment(scene.token, 3));
    if let Some(apply) = scene.fault {
        let lost = Action::ReadThenClose { apply };
        service.push_rule(Rule::new(Asked::Commit, lost).token(scene.token));
    }
    // Seen ready just before the commit: this is what makes the files' fate certain when the answer is lost.
    let status = client.status(scene.token).await?;
    if status.status != StatusWord::Complete {
        return Err(unexpected(scene, "the prepared export is not ready"));
    }
    let receipt = client.commit(scene.token, false).await?;
    stage.receipt(scene, &receipt)?;
    check(scene, &receipt, service)?;
    stage.say(scene.after);
    Ok(receipt)
}

/// The receipt against what is expected, and against what the server really did.
fn check(scene: &Scene, receipt: &CommitReceipt, service: &MockService) -> Result<(), Failure> {
    let as_expected = receipt.outcome == Outcome::Committed
        && receipt.certainty == Certainty::Certain
        && receipt.confirmed_by == scene.confirmed_by
        && receipt.files == Files::AsAsked
        && receipt.sends == scene.sends;
    if !as_expected {
        return Err(unexpected(scene, "the receipt is not the expected one"));
    }
    let applied = service
        .export(scene.token)
        .is_some_and(|export| export.commits.len() == 1 && !export.files_kept);
    let sent = service
        .requests_for(Asked::Commit)
        .iter()
        .filter(|request| request.token == Some(scene.token))
        .count();
    if !applied || u32::try_from(sent) != Ok(scene.sends) {
        return Err(unexpected(
            scene,
            "the mock did something else than the receipt says",
        ));
    }
    Ok(())
}

fn unexpected(scene: &Scene, what: &str) -> Failure {
    failure::internal(format!("demo, \"{}\": {what}", scene.title))
}

/// Where the story is told: on standard output, unless that belongs to a program.
#[derive(Clone, Copy)]
struct Stage {
    output: Output,
    colour: bool,
}

impl Stage {
    fn new(output: Output) -> Stage {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Stage {
            output,
            colour: !output.json() && !no_colour && std::io::stdout().is_terminal(),
        }
    }

    fn say(self, text: &str) {
        if self.output.json() {
            self.output.note(text);
        } else {
            self.output.print(text);
        }
    }

    fn heading(self, text: &str) {
        self.say(&self.painted("1", text));
    }

    /// One request, as the core's hook tells it.
    fn request(self, event: &AttemptEvent) {
        let method = match event.operation {
            Operation::Commit => "POST",
            _ => "GET ",
        };
        // The host is the same in every line.
        let path = event
            .url
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|slash| &rest[slash..]))
            .unwrap_or(&event.url);
        let came_of_it = words::outcome(event);
        let colour = if event.attempt.kind.is_none() {
            "32"
        } else {
            "33"
        };
        self.say(&format!(
            "  {method} {path}\n       {}",
            self.painted(colour, &came_of_it)
        ));
    }

    fn receipt(self, scene: &Scene, receipt: &CommitReceipt) -> Result<(), Failure> {
        let token = mypreferences::AccessToken::new(scene.token).map_err(|error: Error| error)?;
        self.say(&format!(
            "  {}",
            self.painted("1;32", &words::receipt(receipt, token))
        ));
        self.say(&format!("  receipt: {}", receipt.to_json()));
        Ok(())
    }

    fn painted(self, colour: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

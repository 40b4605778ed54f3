//! What a command that calls the service begins with.

use mypreferences::Client;

use crate::failure::Failure;
use crate::options::Options;
use crate::progress::Progress;
use crate::signals::Signals;

/// The client, and the signals, which are ours from here on; before, one ends the program as ever, and nothing was sent.
pub(super) fn open(options: &Options, progress: Option<&Progress>) -> Result<(Client, Signals), Failure> {
    let mut builder = options.configuration()?.client_builder()?;
    if let Some(hook) = progress.cloned() {
        builder = builder.on_attempt(move |event| hook.attempt(event));
    }
    Ok((builder.build()?, Signals::listen()?))
}

//! The runtime of one command: one thread, as there is one call.

use std::future::Future;

use crate::failure;
use crate::output::Output;

/// Runs a command's future to its exit code. What is left behind (a name being resolved) is not waited for.
pub(crate) fn block_on(output: Output, command: impl Future<Output = u8>) -> u8 {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(command);
            runtime.shutdown_background();
            code
        }
        Err(error) => output.failure(&failure::internal(format!("no runtime can be made: {error}")), None),
    }
}

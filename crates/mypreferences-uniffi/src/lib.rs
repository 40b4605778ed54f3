//! The border to Kotlin, Java and Swift, by uniffi: converts arguments, calls the bridge, converts the result. The
//! idiomatic layers around it are in `bindings/kotlin` and `bindings/swift`, and so is what is generated from this.
//!
//! A call is started and completes by one callback, from a thread of the bridge's runtime: no future crosses the
//! border, so nothing here is ever polled on a thread that does not belong to the runtime.

mod call;
mod client;
mod credentials;
mod error;
mod export;
mod folder;
mod outcome;
mod pages;
mod records;

#[cfg(feature = "test-hooks")]
mod hooks {
    //! For tests only. Not in the generated sources: those are made without this feature.

    /// Makes the next call of this process panic.
    #[uniffi::export]
    pub fn panic_in_next_call() {
        mypreferences_bridge::panic_in_next_call();
    }
}

uniffi::setup_scaffolding!("mypreferences");

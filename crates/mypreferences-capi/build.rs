//! Gives the shared library its soname, so that a program asks the loader for the ABI that it was linked against.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let name = match std::env::var("CARGO_PKG_NAME").as_deref() {
        Ok("mypreferences-capi-arrow") => "mypreferences_arrow",
        _ => "mypreferences",
    };
    // The number is `ABI_VERSION` in src/lib.rs; the tests of bindings/c hold both together.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,lib{name}.so.0");
    }
}

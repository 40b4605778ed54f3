//! Gives the shared library its name of the ABI, so that a program asks the loader for the one that it was linked against.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let name = match std::env::var("CARGO_PKG_NAME").as_deref() {
        Ok("mypreferences-capi-arrow") => "mypreferences_arrow",
        _ => "mypreferences",
    };
    // The number is `ABI_VERSION` in src/lib.rs; the tests of bindings/c hold both together.
    let argument = match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => format!("-Wl,-soname,lib{name}.so.0"),
        // An app's libraries have no versions there.
        Ok("android") => format!("-Wl,-soname,lib{name}.so"),
        Ok("macos" | "ios") => format!("-Wl,-install_name,@rpath/lib{name}.0.dylib"),
        _ => return,
    };
    println!("cargo:rustc-cdylib-link-arg={argument}");
}

//! `generate-bindings LIBRARY CONFIGURATION FOLDER`: writes the Kotlin and Swift sources for the native library into a
//! folder. Only `cargo xtask generate` calls it, and says where they go from there. A crate of its own, so that nothing
//! else is built with what it needs.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate_with_bindgen_paths};
use uniffi_bindgen::{BindgenPaths, BindgenPathsLayer};

/// The same `uniffi.toml` for whatever crate is asked for: there is one.
struct Configuration(Utf8PathBuf);

impl BindgenPathsLayer for Configuration {
    fn get_config_path(&self, _crate_name: &str) -> Option<Utf8PathBuf> {
        Some(self.0.clone())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, configuration, folder] = arguments.as_slice() else {
        eprintln!("generate-bindings: pass the native library, its uniffi.toml and the folder to write to");
        return ExitCode::FAILURE;
    };
    let mut paths = BindgenPaths::default();
    paths.add_layer(Configuration(configuration.into()));
    let options = GenerateOptions {
        languages: vec![TargetLanguage::Kotlin, TargetLanguage::Swift],
        source: library.into(),
        out_dir: folder.into(),
        ..GenerateOptions::default()
    };
    match generate_with_bindgen_paths(options, paths) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate-bindings: {error:#}; build {library} anew");
            ExitCode::FAILURE
        }
    }
}

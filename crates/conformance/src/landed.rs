//! What an export left in its folder, read without the client's code: the batches that can be seen, their parts, the
//! members of pages, the receipt. Each file is held against its hash.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::scenario::Batch;

/// The batches of a folder, oldest first.
///
/// # Errors
/// What is not as it has to be.
pub(crate) fn batches_in(out: &Path) -> Result<Vec<Batch>, String> {
    let Ok(entries) = std::fs::read_dir(out) else {
        return Ok(Vec::new());
    };
    let mut folders: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("batch="))
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    folders.iter().map(|folder| batch(folder)).collect()
}

fn batch(folder: &Path) -> Result<Batch, String> {
    let manifest: Value = serde_json::from_str(&text(&folder.join("_manifest.json"))?)
        .map_err(|error| format!("the manifest is no JSON: {error}"))?;
    let mut parts = BTreeMap::new();
    for part in manifest["parts"].as_array().into_iter().flatten() {
        let name = part["file"].as_str().unwrap_or_default();
        let bytes = checked(folder, part)?;
        let are_lines = manifest["parameters"]["compression"] == "none";
        let lines = if are_lines { lines(&bytes) } else { Vec::new() };
        parts.insert(name.to_owned(), lines);
    }
    let members = manifest["members"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect();
    let envelopes = match &manifest["envelopes"] {
        Value::Null => Vec::new(),
        file => lines(&checked(folder, file)?),
    };
    let receipt = match std::fs::read_to_string(folder.join("_receipt.json")) {
        Ok(text) => {
            serde_json::from_str::<Value>(&text).map_err(|error| format!("the receipt is no JSON: {error}"))?["end"]
                .as_str()
                .map(str::to_owned)
        }
        Err(_) => None,
    };
    Ok(Batch {
        parts,
        total_results: manifest["total_results"].as_u64().unwrap_or(u64::MAX),
        members,
        envelopes,
        receipt,
    })
}

/// The bytes of a file that the manifest names, which have its hash and its length.
fn checked(folder: &Path, named: &Value) -> Result<Vec<u8>, String> {
    let name = named["file"].as_str().unwrap_or_default();
    let bytes = std::fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
    let hash = Sha256::digest(&bytes).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
    if named["sha256"] != hash || named["bytes"] != bytes.len() {
        return Err(format!("{name} is not what its manifest says"));
    }
    Ok(bytes)
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

fn text(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

//! Where the model lands, and which rows.

use crate::landing::store::disk::Disk;
use crate::landing::store::layout::Layout;
use crate::landing::store::manifest::Manifest;

/// The folder of the model.
pub(super) const OUT: &str = "data/out";

/// The rows of an export: no two exports have the same.
pub(super) fn rows_of(token: i64, rows: usize) -> Vec<String> {
    (1..=rows).map(|row| format!(r#"{{"ProfileId":{row},"Of":{token}}}"#)).collect()
}

pub(super) fn landed_rows(disk: &dyn Disk, place: &Layout, manifest: &Manifest) -> Vec<String> {
    let mut text = String::new();
    for part in &manifest.parts {
        let file = place.batch(&manifest.batch).join(&part.file);
        if let Ok(Some(mut opened)) = disk.open(&file) {
            let _ = opened.read_to_string(&mut text);
        }
    }
    text.lines().map(str::to_owned).collect()
}

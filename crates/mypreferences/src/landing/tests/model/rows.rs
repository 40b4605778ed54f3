//! Where the model lands, which rows, and a format of parts of its own.

use std::io::{self, Write};
use std::sync::Arc;

use crate::landing::part_format::{PartFormat, PartOut, PartRecords, Rows};
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
    text.lines().filter(|line| !line.starts_with(COUNT)).map(str::to_owned).collect()
}

/// What the last line of a part begins with.
const COUNT: char = '=';

/// A format that holds back what it is given, as Parquet does, and ends with the count of it.
#[derive(Debug)]
struct Counted;

struct Held {
    out: PartOut,
    text: String,
    rows: u64,
}

/// The formats of the model.
pub(super) fn formats() -> [Arc<dyn PartFormat>; 1] {
    [Arc::new(Counted)]
}

impl PartFormat for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn layout(&self) -> String {
        "with a count".to_owned()
    }

    fn begin(&self, out: PartOut, _first: &Rows<'_>) -> io::Result<Box<dyn PartRecords>> {
        Ok(Box::new(Held { out, text: String::new(), rows: 0 }))
    }

    fn rows(&self, part: Vec<u8>) -> io::Result<u64> {
        let text = String::from_utf8(part).map_err(io::Error::other)?;
        let count = text.lines().last().and_then(|line| line.strip_prefix(COUNT)).and_then(|count| count.parse().ok());
        count.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

impl PartRecords for Held {
    fn write(&mut self, rows: &Rows<'_>) -> io::Result<()> {
        assert_eq!(rows.first % 2, 1, "a page begins at an odd place");
        for record in &rows.records {
            self.text.push_str(std::str::from_utf8(record).unwrap());
            self.text.push('\n');
            self.rows += 1;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.write_all(self.text.as_bytes())?;
        writeln!(self.out, "{COUNT}{}", self.rows)
    }
}

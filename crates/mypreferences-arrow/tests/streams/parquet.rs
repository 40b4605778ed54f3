//! Parts as Parquet: the records of the lines, whatever stops and wherever it goes on.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use mypreferences::blocking::Client;
use mypreferences::export::ExportRequest;
use mypreferences::landing::{CommitPolicy, Folder, Landed, PartFormat};
use mypreferences::{Error, ErrorKind};
use mypreferences_arrow::{Layout, Parquet, RecordColumn, Shape, Stream};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::service::{Scratch, serve};
use crate::{read, rows};

fn landed(client: &Client, order: ExportRequest, out: &Path, format: Option<Layout>) -> Result<Landed, Error> {
    let call = client.export(order, out, CommitPolicy::AfterSeal { keep_files: true }).limit(30).part_bytes(50_000);
    match format {
        Some(layout) => call.format(Parquet::new(layout)).call(),
        None => call.call(),
    }
}

/// As any reader of Parquet sees it.
fn batches(landed: &Landed) -> Vec<RecordBatch> {
    let files = landed.manifest.parts.iter().map(|part| landed.folder().join(&part.file));
    let readers =
        files.map(|file| ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap().build().unwrap());
    readers.flatten().map(Result::unwrap).collect()
}

#[test]
fn parts_hold_what_the_lines_would() {
    let service = serve("");
    let client = service.client();
    for (order, records) in [
        (ExportRequest::segment("Everyone"), 250),
        (ExportRequest::segment("Preferences"), 50),
        (ExportRequest::segment("Nobody"), 0),
        (ExportRequest::schedule("Nightly"), 25),
    ] {
        let (lines_at, parts_at, again_at) = (Scratch::new(), Scratch::new(), Scratch::new());
        let lines = landed(&client, order.clone(), &lines_at.0, None).unwrap();
        let parts = landed(&client, order, &parts_at.0, Some(Layout::default())).unwrap();
        assert_eq!((parts.rows(), parts.manifest.rows()), (records, records));
        assert_eq!(parts.manifest.parameters.format, "parquet");
        assert!(parts.manifest.parts[0].file.ends_with(".parquet"), "one part even without rows");

        let folder = Folder::new(&lines_at.0);
        let of_lines = read(Stream::of_batches(&folder, folder.manifests().unwrap(), Layout::default()).unwrap());
        let (places, kept) = rows(&of_lines);
        assert_eq!(rows(&batches(&parts)), (places, kept.clone()));
        let schema = |batches: &[RecordBatch]| batches.first().map(|batch| batch.schema_ref().fields().clone());
        if records > 0 {
            assert_eq!(schema(&batches(&parts)), schema(&of_lines));
        }

        let format: Arc<dyn PartFormat> = Parquet::new(Layout::default());
        let folder = Folder::new(&parts_at.0).format(Arc::clone(&format));
        let verified = folder.verify(|_| {}).unwrap();
        assert_eq!((verified.rows, verified.unnamed.len()), (records, 0));
        // Back as lines, and in another layout.
        let layout = Layout { shape: Shape::Json, record: RecordColumn::Keep };
        assert_eq!(rows(&read(Stream::of_batches(&folder, folder.manifests().unwrap(), layout).unwrap())).1, kept);

        let converted = Folder::new(&lines_at.0).convert(&format, &again_at.0, |_| {}).unwrap();
        assert_eq!((converted.batches, converted.rows, converted.already), (1, records, 0));
        let again = Folder::new(&again_at.0).format(Arc::clone(&format));
        assert_eq!(again.verify(|_| {}).unwrap().rows, records);
        let manifests = again.manifests().unwrap();
        assert_eq!(manifests[0].watermark_ms, lines.manifest.watermark_ms);
        assert_eq!(rows(&read(Stream::of_batches(&again, manifests, Layout::default()).unwrap())).1, kept);
        // The same call again finds them, and an export goes on there.
        let converted = Folder::new(&lines_at.0).convert(&format, &again_at.0, |_| {}).unwrap();
        assert_eq!((converted.batches, converted.already), (0, 1));
    }
}

#[test]
fn an_export_goes_on_from_what_was_converted() {
    let (service, lines_at, parts_at) = (serve(""), Scratch::new(), Scratch::new());
    let client = service.client();
    let format: Arc<dyn PartFormat> = Parquet::new(Layout::default());
    let export = |out: &Path| {
        let policy = CommitPolicy::AfterSeal { keep_files: true };
        client.export(ExportRequest::segment("Everyone"), out, policy).since_auto(None)
    };
    let first = export(&lines_at.0).call().unwrap();
    Folder::new(&lines_at.0).convert(&format, &parts_at.0, |_| {}).unwrap();
    let second = export(&parts_at.0).format(Arc::clone(&format)).call().unwrap();
    assert_eq!(second.manifest.previous.as_deref(), Some(first.manifest.batch.as_str()));
    let folder = Folder::new(&parts_at.0).format(format);
    assert_eq!(folder.verify(|_| {}).unwrap().batches, 2);
    let current = Stream::current(&folder, folder.manifests().unwrap(), "ProfileId", Layout::default()).unwrap();
    assert_eq!(rows(&read(current)).1.len(), 250);
    // Nothing is written where another batch of the name stands, nor where it comes from.
    let same = folder.convert(&(Parquet::new(Layout::default()) as Arc<dyn PartFormat>), &parts_at.0, |_| {});
    assert_eq!(same.unwrap_err().kind(), ErrorKind::InvalidArgument);
    let other = Layout { shape: Shape::Json, record: RecordColumn::Drop };
    let other: Arc<dyn PartFormat> = Parquet::new(other);
    let taken = Folder::new(&lines_at.0).convert(&other, &parts_at.0, |_| {});
    assert_eq!(taken.unwrap_err().kind(), ErrorKind::OutputConflict);
}

#[test]
fn a_part_is_what_its_manifest_names_and_says() {
    let (service, scratch) = (serve(""), Scratch::new());
    let client = service.client();
    let landed = landed(&client, ExportRequest::segment("Everyone"), &scratch.0, Some(Layout::default())).unwrap();
    let file = landed.folder().join(&landed.manifest.parts[0].file);
    let bytes = fs::read(&file).unwrap();
    let folder = Folder::new(&scratch.0).format(Parquet::new(Layout::default()));
    let format = Parquet::new(Layout::default());
    assert_eq!(format.rows(bytes.clone()).unwrap(), landed.manifest.parts[0].rows);
    for at in (0..bytes.len()).step_by(997) {
        assert!(format.rows(bytes[..at].to_vec()).is_err(), "cut at {at}");
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&file, changed).unwrap();
        assert_eq!(folder.verify(|_| {}).unwrap_err().kind(), ErrorKind::Corrupt);
        let stream = Stream::of_batches(&folder, folder.manifests().unwrap(), Layout::default());
        assert_eq!(stream.unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn what_was_landed_without_records_says_so() {
    let (service, scratch) = (serve(""), Scratch::new());
    let layout = Layout { shape: Shape::Typed, record: RecordColumn::Drop };
    let landed = landed(&service.client(), ExportRequest::segment("Everyone"), &scratch.0, Some(layout)).unwrap();
    assert!(batches(&landed)[0].column_by_name("_record").is_none());
    let folder = Folder::new(&scratch.0);
    let error = Stream::of_batches(&folder, folder.manifests().unwrap(), layout).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}

#[test]
fn rows_under_other_headers_stand_whole_in_a_column_of_their_own() {
    let rule = r#"{"on":"page","offset":11,"times":"forever","action":{"page":{"members":{"Headers":["Other"]}}}}"#;
    let (service, scratch) = (serve(rule), Scratch::new());
    let client = service.client();
    let call = client.export(ExportRequest::schedule("Nightly"), &scratch.0, CommitPolicy::Never).limit(10);
    let landed = call.format(Parquet::new(Layout::default())).call().unwrap();
    let batches = batches(&landed);
    let whole: usize = batches.iter().map(|batch| batch.column_by_name("_cells").unwrap().null_count()).sum();
    // The page in the middle is under other headers.
    assert_eq!((landed.rows(), whole), (25, 15));
    assert!(landed.manifest.envelopes.is_some());
}

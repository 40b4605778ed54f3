//! Streams against the mock service and against a folder: whole, or ended by an error that says why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail in any way")]

#[cfg(feature = "parquet")]
mod parquet;
mod service;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use mypreferences::blocking::Client;
use mypreferences::export::{Export, ExportRequest};
use mypreferences::landing::{CommitPolicy, Compression, Folder};
use mypreferences::{Error, ErrorKind};
use mypreferences_arrow::{Layout, RecordColumn, Shape, Stream};

use crate::service::{Scratch, serve};

fn stream(client: &Client, export: &Export, layout: Layout, limit: u32) -> Result<Stream, Error> {
    let mut pages = client.pages(export).limit(limit);
    Stream::of_pages(export.kind(), layout, None, move || pages.next_page())
}

/// `_row` and `_record` of all batches.
fn rows(batches: &[RecordBatch]) -> (Vec<i64>, Vec<String>) {
    let mut all = (Vec::new(), Vec::new());
    for batch in batches {
        all.0.extend(batch.column_by_name("_row").unwrap().as_primitive::<Int64Type>().values());
        let records = batch.column_by_name("_record").unwrap().as_string::<i64>();
        all.1.extend(records.iter().map(|record| record.unwrap().to_owned()));
    }
    all
}

fn read(stream: Stream) -> Vec<RecordBatch> {
    stream.map(Result::unwrap).collect()
}

#[test]
fn a_stream_is_the_export_one_batch_a_page() {
    let service = serve("");
    let client = service.client();
    for (order, records) in [
        (ExportRequest::segment("Everyone"), 250),
        (ExportRequest::segment("Preferences"), 50),
        (ExportRequest::segment("Nobody"), 0),
        (ExportRequest::schedule("Nightly"), 25),
    ] {
        let export = client.initiate(order).call().unwrap();
        client.wait(&export).call().unwrap();
        let sent: Vec<String> = client
            .records(&export)
            .map(|record| String::from_utf8(record.unwrap().borrowed().bytes().to_vec()).unwrap())
            .collect();
        assert_eq!(sent.len(), records);
        let batches = read(stream(&client, &export, Layout::default(), 40).unwrap());
        assert_eq!(batches.iter().filter(|batch| batch.num_rows() > 0).count(), records.div_ceil(40));
        let (places, kept) = rows(&batches);
        assert_eq!(kept, sent);
        assert_eq!(places, (1..=i64::try_from(records).unwrap()).collect::<Vec<_>>());
    }
}

#[test]
fn a_stream_that_ends_early_says_why_and_ends() {
    for (rule, kind) in [
        (
            r#"{"on":"page","offset":101,"times":"forever","action":{"page":{"has_more":false}}}"#,
            ErrorKind::CountMismatch,
        ),
        (r#"{"on":"page","offset":101,"times":"forever","action":{"answer":{"status":404}}}"#, ErrorKind::NotFound),
        (r#"{"on":"page","offset":101,"times":"forever","action":{"deliver":"cut_body"}}"#, ErrorKind::Interrupted),
    ] {
        let service = serve(rule);
        let client = service.client();
        let export = client.initiate(ExportRequest::segment("Everyone")).call().unwrap();
        client.wait(&export).call().unwrap();
        let mut people = stream(&client, &export, Layout::default(), 50).unwrap();
        let watch = people.watch();
        let mut read = 0;
        let error = loop {
            match people.next() {
                Some(Ok(batch)) => read += batch.num_rows(),
                Some(Err(error)) => break error,
                None => panic!("{kind:?}: it ended quietly after {read} rows"),
            }
        };
        assert_eq!(watch.error().unwrap().kind(), kind, "{error}");
        assert!(people.next().is_none());
    }
}

#[test]
fn ranges_side_by_side_are_the_export() {
    let service = serve(r#"{"on":"page","offset":181,"times":"forever","action":{"page":{"has_more":false}}}"#);
    let client = service.client();
    let export = client.initiate(ExportRequest::segment("Everyone")).call().unwrap();
    client.wait(&export).call().unwrap();
    let range = |first, last| {
        let mut pages = client.pages(&export).limit(40).offset(first).until(last);
        Stream::of_pages(export.kind(), Layout::default(), Some(last), move || pages.next_page()).unwrap()
    };
    let places: Vec<i64> =
        [(1, 100), (101, 101), (102, 250)].map(|(first, last)| rows(&read(range(first, last))).0).concat();
    assert_eq!(places, (1..=250).collect::<Vec<_>>());
    // Its pages end before it does.
    let short = range(101, 250);
    let watch = short.watch();
    assert!(short.last().unwrap().is_err());
    assert_eq!(watch.error().unwrap().kind(), ErrorKind::CountMismatch);
}

#[test]
fn headers_that_change_end_the_stream() {
    let rule = r#"{"on":"page","offset":11,"times":"forever","action":{"page":{"members":{"Headers":["Other"]}}}}"#;
    let service = serve(rule);
    let client = service.client();
    let export = client.initiate(ExportRequest::schedule("Nightly")).call().unwrap();
    client.wait(&export).call().unwrap();
    let people = stream(&client, &export, Layout::default(), 10).unwrap();
    let watch = people.watch();
    assert!(people.last().unwrap().is_err());
    assert_eq!(watch.error().unwrap().kind(), ErrorKind::CountMismatch);
}

#[test]
fn landed_batches_are_read_back_and_each_key_is_there_once() {
    let (service, scratch) = (serve(""), Scratch::new());
    let client = service.client();
    let mut lines: Vec<Vec<String>> = Vec::new();
    for compression in [Compression::None, Compression::None] {
        let call =
            client.export(ExportRequest::segment("Everyone"), &scratch.0, CommitPolicy::AfterSeal { keep_files: true });
        let landed = call.since_auto(None).limit(30).part_bytes(50_000).compression(compression).call().unwrap();
        assert!(landed.manifest.parts.len() > 1);
        let parts = landed.manifest.parts.iter().map(|part| landed.folder().join(&part.file));
        let text: String = parts.map(|part| std::fs::read_to_string(part).unwrap()).collect();
        lines.push(text.split_terminator('\n').map(str::to_owned).collect());
    }
    let folder = Folder::new(&scratch.0);
    let manifests = folder.manifests().unwrap();
    assert_eq!(manifests.len(), 2);
    let all = read(Stream::of_batches(&folder, manifests.clone(), Layout::default()).unwrap());
    assert_eq!(rows(&all).1, lines.concat());

    let current = read(Stream::current(&folder, manifests.clone(), "profileid", Layout::default()).unwrap());
    let (_, mut kept) = rows(&current);
    let mut newest = lines[1].clone();
    kept.sort();
    newest.sort();
    assert_eq!(kept, newest);
    // Without such a member every record is kept.
    let none = read(Stream::current(&folder, manifests.clone(), "NoSuchMember", Layout::default()).unwrap());
    assert_eq!(rows(&none).1.len(), 500);

    let part = scratch.0.join(&manifests[1].batch).join(&manifests[1].parts[0].file);
    let mut bytes = std::fs::read(&part).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    let layout = Layout { shape: Shape::Json, record: RecordColumn::Drop };
    let damaged = Stream::of_batches(&folder, manifests, layout).unwrap();
    let watch = damaged.watch();
    assert!(damaged.last().unwrap().is_err());
    assert_eq!(watch.error().unwrap().kind(), ErrorKind::Corrupt);
}

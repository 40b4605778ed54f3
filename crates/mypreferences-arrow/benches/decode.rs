//! What decoding costs: profiles of the mock, in records and megabytes a second. `cargo bench -p mypreferences-arrow`.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a bench may fail, and its figures are rough")]

use std::time::Instant;

use mypreferences::ExportKind;
use mypreferences::export::{ExportRequest, Page};
use mypreferences_arrow::{Layout, RecordColumn, Shape, batch_of_page};
use mypreferences_mock::{MockConfig, MockService};

fn main() {
    let mock = MockService::start_blocking(MockConfig::default()).unwrap();
    let spec =
        r#"{"client_id":"acme","sources":[{"kind":"segment","name":"Everyone","rows":20000,"records":"profiles"}]}"#;
    let opened = mock.open_scenario(spec).unwrap();
    let builder = mypreferences::Client::builder().client_id("acme").base_url(opened.base_url());
    let client = builder.credentials(mypreferences::Credentials::verbatim("made-up")).build_blocking().unwrap();
    let export = client.initiate(ExportRequest::segment("Everyone")).call().unwrap();
    client.wait(&export).call().unwrap();
    let pages: Vec<Page> = client.pages(&export).map(Result::unwrap).collect();
    let bytes: usize = pages.iter().map(|page| page.raw().len()).sum();
    for shape in [Shape::Typed, Shape::Json] {
        let layout = Layout { shape, record: RecordColumn::Drop };
        let begun = Instant::now();
        let mut rows = 0;
        for _ in 0..5 {
            rows += pages
                .iter()
                .map(|page| batch_of_page(ExportKind::Segment, page, layout).unwrap().num_rows())
                .sum::<usize>();
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!("{shape:?}: {:.0} records/s, {:.0} MB/s", rows as f64 / seconds, 5.0 * bytes as f64 / seconds / 1e6);
    }
}

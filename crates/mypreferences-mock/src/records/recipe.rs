//! How rows are made fast: a few hundred finished records for each seed, repeated over and over, each row with its own
//! number written into it. So any row can be made alone, and the size of any range is known without making it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::seeded::Seeded;
use super::text::NUMBER_MARK;
use super::{RecordKind, preference, profile};
use crate::lock::lock;

/// How many different records a seed has. More would not fit into the caches of a processor.
const DIFFERENT: u64 = 256;

/// The digits of a row's number, with leading zeros.
const DIGITS: usize = NUMBER_MARK.len();

/// How many recipes are kept for the next export with the same seed.
const KEPT: usize = 16;

/// The records of one kind and seed.
pub(crate) struct Recipe {
    kind: RecordKind,
    seed: u64,
    records: Vec<Finished>,
    /// The sizes of all records before each one, and of all of them at the end.
    before: Vec<u64>,
}

struct Finished {
    /// With a comma at its end.
    text: Vec<u8>,
    /// Where the number of the row goes.
    marks: Vec<usize>,
}

static RECIPES: Mutex<VecDeque<Arc<Recipe>>> = Mutex::new(VecDeque::new());

impl Recipe {
    /// The recipe of this kind and seed, which is the same whenever and wherever it is asked for.
    pub(crate) fn of(kind: RecordKind, seed: u64) -> Arc<Self> {
        let known = |recipe: &&Arc<Self>| recipe.kind == kind && recipe.seed == seed;
        if let Some(recipe) = lock(&RECIPES).iter().find(known) {
            return Arc::clone(recipe);
        }
        let recipe = Arc::new(Self::make(kind, seed));
        let mut recipes = lock(&RECIPES);
        recipes.truncate(KEPT - 1);
        recipes.push_front(Arc::clone(&recipe));
        recipe
    }

    pub(crate) fn kind(&self) -> RecordKind {
        self.kind
    }

    fn make(kind: RecordKind, seed: u64) -> Self {
        let records: Vec<Finished> = (0..DIFFERENT)
            .map(|number| {
                let choices = &mut Seeded::new(seed, number);
                Finished::of(match kind {
                    RecordKind::Preferences => preference::write(choices),
                    RecordKind::Profiles => profile::write(choices),
                    RecordKind::Rows => preference::write_row(choices),
                })
            })
            .collect();
        let mut before = vec![0];
        let mut sum = 0;
        for record in &records {
            sum += u64::try_from(record.text.len()).unwrap_or(0);
            before.push(sum);
        }
        Self { kind, seed, records, before }
    }

    /// The bytes of `count` rows from row `first` (the first one is 1), with one comma after each.
    pub(crate) fn size(&self, first: u64, count: u64) -> u64 {
        let skipped = first.saturating_sub(1);
        self.size_before(skipped.saturating_add(count)) - self.size_before(skipped)
    }

    fn size_before(&self, rows: u64) -> u64 {
        let whole = self.before.last().copied().unwrap_or(0);
        let rest = usize::try_from(rows % DIFFERENT).unwrap_or(0);
        let rest = self.before.get(rest).copied().unwrap_or(0);
        whole.saturating_mul(rows / DIFFERENT).saturating_add(rest)
    }

    /// Writes one row and a comma.
    pub(crate) fn write(&self, row: u64, into: &mut Vec<u8>) {
        let which = usize::try_from(row.wrapping_sub(1) % DIFFERENT).unwrap_or(0);
        let Some(record) = self.records.get(which) else {
            return;
        };
        let begin = into.len();
        into.extend_from_slice(&record.text);
        let digits = digits(row);
        for mark in &record.marks {
            if let Some(place) = into.get_mut(begin + mark..begin + mark + DIGITS) {
                place.copy_from_slice(&digits);
            }
        }
    }
}

impl Finished {
    fn of(mut text: String) -> Self {
        let marks = text.match_indices(NUMBER_MARK).map(|(index, _)| index).collect();
        text.push(',');
        Self { text: text.into_bytes(), marks }
    }
}

/// The last twelve digits of a number.
fn digits(mut number: u64) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    digits
}

//! A small seeded source of choices (SplitMix64): the same seed makes the same choices on every machine.

/// How far one step goes; the constants are those of the published algorithm.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Choices that follow from a seed alone.
pub(crate) struct Seeded(u64);

impl Seeded {
    /// A source for one thing (`number`) of a seed.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut source = Self(seed ^ number.wrapping_mul(STEP));
        // Neighbouring numbers must not make similar beginnings.
        source.0 = source.next();
        source
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        let length = u64::try_from(list.len()).unwrap_or(1);
        let index = usize::try_from(self.below(length)).unwrap_or(0);
        list.get(index).copied().unwrap_or("")
    }
}

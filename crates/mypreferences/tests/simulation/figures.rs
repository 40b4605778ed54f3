//! What is counted over many timelines.

use std::collections::BTreeMap;
use std::fmt;

/// Counters by name. Names begin with their group and a colon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures(BTreeMap<String, u64>);

impl Figures {
    pub(crate) fn count(&mut self, name: &str) {
        self.add(name, 1);
    }

    pub(crate) fn add(&mut self, name: &str, more: u64) {
        // Most names are there already: do not allocate for them.
        if let Some(count) = self.0.get_mut(name) {
            *count += more;
        } else {
            self.0.insert(name.to_owned(), more);
        }
    }

    pub(crate) fn take_in(&mut self, others: &Figures) {
        for (name, count) in &others.0 {
            self.add(name, *count);
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut group_before = "";
        for (name, count) in &self.0 {
            let (group, rest) = name.split_once(": ").unwrap_or(("", name));
            if group != group_before {
                writeln!(f, "{group}:")?;
                group_before = group;
            }
            writeln!(f, "  {count:>10}  {rest}")?;
        }
        Ok(())
    }
}

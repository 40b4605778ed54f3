//! The records of the async API: `PreferenceWithOperation`, and the rows of a schedule. Field names as documented;
//! `Operation` has no documented meaning and is 1.

use super::people::{
    CHANNELS, FIRST_NAMES, FREE_TEXTS, FREQUENCIES, LAST_NAMES, NUMBERS, PLACES, PREFIXES, PROGRAMS, STREETS, SUFFIXES,
};
use super::seeded::Seeded;
use super::text::{NUMBER_MARK, Text};

/// What the columns of [`write_row`] are called.
pub(super) const COLUMNS: &str = r#"["CID","FirstName","LastName","Email","ProgramID","PreferenceType","Remarks"]"#;

pub(super) fn write(choices: &mut Seeded) -> String {
    let mut text = Text::default();
    text.object(|record| {
        let (program, channel) = (choices.pick(PROGRAMS), choices.pick(CHANNELS));
        record.raw_member("Operation", "1");
        record.member(choices, "ProgramID", program);
        record.member(choices, "ChannelID", channel);
        record.optional(choices, "FilterID", "");
        record.name("CustomProperties");
        record.array(|list| custom_properties(list, choices));
        record.raw_member("CID", &format!("\"C{NUMBER_MARK}\""));
        name(record, choices);
        let opted = if choices.one_in(4) { "2" } else { "1" };
        record.raw_member("PreferenceType", opted);
        contact(record, choices);
        let frequency = choices.pick(FREQUENCIES);
        record.optional(choices, "FrequencyID", frequency);
        record.raw_member("PreferenceAttributes", "[]");
        let date = format!("20{:02}-0{}-1{}", 16 + choices.below(10), 1 + choices.below(9), choices.below(10));
        record.optional(choices, "CustomerDate", &date);
    });
    text.finish()
}

fn custom_properties(list: &mut Text, choices: &mut Seeded) {
    for link in 0..choices.below(3) {
        list.object(|property| {
            property.raw_member("Link", &link.to_string());
            if link == 0 {
                let note = choices.pick(FREE_TEXTS);
                property.member(choices, "Key", "Remarks");
                property.member(choices, "Value", note);
            } else {
                property.member(choices, "Key", "LoyaltyPoints");
                property.raw_member("Value", choices.pick(NUMBERS));
            }
        });
    }
}

fn name(record: &mut Text, choices: &mut Seeded) {
    let (prefix, suffix) = (choices.pick(PREFIXES), choices.pick(SUFFIXES));
    let (first, middle) = (choices.pick(FIRST_NAMES), choices.pick(FIRST_NAMES));
    let last = choices.pick(LAST_NAMES);
    record.optional(choices, "Prefix", prefix);
    record.member(choices, "FirstName", first);
    record.optional(choices, "MiddleName", middle);
    record.member(choices, "LastName", last);
    record.optional(choices, "Suffix", suffix);
}

fn contact(record: &mut Text, choices: &mut Seeded) {
    record.name("ContactElement");
    record.object(|contact| {
        let address = format!("\"person{NUMBER_MARK}@example.com\"");
        contact.raw_member("Email", &address);
        contact.optional(choices, "PFT", "+14045550123");
        if choices.one_in(2) {
            let street = choices.pick(STREETS);
            contact.member(choices, "Address1", street);
            let place = choices.below(u64::try_from(PLACES.len()).unwrap_or(1));
            let place = usize::try_from(place).ok().and_then(|place| PLACES.get(place));
            if let Some([city, state, two, _, _, postal]) = place {
                contact.member(choices, "City", city);
                contact.member(choices, "StateProvince", state);
                contact.optional(choices, "CountryCode", two);
                contact.member(choices, "PostalCode", postal);
            }
        }
    });
}

pub(super) fn write_row(choices: &mut Seeded) -> String {
    let mut text = Text::default();
    text.array(|row| {
        row.raw(&format!("\"C{NUMBER_MARK}\""));
        let (first, last) = (choices.pick(FIRST_NAMES), choices.pick(LAST_NAMES));
        row.string(choices, first);
        row.string(choices, last);
        row.raw(&format!("\"person{NUMBER_MARK}@example.com\""));
        let (program, note) = (choices.pick(PROGRAMS), choices.pick(FREE_TEXTS));
        row.string(choices, program);
        let opted = if choices.one_in(4) { "2" } else { "1" };
        row.string(choices, opted);
        if choices.one_in(5) {
            row.raw("null");
        } else {
            row.string(choices, note);
        }
    });
    text.finish()
}

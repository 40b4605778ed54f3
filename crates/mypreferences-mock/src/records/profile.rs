//! The record of the version 4 and Profiles APIs: `UserProfilePreference`, field names as documented. What the vendor
//! does not show (the inner fields of edit info, names, alternate ids, groups, tags, custom fields) is guessed.

use super::people::{
    CHANNELS, CUSTOMER_TYPES, FIRST_NAMES, FREE_TEXTS, FREQUENCIES, LAST_NAMES, LOCALES, NUMBERS, PLACES, PREFIXES,
    PROGRAMS, STREETS, SUFFIXES, TAGS,
};
use super::seeded::Seeded;
use super::text::{NUMBER_MARK, Text};

pub(super) fn write(choices: &mut Seeded) -> String {
    let mut text = Text::default();
    text.object(|record| {
        // Twelve digits of its own and a one before them: a number has no leading zeros.
        record.raw_member("ProfileId", &format!("1{NUMBER_MARK}"));
        record.raw_member("IsActive", flag(!choices.one_in(20)));
        edited(record, choices);
        record.raw_member("RegistrationConfirmed", flag(choices.one_in(2)));
        let customer_type = choices.pick(CUSTOMER_TYPES);
        record.optional(choices, "CustomerType", customer_type);
        if choices.one_in(2) {
            record.raw_member("PreserveConsents", "true");
        }
        record.raw_member("PreservePreferences", "true");
        customer_name(record, choices);
        let locale = choices.pick(LOCALES);
        record.optional(choices, "DefaultLocale", locale);
        consents(record, choices);
        preferences(record, choices, "ProfilePreferences");
        record.name("AlternateIds");
        record.array(|list| {
            list.object(|id| {
                id.member(choices, "AlternateIdType", "CRM");
                id.raw_member("AlternateId", &format!("\"CRM-{NUMBER_MARK}\""));
            });
        });
        addresses(record, choices);
        phone_numbers(record, choices);
        emails(record, choices);
        names(record, choices, "Groups", "GroupName", &["Gold", "Silver", "Łódź & Co."]);
        names(record, choices, "ProfileTags", "TagName", TAGS);
        custom_fields(record, choices);
    });
    text.finish()
}

fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn moment(choices: &mut Seeded) -> String {
    format!(
        "20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        16 + choices.below(10),
        1 + choices.below(12),
        1 + choices.below(28),
        choices.below(24),
        choices.below(60),
        choices.below(60),
        choices.below(1000)
    )
}

fn edited(record: &mut Text, choices: &mut Seeded) {
    record.name("Edited");
    record.object(|edited| {
        let (created, modified) = (moment(choices), moment(choices));
        edited.member(choices, "CreatedDate", &created);
        edited.optional(choices, "LastModifiedDate", &modified);
        edited.member(choices, "UserId", "api.user");
    });
}

fn customer_name(record: &mut Text, choices: &mut Seeded) {
    record.name("CustomerName");
    record.object(|name| {
        let (prefix, suffix) = (choices.pick(PREFIXES), choices.pick(SUFFIXES));
        let (first, middle) = (choices.pick(FIRST_NAMES), choices.pick(FIRST_NAMES));
        let last = choices.pick(LAST_NAMES);
        name.optional(choices, "Prefix", prefix);
        name.member(choices, "FirstName", first);
        name.optional(choices, "MiddleName", middle);
        name.member(choices, "LastName", last);
        name.optional(choices, "Suffix", suffix);
    });
}

fn consents(record: &mut Text, choices: &mut Seeded) {
    record.name("Consents");
    record.array(|list| {
        for _ in 0..choices.below(3) {
            list.object(|consent| {
                let (expires, given) = (moment(choices), moment(choices));
                let locale = choices.pick(LOCALES);
                consent.optional(choices, "ExpirationDate", &expires);
                consent.raw_member("Expired", flag(choices.one_in(4)));
                edited(consent, choices);
                consent.member(choices, "ConsentType", "Terms of Use");
                consent.member(choices, "ConsentVersion", "2.1");
                consent.member(choices, "Locale", locale);
                let status = (1 + choices.below(4)).to_string();
                consent.raw_member("ConsentStatus", &status);
                consent.member(choices, "ConsentDate", &given);
            });
        }
    });
}

fn preferences(record: &mut Text, choices: &mut Seeded, member: &str) {
    record.name(member);
    record.array(|list| {
        for _ in 0..choices.below(3) {
            list.object(|preference| {
                let (program, channel) = (choices.pick(PROGRAMS), choices.pick(CHANNELS));
                let (modified, frequency) = (moment(choices), choices.pick(FREQUENCIES));
                preference.member(choices, "ProgramId", program);
                preference.member(choices, "ChannelId", channel);
                preference.raw_member("Consents", "[]");
                preference.member(choices, "MatchType", "Expressed");
                preference.optional(choices, "ReasonCode", "");
                preference.member(choices, "ExpirationDate", "");
                preference.member(choices, "PreferenceStatus", "Active");
                preference.member(choices, "LastModifiedDate", &modified);
                preference.member(choices, "UserId", "api.user");
                preference.optional(choices, "SourceId", "WEB");
                preference.member(choices, "FilterId", "DEFAULT");
                let opted = if choices.one_in(4) { "2" } else { "1" };
                preference.raw_member("PreferenceType", opted);
                preference.optional(choices, "FrequencyId", frequency);
                preference.name("PreferenceAttributes");
                preference.array(|attributes| {
                    if choices.one_in(3) {
                        let note = choices.pick(FREE_TEXTS);
                        attributes.object(|attribute| {
                            attribute.member(choices, "Key", "Note");
                            attribute.member(choices, "Value", note);
                        });
                    }
                });
            });
        }
    });
}

fn addresses(record: &mut Text, choices: &mut Seeded) {
    record.name("Addresses");
    record.array(|list| {
        for index in 0..choices.below(3) {
            list.object(|address| {
                let (street, more) = (choices.pick(STREETS), choices.pick(STREETS));
                preferences(address, choices, "AddressPreferences");
                address.optional(choices, "AddressType", "Home");
                address.raw_member("IsDefault", flag(index == 0));
                address.member(choices, "Address1", street);
                address.optional(choices, "Address2", more);
                let place = choices.below(u64::try_from(PLACES.len()).unwrap_or(1));
                let place = usize::try_from(place).ok().and_then(|place| PLACES.get(place));
                if let Some([city, state, two, three, number, postal]) = place {
                    address.member(choices, "City", city);
                    address.member(choices, "StateProvince", state);
                    address.optional(choices, "CountryCode_Numeric", number);
                    address.member(choices, "CountryCode_Alpha2", two);
                    address.optional(choices, "CountryCode_Alpha3", three);
                    address.member(choices, "PostalCode", postal);
                }
                address.raw_member("IsActive", "true");
            });
        }
    });
}

fn phone_numbers(record: &mut Text, choices: &mut Seeded) {
    record.name("PhoneNumbers");
    record.array(|list| {
        for index in 0..choices.below(3) {
            list.object(|phone| {
                preferences(phone, choices, "PhoneNumberPreferences");
                phone.optional(choices, "PhoneNumberType", "Work");
                // Numbers of the 555-01xx block, which is nobody's.
                let number = format!("+1404555{:04}", 100 + choices.below(100));
                phone.member(choices, "PhoneNumber", &number);
                phone.raw_member("IsMobile", flag(choices.one_in(2)));
                phone.raw_member("IsDefault", flag(index == 0));
            });
        }
    });
}

fn emails(record: &mut Text, choices: &mut Seeded) {
    record.name("Emails");
    record.array(|list| {
        list.object(|email| {
            preferences(email, choices, "EmailPreferences");
            email.optional(choices, "EmailAddressType", "Personal");
            let address = format!("\"person{NUMBER_MARK}@example.com\"");
            email.raw_member("EmailAddress", &address);
            email.raw_member("IsDefault", "true");
            email.raw_member("IsActive", "true");
        });
    });
}

fn names(record: &mut Text, choices: &mut Seeded, member: &str, inner: &str, from: &[&str]) {
    record.name(member);
    record.array(|list| {
        if choices.one_in(2) {
            let name = choices.pick(from);
            list.object(|entry| entry.member(choices, inner, name));
        }
    });
}

fn custom_fields(record: &mut Text, choices: &mut Seeded) {
    record.name("CustomFields");
    record.array(|list| {
        for name in ["LoyaltyPoints", "Remarks", "LastCall"] {
            if choices.one_in(3) {
                continue;
            }
            list.object(|field| {
                field.member(choices, "Name", name);
                match name {
                    "LoyaltyPoints" => field.raw_member("Value", choices.pick(NUMBERS)),
                    "Remarks" => {
                        let text = choices.pick(FREE_TEXTS);
                        field.member(choices, "Value", text);
                    }
                    _ => {
                        let when = moment(choices);
                        field.optional(choices, "Value", &when);
                    }
                }
            });
        }
    });
}

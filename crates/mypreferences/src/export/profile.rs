//! A record of a profile export, typed (facts 3.4, DOC: the Profiles API's model of the same name). Keys match in any
//! case, null counts as absent, nothing is required, and what no page shows stays as the server wrote it.

use crate::error::Error;
use crate::export::model::{model, number_or_word, undocumented};
use crate::export::{OwnedRecord, RawJson, Record};

model! {
    /// A profile with its consents and preferences, as the version 4 and Profiles APIs export it:
    /// <https://pmstg.mypreferences.com/Profiles/Help/ResourceModel?modelName=UserProfilePreference> (DOC). What an
    /// export really holds depends on the segment's settings and the user's permissions (DOC).
    UserProfilePreference {
        /// The system's id of the profile (DOC).
        profile_id: i64 = "ProfileId",
        /// Whether the profile is active (DOC).
        is_active: bool = "IsActive",
        /// `EditInfo`, whose members no page shows.
        edited: RawJson = "Edited",
        /// Whether the registration was confirmed (DOC).
        registration_confirmed: bool = "RegistrationConfirmed",
        /// The customer's type, up to 100 characters (DOC).
        customer_type: String = "CustomerType",
        /// Whether consents are preserved; version 4 only, default true (DOC).
        preserve_consents: bool = "PreserveConsents",
        /// Whether preferences are preserved, default true (DOC).
        preserve_preferences: bool = "PreservePreferences",
        /// `CustomerName`, whose members no page shows.
        customer_name: RawJson = "CustomerName",
        /// The profile's language, such as `en_US`; up to 15 characters (DOC).
        default_locale: String = "DefaultLocale",
        /// Consents (DOC).
        consents: Vec<CustomerConsent> = "Consents",
        /// Preferences of the profile itself, and of none of its contact elements (DOC).
        profile_preferences: Vec<ProfilePreference> = "ProfilePreferences",
        /// `AlternateIdEntry` list, whose members no page shows.
        alternate_ids: Vec<RawJson> = "AlternateIds",
        /// Postal addresses with their preferences (DOC; the members INF).
        addresses: Vec<AddressPreference> = "Addresses",
        /// `PhoneNumberPreference` list, whose members no page shows.
        phone_numbers: Vec<RawJson> = "PhoneNumbers",
        /// E-mail addresses with their preferences (DOC).
        emails: Vec<EmailPreference> = "Emails",
        /// Groups (INF: the page is cut here); the members are not shown.
        groups: Vec<RawJson> = "Groups",
        /// Tags (INF); the members are not shown.
        profile_tags: Vec<RawJson> = "ProfileTags",
        /// Custom fields (INF); the members are not shown.
        custom_fields: Vec<RawJson> = "CustomFields",
    }
}

model! {
    /// A consent of a customer:
    /// <https://pmstg.mypreferences.com/Profiles/Help/ResourceModel?modelName=CustomerConsent> (DOC).
    CustomerConsent {
        /// When it expires; absent when it does not (DOC). As text: the vendor's zone is not always told.
        expiration_date: String = "ExpirationDate",
        /// Whether it has expired (DOC).
        expired: bool = "Expired",
        /// `EditInfo`, whose members no page shows.
        edited: RawJson = "Edited",
        /// The consent's type, up to 100 characters (DOC).
        consent_type: String = "ConsentType",
        /// The consent's version, up to 50 characters (DOC).
        consent_version: String = "ConsentVersion",
        /// The language, such as `en_US` (DOC).
        locale: String = "Locale",
        /// What the customer decided (DOC).
        consent_status: ConsentStatus = "ConsentStatus",
        /// When; stored as UTC (DOC).
        consent_date: String = "ConsentDate",
    }
}

model! {
    /// A preference: <https://pmstg.mypreferences.com/Profiles/Help/ResourceModel?modelName=ProfilePreference> (DOC).
    ProfilePreference {
        /// The program (DOC).
        program_id: String = "ProgramId",
        /// Phone, Fax, Text, Email or Mail (DOC).
        channel_id: String = "ChannelId",
        /// `ConsentFilterVersion` list, whose members no page shows.
        consents: Vec<RawJson> = "Consents",
        /// Expressed or Implied (DOC).
        match_type: String = "MatchType",
        /// Why (DOC).
        reason_code: String = "ReasonCode",
        /// When it expires, empty if it does not (DOC).
        expiration_date: String = "ExpirationDate",
        /// Active or Expired (DOC).
        preference_status: String = "PreferenceStatus",
        /// When it was changed last (DOC).
        last_modified_date: String = "LastModifiedDate",
        /// Who set it (DOC).
        user_id: String = "UserId",
        /// Where it came from (DOC).
        source_id: String = "SourceId",
        /// The filter, up to 50 characters (DOC).
        filter_id: String = "FilterId",
        /// Opt-in or opt-out (DOC).
        preference_type: PreferenceType = "PreferenceType",
        /// How often, up to 20 characters (DOC).
        frequency_id: String = "FrequencyId",
        /// `PreferenceAttribute` list: keys and values, whose members no page shows.
        preference_attributes: Vec<RawJson> = "PreferenceAttributes",
        /// When the customer decided, as UTC (DOC for the sibling model that is written).
        customer_date: String = "CustomerDate",
    }
}

model! {
    /// An e-mail address with its preferences:
    /// <https://pmstg.mypreferences.com/Profiles/Help/ResourceModel?modelName=EmailPreference> (DOC).
    EmailPreference {
        /// Preferences of this address (DOC).
        email_preferences: Vec<ProfilePreference> = "EmailPreferences",
        /// The type, up to 100 characters (DOC).
        email_address_type: String = "EmailAddressType",
        /// The address, up to 256 characters (DOC).
        email_address: String = "EmailAddress",
        /// Whether it is the default (DOC).
        is_default: bool = "IsDefault",
        /// Whether it is active (DOC).
        is_active: bool = "IsActive",
        /// `EditInfo`, whose members no page shows.
        edited: RawJson = "Edited",
    }
}

model! {
    /// A postal address with its preferences. INF: the page was not seen; these are the members of
    /// <https://pmstg.mypreferences.com/Profiles/Help/ResourceModel?modelName=CreateAddressEntry> (DOC), and those that
    /// its sibling for e-mail has beside the address itself.
    AddressPreference {
        /// Preferences of this address (INF, the name too).
        address_preferences: Vec<ProfilePreference> = "AddressPreferences",
        /// The type, up to 100 characters (DOC).
        address_type: String = "AddressType",
        /// Whether it is the default (DOC).
        is_default: bool = "IsDefault",
        /// First line, up to 125 characters (DOC).
        address1: String = "Address1",
        /// Second line, up to 125 characters (DOC).
        address2: String = "Address2",
        /// City, up to 50 characters (DOC).
        city: String = "City",
        /// State or province, 2 to 50 characters (DOC).
        state_province: String = "StateProvince",
        /// Country by its number in three digits (DOC).
        country_code_numeric: String = "CountryCode_Numeric",
        /// Country in two letters (DOC).
        country_code_alpha2: String = "CountryCode_Alpha2",
        /// Country in three letters (DOC).
        country_code_alpha3: String = "CountryCode_Alpha3",
        /// Postal code, up to 15 characters (DOC).
        postal_code: String = "PostalCode",
        /// Whether it is active (INF).
        is_active: bool = "IsActive",
        /// `EditInfo`, whose members no page shows (INF).
        edited: RawJson = "Edited",
    }
}

number_or_word! {
    /// What a customer decided about a consent (DOC):
    /// <https://docs.possiblenow.com/experience-api/consents/retrieve-consent-status>.
    ConsentStatus {
        /// Given.
        Granted = 1 | "Granted",
        /// Not given.
        Denied = 2 | "Denied",
        /// Taken back.
        Revoked = 3 | "Revoked",
        /// Not decided.
        NotSet = 4 | "NotSet",
    }
}

number_or_word! {
    /// Which way a preference goes (DOC as numbers, INF as words).
    PreferenceType {
        /// In.
        OptIn = 1 | "OptIn" | "Opt-In",
        /// Out.
        OptOut = 2 | "OptOut" | "Opt-Out",
    }
}

impl Record<'_> {
    /// The record as a profile, as the version 4 and Profiles APIs export them.
    ///
    /// # Errors
    /// `invalid_response` when it is no object, or a documented member has another type than documented: rows of a
    /// schedule, for example. The bytes are still there.
    pub fn profile(self) -> Result<UserProfilePreference, Error> {
        serde_json::from_slice(self.bytes()).map_err(|error| undocumented("UserProfilePreference", &error))
    }
}

impl OwnedRecord {
    /// See [`Record::profile`].
    ///
    /// # Errors
    /// As there.
    pub fn profile(&self) -> Result<UserProfilePreference, Error> {
        self.borrowed().profile()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn profile(text: &str) -> Result<UserProfilePreference, Error> {
        OwnedRecord::from(text.as_bytes().to_vec()).profile()
    }

    #[test]
    fn every_member_may_be_missing_or_null() {
        assert_eq!(profile("{}").unwrap(), UserProfilePreference::default());
        let read = profile(r#"{"ProfileId":null,"Emails":null,"Consents":[{"ConsentStatus":null}]}"#);
        let read = read.unwrap();
        assert_eq!((read.profile_id, &read.emails), (None, &None));
        assert_eq!(read.consents.unwrap(), [CustomerConsent::default()]);
        assert!(read.others.is_empty());
    }

    #[test]
    fn keys_match_in_any_case_on_every_level() {
        let read = profile(
            r#"{"profileid":7,"ISACTIVE":true,"emails":[{"emailaddress":"a@b","emailpreferences":[{"programid":"P"}]}],
                "addresses":[{"countrycode_alpha2":"US"}]}"#,
        )
        .unwrap();
        assert_eq!((read.profile_id, read.is_active), (Some(7), Some(true)));
        let emails = read.emails.unwrap();
        assert_eq!(emails[0].email_address.as_deref(), Some("a@b"));
        let preferences = emails[0].email_preferences.as_ref().unwrap();
        assert_eq!(preferences[0].program_id.as_deref(), Some("P"));
        let addresses = read.addresses.unwrap();
        assert_eq!(addresses[0].country_code_alpha2.as_deref(), Some("US"));
    }

    #[test]
    fn unknown_members_are_kept_as_they_stand_on_every_level() {
        let read = profile(
            r#"{"New":{"b":1,"a":12345678901234567890123},"ProfileId":1,"profileID":"other",
                "Consents":[{"Note":"x\u00e9"}],"Edited":{"When": 1.50}}"#,
        )
        .unwrap();
        assert_eq!(read.others["New"].text(), r#"{"b":1,"a":12345678901234567890123}"#);
        assert_eq!(read.others["profileID"].text(), "\"other\"");
        assert_eq!(read.profile_id, Some(1));
        assert_eq!(read.consents.unwrap()[0].others["Note"].text(), "\"x\\u00e9\"");
        let edited = read.edited.unwrap();
        assert_eq!(edited.text(), r#"{"When": 1.50}"#);
        assert_eq!(edited.read::<serde_json::Value>().unwrap()["When"], 1.5);
    }

    #[test]
    fn a_consent_status_is_a_number_or_a_name() {
        for (text, status) in [
            ("1", ConsentStatus::Granted),
            ("2", ConsentStatus::Denied),
            ("\"revoked\"", ConsentStatus::Revoked),
            ("\"NotSet\"", ConsentStatus::NotSet),
            ("\"4\"", ConsentStatus::NotSet),
            ("9", ConsentStatus::Unknown("9".to_owned())),
            ("-1", ConsentStatus::Unknown("-1".to_owned())),
            ("\"Asked\"", ConsentStatus::Unknown("Asked".to_owned())),
        ] {
            let read = profile(&format!("{{\"Consents\":[{{\"ConsentStatus\":{text}}}]}}"));
            let consents = read.unwrap().consents.unwrap();
            assert_eq!(consents[0].consent_status, Some(status), "{text}");
        }
        let read = profile(r#"{"ProfilePreferences":[{"PreferenceType":2}]}"#).unwrap();
        let preferences = read.profile_preferences.unwrap();
        assert_eq!(preferences[0].preference_type, Some(PreferenceType::OptOut));
    }

    #[test]
    fn another_shape_is_refused_without_repeating_what_it_says() {
        for bad in [
            "[]",
            "7",
            "null",
            r#"{"ProfileId":"private"}"#,
            r#"{"ProfileId":12345678901234567890123}"#,
            r#"{"IsActive":"private"}"#,
            r#"{"Consents":{"private":1}}"#,
            r#"{"Consents":[{"ConsentStatus":{"private":1}}]}"#,
            r#"{"Emails":["private"]}"#,
        ] {
            let error = profile(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{bad}");
            assert!(!format!("{error} {error:?}").contains("private"), "{error}");
        }
    }
}

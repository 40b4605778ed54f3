//! A record of an export of a segment or of customers on the async surface, typed (facts 3.5). As `profile`.

use crate::error::Error;
use crate::export::model::{Shape, Shaped, model, undocumented};
use crate::export::{OwnedRecord, PreferenceType, RawJson, Record};

model! {
    /// A preference as the async surface exports it:
    /// <https://pm.mypreferences.com/API/3/async/Help/ResourceModel?modelName=PreferenceWithOperation> (DOC up to
    /// `ContactElement`, where the page is cut; the rest INF from its sibling `Preference`).
    PreferenceWithOperation {
        /// What the values mean is not documented (UNK).
        operation: i64 = "Operation",
        /// The program (DOC).
        program_id: String = "ProgramID",
        /// The channel (DOC).
        channel_id: String = "ChannelID",
        /// The filter (DOC).
        filter_id: String = "FilterID",
        /// The customer's own properties (DOC).
        custom_properties: Vec<Attribute> = "CustomProperties",
        /// The customer (DOC).
        cid: String = "CID",
        /// Of the name (DOC).
        prefix: String = "Prefix",
        /// Of the name (DOC).
        first_name: String = "FirstName",
        /// Of the name (DOC).
        middle_name: String = "MiddleName",
        /// Of the name (DOC).
        last_name: String = "LastName",
        /// Of the name (DOC).
        suffix: String = "Suffix",
        /// Opt-in or opt-out (DOC).
        preference_type: PreferenceType = "PreferenceType",
        /// How the customer is reached (DOC).
        contact_element: ContactElement = "ContactElement",
        /// How often (INF).
        frequency_id: String = "FrequencyID",
        /// Attributes of the preference (INF).
        preference_attributes: Vec<Attribute> = "PreferenceAttributes",
        /// When the customer decided (INF).
        customer_date: String = "CustomerDate",
        /// Who set it (INF).
        user_id: String = "UserID",
        /// Where it came from (INF).
        source_id: String = "SourceID",
        /// When it was changed last (INF).
        last_modified_date: String = "LastModifiedDate",
    }
}

model! {
    /// A key and its value (DOC from a sample).
    Attribute {
        /// What it links to (DOC).
        link: i64 = "Link",
        /// Its name (DOC).
        key: String = "Key",
        /// Its value: text in the vendor's sample; its type is not documented.
        value: RawJson = "Value",
    }
}

model! {
    /// How a customer is reached (DOC from a sample).
    ContactElement {
        /// By e-mail (DOC).
        email: String = "Email",
        /// By phone, fax or text (DOC).
        pft: String = "PFT",
        /// First line of the address (DOC).
        address1: String = "Address1",
        /// Second line (DOC).
        address2: String = "Address2",
        /// City (DOC).
        city: String = "City",
        /// State or province (DOC).
        state_province: String = "StateProvince",
        /// Country (DOC).
        country_code: String = "CountryCode",
        /// Postal code (DOC).
        postal_code: String = "PostalCode",
    }
}

impl Shaped for ContactElement {
    const SHAPE: Shape = Shape::Object(ContactElement::MODEL);
}

impl Record<'_> {
    /// The record as a preference, as the async surface exports them.
    ///
    /// # Errors
    /// As [`Record::profile`].
    pub fn preference(self) -> Result<PreferenceWithOperation, Error> {
        serde_json::from_slice(self.bytes()).map_err(|error| undocumented("PreferenceWithOperation", &error))
    }
}

impl OwnedRecord {
    /// See [`Record::preference`].
    ///
    /// # Errors
    /// As there.
    pub fn preference(&self) -> Result<PreferenceWithOperation, Error> {
        self.borrowed().preference()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_read_with_what_no_page_shows() {
        let text = r#"{"Operation":1,"programid":"NEWS","PreferenceType":2,"ContactElement":{"Email":"a@b","Fax":"1"},
            "CustomProperties":[{"Link":0,"Key":"Points","Value":12345678901234567890123}],"Odd":[1]}"#;
        let read = OwnedRecord::from(text.as_bytes().to_vec()).preference().unwrap();
        assert_eq!((read.operation, read.program_id.as_deref()), (Some(1), Some("NEWS")));
        assert_eq!(read.preference_type, Some(PreferenceType::OptOut));
        let contact = read.contact_element.unwrap();
        assert_eq!((contact.email.as_deref(), contact.others["Fax"].text()), (Some("a@b"), "\"1\""));
        let properties = read.custom_properties.unwrap();
        assert_eq!(properties[0].value.as_ref().unwrap().text(), "12345678901234567890123");
        assert_eq!(read.others["Odd"].text(), "[1]");
        let error = OwnedRecord::from(b"{\"Operation\":\"private\"}".to_vec()).preference().unwrap_err();
        assert!(!format!("{error:?}").contains("private"));
    }
}

//! The access token of one export: a positive integer that never shows itself.

use std::fmt;

use crate::error::{Error, Operation};

/// The token that Initiate returned for one export: a positive 64-bit integer.
///
/// `Debug` and `Display` show at most the last four digits, and never more than half of them. Plain serialisation is
/// not offered.
///
/// Vendor: `AsyncToken.AccessToken`, integer (DOC; the width is not documented, so 64 bits are held).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccessToken(i64);

impl AccessToken {
    /// Checks and wraps a token.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when it is zero or negative.
    pub fn new(token: i64) -> Result<AccessToken, Error> {
        if token > 0 {
            Ok(AccessToken(token))
        } else {
            // The value itself stays out of the message: a wrong sign may still be somebody's token.
            Err(refused(if token == 0 {
                "access_token must be positive, got 0"
            } else {
                "access_token must be positive, got a negative number"
            }))
        }
    }

    /// The integer, for code that has to store it. Treat it as a secret.
    pub fn expose(self) -> i64 {
        self.0
    }

    /// `***4711`: at most the last four digits, never more than half of them.
    pub(crate) fn masked(self) -> String {
        let digits = self.0.to_string();
        let shown = (digits.len() / 2).min(4);
        format!("***{}", &digits[digits.len() - shown..])
    }
}

fn refused(detail: &str) -> Error {
    Error::invalid_argument(
        Operation::Commit,
        detail,
        "pass the integer that Initiate returned as AccessToken (1 to 9223372036854775807)",
    )
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken({})", self.masked())
    }
}

impl fmt::Display for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl TryFrom<i64> for AccessToken {
    type Error = Error;
    fn try_from(token: i64) -> Result<AccessToken, Error> {
        AccessToken::new(token)
    }
}

impl TryFrom<i32> for AccessToken {
    type Error = Error;
    fn try_from(token: i32) -> Result<AccessToken, Error> {
        AccessToken::new(i64::from(token))
    }
}

impl TryFrom<u64> for AccessToken {
    type Error = Error;
    fn try_from(token: u64) -> Result<AccessToken, Error> {
        i64::try_from(token)
            .map_err(|_| refused("access_token does not fit into a signed 64-bit integer"))
            .and_then(AccessToken::new)
    }
}

impl TryFrom<&str> for AccessToken {
    type Error = Error;
    /// Digits only: no sign, no spaces, no leading zero that would make two spellings of one token.
    fn try_from(text: &str) -> Result<AccessToken, Error> {
        if text.is_empty() {
            return Err(refused("access_token is empty"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused("access_token must consist of the digits 0 to 9 only"));
        }
        if text.len() > 1 && text.starts_with('0') {
            return Err(refused("access_token must not start with 0"));
        }
        text.parse::<i64>()
            .map_err(|_| refused("access_token does not fit into a signed 64-bit integer"))
            .and_then(AccessToken::new)
    }
}

impl std::str::FromStr for AccessToken {
    type Err = Error;
    fn from_str(text: &str) -> Result<AccessToken, Error> {
        AccessToken::try_from(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_shows_at_most_four_digits_and_never_more_than_half() {
        let shown = |token: i64| AccessToken::new(token).unwrap().to_string();
        assert_eq!(shown(7), "***");
        assert_eq!(shown(42), "***2");
        assert_eq!(shown(47112), "***12");
        assert_eq!(shown(1_234_567_890), "***7890");
        assert_eq!(format!("{:?}", AccessToken::new(1_234_567_890).unwrap()), "AccessToken(***7890)");
    }

    #[test]
    fn only_one_spelling_of_a_positive_integer_is_taken() {
        assert!("4711".parse::<AccessToken>().is_ok());
        assert!("9223372036854775807".parse::<AccessToken>().is_ok());
        for bad in ["", "0", "-1", "+1", " 1", "1 ", "01", "1.0", "1e3", "٣", "9223372036854775808", "abc"] {
            assert!(bad.parse::<AccessToken>().is_err(), "{bad:?} was taken");
        }
    }
}

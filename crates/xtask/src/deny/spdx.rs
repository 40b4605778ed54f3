//! A small evaluator of SPDX licence expressions: can this one be satisfied with licences from a list?
//!
//! Knows `AND`, `OR`, `WITH`, parentheses, and the old `MIT/Apache-2.0` of crates.io, which means `OR`.

/// True when a choice of licences that `is_allowed` accepts satisfies the expression. `is_allowed` sees one licence,
/// with its exception if it has one (`Apache-2.0 WITH LLVM-exception`).
pub(super) fn is_satisfiable(
    expression: &str,
    is_allowed: &dyn Fn(&str) -> bool,
) -> Result<bool, String> {
    let tokens = tokens(expression);
    let mut parser = Parser {
        tokens: &tokens,
        is_allowed,
    };
    let result = parser.any_of()?;
    match parser.tokens.first() {
        None => Ok(result),
        Some(token) => Err(format!("`{token}` is not expected there")),
    }
}

fn tokens(expression: &str) -> Vec<String> {
    let mut spaced = String::new();
    for character in expression.chars() {
        match character {
            '(' | ')' => spaced.extend([' ', character, ' ']),
            '/' => spaced.push_str(" OR "),
            _ => spaced.push(character),
        }
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

struct Parser<'a> {
    tokens: &'a [String],
    is_allowed: &'a dyn Fn(&str) -> bool,
}

impl<'a> Parser<'a> {
    /// `a OR b OR c`. Both sides are always read, whatever the first one says.
    fn any_of(&mut self) -> Result<bool, String> {
        let mut result = self.all_of()?;
        while self.takes("OR") {
            result |= self.all_of()?;
        }
        Ok(result)
    }

    /// `a AND b AND c`, which binds closer than `OR`.
    fn all_of(&mut self) -> Result<bool, String> {
        let mut result = self.one()?;
        while self.takes("AND") {
            result &= self.one()?;
        }
        Ok(result)
    }

    /// A licence, perhaps with an exception, or an expression in parentheses.
    fn one(&mut self) -> Result<bool, String> {
        if self.takes("(") {
            let result = self.any_of()?;
            return if self.takes(")") {
                Ok(result)
            } else {
                Err("a `)` is missing".to_owned())
            };
        }
        let licence = self.name()?;
        if self.takes("WITH") {
            let exception = self.name()?;
            return Ok((self.is_allowed)(&format!("{licence} WITH {exception}")));
        }
        Ok((self.is_allowed)(licence))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        match self.tokens.split_first() {
            None => Err("it ends where a licence is expected".to_owned()),
            Some((token, _)) if matches!(token.as_str(), "AND" | "OR" | "WITH" | "(" | ")") => {
                Err(format!("`{token}` stands where a licence is expected"))
            }
            Some((token, rest)) => {
                self.tokens = rest;
                Ok(token)
            }
        }
    }

    fn takes(&mut self, wanted: &str) -> bool {
        match self.tokens.split_first() {
            Some((token, rest)) if token == wanted => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_mit_and_isc(expression: &str) -> Result<bool, String> {
        is_satisfiable(expression, &|licence| {
            matches!(licence, "MIT" | "ISC" | "Apache-2.0 WITH LLVM-exception")
        })
    }

    #[test]
    fn one_licence_is_looked_up() {
        assert_eq!(with_mit_and_isc("MIT"), Ok(true));
        assert_eq!(with_mit_and_isc("GPL-3.0-only"), Ok(false));
        assert_eq!(with_mit_and_isc("MIT-0"), Ok(false));
    }

    #[test]
    fn or_needs_one_side_and_and_needs_both() {
        assert_eq!(with_mit_and_isc("GPL-3.0-only OR MIT"), Ok(true));
        assert_eq!(with_mit_and_isc("MIT OR GPL-3.0-only"), Ok(true));
        assert_eq!(with_mit_and_isc("GPL-3.0-only OR LGPL-2.1-only"), Ok(false));
        assert_eq!(with_mit_and_isc("MIT AND ISC"), Ok(true));
        assert_eq!(with_mit_and_isc("MIT AND GPL-3.0-only"), Ok(false));
    }

    #[test]
    fn and_binds_closer_than_or() {
        assert_eq!(
            with_mit_and_isc("MIT OR GPL-3.0-only AND GPL-2.0-only"),
            Ok(true)
        );
        assert_eq!(
            with_mit_and_isc("GPL-3.0-only AND GPL-2.0-only OR MIT"),
            Ok(true)
        );
        assert_eq!(
            with_mit_and_isc("(MIT OR GPL-3.0-only) AND GPL-2.0-only"),
            Ok(false)
        );
        assert_eq!(with_mit_and_isc("(GPL-2.0-only OR MIT)AND(ISC)"), Ok(true));
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        assert_eq!(with_mit_and_isc("Apache-2.0 WITH LLVM-exception"), Ok(true));
        assert_eq!(with_mit_and_isc("Apache-2.0"), Ok(false));
        assert_eq!(
            with_mit_and_isc("MIT WITH Classpath-exception-2.0"),
            Ok(false)
        );
        assert_eq!(
            with_mit_and_isc("Apache-2.0 WITH LLVM-exception AND GPL-2.0-only"),
            Ok(false)
        );
    }

    #[test]
    fn the_old_slash_means_or() {
        assert_eq!(with_mit_and_isc("Unlicense/MIT"), Ok(true));
        assert_eq!(with_mit_and_isc("Unlicense / MIT"), Ok(true));
        assert_eq!(with_mit_and_isc("GPL-2.0/GPL-3.0"), Ok(false));
    }

    #[test]
    fn what_is_no_expression_is_an_error_and_not_a_pass() {
        for broken in [
            "",
            "MIT OR",
            "AND MIT",
            "MIT ISC",
            "(MIT",
            "MIT)",
            "MIT WITH",
            "()",
            "MIT OR OR ISC",
            "mit or isc",
        ] {
            assert!(with_mit_and_isc(broken).is_err(), "{broken}");
        }
    }
}

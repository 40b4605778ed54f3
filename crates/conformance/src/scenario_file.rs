//! How scenarios are written down: a family of them in one file, without what `defaults.json` says already, and laid out
//! in one form, which the other files of JSON have too.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

use crate::ordered_json::Json;
use crate::trouble::Trouble;

/// Columns of a line; what fits into one stands on one.
const WIDTH: usize = 120;

/// `tests/conformance/defaults.json`: what holds where a scenario says nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    /// Members of `server`.
    server: Json,
    /// Settings; of no scenario with a `configuration`, which says where they come from.
    settings: Json,
    /// Every member of each record in its order, so that a member that a scenario leaves out is compared too. Of a list
    /// the one element is that of which each given one takes the members that it leaves out.
    records: BTreeMap<String, Json>,
}

impl Defaults {
    pub(crate) fn read(folder: &Path) -> Result<Defaults, Trouble> {
        let path = folder.join("defaults.json");
        let text = std::fs::read_to_string(&path).map_err(|error| Trouble::file(&path, &error))?;
        serde_json::from_str(&text).map_err(|error| Trouble::file(&path, &error))
    }

    /// The scenario with all that it leaves out.
    pub(crate) fn filled(&self, scenario: Json) -> Json {
        let Json::Object(mut members) = scenario else {
            return scenario;
        };
        let is_configured = members.iter().any(|(key, _)| key == "configuration");
        if !is_configured && !members.iter().any(|(key, _)| key == "settings") {
            members.push(("settings".to_owned(), Json::Object(Vec::new())));
        }
        let filled = members.into_iter().map(|(key, value)| {
            let value = match key.as_str() {
                "server" => with_members(&self.server, value),
                "settings" if !is_configured => with_members(&self.settings, value),
                "expect" => self.expectation(value),
                "except" => match value {
                    Json::List(list) => {
                        let each = |exception| changed(exception, "expect", |it| self.expectation(it));
                        Json::List(list.into_iter().map(each).collect())
                    }
                    other => other,
                },
                _ => value,
            };
            (key, value)
        });
        Json::Object(filled.collect())
    }

    fn expectation(&self, expect: Json) -> Json {
        changed(expect, "results", |results| self.results(results))
    }

    fn results(&self, results: Json) -> Json {
        let Json::List(list) = results else {
            return results;
        };
        let one = |result| match result {
            Json::Object(members) => {
                let filled = members.into_iter().map(|(sort, record)| {
                    let record = match self.records.get(&sort) {
                        Some(default) => overlaid(default, record),
                        None if sort == "one_of" => self.results(record),
                        None => record,
                    };
                    (sort, record)
                });
                Json::Object(filled.collect())
            }
            other => other,
        };
        Json::List(list.into_iter().map(one).collect())
    }
}

/// The scenarios of a file: the one that it is, or each of its `cases` with what the file says of all of them.
pub(crate) fn scenarios_of(file: Json) -> Vec<Json> {
    let Json::Object(mut members) = file else {
        return vec![file];
    };
    let Some(at) = members.iter().position(|(key, value)| key == "cases" && matches!(value, Json::List(_))) else {
        return vec![Json::Object(members)];
    };
    let Json::List(cases) = members.remove(at).1 else { return Vec::new() };
    let family = Json::Object(members);
    cases.into_iter().map(|case| of_family(&family, case)).collect()
}

/// An object with one of its members changed, if it has it.
fn changed(object: Json, name: &str, change: impl Fn(Json) -> Json) -> Json {
    let Json::Object(members) = object else {
        return object;
    };
    let members = members.into_iter().map(|(key, value)| {
        let value = if key == name { change(value) } else { value };
        (key, value)
    });
    Json::Object(members.collect())
}

/// The members of the default that are not given, and all that are.
fn with_members(default: &Json, given: Json) -> Json {
    match (default, given) {
        (Json::Object(default), Json::Object(mut given)) => {
            for (key, value) in default {
                if !given.iter().any(|(known, _)| known == key) {
                    given.push((key.clone(), value.clone()));
                }
            }
            Json::Object(given)
        }
        (_, given) => given,
    }
}

/// The default with what is given in its place, in the order of the default.
fn overlaid(default: &Json, given: Json) -> Json {
    merged(default, given, &|default, given| match default {
        [element] => Json::List(given.into_iter().map(|it| overlaid(element, it)).collect()),
        _ => Json::List(given),
    })
}

/// What all cases of a family share with what one says in its place: lists of one length element by element.
fn of_family(shared: &Json, case: Json) -> Json {
    merged(shared, case, &|shared, own| {
        if shared.len() != own.len() {
            return Json::List(own);
        }
        Json::List(shared.iter().zip(own).map(|(shared, own)| of_family(shared, own)).collect())
    })
}

/// The second in place of the first: objects member by member in the order of the first, lists as is said.
fn merged(first: &Json, second: Json, lists: &dyn Fn(&[Json], Vec<Json>) -> Json) -> Json {
    match (first, second) {
        (Json::Object(first), Json::Object(mut second)) => {
            let mut members: Vec<(String, Json)> = first
                .iter()
                .map(|(key, value)| {
                    let at = second.iter().position(|(known, _)| known == key);
                    let value = match at {
                        Some(at) => merged(value, second.remove(at).1, lists),
                        None => value.clone(),
                    };
                    (key.clone(), value)
                })
                .collect();
            members.append(&mut second);
            Json::Object(members)
        }
        (Json::List(first), Json::List(second)) => lists(first, second),
        (_, second) => second,
    }
}

/// A file's text: what fits into a line stands on one, texts and numbers in a list fill lines, and all else has a line for
/// each of its members.
pub(crate) fn laid_out(scenario: &Json) -> String {
    let mut text = String::new();
    lay_out(scenario, 0, WIDTH, &mut text);
    text.push('\n');
    text
}

fn lay_out(value: &Json, indent: usize, begun: usize, text: &mut String) {
    let line = in_one_line(value);
    let (open, close, elements): (_, _, Vec<(Option<&str>, &Json)>) = match value {
        _ if begun + line.chars().count() < WIDTH => return text.push_str(&line),
        Json::List(list) if !list.is_empty() => ('[', ']', list.iter().map(|value| (None, value)).collect()),
        Json::Object(members) if !members.is_empty() => {
            let members = members.iter();
            let named = members.map(|(key, value)| (Some(key.as_str()), value));
            ('{', '}', named.collect())
        }
        _ => return text.push_str(&line),
    };
    text.push(open);
    let inner = indent + 2;
    let last = elements.len() - 1;
    let is_leaf = |value: &Json| !matches!(value, Json::List(_) | Json::Object(_));
    if open == '[' && elements.iter().all(|(_, value)| is_leaf(value)) {
        let mut column = WIDTH;
        for (index, (_, value)) in elements.into_iter().enumerate() {
            let word = in_one_line(value) + if index < last { "," } else { "" };
            if column + 1 + word.chars().count() > WIDTH {
                let _ = write!(text, "\n{:inner$}", "");
                column = inner;
            } else {
                text.push(' ');
                column += 1;
            }
            column += word.chars().count();
            text.push_str(&word);
        }
        let _ = write!(text, "\n{:indent$}{close}", "");
        return;
    }
    for (index, (key, value)) in elements.into_iter().enumerate() {
        let _ = write!(text, "\n{:inner$}", "");
        let name = key.map_or_else(String::new, |key| format!("{}: ", Json::Text(key.to_owned())));
        text.push_str(&name);
        lay_out(value, inner, inner + name.chars().count(), text);
        if index < last {
            text.push(',');
        }
    }
    let _ = write!(text, "\n{:indent$}{close}", "");
}

fn in_one_line(value: &Json) -> String {
    match value {
        Json::List(list) => {
            let list: Vec<String> = list.iter().map(in_one_line).collect();
            format!("[{}]", list.join(", "))
        }
        Json::Object(members) => {
            let named = |(key, value): &(String, Json)| format!("{}: {}", Json::Text(key.clone()), in_one_line(value));
            let members: Vec<String> = members.iter().map(named).collect();
            format!("{{{}}}", members.join(", "))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    fn defaults() -> Defaults {
        serde_json::from_str(
            r#"{"server": {"client_id": "acme"}, "settings": {"backoff_base": "20ms"},
                "records": {"error": {"kind": null, "attempts": [{"n": 1, "status": null}], "url": null}}}"#,
        )
        .unwrap()
    }

    #[test]
    fn what_is_left_out_is_that_of_the_defaults_in_their_order() {
        let given = r#"{"server": {"client_id": "b"}, "expect": {"results": [
            {"error": {"url": "u", "attempts": [{"status": 404}, {"n": 2}]}},
            {"one_of": [{"error": {"attempts": []}}, {"stopped": null}]}]}}"#;
        let filled = r#"{"server":{"client_id":"b"},"expect":{"results":[
            {"error":{"kind":null,"attempts":[{"n":1,"status":404},{"n":2,"status":null}],"url":"u"}},
            {"one_of":[{"error":{"kind":null,"attempts":[],"url":null}},{"stopped":null}]}]},
            "settings":{"backoff_base":"20ms"}}"#;
        let found = defaults().filled(json(given)).to_string();
        assert_eq!(found, json(filled).to_string());
    }

    #[test]
    fn a_case_says_what_differs_from_its_family() {
        let file = r#"{"why": "w", "cases": [{"name": "a"}, {"name": "b", "why": "x", "rules": [{"status": 401}], "no": []}],
            "rules": [{"on": "commit", "status": 400}], "no": [1, 2]}"#;
        let [a, b] = scenarios_of(json(file)).try_into().unwrap();
        assert_eq!(a, json(r#"{"why":"w","rules":[{"on":"commit","status":400}],"no":[1,2],"name":"a"}"#));
        assert_eq!(b, json(r#"{"why":"x","rules":[{"on":"commit","status":401}],"no":[],"name":"b"}"#));
        assert_eq!(scenarios_of(json(r#"{"name": "c"}"#)), [json(r#"{"name": "c"}"#)]);
    }

    #[test]
    fn a_configuration_gets_no_settings() {
        let given = r#"{"configuration":{"file":""},"settings":{"timeout":"1s"}}"#;
        assert_eq!(defaults().filled(json(given)).to_string(), given);
        let given = r#"{"configuration":{"file":""}}"#;
        assert_eq!(defaults().filled(json(given)).to_string(), given);
    }

    #[test]
    fn what_fits_into_a_line_stands_on_one() {
        let long = "x".repeat(98);
        let value = json(&format!(r#"{{"a": [1, {{"b": null}}], "c": ["{long}", {{}}, 2.0]}}"#));
        let expected = format!("{{\n  \"a\": [1, {{\"b\": null}}],\n  \"c\": [\"{long}\", {{}}, 2.0]\n}}\n");
        assert_eq!(laid_out(&value), expected);
    }

    #[test]
    fn words_of_a_list_fill_lines() {
        let words = ["\"abcdefgh\""; 12].join(",");
        let line = |words: usize| vec!["\"abcdefgh\""; words].join(", ");
        let expected = format!("[\n  {},\n  {}\n]\n", line(9), line(3));
        assert_eq!(laid_out(&json(&format!("[{words}]"))), expected);
    }
}

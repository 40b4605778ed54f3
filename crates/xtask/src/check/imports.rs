//! Which of our files import which: those of a Rust crate, of the Python package, and of the packages of Kotlin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::failure::Failure;

/// The names of modules from the root of a crate.
type Names = Vec<String>;

/// One file names something that stands in another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    /// As it is written.
    pub(super) what: String,
}

/// What was read.
#[derive(Default)]
pub(super) struct Imports {
    pub(super) files: usize,
    pub(super) list: Vec<Import>,
}

/// Every file with this extension below the folder. Tests look at everything, so what is called `tests` is left out.
fn files(folder: &Path, extension: &str) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let wrong = |error| Failure::file(folder, &error);
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|ending| ending == extension) {
            let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
            found.insert(path, text);
        }
    }
    Ok(found)
}

/// One file of a crate.
struct Module {
    file: PathBuf,
    /// What its `use` items call a thing, and the whole path of that.
    uses: BTreeMap<String, Names>,
    /// Every path in it, with the module that it is written in: `mod` blocks are modules, too.
    paths: Vec<(Names, Names)>,
}

/// The imports between the files of a crate. A module and its parent may know each other: `mod.rs` holds what its children
/// share.
pub(super) fn of_rust(source: &Path) -> Result<Imports, Failure> {
    let files = files(source, "rs")?;
    Ok(Imports { files: files.len(), list: between(source, &files)? })
}

fn between(source: &Path, files: &BTreeMap<PathBuf, String>) -> Result<Vec<Import>, Failure> {
    let mut modules = BTreeMap::new();
    for (file, text) in files {
        let Some(name) = module_name(file.strip_prefix(source).unwrap_or(file)) else {
            continue;
        };
        let tokens: TokenStream =
            text.parse().map_err(|error| Failure::new(format!("{}: {error}; is this Rust?", file.display())))?;
        let mut module = Module { file: file.clone(), uses: BTreeMap::new(), paths: Vec::new() };
        module.read(tokens, &name);
        modules.insert(name, module);
    }
    let mut list = Vec::new();
    for (name, module) in &modules {
        for (place, path) in &module.paths {
            let Some(target) = resolve(&modules, place, path, 0) else {
                continue;
            };
            let family = [(&target, name), (name, &target)];
            let is_family =
                family.iter().any(|(parent, child)| child.split_last().is_some_and(|(_, above)| above == **parent));
            if target != *name && !is_family {
                list.push(Import {
                    from: module.file.clone(),
                    to: modules[&target].file.clone(),
                    what: path.join("::"),
                });
            }
        }
    }
    Ok(list)
}

/// `landing/store/mod.rs` is `landing::store`. A program beside a library is a crate of its own.
fn module_name(file: &Path) -> Option<Names> {
    let mut names: Names = file.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.first().is_some_and(|name| name == "bin") {
        return None;
    }
    if names == ["main"] && file.with_file_name("lib.rs").exists() {
        return None;
    }
    if names.last().is_some_and(|name| name == "mod") || names == ["lib"] || names == ["main"] {
        names.pop();
    }
    Some(names)
}

impl Module {
    fn read(&mut self, tokens: TokenStream, place: &Names) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        // `pub(in crate::a)` imports nothing.
        let is_visibility = tokens.first().is_some_and(|token| matches!(token, TokenTree::Ident(word) if word == "in"));
        let mut at = if is_visibility { tokens.len() } else { 0 };
        while at < tokens.len() {
            match &tokens[at..] {
                [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..] if word == "mod" => {
                    if name != "tests" {
                        self.read(body.stream(), &joined(place, &[name.to_string()]));
                    }
                    at += 3;
                }
                [TokenTree::Ident(word), rest @ ..]
                    if word == "use" && !rest.first().is_some_and(|token| is(token, '<')) =>
                {
                    let end = rest.iter().position(|token| is(token, ';'));
                    let end = end.unwrap_or(rest.len());
                    self.read_use(&rest[..end], &[], place);
                    at += end + 1;
                }
                [TokenTree::Ident(_), ..] => {
                    let (path, end) = path(&tokens, at);
                    if path.len() > 1 {
                        self.paths.push((place.clone(), path));
                    }
                    at = end;
                }
                [TokenTree::Group(inner), ..] => {
                    self.read(inner.stream(), place);
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// `crate::a::{b, c as d}`, after what stands before a brace.
    fn read_use(&mut self, tokens: &[TokenTree], before: &[String], place: &Names) {
        let (path, end) = path(tokens, 0);
        let whole = joined(before, &path);
        match &tokens[end..] {
            [.., TokenTree::Group(group)] if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for one in inner.split(|token| is(token, ',')) {
                    self.read_use(one, &whole, place);
                }
            }
            rest => {
                let Some(mut name) = whole.last().cloned() else {
                    return;
                };
                if let [TokenTree::Ident(word), TokenTree::Ident(other), ..] = rest
                    && word == "as"
                {
                    name = other.to_string();
                }
                let mut whole = whole;
                if name == "self" && whole.len() > 1 {
                    whole.pop();
                    name = whole.last().cloned().unwrap_or_default();
                }
                self.paths.push((place.clone(), whole.clone()));
                self.uses.insert(name, whole);
            }
        }
    }
}

/// The path that begins here, and where it ends.
fn path(tokens: &[TokenTree], mut at: usize) -> (Names, usize) {
    let mut names = Names::new();
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        names.push(name.to_string());
        at += 1;
        if !(tokens.get(at).is_some_and(|token| is(token, ':'))
            && tokens.get(at + 1).is_some_and(|token| is(token, ':')))
        {
            break;
        }
        at += 2;
    }
    (names, at)
}

/// The file that a path leads to: by `crate`, `super`, `self`, a name that was imported or a child, and through whatever
/// a module on the way has imported itself. None for another crate.
fn resolve(modules: &BTreeMap<Names, Module>, place: &[String], path: &[String], depth: usize) -> Option<Names> {
    let (first, mut rest) = path.split_first()?;
    let mut here = match first.as_str() {
        "crate" => Names::new(),
        "self" => place.to_vec(),
        "super" => place.split_last()?.1.to_vec(),
        child if modules.contains_key(&joined(place, &[child.to_owned()])) => joined(place, &[child.to_owned()]),
        name => {
            let imported = modules.get(place)?.uses.get(name)?;
            // `use x::x` of another crate names itself.
            if depth > 9 || imported.first() == Some(first) {
                return None;
            }
            return resolve(modules, place, &joined(imported, rest), depth + 1);
        }
    };
    while let Some((name, after)) = rest.split_first() {
        let deeper = joined(&here, std::slice::from_ref(name));
        if name == "super" {
            here.pop();
        } else if modules.contains_key(&deeper) {
            here = deeper;
        } else {
            let imported = modules.get(&here).and_then(|module| module.uses.get(name));
            if let Some(imported) = imported.filter(|imported| depth < 9 && *imported != path) {
                let target = resolve(modules, &here, &joined(imported, after), depth + 1);
                if target.is_some() {
                    return target;
                }
            }
            break;
        }
        rest = after;
    }
    while !modules.contains_key(&here) {
        here.pop()?;
    }
    Some(here)
}

fn joined(before: &[String], after: &[String]) -> Names {
    [before, after].concat()
}

fn is(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// The imports between the files of the Python package, those for type checkers and those inside functions, too.
pub(super) fn of_python(package: &Path) -> Result<Imports, Failure> {
    let files = files(package, "py")?;
    let name = package.file_name().unwrap_or_default().to_string_lossy();
    let mut list = Vec::new();
    for (from, text) in &files {
        // The names in brackets belong to the line before them.
        let text = text.replace("(\n", " ").replace(",\n", ", ");
        for line in text.lines().map(str::trim) {
            let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
            let named = match words.as_slice() {
                ["from", module, "import", names @ ..] if *module == name => names.to_vec(),
                ["from", module, "import", ..] | ["import", module, ..] => {
                    module.strip_prefix(&format!("{name}.")).into_iter().collect()
                }
                _ => continue,
            };
            for module in named {
                let to = package.join(module).with_extension("py");
                // The package itself gathers what the others hold.
                if files.contains_key(&to) && !from.ends_with("__init__.py") {
                    list.push(Import { from: from.clone(), to, what: line.to_owned() });
                }
            }
        }
    }
    Ok(Imports { files: files.len(), list })
}

/// The imports between the files of Kotlin. Those of one package see each other without any, so only an import of the
/// other package tells something. In Swift the files of a module see each other in the same way, an import names a
/// module, and Swift itself refuses a circle of those: there is nothing to read.
pub(super) fn of_kotlin(source: &Path) -> Result<Imports, Failure> {
    let files = files(source, "kt")?;
    let mut homes = BTreeMap::new();
    for (file, text) in &files {
        let package = text.lines().find_map(|line| line.strip_prefix("package "));
        for line in text.lines().filter(|line| !line.starts_with([' ', '/', '*'])) {
            let words: Vec<&str> = line.split([' ', '(', '<', ':', '{']).collect();
            let kind = |word: &&str| ["class", "interface", "object", "fun"].contains(word);
            if let (Some(at), Some(package)) = (words.iter().position(kind), package)
                && let Some(name) = words[at + 1..].iter().find(|word| !word.is_empty())
            {
                let name = name.rsplit('.').next().unwrap_or_default();
                homes.insert(format!("{package}.{name}"), file);
            }
        }
    }
    let mut list = Vec::new();
    for (from, text) in &files {
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("import ")
                && let Some(to) = homes.get(name)
            {
                list.push(Import { from: from.clone(), to: (*to).clone(), what: line.to_owned() });
            }
        }
    }
    Ok(Imports { files: files.len(), list })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(file, text)| (PathBuf::from(file), (*text).to_owned())).collect();
        let list = between(Path::new(""), &files).unwrap();
        list.iter().map(|import| format!("{} -> {}", import.from.display(), import.to.display())).collect()
    }

    #[test]
    fn a_path_is_followed_through_lists_other_names_and_what_a_module_hands_on() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::c::Deep;"),
            ("a.rs", "use crate::{Deep, b as other}; fn f() { println!(\"{}\", other::c::g()) }"),
            ("b/mod.rs", "mod c; mod d; pub(crate) use d::D;"),
            ("b/c.rs", "// crate::a\nuse super::D; mod tests { use crate::a; }"),
            ("b/d.rs", "pub(in crate::a) const TEXT: &str = \"crate::a\"; pub struct D(std::a::X);"),
        ];
        let c = "a.rs -> b/c.rs";
        assert_eq!(imports(&files), ["lib.rs -> b/c.rs", c, "a.rs -> b/mod.rs", c, "b/c.rs -> b/d.rs"]);
    }

    #[test]
    fn a_module_and_its_parent_may_know_each_other() {
        assert!(imports(&[("a/mod.rs", "mod b; use b::f;"), ("a/b.rs", "use super::X;")]).is_empty());
    }
}

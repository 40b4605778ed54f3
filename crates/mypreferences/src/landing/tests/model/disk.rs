//! A disk of the model: what was written can be seen at once, and survives a loss of power only as far as it was synced.

use std::any::Any;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::landing::store::disk::{Access, Disk, Held, Out};

/// How the program ends at a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
    /// The process is killed: everything written can be seen, and is as durable as it was.
    Kill,
    /// The power fails: only what was synced is there.
    Power,
    /// The power fails, and names happened to be written, but no contents that were not synced.
    PowerKeepsNames,
    /// The power fails; names happened to be written, and half of what was appended.
    PowerTears,
}

impl Crash {
    pub(super) const ALL: [Crash; 4] = [Crash::Kill, Crash::Power, Crash::PowerKeepsNames, Crash::PowerTears];
}

/// The panic by which the program is stopped.
pub(super) struct Stop;

/// Something that is made durable, by the role of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sync {
    Part,
    Envelopes,
    Manifest,
    Receipt,
    Journal,
    JournalAnew,
    HiddenFolder,
    StagedFolder,
    StagingFolder,
    OutFolder,
    ParentFolder,
    BatchFolder,
}

impl Sync {
    pub(super) const ALL: [Sync; 12] = [
        Sync::Part,
        Sync::Envelopes,
        Sync::Manifest,
        Sync::Receipt,
        Sync::Journal,
        Sync::JournalAnew,
        Sync::HiddenFolder,
        Sync::StagedFolder,
        Sync::StagingFolder,
        Sync::OutFolder,
        Sync::ParentFolder,
        Sync::BatchFolder,
    ];

    fn of(path: &Path) -> Sync {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_in = |folder: &str| path.parent().is_some_and(|parent| parent.ends_with(folder));
        match name {
            "journal" => Sync::Journal,
            "journal.tmp" => Sync::JournalAnew,
            ".mypreferences" => Sync::HiddenFolder,
            ".staging" => Sync::StagingFolder,
            "out" => Sync::OutFolder,
            "_manifest.json" => Sync::Manifest,
            "_envelopes.ndjson" => Sync::Envelopes,
            "_receipt.json.tmp" => Sync::Receipt,
            _ if name.starts_with("part-") => Sync::Part,
            _ if name.starts_with("batch=") && is_in(".staging") => Sync::StagedFolder,
            _ if name.starts_with("batch=") => Sync::BatchFolder,
            _ => Sync::ParentFolder,
        }
    }
}

#[derive(Clone, Debug)]
enum Node {
    File { seen: Vec<u8>, durable: Vec<u8> },
    Folder { seen: BTreeMap<String, usize>, durable: BTreeMap<String, usize> },
}

#[derive(Clone, Debug)]
struct Tree {
    nodes: Vec<Node>,
}

/// Shared with the service of the model, whose requests are operations too.
pub(super) struct Operations {
    pub(super) done: usize,
    pub(super) stop_before: Option<usize>,
    is_stopped: bool,
}

struct Inner {
    tree: Tree,
    operations: Operations,
    skipped: Option<Sync>,
}

#[derive(Clone)]
pub(super) struct ModelDisk(Arc<Mutex<Inner>>);

const ROOT: usize = 0;

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl Tree {
    fn new() -> Tree {
        Tree { nodes: vec![Node::Folder { seen: BTreeMap::new(), durable: BTreeMap::new() }] }
    }

    fn find(&self, path: &Path) -> Option<usize> {
        let mut at = ROOT;
        for part in names(path) {
            let Node::Folder { seen, .. } = &self.nodes[at] else {
                return None;
            };
            at = *seen.get(&part)?;
        }
        Some(at)
    }

    fn entries(&mut self, folder: &Path) -> io::Result<&mut BTreeMap<String, usize>> {
        let at = self.find(folder).ok_or_else(not_found)?;
        match &mut self.nodes[at] {
            Node::Folder { seen, .. } => Ok(seen),
            Node::File { .. } => Err(io::Error::from(io::ErrorKind::NotADirectory)),
        }
    }

    fn file(&self, path: &Path) -> Option<&Vec<u8>> {
        match &self.nodes[self.find(path)?] {
            Node::File { seen, .. } => Some(seen),
            Node::Folder { .. } => None,
        }
    }

    fn add(&mut self, path: &Path, node: Node) -> io::Result<usize> {
        let (parent, name) = split(path);
        self.entries(&parent)?;
        self.nodes.push(node);
        let id = self.nodes.len() - 1;
        self.entries(&parent)?.insert(name, id);
        Ok(id)
    }

    fn after(&self, crash: Crash) -> Tree {
        let nodes = self.nodes.iter().map(|node| node.after(crash)).collect();
        Tree { nodes }
    }
}

impl Node {
    fn after(&self, crash: Crash) -> Node {
        match (self, crash) {
            (_, Crash::Kill) => self.clone(),
            (Node::File { seen, durable }, Crash::PowerTears) if seen.starts_with(durable) => {
                let torn = seen[..durable.len() + (seen.len() - durable.len()) / 2].to_vec();
                Node::File { seen: torn.clone(), durable: torn }
            }
            (Node::File { durable, .. }, _) => Node::File { seen: durable.clone(), durable: durable.clone() },
            (Node::Folder { durable, .. }, Crash::Power) => {
                Node::Folder { seen: durable.clone(), durable: durable.clone() }
            }
            (Node::Folder { seen, .. }, Crash::PowerKeepsNames | Crash::PowerTears) => {
                Node::Folder { seen: seen.clone(), durable: seen.clone() }
            }
        }
    }
}

fn names(path: &Path) -> Vec<String> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str().map(str::to_owned),
            _ => None,
        })
        .collect()
}

fn split(path: &Path) -> (PathBuf, String) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap();
    (path.parent().unwrap().to_owned(), name.to_owned())
}

impl ModelDisk {
    pub(super) fn new(skipped: Option<Sync>) -> ModelDisk {
        ModelDisk(Arc::new(Mutex::new(Inner {
            tree: Tree::new(),
            operations: Operations { done: 0, stop_before: None, is_stopped: false },
            skipped,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new process begins.
    pub(super) fn begin(&self, stop_before: Option<usize>) {
        self.inner().operations = Operations { done: 0, stop_before, is_stopped: false };
    }

    /// Counts an operation, and stops the program before it if it is the one.
    pub(super) fn operation(&self) {
        let mut inner = self.inner();
        let operations = &mut inner.operations;
        if operations.is_stopped {
            return;
        }
        if operations.stop_before == Some(operations.done) {
            operations.is_stopped = true;
            drop(inner);
            let stop: Box<dyn Any + Send> = Box::new(Stop);
            std::panic::resume_unwind(stop);
        }
        operations.done += 1;
    }

    /// An operation on the network. Several may be under way: whichever begins after the stop finds the program stopped.
    pub(super) fn request(&self) {
        if self.is_stopped() {
            std::panic::resume_unwind(Box::new(Stop));
        }
        self.operation();
    }

    /// The program was stopped, however it has ended: a page that nobody waited for any more takes its end with it.
    pub(super) fn is_stopped(&self) -> bool {
        self.inner().operations.is_stopped
    }

    /// What happens while the program unwinds does not happen.
    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> io::Result<T>) -> io::Result<T> {
        self.operation();
        let mut inner = self.inner();
        if inner.operations.is_stopped {
            return Err(io::Error::other("stopped"));
        }
        change(&mut inner)
    }

    pub(super) fn crash(&self, crash: Crash) {
        let mut inner = self.inner();
        inner.tree = inner.tree.after(crash);
    }

    /// A disk with what would be there after a loss of power now.
    pub(super) fn durable(&self) -> ModelDisk {
        let disk = ModelDisk::new(None);
        disk.inner().tree = self.inner().tree.after(Crash::Power);
        disk
    }

    /// Puts other bytes into a file, as a fault of the disk does.
    pub(super) fn damage(&self, path: &Path) {
        let mut inner = self.inner();
        if let Some(id) = inner.tree.find(path)
            && let Node::File { seen, durable } = &mut inner.tree.nodes[id]
        {
            seen.push(b'!');
            durable.clone_from(seen);
        }
    }
}

struct ModelOut {
    disk: ModelDisk,
    id: usize,
    role: Sync,
}

impl Write for ModelOut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.change(|inner| {
            if let Node::File { seen, .. } = &mut inner.tree.nodes[self.id] {
                seen.extend_from_slice(bytes);
            }
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Out for ModelOut {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.change(|inner| {
            if inner.skipped != Some(self.role)
                && let Node::File { seen, durable } = &mut inner.tree.nodes[self.id]
            {
                durable.clone_from(seen);
            }
            Ok(())
        })
    }

    fn close(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

struct ModelLock;

impl Held for ModelLock {}

impl Disk for ModelDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<bool> {
        self.change(|inner| {
            if inner.tree.find(folder).is_some() {
                return Ok(false);
            }
            inner.tree.add(folder, Node::Folder { seen: BTreeMap::new(), durable: BTreeMap::new() }).map(|_| true)
        })
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut inner = self.inner();
        Ok(inner.tree.entries(folder).map(|entries| entries.keys().cloned().collect()).unwrap_or_default())
    }

    fn create(&self, file: &Path, _: Access) -> io::Result<Box<dyn Out>> {
        let id = self.change(|inner| match inner.tree.find(file) {
            Some(id) => {
                if let Node::File { seen, .. } = &mut inner.tree.nodes[id] {
                    seen.clear();
                }
                Ok(id)
            }
            None => inner.tree.add(file, Node::File { seen: Vec::new(), durable: Vec::new() }),
        })?;
        Ok(Box::new(ModelOut { disk: self.clone(), id, role: Sync::of(file) }))
    }

    fn append(&self, file: &Path, length: u64) -> io::Result<Box<dyn Out>> {
        let id = self.change(|inner| {
            let id = inner.tree.find(file).ok_or_else(not_found)?;
            if let Node::File { seen, .. } = &mut inner.tree.nodes[id] {
                seen.truncate(usize::try_from(length).unwrap());
            }
            Ok(id)
        })?;
        Ok(Box::new(ModelOut { disk: self.clone(), id, role: Sync::of(file) }))
    }

    fn open(&self, file: &Path) -> io::Result<Option<Box<dyn Read + Send>>> {
        let inner = self.inner();
        Ok(inner.tree.file(file).map(|bytes| {
            let reader: Box<dyn Read + Send> = Box::new(Cursor::new(bytes.clone()));
            reader
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|inner| {
            let ((from_folder, from_name), (to_folder, to_name)) = (split(from), split(to));
            inner.tree.entries(&to_folder)?;
            let id = inner.tree.entries(&from_folder)?.remove(&from_name).ok_or_else(not_found)?;
            inner.tree.entries(&to_folder)?.insert(to_name, id);
            Ok(())
        })
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        self.change(|inner| {
            let (folder, name) = split(file);
            let removed = inner.tree.entries(&folder)?.remove(&name);
            removed.map(drop).ok_or_else(not_found)
        })
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.remove_file(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let role = Sync::of(folder);
        self.change(|inner| {
            let id = inner.tree.find(folder).ok_or_else(not_found)?;
            if inner.skipped != Some(role)
                && let Node::Folder { seen, durable } = &mut inner.tree.nodes[id]
            {
                durable.clone_from(seen);
            }
            Ok(())
        })
    }

    fn syncs_plainly(&self, _folder: &Path) -> bool {
        false
    }

    fn lock(&self, file: &Path, holder: &str) -> io::Result<Option<Box<dyn Held>>> {
        let mut out = self.create(file, Access::Owner)?;
        out.write_all(holder.as_bytes())?;
        Ok(Some(Box::new(ModelLock)))
    }

    fn is_ours(&self, _: &Path) -> io::Result<bool> {
        Ok(true)
    }

    fn is_instant(&self) -> bool {
        true
    }
}

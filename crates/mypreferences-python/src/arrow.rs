//! Tables of Arrow for Python: capsules of the C data interface, which every consumer knows. Pages are read on the thread
//! that consumes them, and without the interpreter: it may be a thread that must not wait for it.

use std::ffi::CStr;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use arrow_array::RecordBatchReader;
use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use mypreferences::export::Page;
use mypreferences::landing::Folder;
use mypreferences::{Error, ErrorKind, Operation};
use mypreferences_arrow::{Stream, Watch, chosen};
use mypreferences_bridge::{Between, CancelToken as Token, PageStream};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::cancel::CancelToken;
use crate::client::NativeClient;
use crate::error::{raised, told_of};
use crate::export::NativeExport;
use crate::pages::{NativePages, Wanted};
use crate::table::{SCHEMA, internal, layout};

const STREAM: &CStr = c"arrow_array_stream";

/// How often signals are looked at, on the main thread.
const LOOK_AT_SIGNALS: Duration = Duration::from_millis(100);

/// The interpreter's main thread: on others no handler of a signal runs, and waiting for the interpreter may be a dead-lock
/// there, as whoever has it may wait for them.
static MAIN: OnceLock<ThreadId> = OnceLock::new();

fn note_main_thread(py: Python<'_>) -> PyResult<()> {
    if MAIN.get().is_none() {
        let threading = py.import("threading")?;
        let here = threading.call_method0("current_thread")?;
        if here.is(&threading.call_method0("main_thread")?) {
            let _ = MAIN.set(std::thread::current().id());
        }
    }
    Ok(())
}

enum State {
    /// Nothing was read yet.
    Closed(Box<dyn FnOnce() -> Result<Stream, Error> + Send>),
    Open(Box<Stream>),
    Given,
}

/// Batches on their way. Read once.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct NativeArrow {
    state: Mutex<State>,
    watch: Mutex<Option<Watch>>,
    /// Why it could not be opened.
    refusal: Mutex<Option<Error>>,
    cancel: Token,
}

#[pymethods]
impl NativeArrow {
    /// Of the pages of an export.
    #[staticmethod]
    fn of_pages(
        py: Python<'_>,
        client: &Bound<'_, NativeClient>,
        export: &NativeExport,
        wanted: Wanted,
        cancel: &CancelToken,
        shape: &str,
        record: &str,
    ) -> PyResult<NativeArrow> {
        note_main_thread(py)?;
        let layout = layout(shape, record)?;
        let pages = NativePages::opened(client.get(), export, wanted)?;
        let (kind, token) = (export.0.kind(), cancel.token().clone());
        let own = token.clone();
        let until = pages.until();
        let next = move || next_page(&pages, &own);
        Ok(NativeArrow::closed(token, move || Stream::of_pages(kind, layout, until, next)))
    }

    /// Of landed batches: `all`, `latest` or the name of one.
    #[staticmethod]
    fn of_folder(out: PathBuf, batches: String, shape: &str, record: &str) -> PyResult<NativeArrow> {
        let layout = layout(shape, record)?;
        Ok(NativeArrow::closed(Token::new(), move || {
            let folder = Folder::new(out);
            let batches = chosen(&folder, &batches)?;
            Stream::of_batches(&folder, batches, layout)
        }))
    }

    /// Of landed batches, each record once.
    #[staticmethod]
    fn current(out: PathBuf, key: String, shape: &str, record: &str) -> PyResult<NativeArrow> {
        let layout = layout(shape, record)?;
        Ok(NativeArrow::closed(Token::new(), move || {
            let folder = Folder::new(out);
            let batches = chosen(&folder, "all")?;
            Stream::current(&folder, batches, &key, layout)
        }))
    }

    /// The stream as a capsule, once.
    fn stream<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let stream = py.detach(|| self.taken()).map_err(|error| raised(&error))?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(stream), STREAM)
    }

    /// The schema as a capsule, as often as it is asked for before the stream was given.
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            self.open(&mut state)?;
            match &*state {
                State::Open(stream) => Ok(stream.schema()),
                State::Closed(_) | State::Given => Err(read_once()),
            }
        });
        let schema = schema.map_err(|error| raised(&error))?;
        PyCapsule::new_with_value(
            py,
            FFI_ArrowSchema::try_from(schema.as_ref()).map_err(|error| internal(&error))?,
            SCHEMA,
        )
    }

    /// Why the stream ended early, as `told_of`.
    fn error(&self) -> Option<(String, String)> {
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.or_else(|| watch.as_ref()?.error()).map(|error| told_of(&error))
    }

    fn misfits(&self) -> u64 {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, Watch::misfits)
    }

    fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl NativeArrow {
    fn closed(cancel: Token, open: impl FnOnce() -> Result<Stream, Error> + Send + 'static) -> NativeArrow {
        NativeArrow {
            state: Mutex::new(State::Closed(Box::new(open))),
            watch: Mutex::new(None),
            refusal: Mutex::new(None),
            cancel,
        }
    }

    fn open(&self, state: &mut State) -> Result<(), Error> {
        if let State::Closed(_) = state {
            // One that cannot be opened is not opened again.
            let State::Closed(open) = std::mem::replace(state, State::Given) else {
                return Err(read_once());
            };
            let stream = open().inspect_err(|error| {
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
            })?;
            *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream.watch());
            *state = State::Open(Box::new(stream));
        }
        Ok(())
    }

    fn taken(&self) -> Result<Box<Stream>, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.open(&mut state)?;
        match std::mem::replace(&mut *state, State::Given) {
            State::Open(stream) => Ok(stream),
            State::Closed(_) | State::Given => Err(read_once()),
        }
    }
}

fn read_once() -> Error {
    Error::before_io(
        ErrorKind::InvalidArgument,
        Operation::Page,
        "the stream was given away: it is read once",
        "make another one: export.arrow(), landed.arrow() or Folder(out).arrow()",
    )
}

fn next_page(pages: &PageStream, cancel: &Token) -> Result<Option<Page>, Error> {
    if MAIN.get() != Some(&std::thread::current().id()) {
        return pages.next(cancel, None);
    }
    let mut raised = None;
    let next = Python::attach(|py| {
        // Whoever consumes the stream may hold the interpreter, and other threads of the program wait for it.
        py.detach(|| {
            let mut look = || {
                raised = Python::attach(|py| py.check_signals().err());
                raised.is_some()
            };
            pages.next(cancel, Some(Between { every: LOOK_AT_SIGNALS, is_due: &|| false, look: &mut look }))
        })
    });
    if raised.is_some_and(|raised| Python::attach(|py| raised.is_instance_of::<PyKeyboardInterrupt>(py))) {
        interrupt_again();
    }
    next
}

/// The consumer has a class of its own for what goes wrong in a stream, so that the interruption comes once more, for whoever
/// goes on after that error. Not at once: it would come while a program that does not go on tells of the error.
fn interrupt_again() {
    let _ = std::thread::Builder::new().name("mypreferences".to_owned()).spawn(|| {
        std::thread::sleep(2 * LOOK_AT_SIGNALS);
        Python::try_attach(|py| {
            if let Err(error) = interrupt_main(py) {
                error.write_unraisable(py, None);
            }
        });
    });
}

/// As Ctrl-C does it: what the main thread waits for ends, where the system can do that.
fn interrupt_main(py: Python<'_>) -> PyResult<()> {
    let signal = py.import("signal")?;
    if signal.hasattr("pthread_kill")? {
        let main = py.import("threading")?.call_method0("main_thread")?.getattr("ident")?;
        signal.call_method1("pthread_kill", (main, signal.getattr("SIGINT")?))?;
    } else {
        py.import("_thread")?.call_method0("interrupt_main")?;
    }
    Ok(())
}

//! What is durable before the commit is sent, seen from outside of the program: the order of its system calls, and disks
//! that take no more.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use mypreferences_mock::Operation;

use crate::support::{Program, applied, export_service, folder, landed_lines, program, sent, visible_batches};

const KEEP_NOT: [&str; 6] = ["--keep-files", "false", "--limit", "100", "--progress", "log"];

/// A system call: what it was, from its line to the line of its end.
#[derive(Clone, Debug)]
struct Call {
    text: String,
    begun: usize,
    ended: usize,
}

/// The calls of all threads, joined where strace tells a call in two lines.
fn calls(trace: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut unfinished: BTreeMap<String, Call> = BTreeMap::new();
    for (number, line) in trace.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(char::is_whitespace) else {
            continue;
        };
        let rest = rest.trim_start();
        if rest.starts_with("<... ") {
            if let Some(mut call) = unfinished.remove(thread) {
                call.text.push_str(rest);
                call.ended = number;
                calls.push(call);
            }
            continue;
        }
        let call = Call { text: rest.to_owned(), begun: number, ended: number };
        if rest.ends_with("<unfinished ...>") {
            unfinished.insert(thread.to_owned(), call);
        } else {
            calls.push(call);
        }
    }
    calls.sort_by_key(|call| call.begun);
    calls
}

/// The first successful call after this moment that has all of these words.
#[track_caller]
fn first<'a>(calls: &'a [Call], after: usize, words: &[&str]) -> &'a Call {
    calls
        .iter()
        .find(|call| {
            call.begun > after && !call.text.contains("= -1") && words.iter().all(|word| call.text.contains(word))
        })
        // The lines hold an authorization: they stay out of the message.
        .unwrap_or_else(|| panic!("no call with {words:?} after line {after} of the trace"))
}

#[test]
fn every_part_and_the_manifest_are_on_disk_before_the_commit_is_written_to_the_socket() {
    let can_trace =
        Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success());
    if !can_trace {
        println!("skipped: strace is not installed, or may not trace here");
        return;
    }
    for format in ["ndjson", "parquet"] {
        trace_an_export(format);
    }
}

fn trace_an_export(format: &str) {
    let service = export_service(2000);
    let out = folder();
    let trace = crate::support::file("", 0o600);
    let arguments = "exec strace -f -y -s 64 -e trace=fsync,fdatasync,rename,renameat,renameat2,write,writev,sendto,sendmsg \
                     -o \"$TRACE\" \"$PROGRAM\" \"$@\"";
    program(&service)
        .foreign_env("TRACE", trace.to_str().unwrap())
        .in_a_shell(arguments)
        .args(["sh"])
        .export(&out, &KEEP_NOT)
        .args(["--part-size", "150000", "--format", format])
        .run()
        .exits(0);
    let text = std::fs::read_to_string(trace.as_path()).unwrap();
    let calls = calls(&text);

    let batch = visible_batches(&out)[0].clone();
    let name = batch.file_name().unwrap().to_str().unwrap().to_owned();
    let parts = std::fs::read_dir(&batch)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("part-"))
        .count();
    assert!(parts > 2, "{parts}");
    let staged = format!("/.staging/{name}");
    let manifest = first(&calls, 0, &["sync(", &staged, "_manifest.json"]);
    for part in 1..=parts {
        let part = format!("{staged}/part-{part:05}.{format}");
        let written = first(&calls, 0, &["sync(", &part]);
        let named = first(&calls, written.ended, &["rename", &part]);
        let folder = first(&calls, named.ended, &["sync(", &format!("{staged}>")]);
        assert!(folder.ended < manifest.begun, "{part} before the manifest");
    }
    let folder = first(&calls, manifest.ended, &["sync(", &format!("{staged}>")]);
    let seen = first(&calls, folder.ended, &["rename", &staged, &format!("/{name}\"")]);
    let out_name = out.file_name().unwrap().to_str().unwrap();
    let out_synced = first(&calls, seen.ended, &["sync(", &format!("/{out_name}>")]);
    let sealed = first(&calls, out_synced.ended, &["write(", "/journal>", "SEALED"]);
    let sealed = first(&calls, sealed.ended, &["sync(", "/journal>"]);
    let committing = first(&calls, sealed.ended, &["write(", "/journal>", "COMMITTING"]);
    let committing = first(&calls, committing.ended, &["sync(", "/journal>"]);
    let sends: Vec<&Call> =
        calls.iter().filter(|call| call.text.contains("\"POST ") && call.text.contains("/Commit/")).collect();
    assert_eq!(sends.len(), 1);
    assert!(committing.ended < sends[0].begun);
    let receipt = first(&calls, sends[0].ended, &["sync(", &name, "_receipt.json"]);
    let batch_synced = first(&calls, receipt.ended, &["sync(", &format!("/{name}>")]);
    first(&calls, batch_synced.ended, &["write(", "/journal>", "COMMITTED"]);
}

/// A small disk of its own, which goes with its guard.
struct Disk(crate::support::TemporaryFolder);

impl Disk {
    fn mount(options: &str) -> Option<Disk> {
        let folder = folder();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "none"])
            .arg(folder.as_path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Disk(folder))
    }

    fn grow(&self, options: &str) {
        let remounted =
            Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0.as_path()).status().unwrap();
        assert!(remounted.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.as_path()).status();
    }
}

/// The same command when there is room again: nothing was lost, and nothing is asked for twice.
fn continues(service: &mypreferences_mock::MockService, out: &Path, rows: usize) {
    program(service).export(out, &KEEP_NOT).run().exits(0);
    assert_eq!(sent(service, Operation::Initiate), 1);
    assert_eq!(applied(service), 1);
    assert_eq!(landed_lines(&visible_batches(out)[0]).len(), rows);
}

#[test]
fn a_full_disk_ends_with_74_without_a_commit_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::mount("size=1m") else {
        println!("skipped: a small disk cannot be mounted here (that needs root)");
        return;
    };
    let service = export_service(4000);
    let out = disk.0.join("out");
    program(&service)
        .export(&out, &KEEP_NOT)
        .args(["--json"])
        .run()
        .exits(74)
        .says("free space and run the same command again")
        .says("run this next: mypreferences export --segment Everyone")
        .error("storage", 700);
    assert_eq!(sent(&service, Operation::Commit), 0);
    assert!(visible_batches(&out).is_empty());
    disk.grow("size=64m");
    continues(&service, &out, 4000);
}

#[test]
fn a_file_that_may_not_grow_ends_with_74_without_a_commit_and_goes_on_without_that_limit() {
    let service = export_service(2000);
    let out = folder();
    // 200 blocks of 512 or 1024 bytes, and the signal that would end the program is ignored.
    let limited = "trap '' XFSZ; ulimit -f 200; exec \"$PROGRAM\" \"$@\"";
    program(&service)
        .in_a_shell(limited)
        .args(["sh"])
        .export(&out, &KEEP_NOT)
        .args(["--json"])
        .run()
        .exits(74)
        .error("storage", 700);
    assert_eq!(sent(&service, Operation::Commit), 0);
    assert!(visible_batches(&out).is_empty());
    continues(&service, &out, 2000);
}

/// The program where no thread can be made. The limit does not hold for root, who becomes somebody else for it, but still
/// enters every folder: the program may lie in root's own.
#[cfg(target_os = "linux")]
fn without_threads(program: Program) -> Program {
    let limited = r#"
        run='exec prlimit --nproc=1 "$PROGRAM" "$@"'
        [ "$(id -u)" = 0 ] || eval "$run"
        exec setpriv --reuid 54321 --regid 54321 --clear-groups \
            --inh-caps +dac_override --ambient-caps +dac_override sh -c "$run" sh "$@"
    "#;
    program.in_a_shell(limited).args(["sh"])
}

#[cfg(target_os = "linux")]
#[test]
fn where_no_thread_can_be_made_a_call_ends_with_a_record_and_no_panic() {
    use std::os::unix::fs::PermissionsExt;
    let service = export_service(3);
    let out = folder();
    std::fs::create_dir_all(&*out).unwrap();
    std::fs::set_permissions(&*out, std::fs::Permissions::from_mode(0o777)).unwrap();
    let by_name = service.base_url().replace("127.0.0.1", "localhost");
    for (ended, code, kind, number) in [
        (
            without_threads(program(&service)).export(&out.join("out"), &KEEP_NOT).args(["--json"]).run(),
            74,
            "storage",
            700,
        ),
        // A name is looked up on a thread.
        (
            without_threads(program(&service).env("BASE_URL", &by_name).env("MAX_ATTEMPTS", "1"))
                .args(["status", "4711", "--json"])
                .run(),
            69,
            "connect",
            200,
        ),
    ] {
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        let error = ended.exits(code).says("ulimit -u").error(kind, number);
        assert_eq!(error["sent"], "not_sent");
    }
    assert_eq!(service.connections(), 0);
    program(&service).export(&out.join("out"), &KEEP_NOT).run().exits(0);
}

#[test]
fn a_folder_that_cannot_be_made_ends_with_74_and_nothing_is_sent() {
    let service = export_service(3);
    let file = crate::support::file("no folder", 0o600);
    program(&service).export(&file.join("out"), &KEEP_NOT).args(["--json"]).run().exits(74).error("storage", 700);
    assert_eq!(service.connections(), 0);
}

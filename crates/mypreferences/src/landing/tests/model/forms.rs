//! Folders of each released form, as the program of that time has left them in the middle: this one continues them.
//! `tests/forms/N/STATE` holds them, without the lock file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::landing::CommitEnd;
use crate::landing::store::disk::{Access, Disk, make_folders, write_whole};
use crate::landing::store::journal::FORM;
use crate::landing::tests::model::{Ended, OUT, PLAIN, World};

/// The token of each of them.
const TOKEN: i64 = 4_000_001;

fn forms() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms")
}

fn copy(disk: &dyn Disk, from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            disk.make_folder(&place).unwrap();
            copy(disk, &entry.path(), &place);
        } else {
            let bytes = fs::read(entry.path()).unwrap();
            write_whole(disk, &place, Access::Owner, &bytes).unwrap();
        }
    }
    disk.sync_folder(to).unwrap();
}

#[test]
fn a_folder_of_every_earlier_form_is_continued_verified_and_committed() {
    for form in 1..FORM {
        let mut states = 0;
        for state in fs::read_dir(forms().join(form.to_string())).unwrap() {
            let state = state.unwrap();
            let is_committed = state.file_name() == "committed";
            let world = World::new(PLAIN, None);
            world.disk.begin(None);
            make_folders(&world.disk, Path::new(OUT)).unwrap();
            copy(&world.disk, &state.path(), Path::new(OUT));
            world.service.has_started(TOKEN, is_committed);
            let Ended::ByItself(result) = world.run(None) else {
                panic!("stopped without a stop");
            };
            let landed = result.unwrap();
            assert_eq!(landed.is_new, !is_committed, "{:?}", state.file_name());
            assert_eq!(landed.receipt.as_ref().unwrap().end, CommitEnd::Committed);
            world.check_end(&landed).unwrap();
            assert_eq!(world.service.exports().len(), 1, "nothing was begun anew");
            states += 1;
        }
        assert_eq!(states, 4, "of form {form}");
    }
}

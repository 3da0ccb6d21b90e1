//! Unpacks `.tar.gz` archives. They come from elsewhere: nothing in one may land outside the folder, point out of it,
//! or be anything but a file, a folder or a link.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

type Bytes<'a> = MultiGzDecoder<&'a [u8]>;

/// Unpacks an archive into a folder that exists.
///
/// # Errors
/// The bytes are no such archive, it holds something it must not, or the disk refuses.
pub fn unpack(bytes: &[u8], folder: &Path) -> io::Result<()> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a gzip file"));
    }
    let mut archive = Archive::new(MultiGzDecoder::new(bytes));
    for entry in archive.entries()? {
        place(&mut entry?, folder)?;
    }
    Ok(())
}

/// The one folder that a package's archive consists of; None if there is anything else.
///
/// # Errors
/// The folder cannot be listed.
pub fn only_folder(folder: &Path) -> io::Result<Option<PathBuf>> {
    let mut entries = fs::read_dir(folder)?;
    let first = entries.next().transpose()?;
    let is_only = entries.next().is_none();
    Ok(first.filter(|entry| is_only && entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()))
}

fn place(entry: &mut Entry<'_, Bytes<'_>>, folder: &Path) -> io::Result<()> {
    let kind = entry.header().entry_type();
    if kind.is_pax_global_extensions() {
        return Ok(());
    }
    let name = entry.path()?.into_owned();
    let inside = relative(&name)?;
    if inside.as_os_str().is_empty() {
        return Ok(());
    }
    make_parents(folder, &inside)?;
    let target = folder.join(&inside);
    match kind {
        EntryType::Directory => make_folder(&target),
        EntryType::Symlink => {
            let goal = entry.link_name()?.ok_or_else(|| refused(&name, "is a link to nowhere"))?;
            check_link(&name, &inside, &goal)?;
            symlink(&goal, &target)
        }
        EntryType::Link => {
            let goal = entry.link_name()?.ok_or_else(|| refused(&name, "is a link to nowhere"))?;
            fs::copy(folder.join(relative(&goal)?), &target).map(|_| ())
        }
        kind if kind.is_file() => write(entry, &target),
        _ => Err(refused(&name, "is neither a file nor a folder nor a link")),
    }
}

fn refused(name: &Path, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("the entry {} {what}", name.display()))
}

/// A path as it counts from the folder: a leading slash is dropped.
fn relative(name: &Path) -> io::Result<PathBuf> {
    let mut inside = PathBuf::new();
    for part in name.components() {
        match part {
            Component::Normal(part) => inside.push(part),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => return Err(refused(name, "lies outside of the archive")),
        }
    }
    Ok(inside)
}

/// Makes the folders above an entry; a link among them could lead elsewhere.
fn make_parents(folder: &Path, inside: &Path) -> io::Result<()> {
    let mut path = folder.to_owned();
    for part in inside.parent().into_iter().flat_map(Path::components) {
        path.push(part);
        make_folder(&path)?;
    }
    Ok(())
}

fn make_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(refused(path, "is a folder here and something else there")),
        Err(_) => fs::create_dir(path),
    }
}

/// A link may climb as far as the archive's root, then go down: then it cannot leave, whatever is linked on its way.
fn check_link(name: &Path, inside: &Path, goal: &Path) -> io::Result<()> {
    let mut left = inside.components().count().saturating_sub(1);
    let mut down = false;
    for part in goal.components() {
        match part {
            Component::ParentDir if !down && left > 0 => left -= 1,
            Component::Normal(_) => down = true,
            Component::CurDir => {}
            _ => return Err(refused(name, "is a link out of the archive")),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(goal: &Path, target: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(goal, target)
}

#[cfg(not(unix))]
fn symlink(_goal: &Path, target: &Path) -> io::Result<()> {
    Err(refused(target, "is a link, which this system does not have"))
}

fn write(entry: &mut Entry<'_, Bytes<'_>>, target: &Path) -> io::Result<()> {
    if fs::symlink_metadata(target).is_ok() {
        fs::remove_file(target)?;
    }
    let mut file = File::create_new(target)?;
    io::copy(entry, &mut file)?;
    set_mode(&file, entry.header().mode().unwrap_or(0o644))
}

/// The archive's permissions without writing by others; the owner may always read and write.
#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let executable = if mode & 0o100 == 0 { 0o644 } else { 0o755 };
    file.set_permissions(fs::Permissions::from_mode(mode & executable | 0o600))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, Header};

    use super::*;

    /// An archive of one entry, of which the library would refuse to write some.
    fn archive(kind: EntryType, name: &str, goal: &str) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.as_mut_bytes()[157..157 + goal.len()].copy_from_slice(goal.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o777);
        header.set_size(0);
        header.set_cksum();
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        builder.append(&header, io::empty()).unwrap();
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> io::Result<Vec<PathBuf>> {
        let folder = tempfile::tempdir().unwrap();
        unpack(bytes, folder.path())?;
        Ok(only_folder(folder.path())?.into_iter().collect())
    }

    #[test]
    fn refuses_what_leads_outside() {
        for (kind, name, goal) in [
            (EntryType::Regular, "../x", ""),
            (EntryType::Regular, "a/../../x", ""),
            (EntryType::Symlink, "a/x", "/etc/passwd"),
            (EntryType::Symlink, "a/x", "../../y"),
            (EntryType::Symlink, "a/x", "b/../../../y"),
            (EntryType::Link, "a/x", "../../y"),
            (EntryType::Char, "a/x", ""),
            (EntryType::Fifo, "a/x", ""),
        ] {
            assert!(unpacked(&archive(kind, name, goal)).is_err(), "{kind:?} {name} {goal}");
        }
        for (kind, name, goal) in
            [(EntryType::Regular, "/a/x", ""), (EntryType::Symlink, "a/x", "../a"), (EntryType::Directory, "./a", "")]
        {
            assert_eq!(unpacked(&archive(kind, name, goal)).unwrap().len(), 1, "{kind:?} {name} {goal}");
        }
    }

    #[test]
    fn says_what_is_no_archive() {
        assert_eq!(unpacked(b"<html>").unwrap_err().to_string(), "not a gzip file");
        let mut cut = archive(EntryType::Regular, "a/x", "");
        cut.truncate(30);
        assert!(unpacked(&cut).is_err());
        let mut damaged = GzEncoder::new(Vec::new(), Compression::fast());
        damaged.write_all(b"no tar at all").unwrap();
        assert!(unpacked(&damaged.finish().unwrap()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn others_cannot_write_what_is_unpacked() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        unpack(&archive(EntryType::Regular, "a/x", ""), folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join("a/x")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}

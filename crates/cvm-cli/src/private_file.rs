//! Files for their owner alone: written whole or not at all, through no link that somebody prepared.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Error, ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::process;

/// More than this is none of our files.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Device and inode, where files have them.
pub type Identity = (u64, u64);

/// Which file it is, whatever it is called.
#[cfg(unix)]
pub fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

/// Which file it is, whatever it is called.
#[cfg(not(unix))]
pub fn identity(_metadata: &Metadata) -> Option<Identity> {
    None
}

/// Writes a new file that only its owner can read. It appears under its name when it is complete. What has
/// that name already stays as it is, and that is an error.
pub fn write(path: &Path, content: &[u8]) -> io::Result<Option<Identity>> {
    place(path, content, |beside, _| match fs::hard_link(beside, path) {
        Ok(()) => fs::remove_file(beside),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // This file system has no second names: here the new file has its name before it is complete.
        Err(_) => {
            let mut file = create(path)?;
            let written = file.write_all(content).and_then(|()| file.sync_all());
            // A part of it would pass for the whole.
            written.inspect_err(|_| drop(fs::remove_file(path)))?;
            fs::remove_file(beside)
        }
    })?;
    Ok(identity(&fs::symlink_metadata(path)?))
}

/// As [`write()`], but replaces a plain file of this user whose content passes `may_replace`. Nothing else is
/// ever replaced: no link, device, pipe or folder, and no file of anybody else.
pub fn write_over(
    path: &Path,
    content: &[u8],
    may_replace: impl FnOnce(&[u8]) -> io::Result<()>,
) -> io::Result<Option<Identity>> {
    let named = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return write(path, content),
        named => named?,
    };
    may_replace(&read(path)?)?;
    place(path, content, |beside, new| {
        if !is_of_one_owner(&named, new) {
            return Err(Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
        }
        if identity(&fs::symlink_metadata(path)?) != identity(&named) {
            return Err(Error::new(ErrorKind::AlreadyExists, "somebody exchanged it just now"));
        }
        fs::rename(beside, path)
    })
    .map(|metadata| identity(&metadata))
}

/// As [`write()`], in a folder of ours alone, and on the disk when this returns: neither the end of this
/// process nor that of the machine loses it.
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
    let checked = check_folder(folder)?;
    place(path, content, |beside, file| {
        if !is_of_one_owner(&checked, file) {
            return Err(Error::new(ErrorKind::PermissionDenied, "its folder is another user's"));
        }
        fs::rename(beside, path)
    })?;
    sync_folder(folder)
}

/// Writes beside, and has `rename` give the new file its name; nothing is left beside it.
fn place(
    path: &Path,
    content: &[u8],
    rename: impl FnOnce(&Path, &Metadata) -> io::Result<()>,
) -> io::Result<Metadata> {
    let name =
        path.file_name().ok_or_else(|| Error::new(ErrorKind::InvalidInput, "it names no file"))?;
    let (beside, mut file) = (0..100)
        .map(|attempt| {
            let mut fresh = std::ffi::OsString::from(".");
            fresh.push(name);
            fresh.push(format!(".{}.{attempt}", process::id()));
            let beside = path.with_file_name(fresh);
            create(&beside).map(|file| (beside, file))
        })
        .find(|made| !matches!(made, Err(error) if error.kind() == ErrorKind::AlreadyExists))
        .unwrap_or_else(|| Err(Error::from(ErrorKind::AlreadyExists)))?;
    let written = file.metadata().and_then(|metadata| {
        file.write_all(content)?;
        file.sync_all()?;
        rename(&beside, &metadata)?;
        Ok(metadata)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Creates a file that must not exist; a link prepared under its name is not followed.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Opens a plain file, behind no link. Anything else of that name is an error: it is not opened, nothing is
/// created through it, and nobody waits for the other end of a pipe.
pub fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let refused = || Error::new(ErrorKind::InvalidInput, "it is a link, or no plain file");
    match fs::symlink_metadata(path) {
        Ok(named) if !named.is_file() => return Err(refused()),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Somebody may exchange it now.
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused()) }
}

/// Reads a file that only its owner can have written: a plain file, behind no link.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let named = fs::symlink_metadata(path)?;
    let file = open_plain(path, OpenOptions::new().read(true))?;
    let opened = file.metadata()?;
    if identity(&opened) != identity(&named) {
        return Err(Error::new(ErrorKind::InvalidInput, "somebody exchanged it just now"));
    }
    refuse_writing_by_others(&opened)?;
    let mut content = Vec::new();
    if file.take(MAX_BYTES + 1).read_to_end(&mut content)? as u64 > MAX_BYTES {
        return Err(Error::new(ErrorKind::InvalidData, "it is too large"));
    }
    Ok(content)
}

/// Opens a plain file for reading as [`open_plain`] does, also behind a link.
pub fn open_plain_behind_link(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no plain file"));
    }
    open_plain(&fs::canonicalize(path)?, OpenOptions::new().read(true))
}

/// Makes a folder that only its owner can enter, and those above it that are missing.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return check_folder(path).map(drop);
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above
        && !above.exists()
    {
        make_folder(above)?;
    }
    let mut builder = DirBuilder::new();
    builder.recursive(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    match builder.create(path) {
        // Another process was quicker.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => made?,
    }
    above.map_or(Ok(()), sync_folder)
}

/// A folder that is none, a link to one, another user's, or open to writing by others is refused: what lies
/// in it would not be ours.
pub fn check_folder(path: &Path) -> io::Result<Metadata> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is a symbolic link"));
    }
    if !metadata.is_dir() {
        return Err(Error::from(ErrorKind::NotADirectory));
    }
    if !is_of_this_user(&metadata) {
        return Err(Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    refuse_writing_by_others(&metadata)?;
    Ok(metadata)
}

/// Refuses a plain file that other users can read: its mode and the folders above it let them.
#[cfg(unix)]
pub fn check_private(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata()?;
    let is_closed = metadata.permissions().mode() & 0o077 == 0;
    if is_closed || !metadata.is_file() || is_shut_away(path) {
        return Ok(());
    }
    let why = "other users can read it; run `chmod 600` on it";
    Err(Error::new(ErrorKind::PermissionDenied, why))
}

/// Accepts every file: this system has no simple way to tell who can read it.
#[cfg(not(unix))]
pub fn check_private(_path: &Path, _file: &File) -> io::Result<()> {
    Ok(())
}

/// Whether a folder above a file, of this user or of root, lets nobody else pass.
#[cfg(unix)]
fn is_shut_away(path: &Path) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    const PASS: u32 = 0o011;
    let Ok(path) = fs::canonicalize(path) else { return false };
    let above = path.ancestors().skip(1).filter_map(|folder| fs::metadata(folder).ok());
    above.into_iter().any(|folder| {
        let is_trusted = folder.uid() == 0 || is_of_this_user(&folder);
        folder.permissions().mode() & PASS == 0 && is_trusted
    })
}

#[cfg(unix)]
fn refuse_writing_by_others(metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if metadata.permissions().mode() & 0o022 != 0 {
        return Err(Error::new(
            ErrorKind::PermissionDenied,
            "other users can write to it; run `chmod go-w` on it",
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_writing_by_others(_metadata: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_of_this_user(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_of_this_user(_metadata: &Metadata) -> bool {
    true
}

/// Whether two files, or a folder and a file, belong to the same user. One that we just made tells who we are.
#[cfg(unix)]
fn is_of_one_owner(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
fn is_of_one_owner(_one: &Metadata, _other: &Metadata) -> bool {
    true
}

/// Brings the names in a folder to the disk, where that is a matter of its own.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn is(old: &[u8], expected: &[u8]) -> io::Result<()> {
        if old == expected { Ok(()) } else { Err(Error::from(ErrorKind::AlreadyExists)) }
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn only_the_owner_reads_it_and_nothing_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        let link = folder.path().join("link");
        symlink(&victim, &link).unwrap();
        let dangling = folder.path().join("dangling");
        symlink(folder.path().join("none"), &dangling).unwrap();
        for taken in [&victim, &link, &dangling, &folder.path().to_owned()] {
            assert!(write(taken, b"ours").is_err(), "{taken:?}");
            assert!(write_over(taken, b"ours", |old| is(old, b"other")).is_err(), "{taken:?}");
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        let path = folder.path().join("file");
        write(&path, b"ours").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(read(&path).unwrap(), b"ours");
        write_over(&path, b"newer", |old| is(old, b"ours")).unwrap();
        assert_eq!(read(&path).unwrap(), b"newer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing is left beside it");
    }

    #[test]
    fn folders_are_made_for_their_owner_and_strange_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        make_folder(&deep).unwrap();
        make_folder(&deep).unwrap();
        for made in ["a", "a/b", "a/b/c"] {
            assert_eq!(mode(&folder.path().join(made)), 0o700, "{made}");
        }
        write_durably(&deep.join("x"), b"x").unwrap();
        let link = folder.path().join("link");
        symlink(&deep, &link).unwrap();
        assert!(make_folder(&link).unwrap_err().to_string().contains("symbolic link"));
        assert!(write_durably(&link.join("x"), b"y").is_err());
        fs::set_permissions(&deep, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(write_durably(&deep.join("x"), b"y").unwrap_err().to_string().contains("chmod"));
        assert_eq!(read(&deep.join("x")).unwrap(), b"x");
        let file = folder.path().join("file");
        write(&file, b"").unwrap();
        assert!(make_folder(&file).is_err() && make_folder(&file.join("below")).is_err());
    }

    #[test]
    fn what_others_could_have_written_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"x").unwrap();
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(read(&link).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
        assert!(read(&path).is_err());
        assert!(read(folder.path()).is_err());
    }
}

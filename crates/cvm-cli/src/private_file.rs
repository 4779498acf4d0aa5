//! Files that only their owner can read: written completely or not at all, and never through a link.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Error, ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::process;

/// Larger files are not from this program.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Device and inode, if files have them.
pub type Identity = (u64, u64);

/// The identity of a file, independent of its name.
#[cfg(unix)]
pub fn identity(metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

/// The identity of a file, independent of its name.
#[cfg(not(unix))]
pub fn identity(_metadata: &Metadata) -> Option<Identity> {
    None
}

/// Writes a new file that only its owner can read. It gets its name when it is complete. If something has that
/// name already, it stays, and that is an error.
pub fn write(path: &Path, content: &[u8]) -> io::Result<Option<Identity>> {
    write_then_rename(path, content, |temporary, _| match fs::hard_link(temporary, path) {
        Ok(()) => fs::remove_file(temporary),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // This file system has no hard links: here the new file gets its name before it is complete.
        Err(_) => {
            let mut file = create(path)?;
            let written = file.write_all(content).and_then(|()| file.sync_all());
            // An incomplete file would be taken for a complete one.
            written.inspect_err(|_| drop(fs::remove_file(path)))?;
            fs::remove_file(temporary)
        }
    })?;
    Ok(identity(&fs::symlink_metadata(path)?))
}

/// As [`write()`], but replaces a regular file of this user whose content passes `may_replace`. Nothing else is
/// ever replaced: no link, device, pipe or directory, and no file of another user.
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
    write_then_rename(path, content, |temporary, new| {
        if !is_of_one_owner(&named, new) {
            return Err(Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
        }
        if identity(&fs::symlink_metadata(path)?) != identity(&named) {
            return Err(Error::new(ErrorKind::AlreadyExists, "it was replaced at the same time"));
        }
        fs::rename(temporary, path)
    })
    .map(|metadata| identity(&metadata))
}

/// As [`write()`], in a directory that only this user can write, and durable when this returns: neither a crash
/// of this process nor one of the machine loses it.
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
    let checked = check_directory(directory)?;
    write_then_rename(path, content, |temporary, file| {
        if !is_of_one_owner(&checked, file) {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "its directory belongs to another user",
            ));
        }
        fs::rename(temporary, path)
    })?;
    sync_directory(directory)
}

/// Writes a temporary file next to `path`, and lets `rename` give it its name. No temporary file is left.
fn write_then_rename(
    path: &Path,
    content: &[u8],
    rename: impl FnOnce(&Path, &Metadata) -> io::Result<()>,
) -> io::Result<Metadata> {
    let name = path
        .file_name()
        .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "the path has no file name"))?;
    let (temporary, mut file) = (0..100)
        .map(|attempt| {
            let mut fresh = std::ffi::OsString::from(".");
            fresh.push(name);
            fresh.push(format!(".{}.{attempt}", process::id()));
            let temporary = path.with_file_name(fresh);
            create(&temporary).map(|file| (temporary, file))
        })
        .find(|made| !matches!(made, Err(error) if error.kind() == ErrorKind::AlreadyExists))
        .unwrap_or_else(|| Err(Error::from(ErrorKind::AlreadyExists)))?;
    let written = file.metadata().and_then(|metadata| {
        file.write_all(content)?;
        file.sync_all()?;
        rename(&temporary, &metadata)?;
        Ok(metadata)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Creates a file that must not exist yet. A link with its name is not followed.
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

/// Opens a regular file, not through a link. Anything else with that name is an error: it is not opened, nothing
/// is created through it, and a pipe does not block.
pub fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let refused = || Error::new(ErrorKind::InvalidInput, "it is a link or not a regular file");
    match fs::symlink_metadata(path) {
        Ok(named) if !named.is_file() => return Err(refused()),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // It may be replaced at this moment.
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused()) }
}

/// Reads a file that only its owner can have written: a regular file, not through a link.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let named = fs::symlink_metadata(path)?;
    let file = open_plain(path, OpenOptions::new().read(true))?;
    let opened = file.metadata()?;
    if identity(&opened) != identity(&named) {
        return Err(Error::new(ErrorKind::InvalidInput, "it was replaced at the same time"));
    }
    refuse_writing_by_others(&opened)?;
    let mut content = Vec::new();
    if file.take(MAX_BYTES + 1).read_to_end(&mut content)? as u64 > MAX_BYTES {
        return Err(Error::new(ErrorKind::InvalidData, "it is too large"));
    }
    Ok(content)
}

/// Opens a regular file for reading as [`open_plain`] does, but also through a link.
pub fn open_plain_behind_link(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    open_plain(&fs::canonicalize(path)?, OpenOptions::new().read(true))
}

/// Creates a directory that only its owner can enter, and missing parent directories.
pub fn create_directory(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return check_directory(path).map(drop);
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above
        && !above.exists()
    {
        create_directory(above)?;
    }
    let mut builder = DirBuilder::new();
    builder.recursive(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    match builder.create(path) {
        // Another process created it first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => made?,
    }
    above.map_or(Ok(()), sync_directory)
}

/// Rejects a path that is not a directory, is a link, belongs to another user, or is writable by others: files in it
/// could be from somebody else.
pub fn check_directory(path: &Path) -> io::Result<Metadata> {
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

/// Rejects a regular file that other users can read by its mode and through its parent directories.
#[cfg(unix)]
pub fn check_private(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata()?;
    let is_closed = metadata.permissions().mode() & 0o077 == 0;
    if is_closed || !metadata.is_file() || is_in_private_directory(path) {
        return Ok(());
    }
    let why = "other users can read it; run `chmod 600` on it";
    Err(Error::new(ErrorKind::PermissionDenied, why))
}

/// Accepts every file: this system has no simple way to find out who can read it.
#[cfg(not(unix))]
pub fn check_private(_path: &Path, _file: &File) -> io::Result<()> {
    Ok(())
}

/// Whether a parent directory that belongs to this user or to root keeps all others out.
#[cfg(unix)]
fn is_in_private_directory(path: &Path) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    const PASS: u32 = 0o011;
    let Ok(path) = fs::canonicalize(path) else { return false };
    let above = path.ancestors().skip(1).filter_map(|directory| fs::metadata(directory).ok());
    above.into_iter().any(|directory| {
        let is_trusted = directory.uid() == 0 || is_of_this_user(&directory);
        directory.permissions().mode() & PASS == 0 && is_trusted
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

/// Whether two files, or a directory and a file, belong to the same user. A new file shows who this user is.
#[cfg(unix)]
fn is_of_one_owner(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
fn is_of_one_owner(_one: &Metadata, _other: &Metadata) -> bool {
    true
}

/// Makes the names in a directory durable, on systems that need this.
fn sync_directory(path: &Path) -> io::Result<()> {
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
    fn private_file_is_owner_only_and_replaces_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let victim = directory.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        let link = directory.path().join("link");
        symlink(&victim, &link).unwrap();
        let dangling = directory.path().join("dangling");
        symlink(directory.path().join("none"), &dangling).unwrap();
        for taken in [&victim, &link, &dangling, &directory.path().to_owned()] {
            assert!(write(taken, b"ours").is_err(), "{taken:?}");
            assert!(write_over(taken, b"ours", |old| is(old, b"other")).is_err(), "{taken:?}");
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        let path = directory.path().join("file");
        write(&path, b"ours").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(read(&path).unwrap(), b"ours");
        write_over(&path, b"newer", |old| is(old, b"ours")).unwrap();
        assert_eq!(read(&path).unwrap(), b"newer");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 4, "nothing is left beside it");
    }

    #[test]
    fn directories_are_owner_only_and_foreign_ones_are_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("a/b/c");
        create_directory(&deep).unwrap();
        create_directory(&deep).unwrap();
        for made in ["a", "a/b", "a/b/c"] {
            assert_eq!(mode(&directory.path().join(made)), 0o700, "{made}");
        }
        write_durably(&deep.join("x"), b"x").unwrap();
        let link = directory.path().join("link");
        symlink(&deep, &link).unwrap();
        assert!(create_directory(&link).unwrap_err().to_string().contains("symbolic link"));
        assert!(write_durably(&link.join("x"), b"y").is_err());
        fs::set_permissions(&deep, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(write_durably(&deep.join("x"), b"y").unwrap_err().to_string().contains("chmod"));
        assert_eq!(read(&deep.join("x")).unwrap(), b"x");
        let file = directory.path().join("file");
        write(&file, b"").unwrap();
        assert!(create_directory(&file).is_err() && create_directory(&file.join("below")).is_err());
    }

    #[test]
    fn files_writable_by_others_are_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write(&path, b"x").unwrap();
        let link = directory.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(read(&link).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
        assert!(read(&path).is_err());
        assert!(read(directory.path()).is_err());
    }
}

//! The files of a data directory: a lock, and a database with the description, the credentials and the log of commands.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cvm_signer::Credential;
use cvm_simulator::{AccountId, StoredCommand};
use redb::backends::FileBackend;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition};
use serde::{Deserialize, Serialize};

use super::error::DataDirectoryError;

type Result<T> = std::result::Result<T, DataDirectoryError>;

/// The lock: one process uses a directory. The system releases it when the process ends, however it ends.
const LOCK: &str = "lock";
const DATABASE: &str = "emulator.redb";
/// A database gets its name when it is complete.
const INCOMPLETE: &str = "emulator.redb.new";

/// The database caches its pages beside the state in memory, so it needs few.
const CACHE_BYTES: usize = 16 << 20;

/// The commands in their order, from 0.
const COMMANDS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("commands");
const CREDENTIALS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("credentials");
const ABOUT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("about");
const DESCRIPTION: &str = "description";
const RUN: &str = "run";

/// An open data directory. The database closes before the lock is released.
#[derive(Debug)]
pub(super) struct DataDirectory {
    database: Database,
    next_command: u64,
    next_credential: u64,
    _lock: File,
}

/// One start of an emulator with the directory.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    /// How many starts there were before.
    pub(super) number: u64,
    /// The time of day at the start, since 1970.
    pub(super) time_of_day: Duration,
    /// The real time that had passed for the simulator at the start.
    pub(super) elapsed: Duration,
}

/// A credential of an account, as stored.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredCredential {
    account: AccountId,
    secret_id: String,
    secret_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl StoredCredential {
    pub(super) fn new(account: AccountId, credential: &Credential) -> Self {
        Self {
            account,
            secret_id: credential.secret_id().to_owned(),
            secret_key: credential.secret_key().to_owned(),
            token: credential.token().map(str::to_owned),
        }
    }

    fn read(&self) -> Result<(AccountId, Credential)> {
        let Self { account, secret_id, secret_key, token } = self;
        let credential = match token {
            Some(token) => Credential::temporary(secret_id, secret_key, token),
            None => Credential::new(secret_id, secret_key),
        };
        credential
            .map(|credential| (*account, credential))
            .map_err(|error| DataDirectoryError::Damaged(format!("a credential: {error}")))
    }
}

/// Something that is to be durable.
pub(super) enum Entry {
    Command(Box<StoredCommand>),
    Credential(StoredCredential),
}

impl DataDirectory {
    /// Opens a data directory, or creates it. `create` returns the description and the credentials of a new one. `wrap`
    /// may replace the file of the database.
    pub(super) fn open<B: StorageBackend>(
        path: &Path,
        create: impl FnOnce() -> Result<(Vec<u8>, Vec<Entry>)>,
        wrap: impl FnOnce(FileBackend) -> B,
    ) -> Result<Self> {
        prepare(path)?;
        let lock = lock(&path.join(LOCK))?;
        let database = path.join(DATABASE);
        if !exists(&database)? {
            initialize(path, create)?;
        }
        check_private_file(&database)?;
        let database = open_database(&database, wrap)?;
        let (commands, credentials) = guarded(|| {
            let transaction = database.begin_read().map_err(failed)?;
            let commands = transaction.open_table(COMMANDS).map_err(failed)?;
            let last_command = commands.last().map_err(failed)?.map(|(index, _)| index.value());
            let credentials = transaction.open_table(CREDENTIALS).map_err(failed)?;
            let last = credentials.last().map_err(failed)?.map(|(index, _)| index.value());
            Ok((last_command, last))
        })?;
        Ok(Self {
            database,
            next_command: commands.map_or(0, |index| index.saturating_add(1)),
            next_credential: credentials.map_or(0, |index| index.saturating_add(1)),
            _lock: lock,
        })
    }

    /// Whether its log has no command.
    pub(super) const fn is_empty(&self) -> bool {
        self.next_command == 0
    }

    pub(super) fn description(&self) -> Result<Vec<u8>> {
        let description = self.about(DESCRIPTION)?;
        description.ok_or_else(|| DataDirectoryError::Damaged("it has no description".to_owned()))
    }

    /// The latest start; `None` if there was none.
    pub(super) fn latest_run(&self) -> Result<Option<Run>> {
        let run = self.about(RUN)?;
        run.map(|text| parse(&text, "the record of the latest start")).transpose()
    }

    fn about(&self, name: &str) -> Result<Option<Vec<u8>>> {
        guarded(|| {
            let transaction = self.database.begin_read().map_err(failed)?;
            let about = transaction.open_table(ABOUT).map_err(failed)?;
            let value = about.get(name).map_err(failed)?;
            Ok(value.map(|value| value.value().to_vec()))
        })
    }

    pub(super) fn credentials(&self) -> Result<Vec<(AccountId, Credential)>> {
        guarded(|| {
            let transaction = self.database.begin_read().map_err(failed)?;
            let table = transaction.open_table(CREDENTIALS).map_err(failed)?;
            let mut credentials = Vec::new();
            for item in table.iter().map_err(failed)? {
                let (_, text) = item.map_err(failed)?;
                let stored: StoredCredential = parse(text.value(), "a credential")?;
                credentials.push(stored.read()?);
            }
            Ok(credentials)
        })
    }

    /// Calls `replay` with each command, in order.
    pub(super) fn commands(
        &self,
        mut replay: impl FnMut(StoredCommand) -> std::result::Result<(), String>,
    ) -> Result<()> {
        guarded(|| {
            let transaction = self.database.begin_read().map_err(failed)?;
            let table = transaction.open_table(COMMANDS).map_err(failed)?;
            for (expected, item) in (0..).zip(table.iter().map_err(failed)?) {
                let (index, text) = item.map_err(failed)?;
                let damaged = |why: &str| {
                    DataDirectoryError::Damaged(format!("command {expected} of the log: {why}"))
                };
                if index.value() != expected {
                    return Err(damaged("it is missing"));
                }
                let command = serde_json::from_slice(text.value());
                let command = command.map_err(|error| damaged(&error.to_string()))?;
                replay(command).map_err(|why| damaged(&why))?;
            }
            Ok(())
        })
    }

    /// Records the start of an emulator, and the build that writes to the log from now on.
    pub(super) fn begin_run(&self, description: &[u8], run: Run) -> Result<()> {
        let run = serde_json::to_vec(&run).map_err(io::Error::from)?;
        guarded(|| {
            let mut transaction = self.database.begin_write().map_err(failed)?;
            transaction.set_two_phase_commit(true);
            {
                let mut about = transaction.open_table(ABOUT).map_err(failed)?;
                about.insert(DESCRIPTION, description).map_err(failed)?;
                about.insert(RUN, &*run).map_err(failed)?;
            }
            transaction.commit().map_err(failed)
        })
    }

    /// Makes a batch of entries durable: all of them, or none.
    pub(super) fn write(&mut self, batch: &[Entry]) -> Result<()> {
        let next = guarded(|| self.try_write(batch))?;
        (self.next_command, self.next_credential) = next;
        Ok(())
    }

    fn try_write(&self, batch: &[Entry]) -> Result<(u64, u64)> {
        let (mut command, mut credential) = (self.next_command, self.next_credential);
        let mut transaction = self.database.begin_write().map_err(failed)?;
        // With one phase, a damaged last transaction would look like one that was interrupted, and would be dropped.
        transaction.set_two_phase_commit(true);
        {
            let mut commands = transaction.open_table(COMMANDS).map_err(failed)?;
            let mut credentials = transaction.open_table(CREDENTIALS).map_err(failed)?;
            for entry in batch {
                let (table, index, text) = match entry {
                    Entry::Command(it) => (&mut commands, &mut command, serde_json::to_vec(it)),
                    Entry::Credential(it) => {
                        (&mut credentials, &mut credential, serde_json::to_vec(it))
                    }
                };
                let text = text.map_err(io::Error::from)?;
                table.insert(*index, &*text).map_err(failed)?;
                *index = index.saturating_add(1);
            }
        }
        transaction.commit().map_err(failed)?;
        Ok((command, credential))
    }
}

fn failed(error: impl Into<redb::Error>) -> DataDirectoryError {
    let error: redb::Error = error.into();
    error.into()
}

fn parse<'t, T: Deserialize<'t>>(text: &'t [u8], what: &str) -> Result<T> {
    serde_json::from_slice(text)
        .map_err(|error| DataDirectoryError::Damaged(format!("{what} is not readable: {error}")))
}

/// The database panics in some cases if its file is damaged.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(DataDirectoryError::Damaged("the database cannot handle its content".to_owned()))
    })
}

/// Creates the directory if it is missing. Refuses one that others can change, and one with other files.
fn prepare(path: &Path) -> Result<()> {
    if !exists(path)? {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(path)?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(path)?.permissions().mode() & 0o022 != 0 {
            return Err(DataDirectoryError::NotPrivate("run `chmod go-w` on it"));
        }
    }
    let mut other = None;
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        match &*name {
            DATABASE => return Ok(()),
            LOCK | INCOMPLETE => {}
            _ => other = Some(name),
        }
    }
    other.map_or(Ok(()), |name| Err(DataDirectoryError::Foreign(name)))
}

fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        named => named.map(|_| true),
    }
}

fn lock(path: &Path) -> Result<File> {
    let file = private(OpenOptions::new().read(true).write(true).create(true)).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DataDirectoryError::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Only the owner can read and write the files that are created with these options.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Creates the database. It gets its name when its first content is durable.
fn initialize(
    directory: &Path,
    create: impl FnOnce() -> Result<(Vec<u8>, Vec<Entry>)>,
) -> Result<()> {
    let (description, credentials) = create()?;
    let path: PathBuf = directory.join(INCOMPLETE);
    if exists(&path)? {
        fs::remove_file(&path)?;
    }
    let file = private(OpenOptions::new().read(true).write(true).create_new(true)).open(&path)?;
    let database = FileBackend::new(file).map_err(failed)?;
    let database = Builder::new().create_with_backend(database).map_err(failed)?;
    let transaction = database.begin_write().map_err(failed)?;
    {
        let mut about = transaction.open_table(ABOUT).map_err(failed)?;
        about.insert(DESCRIPTION, &*description).map_err(failed)?;
        transaction.open_table(COMMANDS).map_err(failed)?;
        let mut table = transaction.open_table(CREDENTIALS).map_err(failed)?;
        for (index, entry) in (0..).zip(&credentials) {
            let Entry::Credential(credential) = entry else { continue };
            let text = serde_json::to_vec(credential).map_err(io::Error::from)?;
            table.insert(index, &*text).map_err(failed)?;
        }
    }
    transaction.commit().map_err(failed)?;
    database.close().map_err(failed)?;
    fs::rename(&path, directory.join(DATABASE))?;
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    Ok(())
}

/// The database contains the secret keys.
fn check_private_file(path: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() {
        return Err(DataDirectoryError::Foreign(DATABASE.to_owned()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o077 != 0 {
            let fix = "run `chmod 600` on its file `emulator.redb`";
            return Err(DataDirectoryError::NotPrivate(fix));
        }
    }
    Ok(())
}

fn open_database<B: StorageBackend>(
    path: &Path,
    wrap: impl FnOnce(FileBackend) -> B,
) -> Result<Database> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    if file.metadata()?.len() == 0 {
        return Err(DataDirectoryError::Damaged("the database is empty".to_owned()));
    }
    guarded(|| {
        let backend = wrap(FileBackend::new(file).map_err(failed)?);
        Builder::new()
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true)
            .create_with_backend(backend)
            .map_err(failed)
    })
}

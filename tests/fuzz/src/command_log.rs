//! The data directory: whatever its database contains, a start opens it or refuses it, and damage never goes unnoticed.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};
use std::time::Duration;

use cvm_emulator::{Cloud, DataDirectoryError, StartError};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use serde_json::Value;
use tempfile::TempDir;

use crate::cloud::{builder, check_response, signed};

const DATABASE: &str = "emulator.redb";
const COMMANDS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("commands");

/// Begins an input that damages bytes of the database.
const DAMAGE: u8 = b'#';

/// Either commands in JSON, one on each line, which replace the log; or `#`, and for each four bytes a damage: the
/// position in the database, and the value that is added to the byte there.
pub fn run(input: &[u8]) {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    notice_panics();
    let template = TEMPLATE.get_or_init(Template::new);
    match input.strip_prefix(&[DAMAGE]) {
        Some(damages) => check_damage(template, damages),
        None => check_commands(template, input),
    }
    assert!(!HAS_PANICKED.load(Ordering::SeqCst), "a handler panicked");
}

/// A damaged database is refused, or contains what it contained before.
fn check_damage(template: &Template, damages: &[u8]) {
    let mut bytes = template.database.clone();
    for damage in damages.chunks_exact(4) {
        let [a, b, c, value] = *damage else { continue };
        let at = u32::from_le_bytes([a, b, c, 0]) as usize % bytes.len();
        bytes[at] = bytes[at].wrapping_add(value);
    }
    let directory = template.copy(&bytes);
    if let Some(cloud) = open(directory.path()) {
        assert_eq!(shown(&cloud), template.shown, "damage went unnoticed");
    }
}

/// A log is replayed or refused. What is replayed once is replayed again.
fn check_commands(template: &Template, lines: &[u8]) {
    let directory = template.copy(&template.database);
    {
        let database = Database::open(directory.path().join(DATABASE)).unwrap();
        let transaction = database.begin_write().unwrap();
        {
            let mut table = transaction.open_table(COMMANDS).unwrap();
            table.retain(|_, _| false).unwrap();
            let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            for (index, line) in (0..).zip(lines.take(16)) {
                table.insert(index, line).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
    let Some(cloud) = open(directory.path()) else { return };
    let first = shown(&cloud);
    drop(cloud);
    let again = open(directory.path()).expect("a log that was replayed once");
    assert_eq!(shown(&again), first);
}

/// Opens a data directory; `None` if it is refused because of its content.
fn open(directory: &Path) -> Option<Cloud> {
    match builder().data_dir(directory).build() {
        Ok(cloud) => Some(cloud),
        Err(StartError::DataDirectory(_, error)) => {
            let is_content = !matches!(
                error,
                DataDirectoryError::Io(_)
                    | DataDirectoryError::InUse
                    | DataDirectoryError::NotPrivate(_)
                    | DataDirectoryError::UnsupportedOption(_)
            );
            assert!(is_content, "{error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// What the cloud contains, as far as lists show it.
fn shown(cloud: &Cloud) -> Vec<Value> {
    let list = |info, parameters: &[u8]| {
        let response = cloud.handle(&signed(info, parameters, false).unwrap());
        check_response(&response);
        let mut response: Value = serde_json::from_slice(response.body()).unwrap();
        response["Response"].as_object_mut().unwrap().shift_remove("RequestId");
        response
    };
    let cvm = |name| cvm_models::action(name).unwrap();
    vec![
        list(cvm("DescribeInstances"), b"{}"),
        list(cvm("DescribeKeyPairs"), b"{}"),
        list(cvm("DescribeImages"), b"{}"),
        list(cbs_models::action("DescribeDisks").unwrap(), b"{}"),
        list(vpc_models::action("DescribeVpcs").unwrap(), b"{}"),
    ]
}

/// A valid data directory.
struct Template {
    database: Vec<u8>,
    commands: Vec<Vec<u8>>,
    shown: Vec<Value>,
}

impl Template {
    fn new() -> Self {
        let directory = new_directory();
        let cloud = builder().data_dir(directory.path()).build().unwrap();
        let call = |info, parameters: &str| {
            let response = cloud.handle(&signed(info, parameters.as_bytes(), false).unwrap());
            assert!(check_response(&response).error.is_none(), "{parameters}");
            serde_json::from_slice::<Value>(response.body()).unwrap()
        };
        let cvm = |name| cvm_models::action(name).unwrap();
        let launched = call(
            cvm("RunInstances"),
            r#"{"Placement":{"Zone":"ap-guangzhou-3"},"ImageId":"img-pmqg1cw7","InstanceCount":3,
            "InstanceName":"web","ClientToken":"token","UserData":"ZWNobyBoZWxsbw==",
            "LoginSettings":{"Password":"A-Password-7"}}"#,
        );
        let id = launched["Response"]["InstanceIdSet"][0].as_str().unwrap();
        cloud.clock().advance(Duration::from_secs(60));
        call(cvm("StopInstances"), &format!(r#"{{"InstanceIds":["{id}"]}}"#));
        call(
            cvm("ImportKeyPair"),
            r#"{"KeyName":"key","ProjectId":0,"PublicKey":"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDzwg9UM0NkmYVSj5ogAyfqQWEqXxQzQ1NvNwaEWnzUNSGBYEUXOEiDLXfKHnrbRM0ZyWzYf0N9i1hHzJEo0ZkGz1tWxVxIR9Xl3b0V1qQ3ZgPCDmRLxfAHjYM6Xp0aXy2mYcFhjXfrZtTXgWYg2ZbQm5hG9wnoQ0F5Z2PzIkHNQw== k"}"#,
        );
        call(
            vpc_models::action("CreateVpc").unwrap(),
            r#"{"VpcName":"net","CidrBlock":"10.0.0.0/16"}"#,
        );
        cloud.clock().advance(Duration::from_secs(60));
        let shown = shown(&cloud);
        drop(cloud);
        let path = directory.path().join(DATABASE);
        let commands = {
            let database = Database::open(&path).unwrap();
            let transaction = database.begin_read().unwrap();
            let table = transaction.open_table(COMMANDS).unwrap();
            let commands = table.iter().unwrap().map(|item| item.unwrap().1.value().to_vec());
            commands.collect()
        };
        Self { database: fs::read(path).unwrap(), commands, shown }
    }

    /// A data directory with this database.
    fn copy(&self, database: &[u8]) -> TempDir {
        let directory = new_directory();
        let path = directory.path().join(DATABASE);
        fs::write(&path, database).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        directory
    }
}

/// A new directory, in memory if the system has such a place.
fn new_directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    TempDir::new_in(memory).or_else(|_| TempDir::new()).unwrap()
}

/// Whether there was a panic outside the library of the database. The emulator catches those inside it, because the library
/// panics at some damage.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

fn notice_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let is_in = |folder| info.location().is_some_and(|at| at.file().contains(folder));
            if is_in("redb") {
                return;
            }
            if !is_in("fuzz") {
                HAS_PANICKED.store(true, Ordering::SeqCst);
            }
            before(info);
        }));
    });
}

pub fn seeds() -> Vec<Vec<u8>> {
    let commands = Template::new().commands;
    let mut seeds = vec![commands.join(&b'\n'), vec![DAMAGE]];
    seeds.extend(commands);
    let others = [
        r#"{"elapsed":{"secs":0,"nanos":0},"command":{"AdvanceClock":{"secs":86400,"nanos":0}}}"#,
        r#"{"elapsed":{"secs":1,"nanos":0},"command":{"RunUntilIdle":{"secs":60,"nanos":0}}}"#,
        r#"{"elapsed":{"secs":1,"nanos":0},"command":{"SetTimeMode":"Instant"}}"#,
        r#"{"elapsed":{"secs":1,"nanos":0},"command":"Reset"}"#,
    ];
    seeds.extend(others.map(|text| text.as_bytes().to_vec()));
    // Damages in the header of the database, and in its first pages.
    for at in [0_u32, 9, 64, 100, 192, 320, 4096, 5000, 9000, 70_000] {
        let [a, b, c, _] = at.to_le_bytes();
        seeds.push(vec![DAMAGE, a, b, c, 1]);
    }
    seeds
}

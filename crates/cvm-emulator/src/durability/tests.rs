//! Restarts with a data directory, after stops, crashes, damage and full disks.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use redb::StorageBackend;
use redb::backends::FileBackend;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::DataDirectoryError;
use super::directory::{DataDirectory, Run};
use crate::test_requests::{NOW, credential, tc3_post};
use crate::{AccountId, Builder, Catalog, Cloud, Emulator, StartError, TimeMode, Timestamp};

const ID: &str = "AKIDEXAMPLE";

fn builder() -> Builder {
    let builder = Emulator::builder().seed(1).manual().start_time(Timestamp::from_unix(NOW));
    builder.wall_clock(|| NOW).credential(credential(ID))
}

fn open(directory: &Path) -> Cloud {
    builder().data_dir(directory).build().unwrap()
}

/// Why a data directory is refused.
fn refusal(builder: Builder, directory: &Path) -> DataDirectoryError {
    match builder.data_dir(directory).build() {
        Err(StartError::DataDirectory(path, error)) => {
            assert_eq!(path, directory);
            error
        }
        other => panic!("{other:?}"),
    }
}

fn send_as(id: &str, cloud: &Cloud, action: &str, parameters: &Value) -> Value {
    let text = parameters.to_string();
    let body = Bytes::from(text.clone());
    let response = cloud.handle(&tc3_post(id, NOW, action, &text, body));
    let mut json: Value = serde_json::from_slice(response.body()).unwrap();
    let mut response = json["Response"].take();
    response.as_object_mut().unwrap().remove("RequestId");
    response
}

fn send(cloud: &Cloud, action: &str, parameters: &Value) -> Value {
    let response = send_as(ID, cloud, action, parameters);
    assert_eq!(response["Error"], Value::Null, "{action}");
    response
}

fn error_code(cloud: &Cloud, action: &str, parameters: &Value) -> String {
    let response = send_as(ID, cloud, action, parameters);
    response["Error"]["Code"].as_str().unwrap_or_default().to_owned()
}

fn launch() -> Value {
    json!({
        "Placement": {"Zone": "ap-guangzhou-3"},
        "ImageId": "img-pmqg1cw7",
        "InstanceCount": 2,
        "UserData": "Y2FuYXJ5LXNjcmlwdA==",
        "LoginSettings": {"Password": "Canary-Password-7"},
        "TagSpecification":
            [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "build"}]}],
    })
}

/// Changes resources of several kinds.
fn change(cloud: &Cloud) {
    let launched = send(cloud, "RunInstances", &launch());
    let ids = &launched["InstanceIdSet"];
    cloud.clock().advance(Duration::from_secs(120));
    send(cloud, "StopInstances", &json!({"InstanceIds": [ids[0]]}));
    let renamed = json!({"InstanceIds": [ids[1]], "InstanceName": "renamed"});
    send(cloud, "ModifyInstancesAttribute", &renamed);
    send(cloud, "CreateDisasterRecoverGroup", &json!({"Name": "group", "Type": "HOST"}));
    cloud.clock().advance(Duration::from_secs(3));
}

/// Everything that some lists show, and the time.
fn shown(cloud: &Cloud) -> String {
    let lists = [
        "DescribeInstances",
        "DescribeInstancesStatus",
        "DescribeDisasterRecoverGroups",
        "DescribeKeyPairs",
        "DescribeAccountQuota",
        "DescribeLaunchTemplates",
    ];
    let mut text = cloud.clock().now().to_string();
    for action in lists {
        text += &format!("\n{action} {}", send(cloud, action, &json!({})));
    }
    let instances = send(cloud, "DescribeInstances", &json!({}));
    for instance in instances["InstanceSet"].as_array().unwrap() {
        let ids = json!({"InstanceIds": [instance["InstanceId"]], "Attributes": ["UserData"]});
        text += &send(cloud, "DescribeInstancesAttributes", &ids).to_string();
    }
    text
}

fn count(cloud: &Cloud) -> u64 {
    send(cloud, "DescribeInstances", &json!({}))["TotalCount"].as_u64().unwrap()
}

fn database(directory: &Path) -> std::path::PathBuf {
    directory.join("emulator.redb")
}

#[test]
fn restart_continues_where_the_last_start_ended() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("a/b");
    let cloud = open(&directory);
    change(&cloud);
    let before = shown(&cloud);
    assert!(before.contains("Y2FuYXJ5LXNjcmlwdA==") && before.contains("renamed"), "{before}");
    drop(cloud);
    let again = open(&directory);
    assert_eq!(shown(&again), before);
    change(&again);
    let both = shown(&again);
    assert_eq!(count(&again), 4);
    drop(again);
    // Without options, they come from the directory.
    let last = Emulator::builder().wall_clock(|| NOW).data_dir(&directory).build().unwrap();
    assert_eq!((shown(&last), last.clock().mode()), (both, TimeMode::Manual));
    assert_eq!(last.credential().secret_id(), ID);
}

#[cfg(unix)]
#[test]
fn files_are_private_and_contain_no_password() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data");
    let cloud = open(&directory);
    change(&cloud);
    drop(cloud);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&directory), 0o700);
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{path:?}");
        let content = fs::read(&path).unwrap();
        let found = content.windows(6).any(|part| part == b"Canary");
        assert!(!found, "{path:?} contains the password");
    }
    fs::set_permissions(database(&directory), fs::Permissions::from_mode(0o640)).unwrap();
    let error = refusal(builder(), &directory);
    assert!(matches!(error, DataDirectoryError::NotPrivate(_)), "{error}");
    fs::set_permissions(database(&directory), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o770)).unwrap();
    let error = refusal(builder(), &directory);
    assert!(matches!(error, DataDirectoryError::NotPrivate(_)), "{error}");
}

#[test]
fn request_ids_are_not_used_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let ids = |cloud: &Cloud| {
        let mut ids = Vec::new();
        for (action, text) in [("DescribeZones", "{}"), ("RunInstances", "{}"), ("Nothing", "{}")] {
            let request = tc3_post(ID, NOW, action, text, Bytes::from_static(b"{}"));
            let json: Value = serde_json::from_slice(cloud.handle(&request).body()).unwrap();
            ids.push(json["Response"]["RequestId"].as_str().unwrap().to_owned());
        }
        ids
    };
    let first = ids(&open(folder.path()));
    let second = ids(&open(folder.path()));
    assert!(first.iter().all(|id| !second.contains(id)), "{first:?} {second:?}");
}

#[test]
fn key_pairs_are_not_generated_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let create = |name: &str| {
        let cloud = open(folder.path());
        let created = send(&cloud, "CreateKeyPair", &json!({"KeyName": name, "ProjectId": 0}));
        created["KeyPair"]["PublicKey"].as_str().unwrap().split(' ').nth(1).unwrap().to_owned()
    };
    let (first, second) = (create("one"), create("two"));
    assert_ne!(first, second);
    let listed = send(&open(folder.path()), "DescribeKeyPairs", &json!({})).to_string();
    assert!(listed.contains(&first) && listed.contains(&second), "{listed}");
}

#[test]
fn added_accounts_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = open(folder.path());
    let account = cloud.add_account(credential("AKIDother")).unwrap();
    send_as("AKIDother", &cloud, "RunInstances", &launch());
    drop(cloud);
    let again = open(folder.path());
    let listed = send_as("AKIDother", &again, "DescribeInstances", &json!({}));
    assert_eq!(listed["TotalCount"], 2);
    assert_eq!(count(&again), 0);
    assert_eq!(account, AccountId::nth(1));
    assert_eq!(again.add_account(credential("AKIDthird")).unwrap(), AccountId::nth(2));
}

#[test]
fn second_emulator_is_refused_while_the_first_one_runs() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let error = refusal(builder(), folder.path());
    assert!(matches!(error, DataDirectoryError::InUse), "{error}");
    send(&first, "RunInstances", &launch());
    drop(first);
    assert_eq!(count(&open(folder.path())), 2);
}

#[test]
fn directory_with_other_files_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    let error = refusal(builder(), folder.path());
    assert!(matches!(&error, DataDirectoryError::Foreign(name) if name == "thesis.txt"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let file = folder.path().join("thesis.txt");
    let error = refusal(builder(), &file);
    assert!(matches!(error, DataDirectoryError::Io(_)), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    // A database of another program.
    let folder = tempfile::tempdir().unwrap();
    fs::write(database(folder.path()), vec![7; 100_000]).unwrap();
    make_private(&database(folder.path()));
    let error = refusal(builder(), folder.path());
    assert!(matches!(error, DataDirectoryError::Damaged(_)), "{error}");
    assert_eq!(fs::read(database(folder.path())).unwrap(), vec![7; 100_000]);
}

fn make_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let _ = path;
}

/// The database of a directory with changes, as a crash leaves it and as a stop leaves it, and what it shows.
fn databases() -> ([Vec<u8>; 2], String) {
    let folder = tempfile::tempdir().unwrap();
    let cloud = open(folder.path());
    change(&cloud);
    let shown = shown(&cloud);
    let crashed = fs::read(database(folder.path())).unwrap();
    drop(cloud);
    let stopped = fs::read(database(folder.path())).unwrap();
    assert_ne!(crashed, stopped);
    ([crashed, stopped], shown)
}

fn directory_with(database_content: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(database(folder.path()), database_content).unwrap();
    make_private(&database(folder.path()));
    folder
}

#[test]
fn damaged_database_is_refused_or_shows_everything() {
    let (databases, expected) = databases();
    let mut refused = 0;
    let mut check = |content: &[u8], what: &str| {
        let folder = directory_with(content);
        match builder().data_dir(folder.path()).build() {
            Ok(cloud) => assert_eq!(shown(&cloud), expected, "{what}"),
            Err(StartError::DataDirectory(..)) => refused += 1,
            Err(error) => panic!("{what}: {error}"),
        }
    };
    for content in &databases {
        check(content, "undamaged");
        // The header, and places in every page that is in use.
        let used: Vec<_> = (0..content.len())
            .step_by(4096)
            .filter(|page| content[*page..].iter().take(4096).any(|byte| *byte != 0))
            .collect();
        let in_pages = used.iter().flat_map(|page| [page + 1, page + 40, page + 2000]);
        for offset in [0, 3, 12, 16, 64, 80, 128, 192, 250].into_iter().chain(in_pages.take(90)) {
            let mut damaged = content.clone();
            let Some(byte) = damaged.get_mut(offset) else { continue };
            *byte ^= 0x5a;
            check(&damaged, &format!("byte {offset}"));
        }
        for length in [0, 1, 63, 320, 4095, 4096, content.len() / 2, content.len() - 1] {
            check(&content[..length], &format!("{length} bytes"));
        }
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn interrupted_creation_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("emulator.redb.new"), "half").unwrap();
    fs::write(folder.path().join("lock"), "").unwrap();
    let cloud = open(folder.path());
    send(&cloud, "RunInstances", &launch());
    drop(cloud);
    assert_eq!(count(&open(folder.path())), 2);
    assert!(!folder.path().join("emulator.redb.new").exists());
}

#[test]
fn log_of_another_build_is_refused_with_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let describe = |change: &dyn Fn(&mut Value)| {
        let nothing = || -> Result<_, DataDirectoryError> { panic!("it exists") };
        let directory = DataDirectory::open(folder.path(), nothing, |file| file).unwrap();
        let mut json: Value = serde_json::from_slice(&directory.description().unwrap()).unwrap();
        change(&mut json);
        directory.begin_run(&serde_json::to_vec(&json).unwrap(), Run::default()).unwrap();
    };
    drop(open(folder.path()));
    // An empty log can be continued by every build.
    describe(&|json| json["version"] = "0.0.9".into());
    let cloud = open(folder.path());
    send(&cloud, "RunInstances", &launch());
    drop(cloud);
    describe(&|json| json["version"] = "0.0.9".into());
    let error = refusal(builder(), folder.path()).to_string();
    assert!(error.contains("the build of version 0.0.9 that wrote it"), "{error}");
    describe(&|json| {
        json["version"] = env!("CARGO_PKG_VERSION").into();
        json["build"] = "another".into();
    });
    let error = refusal(builder(), folder.path());
    assert!(matches!(error, DataDirectoryError::OtherBuild { .. }), "{error}");
    describe(&|json| {
        json["version"] = "7.0.0".into();
        json["format"] = 9.into();
        json["new"] = true.into();
    });
    let error = refusal(builder(), folder.path()).to_string();
    assert!(error.contains("another format") && error.contains("version 7.0.0"), "{error}");
}

#[test]
fn log_of_another_catalog_is_refused() {
    let own = |memory: u32| {
        let text = format!(
            r#"{{ "types": [{{ "name": "S5.OWN", "vcpus": 3, "memory_gib": {memory} }}] }}"#
        );
        Catalog::builtin().with_json(&text).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let cloud = builder().catalog(own(5)).data_dir(folder.path()).build().unwrap();
    let mut own_type = launch();
    own_type["InstanceType"] = "S5.OWN".into();
    send(&cloud, "RunInstances", &own_type);
    drop(cloud);
    for other in [builder(), builder().catalog(own(6))] {
        let error = refusal(other, folder.path()).to_string();
        assert!(error.contains("start it with the unchanged catalog file"), "{error}");
    }
    let same = builder().catalog(own(5)).data_dir(folder.path()).build().unwrap();
    assert_eq!(count(&same), 2);
    let folder = tempfile::tempdir().unwrap();
    send(&open(folder.path()), "RunInstances", &launch());
    let error = refusal(builder().catalog(own(5)), folder.path()).to_string();
    assert!(error.contains("start it without a catalog file"), "{error}");
}

#[test]
fn other_options_than_those_of_the_directory_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    for (other, name) in [
        (builder().seed(2), "seed"),
        (builder().instant(), "time mode"),
        (builder().start_time(Timestamp::from_unix(NOW + 1)), "start time"),
        (builder().strict_network(true), "strict-network"),
    ] {
        let error = refusal(other, folder.path()).to_string();
        assert!(error.contains(name), "{error}");
    }
    for other in [builder().credential(credential("AKIDx")), builder().account(credential("AKIDx"))]
    {
        let error = refusal(other, folder.path());
        let is_expected =
            matches!(&error, DataDirectoryError::OtherCredential(id) if id == "AKIDx");
        assert!(is_expected, "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = refusal(builder().time_scale(f64::NAN), folder.path());
    assert!(matches!(error, DataDirectoryError::UnsupportedOption(_)), "{error}");
}

#[test]
fn real_time_goes_on_between_two_starts() {
    let folder = tempfile::tempdir().unwrap();
    let real = || {
        let builder = Emulator::builder().wall_clock(|| NOW).credential(credential(ID));
        builder.start_time(Timestamp::from_unix(NOW)).data_dir(folder.path()).build().unwrap()
    };
    let cloud = real();
    send(&cloud, "RunInstances", &launch());
    drop(cloud);
    // The last start was a day ago.
    let nothing = || -> Result<_, DataDirectoryError> { panic!("it exists") };
    let directory = DataDirectory::open(folder.path(), nothing, |file| file).unwrap();
    let mut run = directory.latest_run().unwrap().unwrap();
    run.time_of_day = run.time_of_day.saturating_sub(Duration::from_secs(86_400));
    directory.begin_run(&directory.description().unwrap(), run).unwrap();
    drop(directory);
    let cloud = real();
    assert!(cloud.clock().now() >= Timestamp::from_unix(NOW + 86_400), "{}", cloud.clock().now());
    let listed = send(&cloud, "DescribeInstances", &json!({}));
    assert_eq!(listed["InstanceSet"][0]["InstanceState"], "RUNNING");
}

/// A file that becomes full.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    is_full: Arc<AtomicBool>,
}

impl Disk {
    fn room(&self) -> io::Result<()> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left"));
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.room()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.room()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.room()?;
        self.file.write(offset, data)
    }
}

#[test]
fn full_disk_is_an_error_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let is_full = Arc::new(AtomicBool::new(false));
    let disk = |file| Disk { file, is_full: Arc::clone(&is_full) };
    let cloud = builder().build_on(folder.path(), disk).unwrap();
    send(&cloud, "RunInstances", &launch());
    is_full.store(true, Ordering::SeqCst);
    // Whether this change is stored shows only after a restart.
    assert_eq!(error_code(&cloud, "RunInstances", &launch()), "InternalError");
    // These are certainly not carried out, and no read shows what may be lost.
    let time = cloud.clock().now();
    cloud.clock().advance(Duration::from_secs(60));
    assert_eq!(cloud.clock().now(), time);
    for action in ["RunInstances", "DescribeInstances"] {
        let parameters = if action == "RunInstances" { launch() } else { json!({}) };
        assert_eq!(error_code(&cloud, action, &parameters), "ResourceUnavailable");
    }
    assert!(matches!(cloud.add_account(credential("AKIDx")), Err(StartError::Storage(_))));
    // Room on the disk alone does not bring it back: the state in memory may differ from the stored one.
    is_full.store(false, Ordering::SeqCst);
    assert_eq!(error_code(&cloud, "RunInstances", &launch()), "ResourceUnavailable");
    drop(cloud);
    assert_eq!(count(&open(folder.path())), 2);
}

#[test]
fn every_acknowledged_launch_of_many_threads_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = open(folder.path());
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..5 {
                    send(&cloud, "RunInstances", &launch());
                }
            });
        }
    });
    let crashed = fs::read(database(folder.path())).unwrap();
    let before = shown(&cloud);
    let copy = directory_with(&crashed);
    let again = open(copy.path());
    assert_eq!(count(&again), 160);
    assert_eq!(shown(&again), before);
}

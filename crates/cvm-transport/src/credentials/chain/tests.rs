//! Every source × {absent, complete, incomplete, unreadable, malformed}: an absent source is skipped, a complete one is
//! used, and all others end the search, whatever valid source comes after them.

use std::ffi::OsString;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::super::files::test_directory::TestDirectory;
use super::*;

const ID: &str = "TENCENTCLOUD_SECRET_ID";
const KEY: &str = "TENCENTCLOUD_SECRET_KEY";
const ROLE: &str = "TENCENTCLOUD_ROLE_ARN";
const FILE: &str = "TENCENTCLOUD_CREDENTIALS_FILE";
const SECTION: &str = "TENCENTCLOUD_PROFILE";
const ARN: &str = "qcs::cam::uin/1:roleName/r";

const HOME_FILE: &str = ".tencentcloud/credentials";
const MACHINE_FILE: &str = "etc/credentials";
const TCCLI_FILE: &str = ".tccli/default.credential";
const PROD_FILE: &str = ".tccli/prod.credential";

const INI: &str =
    "[default]\nsecret_id=AKIDx\nsecret_key=k\n[prod]\nsecret_id=AKIDprod\nsecret_key=k\n";
const JSON: &str = r#"{"secretId":"AKIDx","secretKey":"k"}"#;
const ROLE_JSON: &str = r#"{"secretId":"AKIDx","secretKey":"k","role-arn":"qcs::cam::uin/1:roleName/r","role-session-name":"s"}"#;
const UTF16: &[u8] = b"\xff\xfe[\0d\0";

/// The role of the instance, with timeouts that only a hang exceeds.
fn patient_role(authority: String) -> InstanceRole {
    const PATIENCE: Duration = Duration::from_secs(60);
    InstanceRole::within(authority, PATIENCE, PATIENCE)
}

/// How the search ends.
#[derive(Clone, Copy, Debug)]
enum Ends {
    /// The next source is used.
    Next,
    /// This secret id is found.
    With(&'static str),
    /// An error with this beginning that also contains this text.
    Error(&'static str, &'static str),
}
use Ends::{Error as Fails, Next, With};

#[derive(Clone, Debug)]
struct Case {
    cell: (&'static str, &'static str),
    variables: Vec<(&'static str, OsString)>,
    files: Vec<(&'static str, Vec<u8>)>,
    metadata: Metadata,
    ends: Ends,
}

/// The responses of the metadata service.
#[derive(Clone, Copy, Debug)]
enum Metadata {
    Good,
    NoRole,
    Nothing,
    Half,
    Fails,
    Malformed,
}

fn case(source: &'static str, state: &'static str, ends: Ends) -> Case {
    let metadata = Metadata::Good;
    Case { cell: (source, state), variables: Vec::new(), files: Vec::new(), metadata, ends }
}

impl Case {
    /// Sets a variable; `~` stands for the home directory.
    fn set(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn file(mut self, name: &'static str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((name, content.as_ref().to_vec()));
        self
    }

    fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    fn keys(self) -> Self {
        self.set(ID, "AKIDx").set(KEY, "k")
    }

    fn cluster(self) -> Self {
        self.file("token", "signed\n")
            .set("TKE_REGION", "ap-tokyo")
            .set("TKE_PROVIDER_ID", "p")
            .set("TKE_WEB_IDENTITY_TOKEN_FILE", "~/token")
            .set("TKE_ROLE_ARN", ARN)
    }

    fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(own, _)| *own != name);
        self
    }
}

#[cfg(unix)]
fn no_text() -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(b"canary\xff".to_vec())
}

const SOURCES: [&str; 8] = [
    "environment",
    "role of the environment",
    "workload identity",
    "named credential file",
    "named tccli profile",
    "credential file",
    "tccli profile",
    "role of the instance",
];
const STATES: [&str; 5] = ["absent", "complete", "incomplete", "unreadable", "malformed"];

#[cfg(unix)]
#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let [environment, role, cluster, named, named_tccli, file, tccli, instance] = SOURCES;
    let [absent, complete, incomplete, unreadable, malformed] = STATES;
    let half_pair = "TENCENTCLOUD_SECRET_ID is set, but TENCENTCLOUD_SECRET_KEY is not";
    let in_section = |more: &str| format!("[default]\nsecret_id=AKIDx\nsecret_key=k\n{more}");
    let mut cases = vec![
        case(environment, absent, Next),
        case(environment, absent, Next).set(ID, "").set(KEY, ""),
        case(environment, complete, With("AKIDx")).keys(),
        case(environment, complete, With("AKIDx")).keys().set("TENCENTCLOUD_TOKEN", "t"),
        case(environment, incomplete, Fails(half_pair, "")).set(ID, "AKIDx"),
        case(environment, incomplete, Fails(half_pair, "")).set(ID, "AKIDx").set(KEY, ""),
        case(environment, incomplete, Fails("TENCENTCLOUD_SECRET_KEY is set, but TENCENTCLOUD_SECRET_ID is not", "")).set(KEY, "k"),
        case(environment, incomplete, Fails("TENCENTCLOUD_TOKEN is set, but TENCENTCLOUD_SECRET_ID and", "")).set("TENCENTCLOUD_TOKEN", "t"),
        case(environment, incomplete, Fails("TENCENTCLOUD_SESSION_TOKEN is set, but", "")).set("TENCENTCLOUD_SESSION_TOKEN", "t"),
        case(environment, unreadable, Fails("TENCENTCLOUD_SECRET_ID is not UTF-8", "")).set(ID, no_text()).set(KEY, "k"),
        case(environment, unreadable, Fails("TENCENTCLOUD_SECRET_KEY is not UTF-8", "")).set(ID, "AKIDx").set(KEY, no_text()),
        case(environment, unreadable, Fails("TENCENTCLOUD_TOKEN is not UTF-8", "")).keys().set("TENCENTCLOUD_TOKEN", no_text()),
        case(environment, malformed, Fails("TENCENTCLOUD_TOKEN and TENCENTCLOUD_SESSION_TOKEN are set and differ", "unset one")).keys().set("TENCENTCLOUD_TOKEN", "t").set("TENCENTCLOUD_SESSION_TOKEN", "canary"),
        case(environment, malformed, Fails("TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY: ", "secret key")).set(ID, "AKIDx").set(KEY, "canary\n"),
        case(role, absent, Next),
        case(role, complete, With("AKIDsts")).keys().set(ROLE, ARN),
        case(role, complete, With("AKIDsts")).keys().set(ROLE, ARN).set("TENCENTCLOUD_ROLE_SESSION_NAME", "s"),
        case(role, incomplete, Fails("TENCENTCLOUD_ROLE_ARN is set, but TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY are not", "")).set(ROLE, ARN),
        case(role, incomplete, Fails(half_pair, "")).set(ROLE, ARN).set(ID, "AKIDx"),
        case(role, incomplete, Fails("TENCENTCLOUD_ROLE_SESSION_NAME is set, but TENCENTCLOUD_ROLE_ARN is not", "")).keys().set("TENCENTCLOUD_ROLE_SESSION_NAME", "s"),
        case(role, unreadable, Fails("TENCENTCLOUD_ROLE_ARN is not UTF-8", "")).keys().set(ROLE, no_text()),
        case(role, unreadable, Fails("TENCENTCLOUD_ROLE_SESSION_NAME is not UTF-8", "")).keys().set(ROLE, ARN).set("TENCENTCLOUD_ROLE_SESSION_NAME", no_text()),
        case(role, malformed, Fails("TENCENTCLOUD_ROLE_ARN: ", "InvalidParameter")).keys().set(ROLE, "r"),
        case(cluster, absent, Next),
        case(cluster, complete, With("AKIDsts")).cluster(),
        case(cluster, unreadable, Fails("TKE_WEB_IDENTITY_TOKEN_FILE: web identity token file `", "none` does not exist")).cluster().without(TKE[2]).set(TKE[2], "~/none"),
        case(cluster, unreadable, Fails("TKE_WEB_IDENTITY_TOKEN_FILE: ", "not a regular file")).cluster().without(TKE[2]).set(TKE[2], "~/etc"),
        case(cluster, unreadable, Fails("TKE_REGION is not UTF-8", "")).cluster().without(TKE[0]).set(TKE[0], no_text()),
        case(cluster, malformed, Fails("TKE_REGION: ", "region")).cluster().without(TKE[0]).set(TKE[0], "a@b"),
        case(cluster, malformed, Fails("TKE_WEB_IDENTITY_TOKEN_FILE: ", "is empty")).cluster().file("token", " \n"),
        case(cluster, malformed, Fails("TKE_WEB_IDENTITY_TOKEN_FILE: ", "UTF-16")).cluster().file("token", UTF16),
        case(cluster, malformed, Fails("TKE_WEB_IDENTITY_TOKEN_FILE: ", "InvalidParameter")).cluster().without(TKE[3]).set(TKE[3], "r"),
        case(named, absent, Next),
        case(named, complete, With("AKIDx")).set(FILE, "~/mine").file("mine", INI),
        case(named, complete, With("AKIDprod")).set(FILE, "~/mine").file("mine", INI).set(SECTION, "prod"),
        case(named, complete, With("AKIDprod")).set(SECTION, "prod").file(HOME_FILE, INI),
        case(named, complete, With("AKIDprod")).set(SECTION, "prod").file(MACHINE_FILE, INI),
        case(named, incomplete, Fails("TENCENTCLOUD_CREDENTIALS_FILE: credential file `", "mine`: section [default] (line 1) has a secret id but no secret key")).set(FILE, "~/mine").file("mine", "[default]\nsecret_id=AKIDx\n"),
        case(named, unreadable, Fails("TENCENTCLOUD_CREDENTIALS_FILE: there is no credential file `", "none`")).set(FILE, "~/none"),
        case(named, unreadable, Fails("TENCENTCLOUD_CREDENTIALS_FILE: there is no credential file `", "none`")).set(FILE, "~/none").file(HOME_FILE, INI).file(MACHINE_FILE, INI),
        case(named, unreadable, Fails("TENCENTCLOUD_PROFILE is set, but there is no credential file `", "etc/credentials`")).set(SECTION, "prod"),
        case(named, unreadable, Fails("TENCENTCLOUD_PROFILE is not UTF-8", "")).set(SECTION, no_text()).file(HOME_FILE, INI),
        case(named, unreadable, Fails("TENCENTCLOUD_CREDENTIALS_FILE: credential file `", "not a regular file")).set(FILE, "~/etc"),
        case(named, malformed, Fails("TENCENTCLOUD_PROFILE: credential file `", "has no section [nobody]")).set(SECTION, "nobody").file(HOME_FILE, INI),
        case(named, malformed, Fails("TENCENTCLOUD_CREDENTIALS_FILE: credential file `", "has no section [default]")).set(FILE, "~/mine").file("mine", ""),
        case(named, malformed, Fails("TENCENTCLOUD_CREDENTIALS_FILE and TENCENTCLOUD_PROFILE: credential file `", "has no section [nobody]")).set(FILE, "~/mine").set(SECTION, "nobody").file("mine", INI),
        case(named, malformed, Fails("TENCENTCLOUD_CREDENTIALS_FILE: credential file `", "mine`, line 2: credential_process has no program")).set(FILE, "~/mine").file("mine", "[default]\ncredential_process=''\n"),
        case(named, malformed, Fails("TENCENTCLOUD_CREDENTIALS_FILE: credential file `", "is UTF-16 text")).set(FILE, "~/mine").file("mine", UTF16),
        case(named, malformed, Fails("TENCENTCLOUD_CREDENTIALS_FILE: credential file `", "has no section [default]")).set(FILE, "~/mine").file("mine", "[prod]\nsecret_id=AKIDx\nsecret_key=k\n"),
        case(named, malformed, Fails("TENCENTCLOUD_CREDENTIALS_FILE: credential file `", "section header in line 2")).set(FILE, "~/mine").file("mine", "\n[default\nsecret_id=AKIDx\nsecret_key=k\n"),
        case(named_tccli, absent, Next),
        case(named_tccli, complete, With("AKIDx")).set("TCCLI_PROFILE", "prod").file(PROD_FILE, JSON),
        // A named profile comes before the default sources.
        case(named_tccli, complete, With("AKIDx")).set("TCCLI_PROFILE", "prod").file(PROD_FILE, JSON).file(HOME_FILE, INI.replace("AKIDx", "AKIDother")),
        case(named_tccli, incomplete, Fails("TCCLI_PROFILE: tccli credential file `", "prod.credential` has a secret id but no secret key")).set("TCCLI_PROFILE", "prod").file(PROD_FILE, r#"{"secretId":"AKIDx"}"#),
        case(named_tccli, unreadable, Fails("TCCLI_PROFILE is `prod`, but there is no tccli credential file `", "prod.credential`")).set("TCCLI_PROFILE", "prod"),
        case(named_tccli, unreadable, Fails("TCCLI_PROFILE is `prod`, but", "")).set("TCCLI_PROFILE", "prod").file(HOME_FILE, INI),
        case(named_tccli, unreadable, Fails("TCCLI_PROFILE is not UTF-8", "")).set("TCCLI_PROFILE", no_text()),
        case(named_tccli, malformed, Fails("TCCLI_PROFILE is not a profile name", "")).set("TCCLI_PROFILE", "../default"),
        case(named_tccli, unreadable, Fails("TCCLI_PROFILE: tccli credential file `", "not a regular file")).set("TCCLI_PROFILE", "prod").file(".tccli/prod.credential/x", ""),
        case(named_tccli, malformed, Fails("TCCLI_PROFILE: tccli credential file `", "line 1")).set("TCCLI_PROFILE", "prod").file(PROD_FILE, "{"),
        case(instance, absent, Fails("no credential found; set TENCENTCLOUD_SECRET_ID", "no role is bound")).metadata(Metadata::NoRole),
        case(instance, absent, Fails("no credential found; set TENCENTCLOUD_SECRET_ID", "not reachable")).metadata(Metadata::Nothing),
        case(instance, complete, With("AKIDrole")),
        case(instance, incomplete, Fails("response of the metadata service lacks the token", "")).metadata(Metadata::Half),
        case(instance, unreadable, Fails("metadata service responded with HTTP 500", "")).metadata(Metadata::Fails),
        case(instance, malformed, Fails("response of the metadata service is not the expected JSON", "")).metadata(Metadata::Malformed),
    ];
    for name in TKE {
        let begin = if name == TKE[0] { "TKE_PROVIDER_ID" } else { "TKE_REGION" };
        cases.push(case(cluster, incomplete, Fails(begin, name)).cluster().without(name));
    }
    for path in [HOME_FILE, MACHINE_FILE] {
        let with = |state, ends, text: &str| case(file, state, ends).file(path, text);
        cases.extend([
            case(file, absent, Next),
            with(complete, With("AKIDx"), INI),
            with(complete, With("AKIDx"), &format!("\u{feff}{INI}")),
            with(complete, With("AKIDp"), "[default]\ncredential_process=echo '{\"SecretId\":\"AKIDp\",\"SecretKey\":\"k\"}'\n"),
            with(incomplete, Fails("credential file `", "has a secret key but no secret id"), "[default]\nsecret_key=k\n"),
            with(incomplete, Fails("credential file `", "line 2: credential_process: output of the credential program `echo` has a secret id but no"), "[default]\ncredential_process=echo '{\"SecretId\":\"AKIDp\"}'\n"),
            with(unreadable, Fails("credential file `", "line 2: credential_process: credential program `/does/not/exist` cannot be run"), "[default]\ncredential_process=/does/not/exist\n"),
            with(unreadable, Fails("credential file `", "exit status: 3: no such user"), "[default]\ncredential_process=sh -c 'echo no such user >&2; exit 3'\n"),
            with(malformed, Fails("credential file `", "is not the expected JSON"), "[default]\ncredential_process=echo canary\n"),
            with(malformed, Fails("credential file `", "line 2: credential_process has an unclosed quote"), "[default]\ncredential_process=echo 'x\n"),
            with(malformed, Fails("credential file `", "neither `key = value` nor a comment in line 3"), "[default]\nsecret_id=AKIDx\nsecret_key canary\n"),
            with(malformed, Fails("credential file `", "section [default] (line 1): "), "[default]\nsecret_id=AKIDx\nsecret_key=canary\u{7}x\n"),
            case(file, unreadable, Fails("credential file `", "not a regular file")).file(path_below(path), "x"),
            // A role is assumed, and no other identity setting is ignored.
            with(complete, With("AKIDsts"), &in_section("role_arn=qcs::cam::uin/1:roleName/r\nrole_session_name: s\n")),
            with(complete, With("AKIDx"), &in_section("role_arn=\nrole_session_name =\nregion=ap-tokyo\nexpiration=later\n")),
            with(incomplete, Fails("credential file `", "has `role_arn` in line 4, but no `role_session_name`"), &in_section("role_arn=qcs::x\n")),
            with(incomplete, Fails("credential file `", "has `role_session_name` in line 4, but no `role_arn`"), &in_section("role_session_name=s\n")),
            with(malformed, Fails("credential file `", "line 4: role_arn: no credential from STS"), &in_section("role_arn=r\nrole_session_name=s\n")),
            with(malformed, Fails("credential file `", "line 4: `role-arn` would be ignored: write it as `role_arn`"), &in_section("role-arn=qcs::x\n")),
            with(malformed, Fails("credential file `", "line 4: `session_token` would be ignored: write it as `token`"), &in_section("session_token=canary\n")),
            with(malformed, Fails("credential file `", "line 4: `source_profile` would be ignored: remove it"), &in_section("source_profile=prod\n")),
            with(malformed, Fails("credential file `", "has `credential_process` in line 4 and `secret_id` in line 2"), &in_section("credential_process=echo\n")),
            case(file, malformed, Fails("credential file `", "is UTF-16 text")).file(path, UTF16),
            case(file, malformed, Fails("credential file `", "is not UTF-8 text (line 2)")).file(path, b"[default]\nsecret_id=\xff\n"),
        ]);
    }
    let with = |state, ends, text: &str| case(tccli, state, ends).file(TCCLI_FILE, text);
    let role_alone = r#"{"secretId":"AKIDx","secretKey":"k","role-arn":"qcs::cam::uin/1:roleName/r"}"#;
    let in_tccli = |more: &str| format!(r#"{{"secretId":"AKIDx","secretKey":"k",{more}}}"#);
    let session_alone = r#"{"secretId":"AKIDx","secretKey":"k","role-session-name":"s"}"#;
    cases.extend([
        case(tccli, absent, Next),
        with(complete, With("AKIDx"), JSON),
        with(complete, With("AKIDx"), &format!("\u{feff}{JSON}")),
        with(complete, With("AKIDsts"), ROLE_JSON),
        with(incomplete, Fails("tccli credential file `", "has a secret id but no secret key"), r#"{"secretId":"AKIDx","secretKey":""}"#),
        with(incomplete, Fails("tccli credential file `", "has neither a secret id nor a secret key"), "{}"),
        with(incomplete, Fails("tccli credential file `", "has `role-arn`, but no `role-session-name`"), role_alone),
        with(incomplete, Fails("tccli credential file `", "has `role-session-name`, but no `role-arn`"), session_alone),
        with(incomplete, Fails("tccli credential file `", "log in with tccli again"), r#"{"type":"sso","secretId":"","secretKey":""}"#),
        case(tccli, unreadable, Fails("tccli credential file `", "not a regular file")).file(".tccli/default.credential/x", ""),
        case(tccli, unreadable, Fails("tccli credential file `", "cannot be opened")).file(".tccli", ""),
        with(malformed, Fails("tccli credential file `", "at line 2"), "{\n\"secretId\":[\"canary\"]}"),
        with(malformed, Fails("tccli credential file `", "has a `type` other than"), r#"{"type":"other","secretId":"AKIDx","secretKey":"k"}"#),
        // tccli does not read these either, so they cannot be what the user meant.
        with(complete, With("AKIDx"), &in_tccli(r#""role_arn":null,"use-cvm-role":false,"roleSessionName":"","region":"r""#)),
        with(malformed, Fails("tccli credential file `", "has in line 1 `role_arn`, which would be ignored: write it as `role-arn`"), &in_tccli(r#""role_arn":"r","role-session-name":"s""#)),
        with(malformed, Fails("tccli credential file `", "has in line 2 `roleArn`, which would be ignored"), &in_tccli("\n\"roleArn\":\"r\"")),
        with(malformed, Fails("tccli credential file `", "`use-cvm-role`, which would be ignored: set `type` to `cvm-role`"), &in_tccli(r#""use-cvm-role":true"#)),
        with(malformed, Fails("tccli credential file `", "`useCvmRole`, which would be ignored"), &in_tccli(r#""useCvmRole":"true""#)),
        with(malformed, Fails("tccli credential file `", "`sessionToken`, which would be ignored: write it as `token`"), &in_tccli(r#""sessionToken":"canary""#)),
        with(malformed, Fails("tccli credential file `", "has the type `cvm-role` and a `role-arn`"), r#"{"type":"cvm-role","role-arn":"r","role-session-name":"s"}"#),
        with(malformed, Fails("role-arn of tccli credential file `", "InvalidParameter"), &ROLE_JSON.replace("qcs::", "")),
        case(tccli, malformed, Fails("tccli credential file `", "is UTF-16 text")).file(TCCLI_FILE, UTF16),
    ]);
    cases
}

/// A path below a file's path, which makes that path a directory.
fn path_below(path: &'static str) -> &'static str {
    if path == HOME_FILE { ".tencentcloud/credentials/x" } else { "etc/credentials/x" }
}

/// The Security Token Service and the metadata service, at one address.
struct Services {
    authority: String,
    metadata: Arc<Mutex<Metadata>>,
    task: JoinHandle<()>,
}

impl Drop for Services {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Services {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let metadata = Arc::new(Mutex::new(Metadata::Good));
        let says = Arc::clone(&metadata);
        let task = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let request = read_request(&mut socket).await;
                let (status, body) = respond(&request, *says.lock().unwrap());
                let head = format!(
                    "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        Self { authority, metadata, task }
    }
}

async fn read_request(socket: &mut tokio::net::TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        let mut space = [0; 4_096];
        let read = socket.read(&mut space).await.unwrap_or_default();
        text.extend_from_slice(&space[..read]);
        let shown = String::from_utf8_lossy(&text).to_ascii_lowercase();
        let body = shown.split_once("\r\n\r\n").map(|(_, body)| body.len());
        let length = shown
            .split_once("content-length: ")
            .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
        if read == 0 || body.is_some_and(|body| body >= length) {
            return String::from_utf8_lossy(&text).into_owned();
        }
    }
}

fn respond(request: &str, metadata: Metadata) -> (u16, String) {
    if request.starts_with("POST") {
        let body = if request.contains("qcs::") {
            r#"{"Response":{"Credentials":{"Token":"t","TmpSecretId":"AKIDsts","TmpSecretKey":"k"},
                "ExpiredTime":4000000000,"RequestId":"r"}}"#
        } else {
            r#"{"Response":{"Error":{"Code":"InvalidParameter","Message":"no"},"RequestId":"r"}}"#
        };
        return (200, body.to_owned());
    }
    let is_list = request.split(' ').nth(1).unwrap().ends_with('/');
    match (metadata, is_list) {
        (Metadata::NoRole, _) => (404, String::new()),
        (Metadata::Fails, _) => (500, String::new()),
        (_, true) => (200, "my-role".to_owned()),
        (Metadata::Malformed, _) => (200, "<html>canary</html>".to_owned()),
        (Metadata::Half, _) => {
            (200, r#"{"TmpSecretId":"AKIDrole","TmpSecretKey":"k","Code":"Success"}"#.to_owned())
        }
        _ => {
            let body = r#"{"TmpSecretId":"AKIDrole","TmpSecretKey":"k","Token":"t","ExpiredTime":4000000000,"Code":"Success"}"#;
            (200, body.to_owned())
        }
    }
}

/// Prepares the case, with a valid later source if possible.
async fn set_up(
    case: &Case,
    services: &Services,
    fallback: Option<(&str, &str)>,
) -> Option<(TestDirectory, CredentialChain)> {
    let directory = TestDirectory::new();
    directory.write("etc/x", "", 0o600);
    if !case.files.iter().any(|(name, _)| *name == ".tccli") {
        let sts = format!(r#"{{"sts":{{"endpoint":"http://{}"}}}}"#, services.authority);
        directory.write(".tccli/default.configure", &sts, 0o644);
        directory.write(".tccli/prod.configure", &sts, 0o644);
    }
    for (name, content) in &case.files {
        directory.write_bytes(name, content, 0o600);
    }
    if let Some((name, text)) = fallback {
        if case.files.iter().any(|(own, _)| name.starts_with(own) || own.starts_with(name)) {
            return None;
        }
        directory.write(name, text, 0o600);
    }
    let home = directory.0.to_str().unwrap().to_owned();
    let environment =
        case.variables.iter().fold(directory.home(&[]), |environment, (name, value)| {
            let value = match value.to_str() {
                Some(text) => text.replacen('~', &home, 1).into(),
                None => value.clone(),
            };
            environment.with(name, value)
        });
    *services.metadata.lock().unwrap() = case.metadata;
    let authority = match case.metadata {
        // A closed port: it was bound and released.
        Metadata::Nothing => {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().to_string()
        }
        _ => services.authority.clone(),
    };
    let machine = directory.0.join(MACHINE_FILE);
    let chain =
        CredentialChain::with(&environment, machine.to_str().unwrap(), patient_role(authority));
    Some((directory, chain))
}

/// Prepares the case and searches.
async fn search(
    case: &Case,
    services: &Services,
    fallback: Option<(&str, &str)>,
) -> Option<String> {
    let (_directory, chain) = set_up(case, services, fallback).await?;
    Some(match chain.credential().await {
        Ok(snapshot) => snapshot.credential().secret_id().to_owned(),
        Err(error) => {
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            error.to_string()
        }
    })
}

#[cfg(unix)]
#[tokio::test]
async fn broken_source_ends_the_search() {
    let services = Services::open().await;
    let cases = cases();
    for source in SOURCES {
        for state in STATES {
            assert!(cases.iter().any(|case| case.cell == (source, state)), "{source} × {state}");
        }
    }
    let tccli = (TCCLI_FILE, r#"{"secretId":"AKIDgood","secretKey":"k"}"#);
    for case in &cases {
        for (fallback, next) in [(None, "AKIDrole"), (Some(tccli), "AKIDgood")] {
            if fallback.is_some()
                && ["tccli profile", "role of the instance"].contains(&case.cell.0)
            {
                continue;
            }
            let Some(found) = search(case, &services, fallback).await else { continue };
            let is_right = match case.ends {
                // The fallback or the role of the instance is used.
                Next => found == next,
                With(id) => found == id,
                Fails(begin, inside) => found.starts_with(begin) && found.contains(inside),
            };
            assert!(is_right, "{:?} {fallback:?}: {:?}, not {found}", case.cell, case.ends);
        }
    }
}

#[tokio::test]
async fn role_of_the_instance_comes_from_the_endpoint_of_the_environment() {
    const VARIABLE: &str = "CVM_METADATA_ENDPOINT";
    let directory = TestDirectory::new();
    let machine = directory.0.join(MACHINE_FILE).display().to_string();
    let services = Services::open().await;
    let chain = |url: &str| {
        let environment = directory.home(&[(VARIABLE, url)]);
        CredentialChain::with(&environment, &machine, InstanceRole::new(&environment))
    };
    let found = chain(&format!("http://{}", services.authority)).credential().await.unwrap();
    assert_eq!(found.credential().secret_id(), "AKIDrole");
    let error = chain("http://metadata.example.com").credential().await.unwrap_err();
    assert!(error.to_string().contains(VARIABLE) && !error.is_missing(), "{error}");
    // A profile of tccli that names the role of the instance uses the same endpoint.
    directory.write(TCCLI_FILE, r#"{"type":"cvm-role"}"#, 0o600);
    let chain = chain(&format!("http://{}", services.authority));
    assert_eq!(chain.credential().await.unwrap().credential().secret_id(), "AKIDrole");
    assert_eq!(chain.explain().await.chosen, Some("tccli profile"));
}

#[tokio::test]
async fn first_complete_source_is_used_and_stays_in_use() {
    let directory = TestDirectory::new();
    let machine = directory.0.join(MACHINE_FILE).display().to_string();
    let services = Services::open().await;
    let chain = |more: &[(&str, &str)]| {
        let role = patient_role(services.authority.clone());
        CredentialChain::with(&directory.home(more), &machine, role)
    };
    let keys = [(ID, "AKIDenv"), (KEY, "k")];
    let chosen = async |more: &[(&str, &str)]| chain(more).explain().await.to_string();
    *services.metadata.lock().unwrap() = Metadata::NoRole;
    let nothing = chosen(&[]).await;
    for path in
        ["environment", "workload identity", "SDK profile", "tccli profile", "instance role"]
    {
        assert!(nothing.contains(&format!("{path} (")), "{nothing}");
    }
    directory.write(TCCLI_FILE, JSON, 0o600);
    assert!(chosen(&[]).await.ends_with("found in tccli profile"));
    directory.write(MACHINE_FILE, INI, 0o600);
    assert!(chosen(&[]).await.ends_with("found in SDK profile of the machine"));
    let user = directory.write(HOME_FILE, INI, 0o600);
    assert!(chosen(&[]).await.ends_with("found in SDK profile"));
    assert_eq!(chosen(&keys).await, "found in environment");
    // A file that disappears must not switch the identity.
    let chain = chain(&[]);
    assert!(chain.credential().await.is_ok());
    std::fs::remove_file(user).unwrap();
    assert!(chain.credential().await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn tccli_files_are_used_without_warning() {
    use super::super::files::test_directory::set_mode;
    let directory = TestDirectory::new();
    directory.write(TCCLI_FILE, JSON, 0o644);
    for (mode, warns) in [(0o700, false), (0o755, true)] {
        set_mode(&directory.0.join(".tccli"), mode);
        let role = patient_role("127.0.0.1:9".to_owned());
        let chain = CredentialChain::with(&directory.home(&[]), "/does/not/exist", role);
        let snapshot = chain.credential().await.unwrap();
        assert_eq!(snapshot.credential().secret_id(), "AKIDx");
        assert_eq!(snapshot.warning().is_some(), warns, "{mode:o}");
    }
}

/// A file of secrets that is not mounted: the link shows that it was configured.
#[cfg(unix)]
#[tokio::test]
async fn dangling_link_is_not_an_absent_file() {
    let services = Services::open().await;
    for name in [HOME_FILE, ".tencentcloud", MACHINE_FILE, TCCLI_FILE, ".tccli"] {
        let directory = TestDirectory::new();
        if name != ".tccli" {
            directory.write(".tccli/other.credential", JSON, 0o600);
        }
        let link = directory.0.join(name);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(directory.0.join("not-mounted"), &link).unwrap();
        let machine = directory.0.join(MACHINE_FILE).display().to_string();
        let role = patient_role(services.authority.clone());
        let chain = CredentialChain::with(&directory.home(&[]), &machine, role);
        let error = chain.credential().await.expect_err(name);
        let message = error.to_string();
        assert!(!error.is_missing() && !error.is_transient(), "{message}");
        let expected = format!("`{}` is a dangling symbolic link", link.display());
        assert!(message.contains(&expected), "{message}");
    }
    let directory = TestDirectory::new();
    directory.write(TCCLI_FILE, JSON, 0o600);
    let link = directory.0.join(".tccli/default.configure");
    std::os::unix::fs::symlink(directory.0.join("not-mounted"), &link).unwrap();
    let message = tccli::Settings::read(&directory.home(&[])).unwrap_err().to_string();
    assert!(message.contains("default.configure` is a dangling symbolic link"), "{message}");
}

/// Every credential that may expire names its source.
#[cfg(unix)]
#[tokio::test]
async fn credential_origin_names_its_source() {
    let services = Services::open().await;
    let process = "[default]\ncredential_process=echo '{\"SecretId\":\"A\",\"SecretKey\":\"k\"}'\n";
    for (case, origin) in [
        (case("", "", Next).file(HOME_FILE, process), "credentials`, line 2: credential_process"),
        (case("", "", Next).file(HOME_FILE, INI), "credentials`: section [default] (line 1)"),
        (case("", "", Next).file(TCCLI_FILE, JSON), "default.credential`"),
        (case("", "", Next).file(TCCLI_FILE, ROLE_JSON), "default.credential`)"),
        (case("", "", Next).keys().set(ROLE, ARN), "response of STS (TENCENTCLOUD_ROLE_ARN)"),
        (case("", "", Next).cluster(), "response of STS (TKE_WEB_IDENTITY_TOKEN_FILE)"),
        (case("", "", Next), "response of the metadata service"),
    ] {
        let (_directory, chain) = set_up(&case, &services, None).await.unwrap();
        let snapshot = chain.credential().await.unwrap();
        assert!(snapshot.origin().unwrap().ends_with(origin), "{:?}", snapshot.origin());
    }
}

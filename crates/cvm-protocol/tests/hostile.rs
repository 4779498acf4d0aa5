//! Answers that are made to cost: deep, long, or of many small parts. Alone in a process, because it looks
//! at what that process takes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::time::{Duration, Instant};

use cvm_protocol::{FieldInfo, Kind, ModelInfo, NameIndex, Record, envelope};

/// A model that contains itself.
static NODE: ModelInfo = ModelInfo {
    name: "Node",
    members: &[FieldInfo::new("Nodes", Kind::List(&Kind::Object(&NODE)))],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

const DEEP: usize = 200_000;
const LONG: usize = 10_000_000;
/// What decoding may take beside the text itself.
const MOST: u64 = 32 << 20;
/// Far more than any machine needs for it, and far less than a quadratic reader takes.
const LATEST: Duration = Duration::from_secs(120);

/// Answers of which every part is valid JSON, and whether they can be read.
fn answers() -> Vec<(&'static str, String, bool)> {
    let answer = |member: String| format!(r#"{{"Response":{{{member},"RequestId":"r"}}}}"#);
    let unknown = |value: String| answer(format!(r#""New":{value}"#));
    let many =
        |part: &str| format!("[{}{part}]", format!("{part},").repeat(LONG / (part.len() + 1)));
    let deep = |open: &str, close: &str, times: usize| {
        format!("{}1{}", open.repeat(times), close.repeat(times))
    };
    let names: Vec<String> = (0..LONG / 14).map(|number| format!(r#""k{number:07}":1"#)).collect();
    vec![
        ("lists in lists", unknown(deep("[", "]", DEEP)), true),
        ("objects in objects", unknown(deep(r#"{"k":"#, "}", DEEP)), true),
        ("both in turn", unknown(deep(r#"[{"k":"#, "}]", DEEP)), true),
        (
            "objects of one key in objects of one key",
            unknown(deep(r#"{"k":"#, "}", LONG / 6)),
            true,
        ),
        ("lists that never close", unknown("[".repeat(LONG)), false),
        ("models in models", answer(deep(r#""Nodes":[{"#, "}]", DEEP).replace('1', "")), false),
        (
            "a list where the model has text of its own",
            answer(format!(r#""Nodes":{}"#, deep("[", "]", DEEP))),
            false,
        ),
        ("objects of one key", unknown(many(r#"{"k":1}"#)), true),
        ("empty objects", unknown(many("{}")), true),
        ("numbers", unknown(many("1")), true),
        ("empty texts", unknown(many("\"\"")), true),
        ("a key of ten megabytes", answer(format!(r#""{}":1"#, "k".repeat(LONG))), true),
        ("a text of ten megabytes", unknown(format!("\"{}\"", "x".repeat(LONG))), true),
        ("escapes without end", unknown(format!("\"{}\"", "\\u0041".repeat(LONG / 6))), true),
        ("a number of ten megabytes", unknown("1".repeat(LONG)), true),
        ("as many new names", answer(names.join(",")), true),
        ("one name again and again", answer(vec![r#""New":1"#; LONG / 8].join(",")), true),
        ("blanks", unknown(format!("{}1", " ".repeat(LONG))), true),
    ]
}

/// A line of what the system says of this process, in bytes.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}

/// How much more memory the work took at its height than there was before; where the system tells.
fn height(work: impl FnOnce()) -> Option<u64> {
    let resets = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = status("VmRSS");
    work();
    Some(status("VmHWM")?.saturating_sub(before?)).filter(|_| resets)
}

/// Set where the memory is looked at: every large piece is then the system's own, and given back when it is
/// freed, so that none hides in what was free before.
const ALONE: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "65536");

#[test]
fn hostile_ten_megabyte_bodies_stay_within_limits() {
    if std::env::var_os(ALONE.0).is_none() {
        let name = "hostile_ten_megabyte_bodies_stay_within_limits";
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let ended = alone.env(ALONE.0, ALONE.1).args(["--exact", name, "--nocapture"]).output();
        let ended = ended.unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
        assert!(said.contains("1 passed"), "{said}");
        return;
    }
    // What is looked at is what was taken.
    let taken = height(|| drop(std::hint::black_box(vec![1_u8; LONG])));
    assert!(taken.is_none_or(|taken| taken > LONG as u64 * 9 / 10), "{taken:?}");
    // On a small stack, so that recursion would show.
    let reader = std::thread::Builder::new().stack_size(512 * 1_024).spawn(|| {
        for (name, answer, is_readable) in answers() {
            let began = Instant::now();
            let taken = height(|| {
                let mut record = Record::new(&NODE);
                let read = envelope::decode(&mut record, answer.as_bytes());
                assert_eq!(read.is_ok(), is_readable, "{name}: {:?}", read.err());
            });
            assert!(began.elapsed() < LATEST, "{name}: {:?}", began.elapsed());
            if let Some(taken) = taken {
                assert!(taken < MOST, "{name}: {taken} bytes");
            }
            println!("{name}: {:?}, {taken:?} bytes", began.elapsed());
        }
    });
    reader.unwrap().join().unwrap();
}

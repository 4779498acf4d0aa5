//! What programs took: CPU time from the kernel's account of ended children, memory from GNU time.
//! Linux only.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Error, at};

/// The kernel shows its accounts in hundredths of a second, whatever it counts in itself.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of every program that this one has started and waited for, and of those that they waited
/// for.
pub fn by_children() -> Result<Duration, Error> {
    let path = Path::new("/proc/self/stat");
    let stat = fs::read_to_string(path).map_err(|error| at(path, &error))?;
    read_stat(&stat).ok_or_else(|| format!("{}: cannot be read", path.display()).into())
}

/// Fields 16 and 17. The second one is a name in parentheses, which may hold anything.
fn read_stat(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(13).map(str::parse::<u32>);
    Some(TICK * (fields.next()?.ok()? + fields.next()?.ok()?))
}

/// Whether memory can be measured.
pub fn sees_memory() -> bool {
    gnu_time("%M", Path::new("/dev/null"))
        .arg("true")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// GNU time, which adds a line of this format to `log` once the program whose name and arguments
/// come next has ended, and ends as that did.
pub fn gnu_time(format: &str, log: &Path) -> Command {
    let mut time = Command::new("time");
    time.args(["--quiet", "--append", "--format", format, "--output"]).arg(log);
    time
}

/// The most memory that a program held, in bytes.
pub fn peak(command: &[OsString]) -> Result<f64, Error> {
    // GNU time is started instead of the program itself: between fork and exec a child of ours counts
    // our own memory as its own.
    let log = std::env::temp_dir().join(format!("xtask-peak-{}", std::process::id()));
    let status = gnu_time("%M", &log).args(command).stdout(Stdio::null()).status();
    let text = fs::read_to_string(&log);
    // It was there only if the program could be started.
    let _ = fs::remove_file(&log);
    let name = command.first().map(OsString::as_os_str).unwrap_or(OsStr::new("nothing"));
    if !status.is_ok_and(|status| status.success()) {
        return Err(format!("{}: failed, or GNU time is missing", name.display()).into());
    }
    let kilobytes = text.ok().and_then(|text| text.trim().parse::<f64>().ok());
    kilobytes
        .map(|kilobytes| kilobytes * 1024.0)
        .ok_or_else(|| format!("{}: no figure came", name.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_account_may_hold_anything() {
        let tail = "S 1 2 3 0 -1 4194560 5 6 7 8 9 10 150 25 20 0 1";
        for name in ["xtask", "a ) b", "1 2 3 4 5"] {
            let stat = format!("4711 ({name}) {tail}");
            assert_eq!(read_stat(&stat), Some(Duration::from_millis(1750)), "{name}");
        }
        assert_eq!(read_stat("4711 (xtask) S 1 2"), None);
    }
}

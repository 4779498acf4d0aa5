//! What programs used: CPU time as the kernel accounts it for ended children, peak memory from GNU time. Linux only.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::error::{Error, at};

/// `/proc` shows CPU time in hundredths of a second (`USER_HZ`), whatever the kernel's own resolution is.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of all ended children of this process, and of their children.
pub fn children_cpu_time() -> Result<Duration, Error> {
    let path = Path::new("/proc/self/stat");
    let stat = fs::read_to_string(path).map_err(|error| at(path, &error))?;
    read_stat(&stat).ok_or_else(|| format!("{}: cannot read the CPU time", path.display()).into())
}

/// Reads the fields 16 and 17, `cutime` and `cstime`. The second field is a name in parentheses, which may contain anything.
fn read_stat(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(13).map(str::parse::<u32>);
    Some(TICK * (fields.next()?.ok()? + fields.next()?.ok()?))
}

/// Whether GNU time is installed, which measures memory.
pub fn can_measure_memory() -> bool {
    gnu_time("%M", Path::new("/dev/null"))
        .arg("true")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// GNU time, to which the caller adds a program and its arguments. When the program ends, GNU time appends a line of this
/// format to `log` and exits with the program's status.
pub fn gnu_time(format: &str, log: &Path) -> Command {
    let mut time = Command::new("time");
    time.args(["--quiet", "--append", "--format", format, "--output"]).arg(log);
    time
}

/// Peak memory of a program in bytes.
pub fn peak_memory(command: &[OsString]) -> Result<f64, Error> {
    // GNU time is a process in between: from fork to exec, a child of this process would report this process's memory.
    let log = std::env::temp_dir().join(format!("cvm-bench-peak-{}", std::process::id()));
    let status = gnu_time("%M", &log).args(command).stdout(Stdio::null()).status();
    let text = fs::read_to_string(&log);
    // The file exists only if the program was started.
    let _ = fs::remove_file(&log);
    let name =
        command.first().map(OsString::as_os_str).unwrap_or(OsStr::new("no program")).display();
    if !status.is_ok_and(|status| status.success()) {
        return Err(format!("{name}: failed, or GNU time is not installed").into());
    }
    let kilobytes = text.ok().and_then(|text| text.trim().parse::<f64>().ok());
    kilobytes
        .map(|kilobytes| kilobytes * 1024.0)
        .ok_or_else(|| format!("{name}: GNU time reported no memory").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_name_in_stat_may_contain_anything() {
        let tail = "S 1 2 3 0 -1 4194560 5 6 7 8 9 10 150 25 20 0 1";
        for name in ["xtask", "a ) b", "1 2 3 4 5"] {
            let stat = format!("4711 ({name}) {tail}");
            assert_eq!(read_stat(&stat), Some(Duration::from_millis(1750)), "{name}");
        }
        assert_eq!(read_stat("4711 (xtask) S 1 2"), None);
    }
}

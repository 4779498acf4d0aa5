//! Reads the two clocks that show the age of an entry: the time of day and the time since boot.
//!
//! The time of day can be set at any time. The time since boot cannot, and it continues while the machine
//! sleeps; two processes can compare it as long as the machine was not restarted between them.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// One point in time on both clocks.
#[derive(Clone, Debug)]
pub struct Clocks {
    /// The time of day.
    pub wall: SystemTime,
    /// The time since boot, if the system provides it.
    pub boot: Option<BootTime>,
}

impl Clocks {
    /// Now.
    pub fn now() -> Self {
        Self { wall: SystemTime::now(), boot: BootTime::now() }
    }

    /// A point in time of one boot, for tests.
    #[cfg(test)]
    pub fn at(since_1970: Duration, since_boot: Duration) -> Self {
        let milliseconds = u64::try_from(since_boot.as_millis()).unwrap();
        let boot = BootTime { boot_id: "a-boot".to_owned(), milliseconds };
        Self { wall: SystemTime::UNIX_EPOCH + since_1970, boot: Some(boot) }
    }
}

/// A point in time, counted from the boot of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootTime {
    #[serde(rename = "id")]
    boot_id: String,
    milliseconds: u64,
}

impl BootTime {
    /// Now, on a Linux that identifies its boot.
    #[cfg(target_os = "linux")]
    fn now() -> Option<Self> {
        use rustix::time::{ClockId, clock_gettime};
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let boot_id = Some(boot_id.trim().to_owned()).filter(|id| !id.is_empty())?;
        let since = Duration::try_from(clock_gettime(ClockId::Boottime)).ok()?;
        Some(Self { boot_id, milliseconds: u64::try_from(since.as_millis()).ok()? })
    }

    /// Other systems offer no safe way to identify a boot.
    #[cfg(not(target_os = "linux"))]
    fn now() -> Option<Self> {
        None
    }

    /// The time since an earlier point; `None` after another boot, or if that point is still ahead.
    pub fn since(&self, earlier: &Self) -> Option<Duration> {
        if self.boot_id != earlier.boot_id {
            return None;
        }
        self.milliseconds.checked_sub(earlier.milliseconds).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_times_compare_only_within_one_boot() {
        let time = |boot_id: &str, milliseconds| BootTime { boot_id: boot_id.into(), milliseconds };
        let earlier = time("a", 1_000);
        assert_eq!(time("a", 3_500).since(&earlier), Some(Duration::from_millis(2_500)));
        assert_eq!(time("a", 999).since(&earlier), None);
        assert_eq!(time("b", 3_500).since(&earlier), None);
        let parse = |text: &str| serde_json::from_str::<BootTime>(text).ok();
        assert_eq!(parse(r#"{"id":"a","milliseconds":1000}"#), Some(earlier));
        assert_eq!(parse(r#"{"id":"a","milliseconds":-1}"#), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn boot_time_is_monotonic() {
        let earlier = BootTime::now().unwrap();
        assert!(BootTime::now().unwrap().since(&earlier).is_some());
    }
}

//! Reads the two clocks that tell the age of an entry: the time of day, and the time since boot.
//!
//! The time of day can be set at any moment. The time since boot cannot, and it goes on while the machine
//! sleeps; two processes can compare it as long as the machine was not started again between them.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

/// One point in time on both clocks.
#[derive(Clone, Debug)]
pub struct Clocks {
    /// The time of day.
    pub wall: SystemTime,
    /// The time since boot, where the system tells it.
    pub boot: Option<BootTime>,
}

impl Clocks {
    /// Now.
    pub fn now() -> Self {
        Self { wall: SystemTime::now(), boot: BootTime::now() }
    }

    /// A point in time of some boot. For tests.
    #[cfg(test)]
    pub fn at(since_1970: Duration, since_boot: Duration) -> Self {
        let milliseconds = u64::try_from(since_boot.as_millis()).unwrap();
        let boot = BootTime { boot_id: "a-boot".to_owned(), milliseconds };
        Self { wall: SystemTime::UNIX_EPOCH + since_1970, boot: Some(boot) }
    }
}

/// A point in time, counted from the boot of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootTime {
    boot_id: String,
    milliseconds: u64,
}

impl BootTime {
    /// Now, on a Linux that tells which boot this is.
    #[cfg(target_os = "linux")]
    fn now() -> Option<Self> {
        use rustix::time::{ClockId, clock_gettime};
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let boot_id = Some(boot_id.trim().to_owned()).filter(|id| !id.is_empty())?;
        let since = Duration::try_from(clock_gettime(ClockId::Boottime)).ok()?;
        Some(Self { boot_id, milliseconds: u64::try_from(since.as_millis()).ok()? })
    }

    /// Other systems offer no safe way to tell one boot from another.
    #[cfg(not(target_os = "linux"))]
    fn now() -> Option<Self> {
        None
    }

    /// The time since an earlier point; `None` after another boot, or if that point is still to come.
    pub fn since(&self, earlier: &Self) -> Option<Duration> {
        if self.boot_id != earlier.boot_id {
            return None;
        }
        self.milliseconds.checked_sub(earlier.milliseconds).map(Duration::from_millis)
    }

    /// Its form in the journal.
    pub fn to_value(&self) -> Value {
        json!({ "id": self.boot_id, "milliseconds": self.milliseconds })
    }

    /// Reads it from the journal.
    pub fn of(value: &Value) -> Option<Self> {
        Some(Self {
            boot_id: value.get("id")?.as_str()?.to_owned(),
            milliseconds: value.get("milliseconds")?.as_u64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_one_boot_can_be_compared_and_others_cannot() {
        let time = |boot_id: &str, milliseconds| BootTime { boot_id: boot_id.into(), milliseconds };
        let earlier = time("a", 1_000);
        assert_eq!(time("a", 3_500).since(&earlier), Some(Duration::from_millis(2_500)));
        assert_eq!(time("a", 999).since(&earlier), None);
        assert_eq!(time("b", 3_500).since(&earlier), None);
        assert_eq!(BootTime::of(&earlier.to_value()), Some(earlier));
        assert_eq!(BootTime::of(&json!({ "id": "a", "milliseconds": -1 })), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_time_since_boot_goes_forward() {
        let earlier = BootTime::now().unwrap();
        assert!(BootTime::now().unwrap().since(&earlier).is_some());
    }
}

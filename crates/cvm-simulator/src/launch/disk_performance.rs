//! Extra throughput and burst performance of data disks: the same rules for disks of a launch and for elastic disks.

use std::ops::RangeInclusive;

/// The media that can have both.
const FAST: [&str; 2] = ["CLOUD_HSSD", "CLOUD_TSSD"];

/// The extra throughput that can be bought in MiB/s; assumed.
pub(crate) const THROUGHPUT: RangeInclusive<i64> = 0..=650;

/// From this size on, disks can exceed their normal speed; larger ones can have extra throughput.
const FAST_GIB: i64 = 460;

/// Whether disks of this medium can have extra throughput.
pub(crate) fn is_fast(kind: &str) -> bool {
    FAST.contains(&kind)
}

/// Checks the extra throughput of a disk. The error is the message.
pub(crate) fn check_throughput(
    member: &str,
    (kind, gib): (&str, i64),
    throughput: i64,
) -> Result<(), String> {
    if throughput != 0 && !(is_fast(kind) && gib > FAST_GIB) {
        return Err(format!(
            "Only CLOUD_HSSD and CLOUD_TSSD disks of more than {FAST_GIB} GiB can have `{member}`, not \
             {kind} of {gib} GiB."
        ));
    }
    if !THROUGHPUT.contains(&throughput) {
        let max = THROUGHPUT.end();
        return Err(format!("`{member}` is {throughput}, but must be from 0 to {max}."));
    }
    Ok(())
}

/// Checks that a disk can exceed its normal speed for short peaks. The error is the message.
pub(crate) fn check_burst(kind: &str, gib: i64) -> Result<(), String> {
    if is_fast(kind) && gib >= FAST_GIB {
        return Ok(());
    }
    Err(format!(
        "Only CLOUD_HSSD and CLOUD_TSSD disks of at least {FAST_GIB} GiB have burst performance, not \
         {kind} of {gib} GiB."
    ))
}

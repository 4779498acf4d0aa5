//! Measures whole programs from start to exit: CPU time, wall time and memory of one run.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::case::Metric;
use crate::error::Error;
use crate::rusage;

/// The kernel accounts CPU time in hundredths of a second, so a measurement repeats the program for much longer than that.
const MIN_TIME: Duration = Duration::from_millis(600);

/// Measures a program and its arguments once.
pub fn measure(command: &[OsString], metric: Metric) -> Result<f64, Error> {
    if metric == Metric::Peak {
        return rusage::peak_memory(command);
    }
    let (start, cpu_before, mut count) = (Instant::now(), rusage::children_cpu_time()?, 0_u32);
    while start.elapsed() < MIN_TIME {
        run(command)?;
        count += 1;
    }
    let took = match metric {
        Metric::Wall => start.elapsed(),
        _ => rusage::children_cpu_time()? - cpu_before,
    };
    Ok(took.as_secs_f64() * 1e9 / f64::from(count))
}

fn run(command: &[OsString]) -> Result<(), Error> {
    let (program, arguments) = command.split_first().ok_or("no program to measure")?;
    let name = program.display();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}").into()) }
}

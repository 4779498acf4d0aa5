//! `cargo xtask bench --emulator`: measures `cvm emulator` as a program: start, memory, and signed requests per second.

mod durability;
mod process;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::figures::{digits, median};
use crate::{cargo, machine};
use process::{Emulator, Request};

/// How often the emulator is started. The figures are medians.
const STARTS: usize = 9;
/// How long each load lasts.
const LOAD: Duration = Duration::from_secs(2);
/// How many connections send requests at once.
const CONNECTIONS: usize = 8;
/// How many requests launch the instances, and how many instances each of them launches.
const LAUNCHES: usize = 100;
const LAUNCHED: usize = 100;

const LAUNCH: &str = r#"{"Placement":{"Zone":"ap-guangzhou-3"},"ImageId":"img-pmqg1cw7","InstanceType":"S5.MEDIUM4","InstanceCount":100,"VirtualPrivateCloud":{"VpcId":"vpc-1","SubnetId":"subnet-NUMBER"}}"#;

/// A subnet has room for this many launches.
const LAUNCHES_IN_SUBNET: usize = 40;

/// Measures, and returns the table.
pub fn run(root: &Path) -> Result<String, Error> {
    let cvm = cargo::build(root, "build --quiet --package cvm-cli --release", "cvm")?;
    let starts = (0..STARTS).map(|_| start(&cvm)).collect::<Result<Vec<_>, Error>>()?;
    let milliseconds = median(starts.iter().map(|(took, _)| took.as_secs_f64() * 1e3));
    let idle = median(starts.iter().map(|(_, bytes)| *bytes));

    let emulator = Emulator::start(&cvm, None)?;
    let zones = per_second(&emulator, &emulator.request("DescribeZones", "{}")?)?;
    let before = emulator.memory()?;
    let mut connection = emulator.connect()?;
    for number in 0..LAUNCHES {
        let subnet = (number / LAUNCHES_IN_SUBNET).to_string();
        let launch = emulator.request("RunInstances", &LAUNCH.replace("NUMBER", &subnet))?;
        connection.exchange(&launch)?;
    }
    let each = (emulator.memory()? - before) / (LAUNCHES * LAUNCHED) as f64;
    let list = |limit: u32| {
        let request = emulator.request("DescribeInstances", &format!("{{\"Limit\":{limit}}}"))?;
        per_second(&emulator, &request)
    };
    let (one, hundred) = (list(1)?, list(100)?);

    let rows = [
        (
            "start, until the first signed response".to_owned(),
            format!("{} ms", digits(milliseconds)),
        ),
        ("memory after the first response".to_owned(), format!("{} MB", digits(idle / 1e6))),
        ("memory per instance, of 10 000".to_owned(), format!("{} KB", digits(each / 1e3))),
        ("`DescribeZones`".to_owned(), rate(zones)),
        ("`DescribeInstances`, 1 of 10 000 instances".to_owned(), rate(one)),
        ("`DescribeInstances`, 100 of 10 000 instances".to_owned(), rate(hundred)),
    ];
    drop(connection);
    drop(emulator);
    let rows = rows.into_iter().chain(durability::rows(root, &cvm)?);
    let mut text = String::from("| what | figure |\n|---|--:|\n");
    for (what, figure) in rows {
        text.push_str(&format!("| {what} | {figure} |\n"));
    }
    Ok(text + &format!("\n{}\n", machine::describe()))
}

/// Starts the emulator once. Returns the time until it has responded to a signed request, and its memory then.
fn start(cvm: &Path) -> Result<(Duration, f64), Error> {
    let began = Instant::now();
    let emulator = Emulator::start(cvm, None)?;
    emulator.connect()?.exchange(&emulator.request("DescribeZones", "{}")?)?;
    Ok((began.elapsed(), emulator.memory()?))
}

/// Sends the same request on several connections at once. Returns the number of responses per second.
fn per_second(emulator: &Emulator, request: &Request) -> Result<f64, Error> {
    let is_over = AtomicBool::new(false);
    let began = Instant::now();
    let count: Result<usize, Error> = thread::scope(|scope| {
        let send = || {
            let mut connection = emulator.connect()?;
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                connection.exchange(request)?;
                count += 1;
            }
            Ok(count)
        };
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(send)).collect();
        thread::sleep(LOAD);
        is_over.store(true, Ordering::Relaxed);
        let join = |thread: thread::ScopedJoinHandle<'_, Result<usize, Error>>| {
            thread.join().map_err(|_| Error::from("a thread that sends requests panicked"))?
        };
        threads.into_iter().map(join).sum()
    });
    Ok(count? as f64 / began.elapsed().as_secs_f64())
}

fn rate(per_second: f64) -> String {
    format!("{} per second", digits(per_second))
}

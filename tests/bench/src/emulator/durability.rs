//! Measures `cvm emulator --data-dir`: launches that wait for the disk, reads beside them, and a start that replays the log.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use super::process::Emulator;
use super::{per_second, rate};
use crate::error::{Error, at};
use crate::figures::digits;

/// How many launches one connection makes.
const ALONE: usize = 500;

/// How many launches some connections make together, and how many connections there are.
const TOGETHER: usize = 4_000;
const CONNECTIONS: usize = 16;

/// How many launches the log has in the end, and how many connections make the rest of them.
const TOTAL: usize = 20_000;
const FILLING: usize = 64;

/// A connection uses a new signature after this many launches. So many connections share a subnet that it has room.
const SIGNED: usize = 250;
const IN_SUBNET: usize = 10;

/// The rows of the table.
pub fn rows(root: &Path, cvm: &Path) -> Result<Vec<(String, String)>, Error> {
    let directory = Directory(root.join("target/bench-data-dir"));
    directory.remove()?;
    let emulator = Emulator::start(cvm, Some(&directory.0))?;
    let alone = launch(&emulator, 1, ALONE)?;
    let together = launch(&emulator, CONNECTIONS, TOGETHER)?;
    launch(&emulator, FILLING, TOTAL - ALONE - TOGETHER)?;
    let zones = per_second(&emulator, &emulator.request("DescribeZones", "{}")?)?;
    // As `kill -9` does.
    drop(emulator);
    let bytes = file_bytes(&directory.0.join("emulator.redb"))?;
    let began = Instant::now();
    let emulator = Emulator::start(cvm, Some(&directory.0))?;
    emulator.connect()?.exchange(&emulator.request("DescribeInstances", "{}")?)?;
    let restart = began.elapsed();
    drop(emulator);
    directory.remove()?;
    let megabytes = bytes / 1e6;
    Ok(vec![
        ("`--data-dir`: launches of one instance, one connection".to_owned(), rate(alone)),
        (format!("`--data-dir`: the same, {CONNECTIONS} connections"), rate(together)),
        ("`--data-dir`: `DescribeZones`".to_owned(), rate(zones)),
        (
            "`--data-dir`: start after `kill -9`, with a log of 20 000 launches".to_owned(),
            format!("{} s, {} MB", digits(restart.as_secs_f64()), digits(megabytes)),
        ),
    ])
}

fn file_bytes(path: &Path) -> Result<f64, Error> {
    let metadata = fs::metadata(path).map_err(|error| at(path, &error))?;
    Ok(metadata.len() as f64)
}

/// Launches instances one by one. Returns the number of launches per second.
fn launch(emulator: &Emulator, connections: usize, count: usize) -> Result<f64, Error> {
    let each = count / connections;
    let began = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|thread| {
                scope.spawn(move || {
                    let mut connection = emulator.connect()?;
                    let subnet = format!("{connections}-{}", thread / IN_SUBNET);
                    for first in (0..each).step_by(SIGNED) {
                        let body = format!(
                            r#"{{"Placement":{{"Zone":"ap-guangzhou-3"}},"ImageId":"img-pmqg1cw7","InstanceType":"S5.MEDIUM4","VirtualPrivateCloud":{{"VpcId":"vpc-1","SubnetId":"subnet-{subnet}"}}}}"#
                        );
                        let request = emulator.request("RunInstances", &body)?;
                        for _ in first..each.min(first + SIGNED) {
                            connection.exchange(&request)?;
                        }
                    }
                    Ok::<_, Error>(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().map_err(|_| Error::from("a thread that launches panicked"))?
        })
    })?;
    Ok((each * connections) as f64 / began.elapsed().as_secs_f64())
}

/// The data directory of the measurement, beside the programs: the directory for temporary files may be in memory.
struct Directory(PathBuf);

impl Directory {
    fn remove(&self) -> Result<(), Error> {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(&self.0, &error)),
            _ => Ok(()),
        }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = self.remove();
    }
}

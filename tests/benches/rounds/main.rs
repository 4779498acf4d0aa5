//! Measures the CPU time of one case on one thread, for `cargo xtask bench`, which interleaves the cases.
//!
//! `rounds serve` prints `NAME ADDRESS` lines and serves until its input ends. `rounds CASE MILLISECONDS
//! ADDRESS` prints nanoseconds per operation. `rounds once CASE ADDRESS` runs the operation a hundred times for
//! an instruction counter; `rounds none` measures the overhead to subtract.
#![expect(clippy::expect_used, reason = "a bench that cannot begin has nothing to measure")]
#![expect(clippy::print_stdout, reason = "its output is its result")]

mod cases;
mod cpu;
#[path = "../support/mod.rs"]
mod support;

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use support::{answers, server};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        ["serve"] => serve(),
        ["once", case, address] => {
            let mut operation = cases::operation(case, address).expect("there is such a case");
            (0..100).for_each(|_| operation());
        }
        [case, milliseconds, address] => {
            let time = Duration::from_millis(milliseconds.parse().expect("a number"));
            let operation = cases::operation(case, address).expect("there is such a case");
            println!("{:.1}", nanoseconds(operation, time));
        }
        _ => println!("this is a part of `cargo xtask bench`"),
    }
}

/// Two servers: one with an empty response, one with a page of a hundred instances.
fn serve() {
    for (name, instances) in [("small", 0), ("large", 100)] {
        let response = server::response(&answers::answer(instances));
        println!("{name} {}", server::start(move |_| Arc::clone(&response)));
    }
    // The parent process ends this one by closing its input.
    let _ = std::io::stdin().read(&mut [0]);
}

/// CPU nanoseconds per operation, over about `time` of wall-clock time.
fn nanoseconds(mut operation: impl FnMut(), time: Duration) -> f64 {
    let warm = Instant::now();
    let mut batch = 0_u32;
    while warm.elapsed() < time / 5 {
        operation();
        batch += 1;
    }
    let batch = batch.div_ceil(10);
    let (began, before, mut count) = (Instant::now(), cpu::nanoseconds(), 0_u32);
    while began.elapsed() < time {
        (0..batch).for_each(|_| operation());
        count += batch;
    }
    (cpu::nanoseconds() - before) as f64 / f64::from(count)
}

//! Reads and writes non-blocking standard streams as if they were blocking.
//!
//! The setting belongs to the pipe or terminal, which this program shares with others: Node.js, ssh and CI
//! runners set it. A stream that currently has no room or no data is then not an error.

use std::io::{self, ErrorKind, Read, Write};
#[cfg(unix)]
use std::os::fd::AsFd;

/// A stream whose reads and writes wait until they can continue.
pub struct Blocking<T>(pub T);

impl<T: Read + AsFd> Read for Blocking<T> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(space) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&self.0, Interest::Readable)?
                }
                done => return done,
            }
        }
    }
}

impl<T: Write + AsFd> Write for Blocking<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&self.0, Interest::Writable)?
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        loop {
            match self.0.flush() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&self.0, Interest::Writable)?
                }
                done => return done,
            }
        }
    }
}

enum Interest {
    Readable,
    Writable,
}

/// Waits until the stream may be ready, or its other end is closed.
#[cfg(unix)]
fn wait(stream: &impl AsFd, interest: Interest) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let events = match interest {
        Interest::Readable => PollFlags::IN,
        Interest::Writable => PollFlags::OUT,
    };
    match poll(&mut [PollFd::new(stream, events)], None) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Every stream can be waited for.
#[cfg(not(unix))]
pub trait AsFd {}

#[cfg(not(unix))]
impl<T> AsFd for T {}

#[cfg(not(unix))]
fn wait(_: &impl AsFd, _: Interest) -> io::Result<()> {
    std::thread::sleep(std::time::Duration::from_millis(10));
    Ok(())
}

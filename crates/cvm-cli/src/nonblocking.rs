//! Reads and writes standard streams that are set to non-blocking as if they blocked.
//!
//! That setting belongs to the pipe or terminal, which this program shares with others: Node.js, ssh and the
//! runners of CI systems set it. A stream that has no room or no data just now is no error then.

use std::io::{self, ErrorKind, Read, Write};
#[cfg(unix)]
use std::os::fd::AsFd;

/// A stream whose reads and writes wait until they can go on.
pub struct Waiting<T>(pub T);

impl<T: Read + AsFd> Read for Waiting<T> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(space) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait(&self.0, For::Data)?,
                done => return done,
            }
        }
    }
}

impl<T: Write + AsFd> Write for Waiting<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait(&self.0, For::Room)?,
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        loop {
            match self.0.flush() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait(&self.0, For::Room)?,
                done => return done,
            }
        }
    }
}

enum For {
    Data,
    Room,
}

/// Waits until the stream may be ready; also for its other end to go away.
#[cfg(unix)]
fn wait(stream: &impl AsFd, what: For) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let events = match what {
        For::Data => PollFlags::IN,
        For::Room => PollFlags::OUT,
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
fn wait(_: &impl AsFd, _: For) -> io::Result<()> {
    std::thread::sleep(std::time::Duration::from_millis(10));
    Ok(())
}

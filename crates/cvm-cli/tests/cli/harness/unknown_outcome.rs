//! Loses responses, and runs `cvm resume` for the remaining entries.

use serde_json::json;

use super::emulator::Emulator;
use super::journal::{edit, entries, listed_before, only_entry};
use super::process::{Ran, run};
use super::server::{Answer, Server};

impl Server {
    /// Runs a change whose outcome stays unknown at this server, and returns the id of its entry.
    pub fn lose(&self, arguments: &[&str]) -> String {
        let ran = run(&mut self.cvm(arguments));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        only_entry(&self.journal())
    }

    /// Runs `cvm resume` for an entry.
    pub fn resume(&self, id: &str) -> Ran {
        run(&mut self.bare(&["resume", id]))
    }

    /// Changes the endpoint of an entry to another server, and runs `cvm resume` for it.
    pub fn resume_at(&self, other: &Server, id: &str) -> Ran {
        edit(&self.journal(), id, |entry| entry["endpoint"] = json!(other.url));
        self.resume(id)
    }
}

/// Runs a change at a server that closes every connection, and returns the id of its entry.
pub fn lost(arguments: &[&str]) -> (Server, String) {
    let server = Server::start(Answer::Close);
    let id = server.lose(arguments);
    (server, id)
}

/// As [`lost`], with these ids listed before the change.
pub fn lost_after_listing(arguments: &[&str], ids: &[&str]) -> (Server, String) {
    let (server, id) = lost(arguments);
    listed_before(&server.journal(), &id, ids);
    (server, id)
}

/// A journal with one termination, whose ids were listed before.
pub fn terminated() -> (Server, String) {
    let ids = ["ins-11112222", "ins-33334444"];
    lost_after_listing(&["TerminateInstances", "--InstanceIds", ids[0], ids[1]], &ids)
}

/// An emulator behind a server that loses one action.
pub fn losing(action: &'static str, arrives: bool) -> (Emulator, Server) {
    let emulator = Emulator::start();
    let address = emulator.ready("url").replace("http://", "");
    let server = Server::start(Answer::Losing { address, action, arrives });
    (emulator, server)
}

/// Runs a change whose outcome stays unknown at an emulator behind a server, and returns the id of its entry.
pub fn lose(emulator: &Emulator, server: &Server, arguments: &[&str]) -> String {
    let mut command = server.cvm_for(emulator, arguments);
    let ran = run(command.args(["--endpoint", &server.url, "--region", "ap-guangzhou"]));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    only_entry(&server.journal())
}

/// Runs `cvm resume` with the credential of an emulator behind a server.
pub fn resume(emulator: &Emulator, server: &Server, arguments: &[&str]) -> Ran {
    run(&mut server.cvm_for(emulator, &[&["resume"], arguments].concat()))
}

/// Asserts that a run left the outcome unknown, printed these hints, and kept the entry.
pub fn assert_unsettled(ran: &Ran, server: &Server, id: &str, hints: &[&str]) {
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    for hint in hints {
        assert!(ran.stderr.contains(hint), "{hint}: {}", ran.stderr);
    }
    assert_eq!(entries(&server.journal()), [id]);
}

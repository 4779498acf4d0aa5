//! Opens a data directory: checks it, and applies the commands of its log.

use std::path::Path;
use std::time::{Duration, SystemTime};

use cvm_signer::Credential;
use cvm_simulator::{AccountId, CredentialIssuer, NewKeyPair, Simulator, Timestamp};
use redb::StorageBackend;
use redb::backends::FileBackend;

use super::description::{Description, Settings};
use super::directory::{DataDirectory, Entry, Run, StoredCredential};
use super::error::DataDirectoryError;
use super::log::Log;

/// The request ids of each start of an emulator begin at a multiple of this.
const REQUEST_IDS_PER_RUN: u64 = 1 << 40;

/// A cloud as its data directory has it.
pub(crate) struct Opened {
    pub(crate) simulator: Simulator,
    pub(crate) issuer: CredentialIssuer,
    pub(crate) seed: u64,
    /// The credentials of all accounts, in the order in which they were added.
    pub(crate) credentials: Vec<(AccountId, Credential)>,
    /// The key pairs that were generated, with their accounts.
    pub(crate) key_pairs: Vec<(AccountId, NewKeyPair)>,
    /// The real time since the start of the simulator.
    pub(crate) elapsed: Duration,
    /// The index of the first request id that no earlier start has used.
    pub(crate) first_request_id: u64,
    pub(crate) log: Log,
    /// Whether the log had no command.
    pub(crate) is_new: bool,
}

/// Opens a data directory, or creates it with these credentials. `wrap` may replace the file of the database.
pub(crate) fn open<B: StorageBackend>(
    path: &Path,
    settings: &Settings,
    given: &[(AccountId, Credential)],
    generated: &Credential,
    wrap: impl FnOnce(FileBackend) -> B,
) -> Result<Opened, DataDirectoryError> {
    let time_of_day = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let create = || {
        let now = Timestamp::from_unix(time_of_day.as_secs());
        let description = Description::new(settings, now)?.to_json()?;
        let mut credentials = given.to_vec();
        if !given.iter().any(|(account, _)| *account == AccountId::FIRST) {
            credentials.insert(0, (AccountId::FIRST, generated.clone()));
        }
        let credentials = credentials.iter().map(|(account, credential)| {
            Entry::Credential(StoredCredential::new(*account, credential))
        });
        Ok((description, credentials.collect()))
    };
    let directory = DataDirectory::open(path, create, wrap)?;
    let description = Description::parse(&directory.description()?)?;
    let description = description.check(settings, !directory.is_empty())?;
    let is_new = directory.is_empty();
    let credentials = directory.credentials()?;
    for (account, credential) in given {
        let is_same = |(owner, stored): &(AccountId, Credential)| {
            owner == account
                && stored.secret_id() == credential.secret_id()
                && stored.secret_key() == credential.secret_key()
                && stored.token() == credential.token()
        };
        if !credentials.iter().any(is_same) {
            let id = credential.secret_id().to_owned();
            return Err(DataDirectoryError::OtherCredential(id));
        }
    }
    let first = credentials.first().map(|(_, credential)| credential.secret_key());
    let issuer = CredentialIssuer::new(description.seed, first.unwrap_or_default());
    let mut simulator =
        Simulator::new(description.seed, description.start_time, description.time_mode)
            .with_strict_network(description.strict_network)
            .with_catalog(settings.catalog)
            .with_credential_issuer(issuer.clone());
    let mut key_pairs = Vec::new();
    directory.commands(|command| {
        if command.is_reset() {
            // Then the generator starts again, too.
            key_pairs.clear();
        }
        key_pairs.extend(command.key_pair());
        simulator.replay(command).map_err(|error| error.to_string())
    })?;
    let run = next_run(directory.latest_run()?, time_of_day, simulator.elapsed());
    let first_request_id = run.number.saturating_mul(REQUEST_IDS_PER_RUN);
    simulator.skip_request_ids_to(first_request_id);
    directory.begin_run(&description.to_json()?, run)?;
    Ok(Opened {
        simulator,
        issuer,
        seed: description.seed,
        credentials,
        key_pairs,
        elapsed: run.elapsed,
        first_request_id,
        log: Log::start(directory)?,
        is_new,
    })
}

/// Real time goes on while no emulator runs. A clock that was set back does not take it back.
fn next_run(latest: Option<Run>, time_of_day: Duration, replayed: Duration) -> Run {
    let Some(latest) = latest else {
        return Run { number: 0, time_of_day, elapsed: replayed };
    };
    let passed = time_of_day.saturating_sub(latest.time_of_day);
    let elapsed = latest.elapsed.saturating_add(passed).max(replayed);
    Run { number: latest.number.saturating_add(1), time_of_day, elapsed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_continues_by_the_time_of_day_and_never_goes_back() {
        let seconds = Duration::from_secs;
        let first = next_run(None, seconds(1000), Duration::ZERO);
        assert_eq!((first.number, first.elapsed), (0, Duration::ZERO));
        let later = next_run(Some(first), seconds(1500), seconds(20));
        assert_eq!((later.number, later.elapsed), (1, seconds(500)));
        let set_back = next_run(Some(later), seconds(900), seconds(520));
        assert_eq!((set_back.number, set_back.elapsed), (2, seconds(520)));
    }
}

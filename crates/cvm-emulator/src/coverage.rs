//! What is modelled, and which of the emulator's answers no document settles.

use crate::actions::MODELLED;

/// One action of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionCoverage {
    /// Its name.
    pub action: &'static str,
    /// Whether the emulator models it. Otherwise a request is checked against its table, and then
    /// refused with `UnsupportedOperation`.
    pub modelled: bool,
}

/// Every action of the specification, by name.
#[must_use]
pub fn coverage() -> Vec<ActionCoverage> {
    let is_modelled = |name| MODELLED.iter().any(|handler| handler.info.name == name);
    let actions = cvm_models::ACTIONS.iter().map(|info| info.name);
    actions.map(|action| ActionCoverage { action, modelled: is_modelled(action) }).collect()
}

/// What a behaviour rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A document of the service says so.
    Documented,
    /// No document does; this is the likeliest reading.
    Assumed,
}

/// A behaviour that a client can notice, and what it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// What it concerns.
    pub topic: &'static str,
    /// What the emulator does.
    pub behaviour: &'static str,
    /// What that rests on.
    pub basis: Basis,
}

/// The behaviours that the tables of the specification do not settle.
#[must_use]
pub fn decisions() -> &'static [Decision] {
    DECISIONS
}

const fn documented(topic: &'static str, behaviour: &'static str) -> Decision {
    Decision { topic, behaviour, basis: Basis::Documented }
}

const fn assumed(topic: &'static str, behaviour: &'static str) -> Decision {
    Decision { topic, behaviour, basis: Basis::Assumed }
}

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("envelope", "HTTP 200 for success and failure, content type `application/json` alone, `RequestId` always"),
    documented("signature", "±300 s around real time; TC3, HmacSHA1 and HmacSHA256 all verified"),
    assumed("signature", "a scope date other than the timestamp's UTC date is AuthFailure.SignatureFailure"),
    assumed("signature", "clock before secret id before signature before token, when several are wrong"),
    documented("old gateway", "a signature that does not match is the bare AuthFailure"),
    assumed("old gateway", "an unknown secret id and a wrong token are the bare AuthFailure too; a wrong clock is AuthFailure.SignatureExpire"),
    assumed("old gateway", "without Version, version 2017-03-12 answers; short region names are understood"),
    assumed("order of checks", "method, size, dialect, signature, version, action, region, parameters, existence, state"),
    assumed("parameters", "of several faults an unreadable one is told first, then an unknown one, then a missing one, then the first in table order"),
    assumed("parameters", "a number written as text passes in JSON too; text written as a number is InvalidParameter"),
    assumed("parameters", "a name given twice in flat form is InvalidParameter; any distinct list indexes pass"),
    documented("identifiers", "`ins-` and any other than eight letters and digits is InvalidInstanceId.Malformed"),
    assumed("identifiers", "of other identifiers only the prefix is checked"),
    assumed("codes", "a broken limit is answered with the most particular code that the action publishes and that names the member or the fault"),
    documented("filters", "and between filters, or between values; unknown ones are InvalidFilter"),
    assumed("filters", "instance-name matches anywhere in the name, or as a whole with `*`"),
    assumed("filters", "times without a zone are UTC, and bounds are inclusive"),
    assumed("listing", "the newest first; ids that do not exist are left out of Describe answers"),
    assumed("listing", "Limit 0 is refused"),
    documented("states", "RunInstances PENDING → RUNNING; Start, Stop and Reboot through STARTING, STOPPING, REBOOTING"),
    assumed("states", "how long operations take: launch 20 s, start 10 s, stop 15 s or hard 5 s, reboot 20 s or hard 10 s, terminate 10 s, type change 20 s and 25 s forced"),
    assumed("states", "of a refused state and a running operation, the state is told first where the action publishes a code for it"),
    assumed("states", "the same operation twice is MutexOperation.TaskRunning where published, another OperationDenied.InstanceOperationInProgress"),
    assumed("batches", "all instances or none; an id named twice counts once"),
    documented("TerminateInstances", "hourly instances are destroyed; prepaid ones go to the recycle bin, and a second call destroys them"),
    assumed("TerminateInstances", "in the recycle bin: SHUTDOWN, PROTECTIVELY_ISOLATED, MANMADE; destroyed after 7 days"),
    assumed("TerminateInstances", "a destroyed id is InvalidInstanceId.NotFound at once; the legacy DryRun changes nothing and answers a bare RequestId"),
    documented("ResetInstancesType", "only CLOUD_BASIC, CLOUD_PREMIUM, CLOUD_SSD and CLOUD_BSSD system disks; others are UnsupportedOperation.SystemDiskType, in every state"),
    assumed("ResetInstancesType", "through STOPPING, STOPPED and STARTING; the type shows when it ends in RUNNING"),
    assumed("StopInstances", "STOP_CHARGING on an instance that cannot is ignored, as its text hints"),
    assumed("ClientToken", "remembered for 24 h of virtual time, by region; the same parameters get the same ids, others InvalidParameterValue"),
    documented("DryRun", "RunInstances checks everything, changes nothing and answers a bare RequestId; no token is used up"),
    documented("RunInstances", "without a type S1.SMALL1, without a network the basic one, without a security group none, as the first version's documents say"),
    assumed("RunInstances", "without a system disk 50 GiB of CLOUD_PREMIUM; disk sizes by type as on the product pages"),
    assumed("RunInstances", "a type that the zone does not offer is ResourceUnavailable.InstanceType"),
    assumed("RunInstances", "any well-formed network, subnet and security group exists"),
    assumed("RunInstances", "a weak password is InvalidPassword"),
    assumed("RunInstances", "stock and quotas never end"),
    assumed("catalogue", "which zone offers which family, the ids of images other than img-pmqg1cw7"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_modelled_is_in_the_specification() {
        let covered = coverage();
        for handler in MODELLED {
            let row = ActionCoverage { action: handler.info.name, modelled: true };
            assert!(covered.contains(&row), "{}", handler.info.name);
        }
        assert_eq!(covered.len(), cvm_models::ACTIONS.len());
        assert_eq!(covered.iter().filter(|row| row.modelled).count(), MODELLED.len());
    }

    #[test]
    fn every_decision_is_a_sentence_of_its_own() {
        let decisions = decisions();
        for (place, decision) in decisions.iter().enumerate() {
            let same = |other: &Decision| {
                (other.topic, other.behaviour) == (decision.topic, decision.behaviour)
            };
            assert_eq!(decisions.iter().position(same), Some(place), "{}", decision.behaviour);
        }
    }
}

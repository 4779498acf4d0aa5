//! What a data directory says about itself: its format, the build that wrote its log, and the configuration of its cloud.

use cvm_simulator::{Catalog, TimeMode, Timestamp};
use serde::{Deserialize, Serialize};

use super::build;
use super::error::DataDirectoryError;

/// The format of the database. Another number means that this version cannot read it.
const FORMAT: u32 = 1;

/// The options of a cloud. What is `None` comes from the data directory, or has its default in a new one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) seed: Option<u64>,
    pub(crate) time_mode: Option<TimeMode>,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) strict_network: Option<bool>,
    pub(crate) catalog: Catalog,
    /// The hash of the scenario.
    pub(crate) scenario: Option<String>,
}

/// The configuration of a cloud, and what wrote its log.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    format: u32,
    version: String,
    build: String,
    catalog: String,
    is_builtin_catalog: bool,
    pub(super) seed: u64,
    pub(super) time_mode: TimeMode,
    pub(super) start_time: Timestamp,
    pub(super) strict_network: bool,
    /// The hash of the scenario that it began with, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scenario: Option<String>,
}

/// The members that every format has.
#[derive(Deserialize)]
struct Head {
    format: u32,
    version: String,
}

impl Description {
    /// That of a new directory.
    pub(super) fn new(settings: &Settings, now: Timestamp) -> Result<Self, DataDirectoryError> {
        let time_mode = settings.time_mode.unwrap_or_default();
        if matches!(time_mode, TimeMode::Scaled(scale) if !scale.is_finite()) {
            let why = "a data directory cannot keep a time scale that is not a finite number";
            return Err(DataDirectoryError::UnsupportedOption(why));
        }
        Ok(Self {
            format: FORMAT,
            version: build::VERSION.to_owned(),
            build: build::identity()?,
            catalog: settings.catalog.fingerprint().to_string(),
            is_builtin_catalog: settings.catalog.is_builtin(),
            // Without random numbers from the system, every new directory has the same seed.
            seed: settings.seed.unwrap_or_else(|| getrandom::u64().unwrap_or_default()),
            time_mode,
            start_time: settings.start_time.unwrap_or(now),
            strict_network: settings.strict_network.unwrap_or_default(),
            scenario: settings.scenario.clone(),
        })
    }

    pub(super) fn parse(text: &[u8]) -> Result<Self, DataDirectoryError> {
        let damaged = |error: serde_json::Error| {
            DataDirectoryError::Damaged(format!("the description is not readable: {error}"))
        };
        let Head { format, version } = serde_json::from_slice(text).map_err(damaged)?;
        if format != FORMAT {
            let difference = "it has another format than this version reads";
            return Err(DataDirectoryError::OtherBuild { version, difference });
        }
        serde_json::from_slice(text).map_err(damaged)
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, DataDirectoryError> {
        serde_json::to_vec(self).map_err(|error| DataDirectoryError::Io(error.into()))
    }

    /// Checks that the log can be replayed here, unless it is empty, and that the given options are those of the
    /// directory. Returns the description to store.
    pub(super) fn check(
        &self,
        settings: &Settings,
        has_commands: bool,
    ) -> Result<Self, DataDirectoryError> {
        let given = Settings {
            seed: Some(settings.seed.unwrap_or(self.seed)),
            time_mode: Some(settings.time_mode.unwrap_or(self.time_mode)),
            start_time: Some(settings.start_time.unwrap_or(self.start_time)),
            strict_network: Some(settings.strict_network.unwrap_or(self.strict_network)),
            catalog: settings.catalog,
            scenario: settings.scenario.clone().or_else(|| self.scenario.clone()),
        };
        let given = Self::new(&given, self.start_time)?;
        if has_commands && (&self.version, &self.build) != (&given.version, &given.build) {
            return Err(DataDirectoryError::OtherBuild {
                version: self.version.clone(),
                difference: "its log was written by another build, which may act differently",
            });
        }
        if has_commands && self.catalog != given.catalog {
            return Err(DataDirectoryError::OtherCatalog { is_builtin: self.is_builtin_catalog });
        }
        let differs = |name, stored: &dyn std::fmt::Debug| {
            Err(DataDirectoryError::OtherOption { name, stored: format!("{stored:?}") })
        };
        if given.seed != self.seed {
            return differs("seed", &self.seed);
        }
        if given.time_mode != self.time_mode {
            return differs("time mode", &self.time_mode);
        }
        if given.start_time != self.start_time {
            return differs("start time", &self.start_time.to_string());
        }
        if has_commands && given.scenario != self.scenario {
            let stored = self.scenario.as_deref().map_or("none", |_| "the one of its first start");
            return differs("scenario", &format_args!("{stored}"));
        }
        if given.strict_network != self.strict_network {
            return differs("setting of `strict-network`", &self.strict_network);
        }
        Ok(given)
    }
}

//! Named sets of fault rules.

use std::fmt;
use std::str::FromStr;

use cvm_protocol::{did_you_mean, similar_names};

use super::effect::FaultEffect;
use super::error::FaultError;
use super::rule::FaultRule;

/// A named set of fault rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// Connections that are reset before or after the request is applied, lost responses and internal errors: each
    /// concerns about 5 of 100 requests.
    Flaky,
    /// At most two requests of an action per second and region pass.
    Throttled,
    /// Each response takes 0.2 to 2 s longer.
    Slow,
    /// HTML pages, gateway errors and truncated JSON, before or after the request is applied: each concerns about 5 of
    /// 100 requests.
    BadProxy,
    /// All instance types are sold out in all zones.
    SoldOut,
}

impl Preset {
    /// All presets.
    pub const ALL: [Self; 5] =
        [Self::Flaky, Self::Throttled, Self::Slow, Self::BadProxy, Self::SoldOut];

    /// Its name, such as `bad-proxy`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flaky => "flaky",
            Self::Throttled => "throttled",
            Self::Slow => "slow",
            Self::BadProxy => "bad-proxy",
            Self::SoldOut => "sold-out",
        }
    }

    /// Its rules.
    #[must_use]
    pub fn rules(self) -> Vec<FaultRule> {
        let internal_error =
            FaultEffect::Error { code: "InternalError".to_owned(), message: None, applied: false };
        let (effects, probability) = match self {
            Self::Flaky => {
                let effects = vec![
                    FaultEffect::ResetBeforeCommit,
                    FaultEffect::ResetAfterCommit,
                    FaultEffect::LoseResponse,
                    internal_error,
                ];
                (effects, Some(0.05))
            }
            Self::Throttled => (vec![FaultEffect::Throttle { per_second: Some(2) }], None),
            Self::Slow => {
                (vec![FaultEffect::DelayResponse { ms: 200, up_to_ms: Some(2000) }], None)
            }
            Self::BadProxy => {
                let effects = vec![
                    FaultEffect::HtmlPage { status: 502, applied: false },
                    FaultEffect::HtmlPage { status: 502, applied: true },
                    FaultEffect::HttpStatus { status: 503, applied: false },
                    FaultEffect::HttpStatus { status: 504, applied: true },
                    FaultEffect::TruncatedJson,
                ];
                (effects, Some(0.05))
            }
            Self::SoldOut => (
                vec![FaultEffect::SoldOut { types: vec!["*".to_owned()], zones: Vec::new() }],
                None,
            ),
        };
        let rule = |effect| FaultRule {
            name: Some(self.name().to_owned()),
            probability,
            ..FaultRule::new(effect)
        };
        effects.into_iter().map(rule).collect()
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = FaultError;

    fn from_str(name: &str) -> Result<Self, FaultError> {
        if let Some(preset) = Self::ALL.into_iter().find(|preset| preset.name() == name) {
            return Ok(preset);
        }
        let names = Self::ALL.map(Self::name);
        let fix = did_you_mean(&similar_names(name, names))
            .unwrap_or_else(|| format!("the presets are {}", names.join(", ")));
        Err(FaultError::new(format!("there is no preset `{name}`: {fix}")))
    }
}

#[cfg(test)]
mod tests {
    use cvm_simulator::Catalog;

    use super::*;
    use crate::faults::check;

    #[test]
    fn every_preset_has_a_name_and_valid_rules() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
            assert!(!preset.rules().is_empty());
            for rule in preset.rules() {
                assert_eq!(check::check(&rule, Catalog::builtin()), Ok(()), "{preset}");
                assert_eq!(rule.name.as_deref(), Some(preset.name()));
            }
        }
    }

    #[test]
    fn unknown_preset_is_an_error_with_a_suggestion() {
        let error = |name: &str| name.parse::<Preset>().unwrap_err().to_string();
        assert!(error("flakey").contains("did you mean `flaky`?"), "{}", error("flakey"));
        assert!(error("x").contains("flaky, throttled, slow, bad-proxy, sold-out"));
    }
}

//! Reads scalars that arrive in another form than their own, such as a number as text.

use crate::Slot;
use crate::drift::DriftKind;

/// Reads a scalar that arrives as text. Returns the slot if the text does not fit.
pub(crate) fn scalar_from_text<'m>(slot: Slot<'m>, text: &str) -> Result<DriftKind, Slot<'m>> {
    match slot {
        Slot::I64(member) => match text.parse() {
            Ok(number) => *member = number,
            Err(_) => return Err(Slot::I64(member)),
        },
        Slot::U64(member) => match text.parse() {
            Ok(number) => *member = number,
            Err(_) => return Err(Slot::U64(member)),
        },
        Slot::F64(member) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => *member = number,
            _ => return Err(Slot::F64(member)),
        },
        Slot::Bool(member) => {
            if text.eq_ignore_ascii_case("true") {
                *member = true;
            } else if text.eq_ignore_ascii_case("false") {
                *member = false;
            } else {
                return Err(Slot::Bool(member));
            }
            return Ok(DriftKind::BooleanAsText);
        }
        slot => return Err(slot),
    }
    Ok(DriftKind::NumberAsText)
}

/// Whether a decimal, as it is written, is an integer: `2500e-2` is one. `1e-400` is none, although the nearest
/// double is.
pub(crate) fn is_whole(digits: &str) -> bool {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let mantissa = mantissa.trim_start_matches(['-', '+']);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let zeros = whole.len() - whole.trim_end_matches('0').len();
    if fraction.is_empty() && zeros == whole.len() {
        return true;
    }
    let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let least = if fraction.is_empty() { -places(zeros) } else { places(fraction.len()) };
    exponent.parse::<i64>().is_ok_and(|exponent| exponent >= least)
}

/// The integer that a fraction stands for. From 2^53 on, it may differ from the written number:
/// `9007199254740993.0` is read as …992.
pub(super) fn whole(number: f64) -> Option<i64> {
    const INEXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < INEXACT).then_some(number as i64)
}

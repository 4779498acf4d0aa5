//! Scalars as servers write them, right and wrong, for each kind of member: what is taken keeps its value to
//! the last digit, and what cannot be kept is refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use cvm_protocol::{FieldInfo, Kind, Model, ModelInfo, NameIndex, Record, Report, Value, json};
use proptest::prelude::*;

const fn table(kind: &'static [FieldInfo]) -> ModelInfo {
    let index = NameIndex { multiplier: 1, shift: 64, slots: &[0] };
    ModelInfo { name: "One", members: kind, index }
}

/// A model of one member, for each kind of scalar.
static KINDS: [ModelInfo; 5] = [
    table(&[FieldInfo::new("Member", Kind::Str)]),
    table(&[FieldInfo::new("Member", Kind::I64)]),
    table(&[FieldInfo::new("Member", Kind::U64)]),
    table(&[FieldInfo::new("Member", Kind::F64)]),
    table(&[FieldInfo::new("Member", Kind::Bool)]),
];

fn read(
    table: &'static ModelInfo,
    value: &[u8],
) -> Result<(Record, Report), cvm_protocol::DecodeError> {
    let mut record = Record::new(table);
    let text = [b"{\"Member\":", value, b"}"].concat();
    let report = json::from_slice(&mut record, &text)?;
    Ok((record, report))
}

/// What a value becomes.
#[derive(Clone, Copy, Debug)]
enum Read {
    /// It is refused.
    No,
    /// It is as if the member were not there.
    Absent,
    Text(&'static str),
    Int(i64),
    Large(u64),
    Real(f64),
    Truth(bool),
}

use Read::{Absent, Int, Large, No, Real, Text, Truth};

impl Read {
    fn is(self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Absent, Value::Absent) => true,
            (Text(text), Value::Str(read)) => text == *read,
            (Int(number), Value::I64(read)) => number == *read,
            (Large(number), Value::U64(read)) => number == *read,
            // The sign of a zero is lost where `arbitrary_precision` is on.
            (Real(number), Value::F64(read)) => number == *read,
            (Truth(flag), Value::Bool(read)) => flag == *read,
            _ => false,
        }
    }
}

const MAX: f64 = f64::MAX;

/// A value as it is written, and what it is to text, a signed, an unsigned, a real number and a flag.
#[rustfmt::skip]
const VECTORS: &[(&str, [Read; 5])] = &[
    // Whole numbers, up to each edge and one beyond.
    ("0", [Text("0"), Int(0), Large(0), Real(0.0), No]),
    ("1", [Text("1"), Int(1), Large(1), Real(1.0), No]),
    ("-1", [Text("-1"), Int(-1), No, Real(-1.0), No]),
    ("23", [Text("23"), Int(23), Large(23), Real(23.0), No]),
    ("2147483648", [Text("2147483648"), Int(2_147_483_648), Large(2_147_483_648), Real(2_147_483_648.0), No]),
    ("-2147483649", [Text("-2147483649"), Int(-2_147_483_649), No, Real(-2_147_483_649.0), No]),
    ("9007199254740993", [Text("9007199254740993"), Int(9_007_199_254_740_993), Large(9_007_199_254_740_993), Real(9_007_199_254_740_992.0), No]),
    ("9223372036854775807", [Text("9223372036854775807"), Int(i64::MAX), Large(9_223_372_036_854_775_807), Real(9_223_372_036_854_775_807.0), No]),
    ("9223372036854775808", [Text("9223372036854775808"), No, Large(9_223_372_036_854_775_808), Real(9_223_372_036_854_775_808.0), No]),
    ("-9223372036854775808", [Text("-9223372036854775808"), Int(i64::MIN), No, Real(-9_223_372_036_854_775_808.0), No]),
    ("18446744073709551615", [Text("18446744073709551615"), No, Large(u64::MAX), Real(18_446_744_073_709_551_615.0), No]),
    // Whole numbers that are written with a fraction or an exponent.
    ("-0", [Text("-0"), Int(0), Large(0), Real(-0.0), No]),
    ("0.0", [Text("0.0"), Int(0), Large(0), Real(0.0), No]),
    ("-0.0", [Text("-0.0"), Int(0), Large(0), Real(-0.0), No]),
    ("1.0", [Text("1.0"), Int(1), Large(1), Real(1.0), No]),
    ("-1.0", [Text("-1.0"), Int(-1), No, Real(-1.0), No]),
    ("23.000", [Text("23.000"), Int(23), Large(23), Real(23.0), No]),
    ("1e3", [Text("1e3"), Int(1_000), Large(1_000), Real(1_000.0), No]),
    ("1E3", [Text("1E3"), Int(1_000), Large(1_000), Real(1_000.0), No]),
    ("1e+3", [Text("1e+3"), Int(1_000), Large(1_000), Real(1_000.0), No]),
    ("2500e-2", [Text("2500e-2"), Int(25), Large(25), Real(25.0), No]),
    ("9007199254740991.0", [Text("9007199254740991.0"), Int(9_007_199_254_740_991), Large(9_007_199_254_740_991), Real(9_007_199_254_740_991.0), No]),
    ("-9007199254740991e0", [Text("-9007199254740991e0"), Int(-9_007_199_254_740_991), No, Real(-9_007_199_254_740_991.0), No]),
    ("9007199254740992.0", [Text("9007199254740992.0"), No, No, Real(9_007_199_254_740_992.0), No]),
    ("9007199254740993.0", [Text("9007199254740993.0"), No, No, Real(9_007_199_254_740_992.0), No]),
    ("-9007199254740993.0", [Text("-9007199254740993.0"), No, No, Real(-9_007_199_254_740_992.0), No]),
    ("9007199254740993e0", [Text("9007199254740993e0"), No, No, Real(9_007_199_254_740_992.0), No]),
    // Fractions.
    ("0.5", [Text("0.5"), No, No, Real(0.5), No]),
    ("-1.5", [Text("-1.5"), No, No, Real(-1.5), No]),
    ("0.1", [Text("0.1"), No, No, Real(0.1), No]),
    ("1e-7", [Text("1e-7"), No, No, Real(1e-7), No]),
    ("0.30000000000000004", [Text("0.30000000000000004"), No, No, Real(0.300_000_000_000_000_04), No]),
    // Whole only when they are rounded.
    ("1e-400", [Text("1e-400"), No, No, Real(0.0), No]),
    ("-1e-400", [Text("-1e-400"), No, No, Real(-0.0), No]),
    ("0.9999999999999999999", [Text("0.9999999999999999999"), No, No, Real(1.0), No]),
    ("1.0000000000000000000001", [Text("1.0000000000000000000001"), No, No, Real(1.0), No]),
    ("9007199254740990.9999999", [Text("9007199254740990.9999999"), No, No, Real(9_007_199_254_740_991.0), No]),
    ("10000000000000000000001e-21", [Text("10000000000000000000001e-21"), No, No, Real(10.0), No]),
    ("1e-99999999999999999999", [Text("1e-99999999999999999999"), No, No, Real(0.0), No]),
    ("0e-99999999999999999999", [Text("0e-99999999999999999999"), Int(0), Large(0), Real(0.0), No]),
    ("10000000000000000000000e-21", [Text("10000000000000000000000e-21"), Int(10), Large(10), Real(10.0), No]),
    // No number at all: what JSON does not know, and what no double holds.
    ("1e999", [No, No, No, No, No]),
    ("-1e999", [No, No, No, No, No]),
    ("1.7976931348623159e308", [No, No, No, No, No]),
    ("NaN", [No, No, No, No, No]),
    ("Infinity", [No, No, No, No, No]),
    ("-Infinity", [No, No, No, No, No]),
    ("inf", [No, No, No, No, No]),
    ("+1", [No, No, No, No, No]),
    ("01", [No, No, No, No, No]),
    ("-", [No, No, No, No, No]),
    ("-01", [No, No, No, No, No]),
    (".5", [No, No, No, No, No]),
    ("1.", [No, No, No, No, No]),
    ("1e", [No, No, No, No, No]),
    ("1e+", [No, No, No, No, No]),
    ("0x17", [No, No, No, No, No]),
    ("1_000", [No, No, No, No, No]),
    ("1,000", [No, No, No, No, No]),
    ("１", [No, No, No, No, No]),
    // Numbers written as text.
    ("\"0\"", [Text("0"), Int(0), Large(0), Real(0.0), No]),
    ("\"23\"", [Text("23"), Int(23), Large(23), Real(23.0), No]),
    ("\"-1\"", [Text("-1"), Int(-1), No, Real(-1.0), No]),
    ("\"9223372036854775807\"", [Text("9223372036854775807"), Int(i64::MAX), Large(9_223_372_036_854_775_807), Real(9_223_372_036_854_775_807.0), No]),
    ("\"9223372036854775808\"", [Text("9223372036854775808"), No, Large(9_223_372_036_854_775_808), Real(9_223_372_036_854_775_808.0), No]),
    ("\"18446744073709551616\"", [Text("18446744073709551616"), No, No, Real(18_446_744_073_709_551_616.0), No]),
    ("\"1.0\"", [Text("1.0"), No, No, Real(1.0), No]),
    ("\"0.5\"", [Text("0.5"), No, No, Real(0.5), No]),
    ("\"1e999\"", [Text("1e999"), No, No, No, No]),
    ("\"NaN\"", [Text("NaN"), No, No, No, No]),
    ("\"inf\"", [Text("inf"), No, No, No, No]),
    ("\"\"", [Text(""), No, No, No, No]),
    ("\" 1\"", [Text(" 1"), No, No, No, No]),
    ("\"1 \"", [Text("1 "), No, No, No, No]),
    ("\"0x17\"", [Text("0x17"), No, No, No, No]),
    ("\"1_000\"", [Text("1_000"), No, No, No, No]),
    ("\"１\"", [Text("１"), No, No, No, No]),
    ("\"null\"", [Text("null"), No, No, No, No]),
    // Flags, and what is none.
    ("true", [Text("true"), No, No, No, Truth(true)]),
    ("false", [Text("false"), No, No, No, Truth(false)]),
    ("\"true\"", [Text("true"), No, No, No, Truth(true)]),
    ("\"FALSE\"", [Text("FALSE"), No, No, No, Truth(false)]),
    ("\"yes\"", [Text("yes"), No, No, No, No]),
    ("True", [No, No, No, No, No]),
    ("tru", [No, No, No, No, No]),
    ("null", [Absent, Absent, Absent, Absent, Absent]),
    ("nul", [No, No, No, No, No]),
    // Structure where a scalar belongs.
    ("{}", [No, No, No, No, No]),
    ("[]", [No, No, No, No, No]),
    ("[1]", [No, No, No, No, No]),
    ("{\"Member\":1}", [No, No, No, No, No]),
    ("", [No, No, No, No, No]),
    // Text with everything in it.
    ("\"\\u0000\"", [Text("\0"), No, No, No, No]),
    ("\"\\u00e9\"", [Text("é"), No, No, No, No]),
    ("\"\\ud83e\\udd80\"", [Text("🦀"), No, No, No, No]),
    ("\"\\ud800\"", [No, No, No, No, No]),
    ("\"\\udc00\"", [No, No, No, No, No]),
    ("\"\\ud800\\ud800\"", [No, No, No, No, No]),
    ("\"\\ud800x\"", [No, No, No, No, No]),
    ("\"\\u12\"", [No, No, No, No, No]),
    ("\"\\x\"", [No, No, No, No, No]),
    ("\"\0\"", [No, No, No, No, No]),
    ("\"\n\"", [No, No, No, No, No]),
    ("\"\u{7f}\"", [Text("\u{7f}"), No, No, No, No]),
    ("\"", [No, No, No, No, No]),
    ("'1'", [No, No, No, No, No]),
];

/// Numbers that only a real number holds, and what they are to a signed, an unsigned, a real number and a
/// flag.
#[rustfmt::skip]
const BEYOND: &[(&str, [Read; 4])] = &[
    ("-9223372036854775809", [No, No, Real(-9_223_372_036_854_775_808.0), No]),
    ("18446744073709551616", [No, No, Real(18_446_744_073_709_551_616.0), No]),
    ("99999999999999999999999999", [No, No, Real(1e26), No]),
    ("9007199254740994.0", [No, No, Real(9_007_199_254_740_994.0), No]),
    ("1e19", [No, No, Real(1e19), No]),
    ("1e300", [No, No, Real(1e300), No]),
    ("5e-324", [No, No, Real(5e-324), No]),
    ("1.7976931348623157e308", [No, No, Real(MAX), No]),
];

#[test]
fn every_scalar_keeps_its_digits_or_is_an_error() {
    let (mut count, mut wrong) = (0, Vec::new());
    let beyond = BEYOND.iter().map(|(text, expected)| (text, &KINDS[1..], &expected[..]));
    let all = VECTORS.iter().map(|(text, expected)| (text, &KINDS[..], &expected[..]));
    for (text, kinds, expected) in all.chain(beyond) {
        for (table, expected) in kinds.iter().zip(expected) {
            let kind = table.members[0].kind.noun();
            let (is_right, shown) = match read(table, text.as_bytes()) {
                Ok((record, _)) => (expected.is(&record.member(0)), format!("{record:?}")),
                Err(error) => (matches!(expected, No), error.to_string()),
            };
            if !is_right {
                wrong.push(format!("{text} as {kind}: {shown}, and not {expected:?}"));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 400, "{count}");
}

/// A number as it is written: its digits with a sign, and where the point and the exponent put them.
#[derive(Clone, Debug)]
struct Written {
    text: String,
    /// Its exact value is this many times ten to the power of `scale`.
    digits: i128,
    scale: i32,
    is_plain: bool,
}

fn written() -> impl Strategy<Value = Written> {
    let whole = prop_oneof![Just(0_u64), 1_u64..1_000, any::<u64>()];
    let fraction = proptest::option::of("[0-9]{1,4}");
    let exponent = proptest::option::of(-9_i32..10);
    (any::<bool>(), whole, fraction, exponent).prop_map(|(negative, whole, fraction, exponent)| {
        let sign = if negative { "-" } else { "" };
        let point = fraction.as_ref().map(|digits| format!(".{digits}")).unwrap_or_default();
        let power = exponent.map(|power| format!("e{power}")).unwrap_or_default();
        let fraction = fraction.unwrap_or_default();
        let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
        Written {
            text: format!("{sign}{whole}{point}{power}"),
            digits: if negative { -digits } else { digits },
            scale: exponent.unwrap_or_default() - fraction.len() as i32,
            is_plain: point.is_empty() && power.is_empty(),
        }
    })
}

impl Written {
    /// Whether a whole number is the exact value.
    fn is_at(&self, number: i128) -> bool {
        let ten = |power: i32| 10_i128.pow(power.unsigned_abs());
        if self.scale >= 0 {
            number == self.digits * ten(self.scale)
        } else {
            number * ten(self.scale) == self.digits
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_number_is_rounded(number in written()) {
        for (table, low, high) in [
            (&KINDS[1], i128::from(i64::MIN), i128::from(i64::MAX)),
            (&KINDS[2], 0, i128::from(u64::MAX)),
        ] {
            let read = read(table, number.text.as_bytes()).ok().map(|(record, _)| {
                match record.member(0) {
                    Value::I64(read) => i128::from(read),
                    Value::U64(read) => i128::from(read),
                    _ => panic!("{}", number.text),
                }
            });
            if let Some(read) = read {
                prop_assert!(number.is_at(read), "{} became {read}", number.text);
            }
            if number.is_plain && number.text != "-0" {
                let fits = (low..=high).contains(&number.digits);
                prop_assert_eq!(read, fits.then_some(number.digits));
            }
        }
    }

    #[test]
    fn invalid_json_is_an_error_and_never_panics(
        text in r#"[-+0-9.eEtrufalsn"\\{}\[\],: \x00]{0,24}"#
    ) {
        let whole = format!("{{\"Member\":{text}}}");
        let is_json = serde_json::from_str::<serde_json::Value>(&whole).is_ok();
        for table in &KINDS {
            prop_assert!(is_json || read(table, text.as_bytes()).is_err(), "{text}");
        }
    }
}

#[test]
fn text_keeps_the_digits_of_any_number() {
    for (text, _) in BEYOND {
        let (record, report) = read(&KINDS[0], text.as_bytes()).unwrap();
        assert_eq!(record.member(0).as_str(), Some(*text));
        assert!(!report.is_clean(), "{text}");
    }
}

#[test]
fn fraction_without_its_digits_is_not_text() {
    for (number, taken) in [(serde_json::json!(1.5), false), (serde_json::json!(u64::MAX), true)] {
        let value = serde_json::json!({ "Member": number });
        let read = json::from_value(&mut Record::new(&KINDS[0]), &value);
        assert_eq!(read.is_ok(), taken, "{value}");
        let Err(error) = read else { continue };
        assert_eq!((error.path.as_str(), error.expected), ("Member", Some("a string")));
        assert!(error.to_string().contains("give it as text"), "{error}");
    }
}

#[test]
fn errors_name_path_and_kinds_but_never_the_value() {
    static LIST: [FieldInfo; 1] = [FieldInfo::new("Member", Kind::List(&Kind::Object(&KINDS[1])))];
    static OUTER: ModelInfo = table(&LIST);
    for (value, found) in [
        ("\"canary\"", "a string"),
        ("\"\"", "a string"),
        ("\"canary\\ud800\"", "a value that cannot be read"),
        ("true", "a boolean"),
        ("[\"canary\"]", "a list"),
        ("{\"canary\":1}", "an object"),
        ("1.5", "a number that does not fit"),
        ("1e999", "a number"),
        ("1e-400", "a fraction"),
        ("0.9999999999999999999", "a fraction"),
    ] {
        let text = format!("{{\"Member\":[{{}},{{\"Member\":{value}}}]}}");
        let error = json::from_slice(&mut Record::new(&OUTER), text.as_bytes()).unwrap_err();
        assert_eq!(error.path, "Member.1.Member", "{value}");
        assert_eq!((error.expected, error.is_json), (Some("an integer"), true), "{value}");
        assert!(error.found.unwrap().starts_with(found), "{value}: {error:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        let cut = text.len() - 2;
        let error = json::from_slice(&mut Record::new(&OUTER), &text.as_bytes()[..cut]);
        assert!(!error.unwrap_err().is_json, "{value}");
    }
    for text in ["\"canary\"", "[\"canary\"]", "null", "true", "1", "1.5"] {
        let error = json::from_slice(&mut Record::new(&OUTER), text.as_bytes()).unwrap_err();
        assert_eq!((error.expected, error.is_json), (Some("an object"), true), "{text}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    let wrong = "{\"Member\":1.5}";
    let error = json::from_slice(&mut Record::new(&OUTER), wrong.as_bytes()).unwrap_err();
    assert_eq!((error.expected, error.found), (Some("a list"), Some("a fraction")));
    static OBJECT: [FieldInfo; 1] = [FieldInfo::new("Member", Kind::Object(&KINDS[1]))];
    static HOLDER: ModelInfo = table(&OBJECT);
    let error = json::from_slice(&mut Record::new(&HOLDER), wrong.as_bytes()).unwrap_err();
    assert_eq!((error.expected, error.found), (Some("an object"), Some("a fraction")));
}

/// A list tells of each item what belongs there, not that the whole is a list.
#[test]
fn errors_in_a_list_name_the_kind_of_its_items() {
    const fn list(kind: &'static Kind) -> [FieldInfo; 1] {
        [FieldInfo::new("Member", Kind::List(kind))]
    }
    static OBJECT: Kind = Kind::Object(&KINDS[1]);
    static LIST: Kind = Kind::List(&Kind::I64);
    static LISTS: [[FieldInfo; 1]; 7] = [
        list(&Kind::Str),
        list(&Kind::I64),
        list(&Kind::U64),
        list(&Kind::F64),
        list(&Kind::Bool),
        list(&OBJECT),
        list(&LIST),
    ];
    let kinds = [Kind::Str, Kind::I64, Kind::U64, Kind::F64, Kind::Bool, OBJECT, LIST];
    static TABLES: [ModelInfo; 7] = [
        table(&LISTS[0]),
        table(&LISTS[1]),
        table(&LISTS[2]),
        table(&LISTS[3]),
        table(&LISTS[4]),
        table(&LISTS[5]),
        table(&LISTS[6]),
    ];
    for (kind, table) in kinds.iter().zip(&TABLES) {
        let expected = Some(kind.noun());
        let read = |value: &str| {
            let text = format!("{{\"Member\":[{value}]}}");
            json::from_slice(&mut Record::new(table), text.as_bytes())
        };
        let mut refused = 0;
        for (value, found) in
            [("[\"x\"]", "a list"), ("{\"x\":1}", "an object"), ("\"x\"", "a string")]
        {
            let Err(error) = read(value) else { continue };
            refused += 1;
            if error.path == "Member.0.0" {
                let kinds = (error.expected, error.found);
                assert_eq!(kinds, (Some("an integer"), Some("a string")), "{value}");
                continue;
            }
            let place = (error.path.as_str(), error.expected, error.found);
            // An object takes names that it does not know.
            assert_eq!(place, ("Member.0", expected, Some(found)), "{value}");
        }
        assert!(refused >= 2, "{expected:?}");
    }
}

//! The engine on a model with everything in it, laws first.
#![cfg(feature = "arbitrary")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use cvm_protocol::arbitrary::{self, Encoding};
use cvm_protocol::query_form::{self, FlatErrorKind};
use cvm_protocol::{
    Condition, DriftKind, FieldInfo, Kind, Model, ModelInfo, NameIndex, Record, Sensitive,
    ViolationKind, json, member_named, model, open_enum, validate,
};
use proptest::prelude::*;

open_enum! {
    /// A color.
    Color {
        /// Red.
        Red = "RED",
        /// Blue.
        Blue = "BLUE",
    }
}

/// A model with a member of every kind.
#[derive(Clone, Default)]
struct All {
    id: String,
    note: Option<String>,
    password: Option<Sensitive>,
    color: Option<Color>,
    signed: Option<i64>,
    unsigned: Option<u64>,
    price: Option<f64>,
    flag: Option<bool>,
    part: Part,
    spare: Option<Part>,
    names: Vec<String>,
    parts: Vec<Part>,
}

/// A nested model that contains itself through a list.
#[derive(Clone, Default)]
struct Part {
    name: Option<String>,
    values: Vec<String>,
    parts: Vec<Part>,
}

static ALL: ModelInfo = ModelInfo {
    name: "All",
    members: &[
        FieldInfo::new("Id", Kind::Str).required().always_present().format("ins-xxxxxxxx"),
        FieldInfo::new("Note", Kind::Str).min_length(2).max_length(5).pattern("[a-z]+"),
        FieldInfo::new("Password", Kind::Str).secret().max_length(8),
        FieldInfo::new("Color", Kind::Str).values(Color::VALUES),
        FieldInfo::new("Signed", Kind::I64).min(-3).max(3).unit("GiB"),
        FieldInfo::new("Unsigned", Kind::U64).values(&["1", "2"]),
        FieldInfo::new("Price", Kind::F64).min(0).max(100),
        FieldInfo::new("Flag", Kind::Bool),
        FieldInfo::new("Part", Kind::Object(&PART)).required(),
        FieldInfo::new("Spare", Kind::Object(&PART))
            .required_if(&[Condition::one_of("Flag", &["true"])]),
        FieldInfo::new("Names", Kind::List(&Kind::Str)).max_items(2).exclusive_with(&["Parts"]),
        FieldInfo::new("Parts", Kind::List(&Kind::Object(&PART))),
    ],
    index: NameIndex {
        multiplier: 0x35bf992dc9e9c617,
        shift: 59,
        slots: &[
            255, 255, 1, 11, 7, 3, 8, 255, 255, 255, 10, 6, 2, 255, 255, 255, 255, 255, 0, 255,
            255, 255, 4, 5, 255, 255, 255, 255, 255, 255, 255, 9,
        ],
    },
};

static PART: ModelInfo = ModelInfo {
    name: "Part",
    members: &[
        FieldInfo::new("Name", Kind::Str),
        FieldInfo::new("Values", Kind::List(&Kind::Str)),
        FieldInfo::new("Parts", Kind::List(&Kind::Object(&PART))),
    ],
    index: NameIndex { multiplier: 0x74761d19bb4cb649, shift: 62, slots: &[2, 255, 1, 0] },
};

model!(float All ALL { 0 id 1 note 2 password 3 color 4 signed 5 unsigned 6 price 7 flag 8 part 9 spare 10 names 11 parts });
model!(Part PART { 0 name 1 values 2 parts });

fn all(json: &str) -> All {
    serde_json::from_str(json).unwrap()
}

fn decoded(json: &str) -> Result<(All, cvm_protocol::Report), cvm_protocol::DecodeError> {
    let mut model = All::default();
    let report = json::from_slice_strict(&mut model, json.as_bytes())?;
    Ok((model, report))
}

fn from_pairs(text: &str) -> Result<All, query_form::FlatError> {
    let pairs = cvm_protocol::percent::decode_pairs(text).unwrap();
    let mut model = All::default();
    query_form::decode(
        &mut model,
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())),
    )?;
    Ok(model)
}

fn to_pairs(model: &dyn Model) -> String {
    let pairs = query_form::encode(model).unwrap();
    cvm_protocol::percent::encode_pairs(
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())),
    )
}

proptest! {
    #[test]
    fn json_round_trips(model in arbitrary::values::<All>(Encoding::Json)) {
        let text = json::to_vec(&model).unwrap();
        let mut back = All::default();
        json::from_slice(&mut back, &text).unwrap();
        prop_assert_eq!(&back, &model);
        // serde's own door leads to the same engine.
        prop_assert_eq!(serde_json::from_slice::<All>(&text).unwrap(), model);
    }

    #[test]
    fn json_text_is_that_of_serde_json(model in arbitrary::values::<All>(Encoding::Json)) {
        let text = String::from_utf8(json::to_vec(&model).unwrap()).unwrap();
        prop_assert_eq!(text, json::to_value(&model).to_string());
    }

    #[test]
    fn query_pairs_round_trip(model in arbitrary::values::<All>(Encoding::Query)) {
        prop_assert_eq!(from_pairs(&to_pairs(&model)).unwrap(), model);
    }

    #[test]
    fn query_encoding_loses_nothing_without_an_error(model in arbitrary::values::<All>(Encoding::Json)) {
        if query_form::encode(&model).is_ok() {
            prop_assert_eq!(from_pairs(&to_pairs(&model)).unwrap(), model);
        }
    }

    #[test]
    fn record_and_struct_encode_alike(model in arbitrary::values::<All>(Encoding::Json)) {
        let text = json::to_vec(&model).unwrap();
        let mut record = Record::new(&ALL);
        json::from_slice(&mut record, &text).unwrap();
        prop_assert_eq!(json::to_vec(&record).unwrap(), text);
        prop_assert_eq!(format!("{record:?}"), format!("{model:?}"));
    }

    #[test]
    fn hostile_json_never_panics(text in ".{0,200}") {
        let _ = decoded(&text);
    }

    #[test]
    fn hostile_pairs_never_panic(names in prop::collection::vec("[A-Za-z.0-9]{0,12}", 0..6)) {
        let mut model = All::default();
        let _ = query_form::decode(&mut model, names.iter().map(|name| (name.as_str(), "1")));
    }
}

#[test]
fn strategy_sets_every_member() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = [false; 12];
    for _ in 0..200 {
        let model =
            arbitrary::values::<All>(Encoding::Json).new_tree(&mut runner).unwrap().current();
        for (index, seen) in seen.iter_mut().enumerate() {
            *seen |= !model.member(index).is_blank();
        }
    }
    assert_eq!(seen, [true; 12]);
}

#[test]
fn absent_members_are_not_encoded() {
    let model = All { id: "ins-1".into(), ..All::default() };
    assert_eq!(
        String::from_utf8(json::to_vec(&model).unwrap()).unwrap(),
        r#"{"Id":"ins-1","Part":{}}"#
    );
    // An object that is given and empty is sent as JSON and cannot be sent as pairs.
    let error = query_form::encode(&model).unwrap_err();
    assert_eq!((error.path.as_str(), error.problem), ("Part", FlatErrorKind::EmptyObject));
    let part = Part { name: Some(String::new()), ..Part::default() };
    assert_eq!(to_pairs(&All { part, ..model }), "Id=ins-1&Part.Name=");
}

#[test]
fn empty_text_is_sent_in_both_encodings() {
    let model =
        all(r#"{"Id":"","Note":"","Password":"","Color":"","Part":{"Name":""},"Names":["a",""]}"#);
    let text = String::from_utf8(json::to_vec(&model).unwrap()).unwrap();
    assert_eq!(
        text,
        r#"{"Id":"","Note":"","Password":"","Color":"","Part":{"Name":""},"Names":["a",""]}"#
    );
    let pairs = to_pairs(&model);
    assert_eq!(pairs, "Id=&Note=&Password=&Color=&Part.Name=&Names.0=a&Names.1=");
    assert_eq!(from_pairs(&pairs).unwrap(), model);
}

#[test]
fn infinite_numbers_and_nan_are_errors_in_both_encodings() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let part = Part { name: Some("n".into()), ..Part::default() };
        let model = All { price: Some(number), part, ..All::default() };
        let error = json::to_vec(&model).unwrap_err().to_string();
        assert_eq!(error, "at `Price`: is not a finite number");
        let error = serde_json::to_string(&model).unwrap_err().to_string();
        assert_eq!(error, "`Price` is not a finite number");
        assert!(serde_json::to_value(&model).is_err());
        let error = query_form::encode(&model).unwrap_err().to_string();
        assert_eq!(error, "`Price` is not a finite number");
        // For display and hashes nothing else is lost.
        let tree = json::to_value(&model);
        assert_eq!(
            (&tree["Price"], &tree["Part"]["Name"]),
            (&serde_json::Value::Null, &"n".into())
        );
        let within = Prices { prices: vec![0.5, number] };
        let error = json::to_vec(&within).unwrap_err().to_string();
        assert_eq!(error, "at `Prices.1`: is not a finite number");
        assert!(cvm_protocol::validate(&model).iter().any(|found| found.path == "Price"));
    }
}

/// A list of numbers.
#[derive(Clone, Default)]
struct Prices {
    prices: Vec<f64>,
}

static PRICES: ModelInfo = ModelInfo {
    name: "Prices",
    members: &[FieldInfo::new("Prices", Kind::List(&Kind::F64))],
    index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
};

model!(float Prices PRICES { 0 prices });

#[test]
fn scalars_decode_leniently_and_every_drift_is_reported() {
    let (model, report) = decoded(
        r#"{"Id":7,"Color":"GREEN","Signed":"-2","Unsigned":2.0,"Price":"0.5","Flag":"TRUE",
            "Part":null,"Names":["a",null],"New":{"x":[1]},"Parts":[{"Other":1}]}"#,
    )
    .unwrap();
    assert_eq!(model.id, "7");
    assert_eq!(model.color, Some(Color::Unknown("GREEN".into())));
    assert_eq!((model.signed, model.unsigned), (Some(-2), Some(2)));
    assert_eq!((model.price, model.flag), (Some(0.5), Some(true)));
    assert_eq!(model.names, ["a", ""]);
    let drifts: Vec<_> =
        report.drifts.iter().map(|drift| (drift.path.as_str(), drift.kind)).collect();
    assert_eq!(
        drifts,
        [
            ("Id", DriftKind::TextExpected),
            ("Color", DriftKind::UnknownValue),
            ("Signed", DriftKind::NumberAsText),
            ("Unsigned", DriftKind::WholeAsFraction),
            ("Price", DriftKind::NumberAsText),
            ("Flag", DriftKind::BooleanAsText),
            ("Names.1", DriftKind::NullItem),
            ("New", DriftKind::UnknownMember),
            ("Parts.0.Other", DriftKind::UnknownMember),
        ]
    );
    assert_eq!(report.missing, Vec::<String>::new());
}

#[test]
fn report_of_drifts_has_a_limit() {
    let items = vec!["null"; 1000].join(",");
    let (_, report) = decoded(&format!(r#"{{"Id":"a","Names":[{items}]}}"#)).unwrap();
    assert_eq!((report.drifts.len(), report.omitted), (64, 936));
}

#[test]
fn numbers_out_of_range_are_errors() {
    for (json, path) in [
        (r#"{"Signed":9223372036854775808}"#, "Signed"),
        (r#"{"Unsigned":-1}"#, "Unsigned"),
        (r#"{"Signed":1.5}"#, "Signed"),
        (r#"{"Signed":1e300}"#, "Signed"),
        (r#"{"Unsigned":"12a"}"#, "Unsigned"),
        (r#"{"Flag":1}"#, "Flag"),
        (r#"{"Part":[]}"#, "Part"),
        (r#"{"Names":"a"}"#, "Names"),
        (r#"{"Parts":[{"Values":[{}]}]}"#, "Parts.0.Values.0"),
    ] {
        let error = decoded(json).unwrap_err();
        assert_eq!(error.path, path, "{json}: {error}");
    }
}

#[test]
fn repeated_member_is_an_error_at_every_place() {
    for json in [r#"{"Id":"a","Id":"b"}"#, r#"{"Parts":[{"Name":"a","Name":"b"}]}"#] {
        assert!(decoded(json).unwrap_err().message.contains("twice"), "{json}");
    }
}

#[test]
fn errors_never_show_a_value() {
    let error = decoded(r#"{"Signed":"hunter2-secret"}"#).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn deep_nesting_is_an_error() {
    let json = format!("{}{}", r#"{"Parts":[{"Parts":["#.repeat(50_000), "x");
    assert!(decoded(&json).is_err());
    let unknown = format!(r#"{{"New":{}"#, "[".repeat(200_000));
    assert!(decoded(&unknown).is_err());
}

#[test]
fn empty_object_in_a_list_is_an_error_in_query_encoding() {
    for (json, path) in [
        (r#"{"Part":{"Name":""},"Parts":[{}]}"#, "Parts.0"),
        (r#"{"Part":{"Name":""},"Parts":[{"Name":"a","Parts":[{}]}]}"#, "Parts.0.Parts.0"),
        (r#"{"Part":{"Parts":[{"Values":[]}]}}"#, "Part.Parts.0"),
    ] {
        let error = query_form::encode(&all(json)).unwrap_err();
        assert_eq!((error.path.as_str(), error.problem), (path, FlatErrorKind::EmptyItem));
    }
}

#[test]
fn list_indexes_may_have_gaps() {
    let model = from_pairs("Names.7=b&Names.1=a&Parts.10.Name=z&Parts.2.Name=y&Flag=True").unwrap();
    assert_eq!(model.names, ["a", "b"]);
    let names: Vec<_> = model.parts.iter().filter_map(|part| part.name.as_deref()).collect();
    assert_eq!(names, ["y", "z"]);
    assert_eq!(model.flag, Some(true));
}

#[test]
fn ambiguous_pairs_are_errors() {
    for (text, path, problem) in [
        ("Id=a&Id=b", "Id", FlatErrorKind::Duplicate),
        ("Names.0=a&Names.00=b", "Names.00", FlatErrorKind::Duplicate),
        ("Part=a&Part.Name=b", "Part.Name", FlatErrorKind::Conflict),
        ("Part.Name=a&Part=b", "Part", FlatErrorKind::Conflict),
        ("Names.x=a", "Names.x", FlatErrorKind::BadIndex),
        ("Names.-1=a", "Names.-1", FlatErrorKind::BadIndex),
        ("Names.+1=a", "Names.%201", FlatErrorKind::BadIndex),
        ("Signed=a", "Signed", FlatErrorKind::Expected("an integer")),
        ("Flag=yes", "Flag", FlatErrorKind::Expected("`true` or `false`")),
        ("Id.Name=a", "Id.Name", FlatErrorKind::TooDeep),
    ] {
        let Err(error) = from_pairs(text) else { panic!("{text} was taken") };
        if problem == FlatErrorKind::TooDeep {
            assert_eq!(error.problem, FlatErrorKind::Expected("a single value"), "{text}");
        } else if path.contains('%') {
            assert_eq!(error.problem, problem, "{text}");
        } else {
            assert_eq!((error.path.as_str(), error.problem), (path, problem), "{text}");
        }
    }
    let deep = format!("{}=1", vec!["Parts.0"; 20].join("."));
    assert_eq!(from_pairs(&deep).unwrap_err().problem, FlatErrorKind::TooDeep);
}

#[test]
fn every_limit_has_its_violation() {
    let faults = |json: &str| -> Vec<(String, ViolationKind)> {
        let mut record = Record::new(&ALL);
        json::from_slice(&mut record, json.as_bytes()).unwrap();
        validate(&record).into_iter().map(|found| (found.path, found.fault)).collect()
    };
    let with = |member: &str| format!(r#"{{"Id":"ins-1","Part":{{}},{member}}}"#);
    assert_eq!(faults(r#"{"Part":{}}"#), [("Id".into(), ViolationKind::Missing)]);
    assert_eq!(faults(r#"{"Id":"ins-1"}"#), [("Part".into(), ViolationKind::Missing)]);
    for (member, fault) in [
        (r#""Note":"a""#, ViolationKind::TooShort(2)),
        (r#""Note":"abcdef""#, ViolationKind::TooLong(5)),
        (r#""Note":"ab1""#, ViolationKind::BadPattern("[a-z]+")),
        (r#""Color":"GREEN""#, ViolationKind::NotAllowed),
        (r#""Signed":-4"#, ViolationKind::TooSmall(-3)),
        (r#""Signed":4"#, ViolationKind::TooLarge(3)),
        (r#""Unsigned":3"#, ViolationKind::NotAllowed),
        (r#""Price":-0.5"#, ViolationKind::TooSmall(0)),
        (r#""Price":100.5"#, ViolationKind::TooLarge(100)),
        (r#""Price":1e300"#, ViolationKind::TooLarge(100)),
        (r#""Names":["a","b","c"]"#, ViolationKind::TooManyItems(2)),
        (r#""Names":["a"],"Parts":[{"Name":"x"}]"#, ViolationKind::Exclusive("Parts")),
        (r#""Flag":true"#, ViolationKind::MissingIf(Condition::one_of("Flag", &["true"]))),
    ] {
        let found = faults(&with(member));
        assert_eq!(found.len(), 1, "{member}: {found:?}");
        assert_eq!(found[0].1, fault, "{member}");
    }
    assert_eq!(faults(&with(r#""Flag":false"#)), []);
    assert_eq!(
        faults(r#"{"Id":"img-1","Part":{}}"#),
        [("Id".into(), ViolationKind::BadFormat("ins-xxxxxxxx"))]
    );
}

#[test]
fn empty_text_is_outside_a_closed_set_of_values() {
    const fn one(members: &'static [FieldInfo]) -> ModelInfo {
        let index = NameIndex { multiplier: 1, shift: 64, slots: &[0] };
        ModelInfo { name: "One", members, index }
    }
    static CLOSED: ModelInfo = one(&[FieldInfo::new("Closed", Kind::Str).values(&["ON", "OFF"])]);
    static OPEN: ModelInfo = one(&[FieldInfo::new("Open", Kind::Str).max_length(4)]);
    let faults = |table: &'static ModelInfo, json: &str| -> Vec<(String, ViolationKind)> {
        let mut record = Record::new(table);
        json::from_slice(&mut record, json.as_bytes()).unwrap();
        validate(&record).into_iter().map(|found| (found.path, found.fault)).collect()
    };
    assert_eq!(faults(&CLOSED, r#"{"Closed":""}"#), [("Closed".into(), ViolationKind::NotAllowed)]);
    for json in ["{}", r#"{"Closed":null}"#, r#"{"Closed":"ON"}"#] {
        assert_eq!(faults(&CLOSED, json), [], "{json}");
    }
    assert_eq!(faults(&OPEN, r#"{"Open":""}"#), []);
    // Members that have to be given are missing, and nothing else is said of them.
    assert_eq!(validate(&all(r#"{"Id":"","Part":{}}"#)).len(), 1);
}

#[test]
fn default_values_and_false_exclude_no_other_member() {
    static OPTIONS: ModelInfo = ModelInfo {
        name: "Options",
        members: &[
            FieldInfo::new("Name", Kind::Str).default("false").exclusive_with(&["Values", "Parts"]),
            FieldInfo::new("Values", Kind::Bool).exclusive_with(&["Name"]),
            FieldInfo::new("Parts", Kind::U64).default("20").exclusive_with(&["Name"]),
        ],
        index: NameIndex { multiplier: 0x74761d19bb4cb649, shift: 62, slots: &[2, 255, 1, 0] },
    };
    let faults = |json: &str| -> Vec<String> {
        let mut record = Record::new(&OPTIONS);
        json::from_slice(&mut record, json.as_bytes()).unwrap();
        validate(&record).into_iter().map(|found| found.path).collect()
    };
    for json in [
        r#"{"Name":"FALSE","Values":true,"Parts":7}"#,
        r#"{"Name":"true","Values":false}"#,
        r#"{"Name":"true","Parts":20}"#,
    ] {
        assert_eq!(faults(json), [""; 0], "{json}");
    }
    assert_eq!(faults(r#"{"Name":"true","Values":true}"#), ["Name", "Values"]);
    assert_eq!(faults(r#"{"Name":"true","Parts":7}"#), ["Name", "Parts"]);
}

#[test]
fn object_without_content_excludes_no_other_member() {
    static OPTIONS: ModelInfo = ModelInfo {
        name: "Options",
        members: &[
            FieldInfo::new("Name", Kind::Str),
            FieldInfo::new("Values", Kind::Bool),
            FieldInfo::new("Parts", Kind::Object(&PART)).exclusive_with(&["Name"]),
        ],
        index: NameIndex { multiplier: 0x74761d19bb4cb649, shift: 62, slots: &[2, 255, 1, 0] },
    };
    let faults = |json: &str| -> Vec<String> {
        let mut record = Record::new(&OPTIONS);
        json::from_slice(&mut record, json.as_bytes()).unwrap();
        validate(&record).into_iter().map(|found| found.path).collect()
    };
    assert_eq!(faults(r#"{"Name":"a","Parts":{"Name":"","Values":[]}}"#), [""; 0]);
    assert_eq!(faults(r#"{"Name":"a","Parts":{"Name":"b"}}"#), ["Parts"]);
}

#[test]
fn default_value_does_not_count_as_one_of_a_group() {
    static GROUP: ModelInfo = ModelInfo {
        name: "Group",
        members: &[
            FieldInfo::new("Name", Kind::Str)
                .default("none")
                .exactly_one_of(&["Name", "Values", "Parts"]),
            FieldInfo::new("Values", Kind::Bool).exactly_one_of(&["Name", "Values", "Parts"]),
            FieldInfo::new("Parts", Kind::U64)
                .default("20")
                .exactly_one_of(&["Name", "Values", "Parts"]),
        ],
        index: NameIndex { multiplier: 0x74761d19bb4cb649, shift: 62, slots: &[2, 255, 1, 0] },
    };
    let faults = |json: &str| -> Vec<ViolationKind> {
        let mut record = Record::new(&GROUP);
        json::from_slice(&mut record, json.as_bytes()).unwrap();
        validate(&record).into_iter().map(|found| found.fault).collect()
    };
    let names = &["Name", "Values", "Parts"];
    assert_eq!(faults("{}"), [ViolationKind::NoneOf(names)]);
    for json in [
        r#"{"Name":"none"}"#,
        r#"{"Name":"none","Values":true}"#,
        r#"{"Name":"a","Parts":20}"#,
        r#"{"Values":false}"#,
    ] {
        assert_eq!(faults(json), [], "{json}");
    }
    // Without a default, `false` is a choice.
    for json in [r#"{"Name":"a","Values":false}"#, r#"{"Name":"a","Parts":7}"#] {
        assert_eq!(faults(json), [ViolationKind::ExactlyOneOf(names)], "{json}");
    }
}

#[test]
fn absent_member_has_its_default_in_a_condition() {
    static TERM: ModelInfo = ModelInfo {
        name: "Term",
        members: &[
            FieldInfo::new("Name", Kind::Str).default("monthly"),
            FieldInfo::new("Values", Kind::Bool)
                .required_if(&[Condition::one_of("Name", &["monthly"])]),
            FieldInfo::new("Parts", Kind::U64)
                .required_if(&[Condition::none_of("Name", &["monthly"])]),
        ],
        index: NameIndex { multiplier: 0x74761d19bb4cb649, shift: 62, slots: &[2, 255, 1, 0] },
    };
    let missing = |json: &str| -> Vec<String> {
        let mut record = Record::new(&TERM);
        json::from_slice(&mut record, json.as_bytes()).unwrap();
        validate(&record).into_iter().map(|found| found.path).collect()
    };
    assert_eq!(missing("{}"), ["Values"]);
    assert_eq!(missing(r#"{"Name":"monthly"}"#), ["Values"]);
    assert_eq!(missing(r#"{"Name":"hourly"}"#), ["Parts"]);
}

#[test]
fn base64_length_counts_decoded_bytes() {
    static SCRIPT: ModelInfo = ModelInfo {
        name: "Script",
        members: &[FieldInfo::new("Data", Kind::Str).base64().max_bytes(4)],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };
    let faults = |text: &str| -> Vec<ViolationKind> {
        let mut record = Record::new(&SCRIPT);
        json::from_slice(&mut record, format!(r#"{{"Data":"{text}"}}"#).as_bytes()).unwrap();
        validate(&record).into_iter().map(|found| found.fault).collect()
    };
    for (text, expected) in [
        ("", vec![]),
        ("QUFBQQ==", vec![]),
        ("QUFB", vec![]),
        ("QUFBQUE=", vec![ViolationKind::TooManyBytes(4)]),
        ("QUFBQUFB", vec![ViolationKind::TooManyBytes(4)]),
        // What is unpadded or padded too much counts as what it holds.
        ("QUFBQQ", vec![]),
        ("QUFBQUE", vec![ViolationKind::TooManyBytes(4)]),
        ("QUFBQ", vec![ViolationKind::NotBase64]),
        ("QUFBQQ=", vec![ViolationKind::NotBase64]),
        ("QUFBQUFB====", vec![ViolationKind::TooManyBytes(4), ViolationKind::NotBase64]),
        ("QUFBQQ======", vec![ViolationKind::NotBase64]),
        ("QU=B", vec![ViolationKind::NotBase64]),
        ("QU-_", vec![ViolationKind::NotBase64]),
        ("QU B", vec![ViolationKind::NotBase64]),
        ("====", vec![ViolationKind::NotBase64]),
    ] {
        assert_eq!(faults(text), expected, "{text}");
    }
}

#[test]
fn violation_names_the_limit_and_hides_secrets() {
    let model = all(r#"{"Id":"ins-1","Password":"hunter2-secret","Signed":4}"#);
    let told: Vec<_> = validate(&model).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "`Password` is `***`, but must have at most 8 characters",
            "`Signed` is `4`, but must be at most 3 GiB",
        ]
    );
}

#[test]
fn debug_shows_wire_names_and_no_secrets() {
    let model = all(r#"{"Id":"ins-1","Password":"hunter2","Names":["a"]}"#);
    let shown = format!("{model:?}");
    assert!(shown.contains("Id: \"ins-1\"") && shown.contains("Password: ***"), "{shown}");
    assert!(!shown.contains("hunter2"));
    assert!(!shown.contains("Note"), "{shown}");
}

#[test]
fn members_are_found_only_by_their_wire_name() {
    for (index, field) in ALL.members.iter().enumerate() {
        assert_eq!(ALL.find(field.wire.as_bytes()), Some(index));
        assert_eq!(ALL.find(field.wire.to_lowercase().as_bytes()), None);
    }
    assert_eq!(ALL.find(b""), None);
    assert!(member_named(&all(r#"{"Id":"x"}"#), "Nothing").is_absent());
}

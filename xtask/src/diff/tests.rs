//! Tests with pairs of small specs and the changelog entry between them.

use super::*;

const SERVICE: &str = r#"{ "service": "pond", "version": "2020-01-01", "summary": "Boats.",
  "endpoint": "pond.example", "endpoint_regional": "pond.{region}.example", "endpoint_intl": "pond.intl.example",
  "endpoint_internal": "pond.internal.example", "method": "POST", "content_type": "application/json",
  "action_header": "X-TC-Action",
  "envelope": { "root": "Response", "error": "Error", "error_code": "Code", "error_message": "Message", "request_id": "RequestId" },
  "groups": [ { "group": "boat", "title": "Boats", "summary": "What floats." } ] }"#;

const LIST: &str = r#"{ "action": "DescribeBoats", "group": "boat", "summary": "Lists boats.",
  "retry": { "class": "read" }, "rate_limit_per_second": 10,
  "paginate": { "style": "offset", "offset": "Offset", "limit": "Limit", "total": "TotalCount", "items": "BoatSet" },
  "filters": [ { "name": "color" } ], "filters_max": 5,
  "request": [
    { "name": "Offset", "type": "int64", "doc": "Where to begin." },
    { "name": "Limit", "type": "int64", "max": 100, "doc": "How many at once." } ],
  "response": [
    { "name": "TotalCount", "type": "int64", "output_required": true, "doc": "How many there are." },
    { "name": "BoatSet", "type": "list<Boat>", "output_required": true, "doc": "This page." } ],
  "errors": ["InvalidColor"] }"#;

const RENT: &str = r#"{ "action": "RentBoat", "group": "boat", "summary": "Takes a boat.",
  "retry": { "class": "hazard" },
  "request": [
    { "name": "BoatId", "type": "string", "required": true, "doc": "Which boat." },
    { "name": "Mode", "type": "SailMode", "doc": "How to sail." },
    { "name": "Hours", "type": "int64", "min": 1, "max": 8, "doc": "For how long." },
    { "name": "Crew", "type": "string", "doc": "Who comes along." } ],
  "response": [], "errors": [] }"#;

const BOAT: &str = r#"{ "type": "Boat", "usage": "out", "summary": "A boat.", "members": [
    { "name": "BoatId", "type": "string", "output_required": true, "doc": "Its id." },
    { "name": "Length", "type": "int64", "max": 20, "doc": "From bow to stern." } ] }"#;

const MODE: &str = r#"{ "enum": "SailMode", "summary": "How to sail.", "values": [
    { "value": "SLOW", "doc": "Against the wind." }, { "value": "FAST", "doc": "Before the wind." } ] }"#;

const ERRORS: &str = r#"{ "errors": [
    { "code": "InvalidColor", "kind": "client", "doc": "No boat has it.", "fix": "Look again." } ] }"#;

/// The specs above with some of their text replaced. The old text must exist.
fn api(edits: &[(&str, &str, &str)]) -> Api {
    let mut texts = vec![
        ("service.json", SERVICE.to_owned()),
        ("errors.json", ERRORS.to_owned()),
        ("actions/DescribeBoats.json", LIST.to_owned()),
        ("actions/RentBoat.json", RENT.to_owned()),
        ("types/Boat.json", BOAT.to_owned()),
        ("enums/SailMode.json", MODE.to_owned()),
    ];
    for (path, old, new) in edits {
        match texts.iter_mut().find(|(known, _)| known == path) {
            Some((_, text)) => {
                assert!(text.contains(old), "{path} has no {old}");
                *text = text.replace(old, new);
            }
            None => texts.push((path, (*new).to_owned())),
        }
    }
    texts.retain(|(_, text)| !text.is_empty());
    let texts = texts.iter().map(|(path, text)| (*path, text.as_str()));
    let tree = Tree::from_texts("specs/pond/2020-01-01", texts);
    let mut report = Report::default();
    let api = load(&tree, &mut report).map(|files| resolve(files, &mut report));
    assert!(report.is_clean(), "{}", report.render(&tree));
    api.unwrap()
}

fn diff(edits: &[(&str, &str, &str)]) -> String {
    entry(&api(&[]), &api(edits))
}

#[test]
fn equal_specs_need_no_release() {
    assert_eq!(diff(&[]), "Nothing changed; no release is needed.\n");
}

#[test]
fn additions_are_a_minor_release() {
    let text = diff(&[
        (
            "actions/RentBoat.json",
            r#""doc": "Who comes along." }"#,
            r#""deprecated": true, "replaced_by": "Mode", "doc": "Who comes along." },
            { "name": "Sail", "type": "string", "required": true, "doc": "Which sail." }"#,
        ),
        (
            "enums/SailMode.json",
            r#"wind." } ]"#,
            r#"wind." }, { "value": "DRIFT", "doc": "With the tide." } ]"#,
        ),
        (
            "errors.json",
            r#"again." } ]"#,
            r#"again." }, { "code": "NoWind", "kind": "state", "doc": "Calm.", "fix": "Wait." } ]"#,
        ),
        (
            "types/Berth.json",
            "",
            r#"{ "type": "Berth", "usage": "out", "summary": "A berth.", "members": [] }"#,
        ),
        (
            "actions/SinkBoat.json",
            "",
            r#"{ "action": "SinkBoat", "group": "boat", "summary": "Sinks it.",
            "retry": { "class": "hazard" }, "request": [], "response": [], "errors": [] }"#,
        ),
    ]);
    insta::assert_snapshot!(text, @r"
    ## Unreleased

    Semver: **minor**: items were added, and none were removed.

    ### Added

    - `RentBoat.Sail`: member, `String`.
    - `SinkBoat`: action.
    - `Berth`: type.
    - `SailMode.DRIFT`: value.
    - `NoWind`: error code.

    ### Deprecated

    - `RentBoat.Crew`: deprecated, use `Mode`.

    ### Tightened

    - `RentBoat.Sail`: `required`, and new.
    ");
}

#[test]
fn limits_are_a_patch_release() {
    let text = diff(&[
        ("actions/RentBoat.json", r#""min": 1, "max": 8"#, r#""min": 2, "max": 12, "unit": "h""#),
        (
            "actions/DescribeBoats.json",
            r#""rate_limit_per_second": 10"#,
            r#""rate_limit_per_second": 20"#,
        ),
        ("actions/DescribeBoats.json", r#"{ "name": "color" }"#, r#"{ "name": "age" }"#),
        ("actions/DescribeBoats.json", r#"["InvalidColor"]"#, r#"["InvalidColor", "NoWind"]"#),
        ("types/Boat.json", r#""max": 20"#, r#""max": 30"#),
        ("types/Boat.json", "From bow to stern.", "Over all."),
        (
            "actions/RentBoat.json",
            r#""class": "hazard""#,
            r#""class": "guarded", "why": "Once rented, it is gone.""#,
        ),
    ]);
    insta::assert_snapshot!(text, @r"
    ## Unreleased

    Semver: **patch**: no item of the crate was added, changed or removed.

    ### Loosened

    - `DescribeBoats`: supports the filter `age`.
    - `DescribeBoats`: `rate_limit_per_second` is 20, was 10.
    - `RentBoat.Hours`: `max` is 12, was 8.

    ### Tightened

    - `DescribeBoats`: no longer supports the filter `color`.
    - `RentBoat.Hours`: `min` is 2, was 1.

    ### Changed

    - `DescribeBoats`: documents the error code `NoWind`.
    - `RentBoat`: retry: `class` is `guarded`, was `hazard`.
    - `RentBoat.Hours`: `unit` is `h`, was not stated.
    - `Boat.Length`: `max` is 30, was 20.

    ### Documentation

    - `Boat`: one description.
    - `RentBoat`: one description.
    ");
}

#[test]
fn breaking_changes_are_a_major_release() {
    let text = diff(&[
        // A string that becomes required is no longer an `Option`.
        (
            "actions/RentBoat.json",
            r#""name": "Crew", "type": "string""#,
            r#""name": "Crew", "type": "string", "required": true"#,
        ),
        ("actions/RentBoat.json", r#""type": "SailMode""#, r#""type": "string""#),
        ("actions/RentBoat.json", r#""name": "Hours""#, r#""name": "Hours", "rust": "duration""#),
        ("enums/SailMode.json", MODE, ""),
        (
            "types/Boat.json",
            r#""type": "int64", "max": 20"#,
            r#""type": "int64", "output_required": true"#,
        ),
        (
            "actions/DescribeBoats.json",
            r#"
  "paginate": { "style": "offset", "offset": "Offset", "limit": "Limit", "total": "TotalCount", "items": "BoatSet" },"#,
            "",
        ),
        ("errors.json", ERRORS, r#"{ "errors": [] }"#),
    ]);
    insta::assert_snapshot!(text, @r"
    ## Unreleased

    Semver: **major**: a program may no longer compile.

    ### Removed

    - **Breaking.** `DescribeBoats`: can be read in pages.
    - **Breaking.** `SailMode`: value set.
    - **Breaking.** `InvalidColor`: error code.

    ### Tightened

    - `RentBoat.Crew`: `required` now.

    ### Changed

    - **Breaking.** `RentBoat.Mode`: the field is `Option<String>`, was `Option<SailMode>`.
    - **Breaking.** `RentBoat.Hours`: is called `duration` in Rust, was `hours`.
    - **Breaking.** `RentBoat.Crew`: the field is `String`, was `Option<String>`.
    - **Breaking.** `Boat.Length`: the field is `i64`, was `Option<i64>`.
    - `Boat.Length`: `max` is not stated, was 20.
    - `Boat.Length`: `output_required` now.
    ");
}

#[test]
fn removals_are_a_major_release() {
    let text = diff(&[
        ("actions/RentBoat.json", RENT, ""),
        (
            "types/Boat.json",
            r#",
    { "name": "Length", "type": "int64", "max": 20, "doc": "From bow to stern." }"#,
            "",
        ),
        ("enums/SailMode.json", r#"{ "value": "SLOW", "doc": "Against the wind." }, "#, ""),
    ]);
    insta::assert_snapshot!(text, @r"
    ## Unreleased

    Semver: **major**: a program may no longer compile.

    ### Removed

    - **Breaking.** `RentBoat`: action.
    - **Breaking.** `Boat.Length`: member.
    - **Breaking.** `SailMode.SLOW`: value.
    ");
}

/// Writes a service with this name into a checkout. Returns the folder of its specs.
fn write_service(checkout: &Path, name: &str) -> PathBuf {
    let specs = checkout.join("specs").join(name).join("2020-01-01");
    fs::create_dir_all(&specs).unwrap();
    fs::write(specs.join("service.json"), SERVICE.replace("pond", name)).unwrap();
    fs::write(specs.join("errors.json"), ERRORS).unwrap();
    specs
}

#[test]
fn services_of_a_checkout_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let names = || Version::find(folder.path()).map(|it| Vec::from_iter(it.services.into_keys()));
    let error = names().unwrap_err().to_string();
    assert!(error.contains("found no `service.json`"), "{error}");
    let specs = write_service(folder.path(), "pond");
    assert_eq!(names().unwrap(), ["pond"]);
    write_service(folder.path(), "lake");
    assert_eq!(names().unwrap(), ["lake", "pond"]);
    fs::write(specs.join("errors.json"), "{").unwrap();
    let error = names().unwrap_err().to_string();
    assert!(error.contains("errors.json:1:1: error"), "what cannot be read is not gone: {error}");
}

#[test]
fn each_service_of_two_checkouts_has_an_entry() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (old, new) = (old.path(), new.path());
    write_service(old, "pond");
    write_service(old, "well");
    write_service(new, "lake");
    let pond = write_service(new, "pond");
    let more = ERRORS.replace("InvalidColor", "InvalidSize");
    fs::write(pond.join("errors.json"), more).unwrap();
    let run = |folders: [&Path; 2]| run(&folders.map(Path::to_path_buf)).unwrap();
    insta::assert_snapshot!(run([old, new]), @r"
    # lake-models

    A new crate: 0 actions.

    # pond-models

    ## Unreleased

    Semver: **major**: a program may no longer compile.

    ### Added

    - `InvalidSize`: error code.

    ### Removed

    - **Breaking.** `InvalidColor`: error code.

    # well-models

    Semver: **major**: the crate was removed.
    ");
    // The specs of one service are compared with the same service of a checkout.
    let only = run([&old.join("specs/pond/2020-01-01"), new]);
    assert!(only.starts_with("## Unreleased") && only.contains("InvalidSize"), "{only}");
    let error = super::run(&[old.join("specs/well/2020-01-01"), new.to_path_buf()]).unwrap_err();
    assert!(error.to_string().contains("does not have the service of"), "{error}");
}

#[test]
fn changed_reconcile_rule_is_behavior_and_its_text_is_documentation() {
    let path = "actions/RentBoat.json";
    let rule = |facts: &str| {
        let retry = format!(r#""class": "hazard", "reconcile": {{ {facts}"text": "Look." }}"#);
        api(&[(path, r#""class": "hazard""#, retry.as_str())])
    };
    let text_only = rule("");
    let full = rule(
        r#""list": "DescribeBoats", "matching": { "BoatId": "BoatId" }, "done": ["Length=4"], "if_absent": "pending", "#,
    );
    let other = rule(
        r#""list": "DescribeBoats", "matching": { "BoatId": "Crew" }, "if_absent": "failure", "display": ["Length"], "#,
    );
    let describe = |old: &Api, new: &Api| {
        let entry = entry(old, new);
        entry
            .lines()
            .filter(|line| line.starts_with("- ") || line.starts_with("###"))
            .fold(String::new(), |text, line| text + line + "\n")
    };
    insta::assert_snapshot!(describe(&text_only, &full), @r"
    ### Changed
    - `RentBoat`: an unknown outcome is checked with `DescribeBoats`.
    ");
    insta::assert_snapshot!(describe(&full, &text_only), @r"
    ### Changed
    - `RentBoat`: an unknown outcome is no longer checked with `DescribeBoats`.
    ");
    insta::assert_snapshot!(describe(&full, &other), @r#"
    ### Changed
    - `RentBoat`: reconcile: `display` is `Length`, was not stated.
    - `RentBoat`: reconcile: `done` is not stated, was `Length=4`.
    - `RentBoat`: reconcile: `if_absent` is `failure`, was `pending`.
    - `RentBoat`: reconcile: `matching` is `{"BoatId":"Crew"}`, was `{"BoatId":"BoatId"}`.
    "#);
    insta::assert_snapshot!(describe(&full, &api(&[])), @r"
    ### Changed
    - `RentBoat`: an unknown outcome is no longer checked with `DescribeBoats`.
    ");
    let reworded = api(&[(
        path,
        r#""class": "hazard""#,
        r#""class": "hazard", "reconcile": { "text": "Look again." }"#,
    )]);
    insta::assert_snapshot!(describe(&text_only, &reworded), @r"
    ### Documentation
    - `RentBoat`: one description.
    ");
}

#[test]
fn first_fraction_in_a_struct_is_a_major_release() {
    let text = diff(&[(
        "types/Boat.json",
        r#"{ "name": "Length""#,
        r#"{ "name": "Draft", "type": "float", "doc": "Below the water." },
    { "name": "Length""#,
    )]);
    assert!(text.contains("Semver: **major**"), "{text}");
    for place in ["Boat", "DescribeBoatsResponse"] {
        let line = format!(
            "- **Breaking.** `{place}`: no longer has `Eq` and `Hash`, because it contains a fraction."
        );
        assert!(text.contains(&line), "{text}");
    }
}

//! Small models: what becomes of them, what is left out, and that nothing of their texts survives.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A model with the accidents that published ones have. Its texts must not be found again.
const POND: &str = r#"{
  "version": "1.0",
  "metadata": { "apiVersion": "2020-01-01", "serviceShortName": "as", "api_brief": "THEIRS", "serviceNameCN": "\u6c60\u5858" },
  "actions": {
    "DescribeBoats": { "input": "DescribeBoatsRequest", "output": "DescribeBoatsResponse", "document": "THEIRS", "name": "THEIRS", "status": "online" },
    "RentBoat": { "input": "RentBoatRequest", "output": "RentBoatResponse", "document": "THEIRS", "status": "deprecated", "skip_sign": true },
    "RentBoatInfo": { "input": "Empty", "output": "Empty", "status": "offline" }
  },
  "objects": {
    "Empty": { "members": [], "type": "object", "document": "THEIRS" },
    "DescribeBoatsRequest": { "type": "object", "members": [
      { "name": "Offset", "type": "int", "member": "uint64", "required": false, "document": "THEIRS", "example": "THEIRS" },
      { "name": "Limit", "type": "int", "member": "int64", "required": 0 },
      { "name": "Since", "type": "string", "member": "date", "required": true },
      { "name": "BoatIDs", "type": "list", "member": "string" } ] },
    "DescribeBoatsResponse": { "type": "object", "members": [
      { "name": "TotalCount", "type": "int", "member": "int64", "output_required": true, "value_allowed_null": false },
      { "name": "Boats", "type": "list", "member": "Service", "output_required": true, "value_allowed_null": true },
      { "name": "RequestId", "type": "string", "member": "string" } ] },
    "RentBoatRequest": { "type": "object", "members": [
      { "name": "Self", "type": "object", "member": "Result", "required": true },
      { "name": "Password", "type": "string", "member": "string", "disabled": true },
      { "name": "DryRun", "type": "bool", "member": "bool" } ] },
    "RentBoatResponse": { "type": "object", "members": [
      { "name": "RequestID", "type": "string", "member": "string" },
      { "name": "RequestId", "type": "string", "member": "string" } ] },
    "Service": { "usage": "out", "members": [
      { "name": "VCpu", "type": "float", "member": "float" },
      { "name": "Dinghies", "type": "list", "member": "Service" },
      { "name": "Berth", "type": "object", "member": "Result" } ] },
    "Result": { "usage": "both", "members": [ { "name": "At", "type": "string", "member": "datetime_iso" } ] },
    "Unused": { "members": [ { "name": "A", "type": "string", "member": "string" } ] }
  }
}"#;

/// A folder with a model and the errors of the gateway.
fn folder(model: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("api.json"), model).unwrap();
    let errors = r#"{ "errors": [
        { "code": "InternalError", "kind": "server", "retryable": true, "partial": true, "common": "both", "doc": "It failed.", "fix": "Try later." },
        { "code": "InvalidBoat", "kind": "client", "doc": "No such boat.", "fix": "Look again." } ] }"#;
    fs::write(folder.path().join("errors.json"), errors).unwrap();
    folder
}

fn run(folder: &TempDir, service: Option<&str>) -> Result<String, String> {
    let path = folder.path();
    let job = Job {
        model: &path.join("api.json"),
        service,
        out: None,
        specs: &path.join("specs"),
        errors: &path.join("errors.json"),
    };
    import(&job).map_err(|error| error.to_string().replace(&path.display().to_string(), ""))
}

fn sifted(model: &str) -> Model {
    model::convert(&upstream::parse(model).unwrap()).unwrap()
}

#[test]
fn a_model_becomes_specs_that_lint_takes() {
    let folder = folder(POND);
    let told = run(&folder, None).unwrap();
    assert_eq!(
        told,
        "wrote specs/as/2020-01-01: 3 actions (1 in pages), 2 types; lint has nothing to report\n"
    );
    let specs = folder.path().join("specs/as/2020-01-01");
    let read = |name: &str| fs::read_to_string(specs.join(name)).unwrap();
    insta::assert_snapshot!(read("actions/DescribeBoats.json"), @r#"
    {
      "$schema": "../../../schema/action.schema.json",
      "action": "DescribeBoats",
      "group": "read",
      "summary": "Reads something, judging by the name alone; see the service's own documentation for its meaning.",
      "retry": { "class": "read", "why": "Imported: its name begins as those of reads do." },
      "paginate": { "style": "offset", "offset": "Offset", "limit": "Limit", "total": "TotalCount", "items": "Boats" },
      "request": [
        { "name": "Offset", "type": "uint64",
          "doc": "Non-negative integer sent as `Offset`; see the service's own documentation for its meaning." },
        { "name": "Limit", "type": "int64", "doc": "Integer sent as `Limit`; see the service's own documentation for its meaning." },
        { "name": "Since", "type": "string", "required": true, "format": "YYYY-MM-DD",
          "doc": "Date sent as `Since`; see the service's own documentation for its meaning." },
        { "name": "BoatIDs", "type": "list<string>", "rust": "boat_ids",
          "doc": "List of texts sent as `BoatIDs`; see the service's own documentation for its meaning." }
      ],
      "response": [
        { "name": "TotalCount", "type": "int64", "output_required": true,
          "doc": "Integer answered as `TotalCount`; see the service's own documentation for its meaning." },
        { "name": "Boats", "type": "list<Service>", "output_required": true, "nullable": true,
          "doc": "List of `Service` objects answered as `Boats`; see the service's own documentation for its meaning." }
      ],
      "errors": []
    }
    "#);
    insta::assert_snapshot!(read("actions/RentBoat.json"), @r#"
    {
      "$schema": "../../../schema/action.schema.json",
      "action": "RentBoat",
      "group": "change",
      "summary": "Changes something, judging by the name alone; see the service's own documentation for its meaning.",
      "notes": ["The service takes it without a signature."],
      "retry": {
        "class": "hazard",
        "why": "Imported: nothing is known of a second sending.",
        "reconcile": { "text": "Imported: no list is known that shows it; look with the service's own tools." }
      },
      "deprecated": true,
      "dry_run": true,
      "request": [
        { "name": "Self", "type": "Result", "rust": "self_", "required": true,
          "doc": "Object of the type `Result` sent as `Self`; see the service's own documentation for its meaning." },
        { "name": "Password", "type": "string", "deprecated": true, "sensitive": true,
          "doc": "Text sent as `Password`; see the service's own documentation for its meaning." },
        { "name": "DryRun", "type": "bool", "doc": "Boolean sent as `DryRun`; see the service's own documentation for its meaning." }
      ],
      "response": [
        { "name": "RequestID", "type": "string", "rust": "request_id_2",
          "doc": "Text answered as `RequestID`; see the service's own documentation for its meaning." }
      ],
      "errors": []
    }
    "#);
    insta::assert_snapshot!(read("types/Service.json"), @r#"
    {
      "$schema": "../../../schema/type.schema.json",
      "type": "Service",
      "usage": "out",
      "summary": "Object with 3 members that answers carry; see the service's own documentation for its meaning.",
      "rust": "ServiceType",
      "members": [
        { "name": "VCpu", "type": "float", "rust": "vcpu",
          "doc": "Number answered as `VCpu`; see the service's own documentation for its meaning." },
        { "name": "Dinghies", "type": "list<Service>",
          "doc": "List of `Service` objects answered as `Dinghies`; see the service's own documentation for its meaning." },
        { "name": "Berth", "type": "Result",
          "doc": "Object of the type `Result` answered as `Berth`; see the service's own documentation for its meaning." }
      ]
    }
    "#);
    assert!(read("actions/RentBoatInfo.json").contains("\"rust\": \"RentBoatInfoAction\""));
    assert!(read("errors.json").contains("InternalError") && !read("errors.json").contains("Boat"));
    assert!(!specs.join("types/Unused.json").exists());
    let again = run(&folder, None).unwrap_err();
    assert!(again.contains("specs/as/2020-01-01 holds specs already"), "{again}");
    assert!(check(&folder.path().join("api.json"), &specs, "specs").is_ok());
}

#[test]
fn no_text_of_a_model_survives() {
    let files = spec::files("as", &sifted(POND), &[]).unwrap();
    for (path, text) in &files {
        assert!(text.is_ascii() && !text.contains("THEIRS"), "{path}");
    }
    assert_eq!(files.len(), 7);
}

#[test]
fn the_names_that_import_gives_are_needed() {
    let files = spec::files("as", &sifted(POND), &[]).unwrap();
    let lint = |strip: &str| {
        let texts: Vec<(String, String)> = files
            .iter()
            .map(|(path, text)| {
                (path.clone(), text.replace(&format!("\"rust\": \"{strip}\""), "\"rust\": null"))
            })
            .collect();
        let texts = texts.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let tree = specs::source::Tree::from_texts("specs/as/1", texts);
        let mut report = specs::diagnostic::Report::default();
        let files = specs::load::load(&tree, &mut report).unwrap();
        let api = specs::resolve::resolve(files, &mut report);
        specs::check::check(&api, &mut report);
        report.render(&tree)
    };
    assert_eq!(lint("none"), "");
    for name in [
        "boat_ids",
        "self_",
        "request_id_2",
        "vcpu",
        "ServiceType",
        "ResultType",
        "RentBoatInfoAction",
    ] {
        assert!(lint(name).contains("error"), "{name} could have gone without");
    }
}

#[test]
fn what_specs_cannot_say_is_left_out_and_told() {
    let many: Vec<String> = (0..256)
        .map(|n| format!(r#"{{"name":"M{n}","type":"string","member":"string"}}"#))
        .collect();
    let model = r#"{"metadata":{"apiVersion":"1"},"actions":{
          "Good":{"input":"Many","output":"Answer"},
          "../evil":{"input":"Many","output":"Answer"},
          "Lost":{"input":"Nowhere","output":"Answer"},
          "Upload":{"input":"File","output":"Answer"}},
        "objects":{
          "Many":{"members":[MANY]},
          "File":{"members":[{"name":"Body","type":"binary","member":"binary","required":true}]},
          "Answer":{"members":[
            {"name":"a b","type":"string","member":"string"},
            {"name":"Odd","type":"object","member":"x\"; fn evil() {}"},
            {"name":"Gone","type":"list","member":"Gone"},
            {"name":"New","type":"decimal","member":"decimal"},
            {"name":"Error","type":"string","member":"string"},
            {"name":"Tree","type":"object","member":"Tree"},
            {"name":"Tree","type":"string","member":"string"}]},
          "x\"; fn evil() {}":{"members":[]},
          "Tree":{"members":[{"name":"Left","type":"object","member":"Node"},{"name":"All","type":"list","member":"Tree"}]},
          "Node":{"members":[{"name":"Down","type":"object","member":"Tree"}]}}}"#;
    let model = sifted(&model.replace("MANY", &many.join(",")));
    insta::assert_snapshot!(model.skipped.join("\n"), @r#"
    `M254` in the request of `Good`: a set has at most 254 members, because tables count in bytes
    `M255` in the request of `Good`: a set has at most 254 members, because tables count in bytes
    `a b` in the response of `Good`: the name is no identifier
    `Odd` in the response of `Good`: the name of its type `x\"; fn evil() {}` is no identifier
    `Gone` in the response of `Good`: its type `list` of `Gone` is not in the model
    `New` in the response of `Good`: its type `decimal` of `decimal` is not in the model
    `Tree` in the response of `Good`: it is there twice; the first counts
    `Error` in the response of `Good`: an answer with this member is a failure by the envelope's rule
    action `../evil`: the name is no identifier
    action `Lost`: its request `Nowhere` is not in the model
    `Body` in the request of `Upload`: it is binary and travels in a multipart body, not in JSON
    action `Upload`: a member that it requires was left out
    `Left` in the type `Tree`: through it `Node` would hold itself without a list
    "#);
    assert_eq!(model.actions.keys().collect::<Vec<_>>(), ["Good"]);
    assert_eq!(
        model.types.keys().collect::<Vec<_>>(),
        ["Tree"],
        "a broken cycle may have been the only way to a type"
    );
    let folder = tempfile::tempdir().unwrap();
    let files = spec::files("pond", &model, &[]).unwrap();
    ensure(folder.path(), "x", &files, &[], Mode::Write, &mut Outcome::default()).unwrap();
    assert!(specs::open_clean(folder.path(), "specs").is_ok());
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let folder = folder(POND);
    for service in ["../x", "", "A", "a/b", "a b"] {
        let error = run(&folder, Some(service)).unwrap_err();
        assert!(error.contains("is not a service name"), "{service}: {error}");
    }
    let versions = POND.replace("2020-01-01", "../../x");
    fs::write(folder.path().join("api.json"), versions).unwrap();
    assert!(run(&folder, None).unwrap_err().contains("is not a version date"));
    fs::write(folder.path().join("api.json"), POND.replace("serviceShortName", "x")).unwrap();
    assert!(run(&folder, None).unwrap_err().contains("does not name its service"));
    fs::write(folder.path().join("api.json"), "[1]").unwrap();
    assert!(run(&folder, None).unwrap_err().starts_with("/api.json:1:2: error: invalid type"));
    assert!(!folder.path().join("specs").exists(), "nothing was written");
}

#[test]
fn a_long_chain_of_types_is_no_way_to_exhaust_the_stack() {
    let chain = |length: usize| {
        let link = |n: usize| {
            let next = n + 1;
            format!(
                r#""T{n}":{{"members":[{{"name":"Next","type":"object","member":"T{next}"}}]}}"#
            )
        };
        let links: Vec<String> = (0..length).map(link).collect();
        format!(
            r#"{{"metadata":{{"apiVersion":"1","serviceShortName":"chain"}},
            "actions":{{"Go":{{"input":"T0","output":"E"}}}},
            "objects":{{{},"T{length}":{{"members":[]}},"E":{{"members":[]}}}}}}"#,
            links.join(",")
        )
    };
    let long = folder(&chain(2_000));
    let told = run(&long, None).unwrap();
    assert!(told.contains("2000 types"), "{told}");
    let longer = folder(&chain(2_001));
    assert!(run(&longer, None).unwrap_err().contains("more than 2000 types"));
}

#[test]
fn what_upstream_says_differently_is_told() {
    let folder = folder(POND);
    run(&folder, None).unwrap();
    let newer = POND
        .replace(
            r#""Limit", "type": "int", "member": "int64""#,
            r#""Limit", "type": "int", "member": "uint64""#,
        )
        .replace(
            r#""name": "DryRun", "type": "bool", "member": "bool""#,
            r#""name": "Why", "type": "string", "member": "string""#,
        )
        .replace(r#""Password", "type""#, r#""Password", "required": true, "type""#)
        .replace(r#", "disabled": true"#, "")
        .replace(
            r#""output_required": true, "value_allowed_null": true"#,
            r#""output_required": false"#,
        )
        .replace(r#""RentBoatInfo": {"#, r#""SinkBoat": {"#)
        .replace(r#""status": "deprecated""#, r#""status": "online""#)
        .replace(
            r#"{ "name": "VCpu", "type": "float", "member": "float" },
      { "name": "Dinghies", "type": "list", "member": "Service" },"#,
            r#"{ "name": "Dinghies", "type": "list", "member": "Service" },
      { "name": "VCpu", "type": "list", "member": "float" },"#,
        );
    fs::write(folder.path().join("api.json"), newer).unwrap();
    let specs = folder.path().join("specs/as/2020-01-01");
    // A reason of our own stands against what upstream says, or does not.
    let other = specs.join("actions/DescribeBoats.json");
    let own = "\"deprecated\": true, \"deprecated_why\": \"It is slow.\", \"request\"";
    let text = fs::read_to_string(&other).unwrap().replace("\"request\"", own);
    fs::write(&other, text).unwrap();
    let text = check(&folder.path().join("api.json"), &specs, "specs/as/2020-01-01").unwrap_err();
    let text = text.to_string().replace(&folder.path().display().to_string(), "");
    insta::assert_snapshot!(text, @r"
    explained: action DescribeBoats: deprecated by our own reading: It is slow.
    request of DescribeBoats, Limit: upstream says uint64, our specs say int64
    response of DescribeBoats, Boats: `output_required`: our specs say so, upstream does not
    response of DescribeBoats, Boats: `nullable`: our specs say so, upstream does not
    action RentBoat: `deprecated`: our specs say so, upstream does not
    request of RentBoat, Password: `required`: upstream says so, our specs do not
    request of RentBoat, Password: `deprecated`: our specs say so, upstream does not
    request of RentBoat, Why: upstream has it (string), our specs do not
    request of RentBoat, DryRun: our specs have it, upstream does not
    action SinkBoat: upstream has it, our specs do not
    action RentBoatInfo: our specs have it, upstream does not
    type Service, VCpu: upstream says list<float>, our specs say float
    type Service: the order differs; upstream has Dinghies, VCpu, Berth
    12 differences between specs/as/2020-01-01 and /api.json
      help: bring the specs in line, with facts and descriptions that the model lacks
    ");
}

#[test]
fn names_that_differ_only_by_case_get_files_that_differ_without_it() {
    let model = r#"{"metadata":{"apiVersion":"1"},"actions":{
          "DescribeBoats":{"input":"Boat","output":"boat"},
          "Describeboats":{"input":"BOAT","output":"Boat"}},
        "objects":{
          "Boat":{"members":[{"name":"Berth","type":"object","member":"Berth"}]},
          "boat":{"members":[{"name":"Berth","type":"object","member":"berth"}]},
          "BOAT":{"members":[{"name":"Berth","type":"object","member":"BERTH"}]},
          "Berth":{"members":[{"name":"A","type":"string","member":"string"}]},
          "berth":{"members":[{"name":"B","type":"string","member":"string"}]},
          "BERTH":{"members":[{"name":"C","type":"string","member":"string"}]}}}"#;
    let files = spec::files("pond", &sifted(model), &[]).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for path in files.keys() {
        assert!(seen.insert(path.to_ascii_lowercase()), "{path} has the name of another file");
    }
    let all = files.values().cloned().collect::<String>();
    for name in ["DescribeBoats", "Describeboats"] {
        assert!(all.contains(&format!("\"action\": \"{name}\"")), "{name}");
    }
    for name in ["Berth", "berth", "BERTH"] {
        assert!(all.contains(&format!("\"type\": \"{name}\",\n  \"usage\"")), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    ensure(folder.path(), "x", &files, &[], Mode::Write, &mut Outcome::default()).unwrap();
    let api = specs::open_clean(folder.path(), "specs").unwrap();
    assert!(crate::codegen::generate(&api).is_ok());
}

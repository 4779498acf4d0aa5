//! Tests the import of small models.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A model with the irregularities of published ones. Its texts must not appear in specs.
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

/// A folder with a model and the error codes of the gateway.
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
    let job = Job { model: &path.join("api.json"), service, errors: &path.join("errors.json") };
    import(&job, None, &path.join("specs"))
        .map_err(|error| error.to_string().replace(&path.display().to_string(), ""))
}

fn converted(model: &str) -> Model {
    model::convert(&upstream::parse(model).unwrap()).unwrap()
}

#[test]
fn imported_specs_pass_lint() {
    let folder = folder(POND);
    let summary = run(&folder, None).unwrap();
    assert_eq!(
        summary,
        "wrote specs/as/2020-01-01: 3 actions (1 in pages), 2 types; lists without pages: 0, secrets: 1; lint reports no errors\n"
    );
    let specs = folder.path().join("specs/as/2020-01-01");
    let read = |name: &str| fs::read_to_string(specs.join(name)).unwrap();
    insta::assert_snapshot!(read("actions/DescribeBoats.json"), @r#"
    {
      "$schema": "../../../schema/action.schema.json",
      "action": "DescribeBoats",
      "group": "read",
      "summary": "Reads something, judging by the name alone; see the service's own documentation for its meaning.",
      "retry": { "class": "read", "why": "Imported: it only reads, judging by its name." },
      "paginate": { "style": "offset", "offset": "Offset", "limit": "Limit", "total": "TotalCount", "items": "Boats" },
      "request": [
        { "name": "Offset", "type": "uint64",
          "doc": "Non-negative integer sent as `Offset`; see the service's own documentation for its meaning." },
        { "name": "Limit", "type": "int64", "doc": "Integer sent as `Limit`; see the service's own documentation for its meaning." },
        { "name": "Since", "type": "string", "required": true, "format": "YYYY-MM-DD",
          "doc": "Date sent as `Since`; see the service's own documentation for its meaning." },
        { "name": "BoatIDs", "type": "list<string>", "rust": "boat_ids",
          "doc": "List of strings sent as `BoatIDs`; see the service's own documentation for its meaning." }
      ],
      "response": [
        { "name": "TotalCount", "type": "int64", "output_required": true,
          "doc": "Integer returned as `TotalCount`; see the service's own documentation for its meaning." },
        { "name": "Boats", "type": "list<Service>", "output_required": true, "nullable": true,
          "doc": "List of `Service` objects returned as `Boats`; see the service's own documentation for its meaning." }
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
      "notes": ["The service accepts it without a signature."],
      "retry": {
        "class": "hazard",
        "why": "Imported: it is not known whether a retry is safe.",
        "reconcile": { "text": "Imported: no Describe action is known that shows the effect; check with the service's own tools." }
      },
      "deprecated": true,
      "dry_run": true,
      "request": [
        { "name": "Self", "type": "Result", "rust": "self_", "required": true,
          "doc": "Object of the type `Result` sent as `Self`; see the service's own documentation for its meaning." },
        { "name": "Password", "type": "string", "deprecated": true, "sensitive": true,
          "doc": "String sent as `Password`; see the service's own documentation for its meaning." },
        { "name": "DryRun", "type": "bool", "doc": "Boolean sent as `DryRun`; see the service's own documentation for its meaning." }
      ],
      "response": [
        { "name": "RequestID", "type": "string", "rust": "request_id_2",
          "doc": "String returned as `RequestID`; see the service's own documentation for its meaning." }
      ],
      "errors": []
    }
    "#);
    insta::assert_snapshot!(read("types/Service.json"), @r#"
    {
      "$schema": "../../../schema/type.schema.json",
      "type": "Service",
      "usage": "out",
      "summary": "Object with 3 members that responses contain; see the service's own documentation for its meaning.",
      "rust": "ServiceType",
      "members": [
        { "name": "VCpu", "type": "float", "rust": "vcpu",
          "doc": "Number returned as `VCpu`; see the service's own documentation for its meaning." },
        { "name": "Dinghies", "type": "list<Service>",
          "doc": "List of `Service` objects returned as `Dinghies`; see the service's own documentation for its meaning." },
        { "name": "Berth", "type": "Result",
          "doc": "Object of the type `Result` returned as `Berth`; see the service's own documentation for its meaning." }
      ]
    }
    "#);
    assert!(read("actions/RentBoatInfo.json").contains("\"rust\": \"RentBoatInfoAction\""));
    assert!(read("errors.json").contains("InternalError") && !read("errors.json").contains("Boat"));
    assert!(!specs.join("types/Unused.json").exists());
    let again = run(&folder, None).unwrap_err();
    assert!(again.contains("specs/as/2020-01-01 already contains specs"), "{again}");
    assert!(check(&folder.path().join("api.json"), &specs, "specs").is_ok());
}

#[test]
fn texts_of_the_model_are_not_copied() {
    let files = spec::files("as", &converted(POND), &[]).unwrap();
    for (path, text) in &files {
        assert!(text.is_ascii() && !text.contains("THEIRS"), "{path}");
    }
    assert_eq!(files.len(), 7);
}

#[test]
fn error_codes_of_the_gateway_have_texts_for_every_service() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/cvm/2017-03-12");
    let common = common_errors(&root.join("errors.json")).unwrap();
    let actions = fs::read_dir(root.join("actions")).unwrap();
    let mut words: Vec<String> = actions
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_lowercase())
        .collect();
    assert!(words.len() > 100);
    words.extend(
        ["cvm", "2017", "compute service", "instance", "disk", "image", "template", "renew"]
            .map(str::to_owned),
    );
    let files = spec::files("as", &converted(POND), &common).unwrap();
    let file: ErrorsFile = serde_json::from_str(&files["errors.json"]).unwrap();
    assert!(file.errors.len() > 30, "{}", file.errors.len());
    for row in &file.errors {
        let text = format!("{} {}", row.doc, row.fix).to_lowercase();
        let word = words.iter().find(|word| text.contains(word.as_str()));
        assert_eq!(word, None, "{}: {text}", row.code);
    }
    let fix = |code: &str| &file.errors.iter().find(|row| row.code == code).unwrap().fix;
    assert!(fix("NoSuchProduct").contains("`as.tencentcloudapi.com`"));
    assert!(fix("NoSuchVersion").contains("`2020-01-01`"));
    let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let tree = Tree::from_texts("specs/as/2020-01-01", texts);
    assert_eq!(specs::open_tree(&tree).1.render(&tree), "");
}

#[test]
fn each_rust_key_is_necessary() {
    let files = spec::files("as", &converted(POND), &[]).unwrap();
    let lint = |strip: &str| {
        let texts: Vec<(String, String)> = files
            .iter()
            .map(|(path, text)| {
                (path.clone(), text.replace(&format!("\"rust\": \"{strip}\""), "\"rust\": null"))
            })
            .collect();
        let texts = texts.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let tree = Tree::from_texts("specs/as/1", texts);
        specs::open_tree(&tree).1.render(&tree)
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
fn unsupported_items_are_skipped_and_reported() {
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
    let model = converted(&model.replace("MANY", &many.join(",")));
    insta::assert_snapshot!(model.skipped.join("\n"), @r#"
    `M254` in the request of `Good`: at most 254 members are supported, because a table counts them in one byte
    `M255` in the request of `Good`: at most 254 members are supported, because a table counts them in one byte
    `a b` in the response of `Good`: the name is not an identifier
    `Odd` in the response of `Good`: the name of its type `x\"; fn evil() {}` is not an identifier
    `Gone` in the response of `Good`: its type `list` of `Gone` is not in the model
    `New` in the response of `Good`: its type `decimal` of `decimal` is not in the model
    `Tree` in the response of `Good`: it is a duplicate; the first one is used
    `Error` in the response of `Good`: a response with this member would be an error
    action `../evil`: the name is not an identifier
    action `Lost`: its request `Nowhere` is not in the model
    `Body` in the request of `Upload`: it is binary, and would be sent in a multipart body instead of JSON
    action `Upload`: a required member was skipped
    `Left` in the type `Tree`: it would make `Node` contain itself without a list
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
fn invalid_names_and_versions_are_rejected() {
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
    assert!(!folder.path().join("specs").exists(), "nothing was formatted");
}

#[test]
fn long_chain_of_types_does_not_exhaust_the_stack() {
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
    let summary = run(&long, None).unwrap();
    assert!(summary.contains("2000 types"), "{summary}");
    let longer = folder(&chain(2_001));
    assert!(run(&longer, None).unwrap_err().contains("more than 2000 types"));
}

#[test]
fn differences_to_the_model_are_reported() {
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
    // Our specs give a reason for a difference.
    let other = specs.join("actions/DescribeBoats.json");
    let own = "\"deprecated\": true, \"deprecated_why\": \"It is slow.\", \"request\"";
    let text = fs::read_to_string(&other).unwrap().replace("\"request\"", own);
    fs::write(&other, text).unwrap();
    let text = check(&folder.path().join("api.json"), &specs, "specs/as/2020-01-01").unwrap_err();
    let text = text.to_string().replace(&folder.path().display().to_string(), "");
    insta::assert_snapshot!(text, @r"
    explained: action DescribeBoats: deprecated only in our specs: It is slow.
    request of DescribeBoats, Limit: the model says uint64, our specs say int64
    response of DescribeBoats, Boats: `output_required`: our specs say so, the model does not
    response of DescribeBoats, Boats: `nullable`: our specs say so, the model does not
    action RentBoat: `deprecated`: our specs say so, the model does not
    request of RentBoat, Password: `required`: the model says so, our specs do not
    request of RentBoat, Password: `deprecated`: our specs say so, the model does not
    request of RentBoat, Why: the model has it (string), our specs do not
    request of RentBoat, DryRun: our specs have it, the model does not
    action SinkBoat: the model has it, our specs do not
    action RentBoatInfo: our specs have it, the model does not
    type Service, VCpu: the model says list<float>, our specs say float
    type Service: the order differs; in the model it is Dinghies, VCpu, Berth
    12 differences between specs/as/2020-01-01 and /api.json
      help: correct the specs, and add the facts and descriptions that the model lacks
    ");
}

#[test]
fn names_that_differ_only_in_case_get_different_files() {
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
    let files = spec::files("pond", &converted(model), &[]).unwrap();
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

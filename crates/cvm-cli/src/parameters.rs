//! From `--DataDisks.0.DiskSize 100` to the request, by the action's table.
//!
//! A name is walked through the table step by step, its values are read as what the member holds, and
//! the pieces are laid into one tree. Whether the whole request makes sense is for the service to say;
//! here a value only has to be of the right kind.

use std::collections::BTreeMap;

use cvm_models::protocol::{FieldInfo, Kind, Table};
use serde_json::Value;

use crate::args::Parameter;
use crate::describe;
use crate::exit::{Failure, Result};
use crate::json::Json;
use crate::source::Sources;
use crate::tree::Node;
use crate::typed::{typed, typed_object, typed_text, unknown_member};

/// The request as JSON: what `--cli-input-json` gives, and over it the parameters.
///
/// A parameter named in full replaces the whole member of the input. One that names a part of a member
/// is refused when the input has that member: a mixture of both is what nobody wrote.
pub fn request(
    table: &'static Table,
    parameters: Vec<Parameter>,
    input: Option<&Json>,
    sources: &mut Sources,
) -> Result<Value> {
    let mut whole = match input {
        Some(input) => typed_object(table, "", input, sources)?,
        None => Node::object(),
    };
    for Parameter { name, .. } in &parameters {
        if let Some((member, _)) = name.split_once('.')
            && whole.has(member)
        {
            return Err(Failure::usage(format!(
                "`--{name}` gives a part of `{member}`, and `--cli-input-json` gives `{member}` too"
            ))
            .hint(format!(
                "give all of `--{member}`, which replaces it, or leave it out of the JSON"
            )));
        }
    }
    whole.replace(laid(table, parameters, sources)?);
    Ok(whole.into_value())
}

/// The request of a journal entry as JSON, with what `cvm resume` was given laid into its members. Whoever
/// calls this compares the result with the entry.
pub fn completed<'b>(
    table: &'static Table,
    parameters: Vec<Parameter>,
    bases: impl IntoIterator<Item = &'b Json>,
    sources: &mut Sources,
) -> Result<Value> {
    let given = laid(table, parameters, sources)?;
    let mut whole = Node::object();
    for base in bases {
        whole.overlay(typed_object(table, "", base, sources)?);
    }
    whole.overlay(given);
    Ok(whole.into_value())
}

/// The parameters as one tree.
fn laid(table: &'static Table, parameters: Vec<Parameter>, sources: &mut Sources) -> Result<Node> {
    let mut given = Node::object();
    for Parameter { name, values } in parameters {
        let place = locate(table, &name)?;
        let node = place.read(values, sources)?;
        if !given.lay(&name, node) {
            return Err(Failure::usage(format!("`--{name}` is given twice")).hint(
                "a list takes all its values behind one name, or each behind a name with its position",
            ));
        }
    }
    Ok(given)
}

/// A member or item that a dotted name leads to.
struct Place<'n> {
    name: &'n str,
    kind: Kind,
    /// The member itself, or the list member that the item is in.
    field: &'static FieldInfo,
}

/// Walks a dotted name through the table.
fn locate<'n>(table: &'static Table, name: &'n str) -> Result<Place<'n>> {
    let mut place: Option<(Kind, &'static FieldInfo)> = None;
    let mut walked = String::new();
    for step in name.split('.') {
        let next = match place {
            None => (table.field(step).map(|field| (field.kind, field)), Some(table)),
            Some((Kind::Object(table), _)) => {
                (table.field(step).map(|field| (field.kind, field)), Some(table))
            }
            Some((Kind::List(kind), field)) => (position(step).map(|_| (*kind, field)), None),
            Some((kind, _)) => {
                return Err(Failure::usage(format!(
                    "`--{walked}` is {} and has no member `{step}`",
                    kind.noun()
                )));
            }
        };
        match next {
            (Some(found), _) => place = Some(found),
            (None, Some(inside)) => return Err(unknown_member(table, inside, &walked, step)),
            (None, None) => {
                return Err(Failure::usage(format!(
                    "`--{walked}` is a list: `{step}` is no position in it"
                ))
                .maybe_hint(place.map(|(kind, field)| {
                    format!(
                        "number its entries from 0: {}",
                        describe::example(&walked, &kind, field)
                    )
                })));
            }
        }
        if !walked.is_empty() {
            walked.push('.');
        }
        walked.push_str(step);
    }
    let (kind, field) = place.ok_or_else(|| Failure::usage("a parameter has no name"))?;
    Ok(Place { name, kind, field })
}

/// A position in a list: digits alone, no sign.
fn position(step: &str) -> Option<u32> {
    step.bytes().all(|byte| byte.is_ascii_digit()).then(|| step.parse().ok())?
}

impl Place<'_> {
    /// Reads the values that followed the name.
    fn read(&self, values: Vec<String>, sources: &mut Sources) -> Result<Node> {
        match self.kind {
            // An empty list means *all* to some actions, so it is never made of nothing.
            Kind::List(kind) if !values.is_empty() => self.read_list(kind, values, sources),
            Kind::Bool if values.is_empty() => Ok(Node::Leaf(Value::Bool(true))),
            kind => {
                let mut values = values.into_iter();
                let Some(value) = values.next() else {
                    let example = describe::example(self.name, &kind, self.field);
                    return Err(self.fault("needs a value").hint(format!("for example {example}")));
                };
                if values.next().is_some() {
                    return Err(self
                        .fault(&format!("takes one value, for it is {}", kind.noun()))
                        .hint("quote a value that holds blanks"));
                }
                self.read_one(&kind, self.name, value, sources)
            }
        }
    }

    fn read_list(&self, kind: &Kind, values: Vec<String>, sources: &mut Sources) -> Result<Node> {
        if let [text] = values.as_slice()
            && text.trim_start().starts_with('[')
        {
            let json = self.parse(text)?;
            return typed(&self.kind, self.field, self.name, &json, sources);
        }
        let mut items = BTreeMap::new();
        for (index, value) in (0..).zip(values) {
            let path = format!("{}.{index}", self.name);
            items.insert(index, self.read_one(kind, &path, value, sources)?);
        }
        Ok(Node::List { items, whole: true })
    }

    fn read_one(
        &self,
        kind: &Kind,
        path: &str,
        value: String,
        sources: &mut Sources,
    ) -> Result<Node> {
        match kind {
            Kind::Object(_) | Kind::List(_) => {
                typed(kind, self.field, path, &self.parse(&value)?, sources)
            }
            _ if self.field.secret => {
                let text = sources.secret(self.name, value)?;
                typed_text(kind, self.field, path, text)
            }
            _ if matches!(self.field.kind, Kind::List(_)) && is_no_item(&value) => {
                let list = path.rsplit_once('.').map_or(path, |(list, _)| list);
                let shown = if value == "null" { "null" } else { "a JSON list" };
                Err(Failure::usage(format!("`--{path}` is {}, not {shown}", kind.noun())).hint(
                    format!(
                        "give the values apart: {}; or the whole list as JSON in single quotes",
                        describe::example(list, &self.field.kind, self.field)
                    ),
                ))
            }
            _ => typed_text(kind, self.field, path, value),
        }
    }

    fn parse(&self, text: &str) -> Result<Json> {
        // serde_json names the place and the fault of a syntax error, never the text.
        Json::parse(text.as_bytes()).map_err(|error| {
            self.fault(&format!("is not JSON: {error}")).hint(format!(
                "write it as JSON in single quotes, or member by member: {}",
                describe::example(self.name, &self.kind, self.field)
            ))
        })
    }

    fn fault(&self, what: &str) -> Failure {
        Failure::usage(format!("`--{}` {what}", self.name))
    }
}

/// Whether a text behind the name of a list was meant as JSON for something else than one item.
fn is_no_item(text: &str) -> bool {
    text == "null"
        || (text.trim_start().starts_with('[')
            && matches!(Json::parse(text.as_bytes()), Ok(Json::List(_))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Line;
    use serde_json::json;

    fn read(action: &str, arguments: &[&str]) -> Result<Value> {
        let line = Line::parse(arguments.iter().map(std::ffi::OsString::from)).unwrap();
        let table = cvm_models::action(action).unwrap().request;
        request(table, line.parameters, None, &mut Sources::default())
    }

    fn fails(action: &str, arguments: &[&str]) -> String {
        read(action, arguments).unwrap_err().to_string()
    }

    #[test]
    fn all_spellings_make_the_same_request() {
        let filters = json!({ "Filters": [{ "Name": "zone", "Values": ["ap-guangzhou-2", "ap-guangzhou-3"] }] });
        for arguments in [
            &[
                "--Filters.0.Name",
                "zone",
                "--Filters.0.Values.0",
                "ap-guangzhou-2",
                "--Filters.0.Values.1",
                "ap-guangzhou-3",
            ][..],
            &[
                "--Filters.1.Values.2",
                "ap-guangzhou-3",
                "--Filters.1.Values.1",
                "ap-guangzhou-2",
                "--Filters.1.Name",
                "zone",
            ],
            &["--Filters.0.Name=zone", "--Filters.0.Values", "ap-guangzhou-2", "ap-guangzhou-3"],
            &["--Filters", r#"[{"Name":"zone","Values":["ap-guangzhou-2","ap-guangzhou-3"]}]"#],
            &["--Filters", r#"{"Name":"zone","Values":["ap-guangzhou-2","ap-guangzhou-3"]}"#],
            &[
                "--Filters.0",
                r#"{"Name":"zone"}"#,
                "--Filters.0.Values",
                r#"["ap-guangzhou-2","ap-guangzhou-3"]"#,
            ],
        ] {
            assert_eq!(read("DescribeInstances", arguments).unwrap(), filters, "{arguments:?}");
        }
    }

    #[test]
    fn scalars_are_read_as_what_the_table_says() {
        let arguments = [
            "--SystemDisk.DiskSize",
            "50",
            "--InternetAccessible.PublicIpAssigned",
            "TRUE",
            "--DryRun",
            "--InstanceName",
            "123",
            "--DataDisks",
            r#"[{"DiskSize":"100","DiskType":"LOCAL_BASIC"}]"#,
            "--DisableApiTermination",
            "False",
        ];
        assert_eq!(
            read("RunInstances", &arguments).unwrap(),
            json!({
                "SystemDisk": { "DiskSize": 50 },
                "InternetAccessible": { "PublicIpAssigned": true },
                "DryRun": true,
                "InstanceName": "123",
                "DataDisks": [{ "DiskSize": 100, "DiskType": "LOCAL_BASIC" }],
                "DisableApiTermination": false,
            })
        );
    }

    #[test]
    fn an_ill_typed_value_names_parameter_value_and_way_out() {
        insta::assert_snapshot!(
            fails("RunInstances", &["--DataDisks.0.DiskSize", "large"]),
            @r"
        error: `--DataDisks.0.DiskSize` must be an integer, not `large`
          hint: Unit: GiB. Default: 0.
        "
        );
        insta::assert_snapshot!(
            fails("RunInstances", &["--DataDisks", r#"[{"DiskSize":{"a":1}}]"#]),
            @r"
        error: `--DataDisks.0.DiskSize` must be an integer, not an object
          hint: Unit: GiB. Default: 0.
        "
        );
        insta::assert_snapshot!(
            fails("RunInstances", &["--Placement", "ap-guangzhou-3"]),
            @r"
        error: `--Placement` is not JSON: expected value at line 1 column 1
          hint: write it as JSON in single quotes, or member by member: --Placement.Zone VALUE
        "
        );
        insta::assert_snapshot!(
            fails("StopInstances", &["--StopType", "SOFT", "HARD"]),
            @r"
        error: `--StopType` takes one value, for it is a string
          hint: quote a value that holds blanks
        "
        );
        insta::assert_snapshot!(
            fails("StopInstances", &["--ForceStop", "yes"]),
            @r"
        error: `--ForceStop` must be a boolean, not `yes`
          hint: Deprecated. Default: false. Not together with StopType.
        "
        );
    }

    #[test]
    fn an_unknown_parameter_leads_to_the_right_one() {
        insta::assert_snapshot!(
            fails("RunInstances", &["--Zone", "x"]),
            @r"
        error: `RunInstances` has no parameter `Zone`
          hint: did you mean `--Placement.Zone`?
        "
        );
        insta::assert_snapshot!(
            fails("StopInstances", &["--InstanceId", "x"]),
            @r"
        error: `StopInstances` has no parameter `InstanceId`
          hint: did you mean `--InstanceIds`?
        "
        );
        insta::assert_snapshot!(
            fails("RunInstances", &["--Placement.Zne", "x"]),
            @r"
        error: `--Placement` has no member `Zne`
          hint: did you mean `--Placement.Zone`?
        "
        );
        insta::assert_snapshot!(
            fails("RunInstances", &["--Placement", r#"{"Regoin":"x"}"#]),
            @r"
        error: `--Placement` has no member `Regoin`
          hint: it has Zone, ProjectId, HostIds, HostId, DedicatedResourcePackTenancy, DedicatedResourcePackIds, RackId
        "
        );
        insta::assert_snapshot!(
            fails("DescribeInstances", &["--Filters.Name", "zone"]),
            @r"
        error: `--Filters` is a list: `Name` is no position in it
          hint: number its entries from 0: --Filters.0.Name VALUE
        "
        );
        insta::assert_snapshot!(
            fails("RunInstances", &["--InstanceName.First", "x"]),
            @"error: `--InstanceName` is a string and has no member `First`"
        );
    }

    #[test]
    fn nothing_is_no_list() {
        let failure = fails("DescribeInstances", &["--InstanceIds"]);
        assert!(failure.contains("needs a value"), "{failure}");
        assert_eq!(
            read("DescribeInstances", &["--InstanceIds", "[]"]).unwrap(),
            json!({ "InstanceIds": [] })
        );
    }

    #[test]
    fn one_name_takes_one_value() {
        for arguments in [
            &["--InstanceName", "a", "--InstanceName", "b"][..],
            &["--Placement.Zone", "a", "--Placement", r#"{"Zone":"b"}"#],
            &["--SecurityGroupIds", "a", "--SecurityGroupIds.0", "b"],
        ] {
            let failure = fails("RunInstances", arguments);
            assert!(failure.contains("is given twice"), "{failure}");
        }
        let duplicate = fails("DescribeInstances", &["--Filters.0", r#"{"Name":"a","Name":"b"}"#]);
        assert!(duplicate.contains("`Name` is given twice"), "{duplicate}");
    }

    #[test]
    fn no_message_shows_a_secret() {
        for arguments in [
            &["--LoginSettings.Password", "canary", "canary"][..],
            &["--LoginSettings", r#"{"Password":["canary"]}"#],
            &["--LoginSettings", r#"{"Password":"canary""#],
            &["--LoginSettings", r#"{"Passwort":"canary"}"#],
            &["--LoginSettings.Password", "canary", "--LoginSettings.Password", "canary"],
        ] {
            let failure = fails("RunInstances", arguments);
            assert!(!failure.contains("canary"), "{failure}");
        }
    }

    #[test]
    fn no_message_shows_what_is_in_the_file() {
        let table = cvm_models::action("RunInstances").unwrap().request;
        for text in [
            r#"{"InstanceCount":"canary"}"#,
            r#"{"DryRun":"canary"}"#,
            r#"{"DataDisks":[{"DiskSize":"canary"}]}"#,
        ] {
            let base = Json::parse(text.as_bytes()).unwrap();
            let failure =
                request(table, Vec::new(), Some(&base), &mut Sources::default()).unwrap_err();
            let told = failure.to_string();
            assert!(told.contains("not text") && !told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn a_parameter_replaces_the_whole_member_of_the_input_or_is_refused() {
        let over = |action: &str, input: &str, arguments: &[&str]| {
            let table = cvm_models::action(action).unwrap().request;
            let input = Json::parse(input.as_bytes()).unwrap();
            let line = Line::parse(arguments.iter().map(std::ffi::OsString::from)).unwrap();
            request(table, line.parameters, Some(&input), &mut Sources::default())
        };
        let two = r#"{"InstanceIds":["ins-a","ins-b"]}"#;
        assert_eq!(
            over("TerminateInstances", two, &["--InstanceIds", "ins-c"]).unwrap(),
            json!({ "InstanceIds": ["ins-c"] })
        );
        let placed =
            r#"{"InstanceName":"file","Placement":{"Zone":"z","ProjectId":1,"HostId":null}}"#;
        assert_eq!(
            over(
                "RunInstances",
                placed,
                &["--Placement", r#"{"Zone":"y"}"#, "--InstanceName", "n"]
            )
            .unwrap(),
            json!({ "InstanceName": "n", "Placement": { "Zone": "y" } })
        );
        assert_eq!(
            over("RunInstances", r#"{"Placement":null}"#, &["--Placement.Zone", "y"]).unwrap(),
            json!({ "Placement": { "Zone": "y" } })
        );
        for (action, input, arguments) in [
            ("TerminateInstances", two, &["--InstanceIds.0", "ins-c"][..]),
            ("TerminateInstances", two, &["--InstanceIds.7", "ins-c"]),
            ("RunInstances", placed, &["--Placement.Zone", "y"]),
            (
                "RunInstances",
                placed,
                &["--Placement", r#"{"Zone":"y"}"#, "--Placement.HostId", "h"],
            ),
            ("RunInstances", r#"{"DataDisks":[{}]}"#, &["--DataDisks.0.DiskSize", "10"]),
        ] {
            let failure = over(action, input, arguments).unwrap_err();
            assert_eq!(failure.exit(), crate::exit::Exit::Usage);
            assert!(failure.to_string().contains("gives a part of"), "{failure}");
        }
    }

    #[test]
    fn a_secret_in_json_is_read_as_in_the_dotted_form() {
        use std::io::Write as _;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "from-file").unwrap();
        let table = cvm_models::action("RunInstances").unwrap().request;
        for (given, sent) in [
            (format!("@{}", file.path().display()), Some("from-file")),
            ("@@literal".to_owned(), Some("@literal")),
            ("plain".to_owned(), Some("plain")),
            ("@canary-of-no-file".to_owned(), None),
            ("@".to_owned(), None),
        ] {
            let login = json!({ "Password": given });
            let input = Json::from(json!({ "LoginSettings": login }));
            let mut sources = Sources::default();
            let parameter =
                Parameter { name: "LoginSettings".into(), values: vec![login.to_string()] };
            for read in [
                request(table, Vec::new(), Some(&input), &mut sources),
                request(table, vec![parameter], None, &mut sources),
            ] {
                match (read, sent) {
                    (Ok(read), Some(sent)) => assert_eq!(read["LoginSettings"]["Password"], sent),
                    (Err(failure), None) => {
                        assert!(!failure.to_string().contains("canary"), "{failure}");
                    }
                    (read, _) => panic!("{given}: {read:?}"),
                }
            }
        }
    }

    #[test]
    fn null_and_a_json_list_are_no_items_of_a_list_of_strings() {
        for arguments in [
            &["--InstanceIds", "null"][..],
            &["--InstanceIds", "ins-a", "null"],
            &["--InstanceIds", "ins-a", r#"["ins-b"]"#],
            &["--InstanceIds.0", r#" ["ins-b"]"#],
            &["--InstanceIds", "[null]"],
            &["--InstanceIds", r#"[["ins-a"]]"#],
            &["--Filters.0.Values", "x", "[]"],
        ] {
            let failure = read("DescribeInstances", arguments).unwrap_err();
            assert_eq!(failure.exit(), crate::exit::Exit::Usage, "{arguments:?}");
        }
        let text = "[prod] web";
        assert_eq!(
            read("DescribeInstances", &["--Filters.0.Values", "null-1", text]).unwrap(),
            json!({ "Filters": [{ "Values": ["null-1", text] }] })
        );
        assert_eq!(
            read("DescribeInstances", &["--Filters.0.Values", r#"["null"]"#]).unwrap(),
            json!({ "Filters": [{ "Values": ["null"] }] })
        );
    }

    #[test]
    fn a_position_is_digits_alone() {
        for name in [
            "--InstanceIds.+1",
            "--InstanceIds.-1",
            "--InstanceIds.",
            "--InstanceIds.1x",
            "--InstanceIds.4294967296",
            "--InstanceIds.١",
            "--Filters.+0.Name",
        ] {
            let failure = read("DescribeInstances", &[name, "x"]).unwrap_err();
            assert!(failure.to_string().contains("is no position"), "{name}: {failure}");
        }
        assert_eq!(
            read("DescribeInstances", &["--InstanceIds.007", "x"]).unwrap(),
            json!({ "InstanceIds": ["x"] })
        );
    }
}

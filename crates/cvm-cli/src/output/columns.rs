//! Chooses the columns of a table: those that `--columns` names, or by default as many as fit the terminal.

use cvm_models::protocol::{ActionInfo, Json, Kind, ModelInfo, did_you_mean, similar_names};
use serde_json::Value;

use crate::describe;
use crate::error::{CliError, Result};
use crate::json_path::{at, text};

/// The items of a list as texts by column.
#[derive(Debug, Default, PartialEq)]
pub struct Rows {
    /// Dotted names of the members that are shown.
    pub columns: Vec<String>,
    /// One row per item, one text per column.
    pub rows: Vec<Vec<String>>,
    /// How many members have values and are not among the columns.
    pub omitted: usize,
}

impl Rows {
    /// The length of the longest word of a column. It is never wrapped: an id in two halves cannot be copied.
    pub fn longest_word(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let words = cells.flat_map(|cell| cell.split(' ')).map(|word| word.chars().count());
        words.max().unwrap_or_default()
    }
}

/// The main list of a response: the paged one, else the first list of objects.
pub fn main_list(info: &ActionInfo) -> Option<(&'static str, &'static ModelInfo)> {
    let lists = info.response.members.iter().filter_map(|field| match field.kind {
        Kind::List(Kind::Object(table)) => Some((field.wire, *table)),
        _ => None,
    });
    let paged = info.paginate.map(|pages| pages.items);
    let mut lists: Vec<_> = lists.collect();
    lists.sort_by_key(|(name, _)| Some(*name) != paged);
    lists.first().copied()
}

/// Parses `--columns A,B.C` and checks that the items have such members.
pub fn parse_columns(info: &ActionInfo, columns: &str) -> Result<Vec<String>> {
    let Some((_, table)) = main_list(info) else {
        return Err(CliError::usage(format!(
            "`{}` returns no list, so `--columns` cannot be used",
            info.name
        )));
    };
    let mut known = Vec::new();
    describe::walk(table, "0", &mut |path, _, _| known.push(path.to_owned()));
    let named = || columns.split(',').map(str::trim).filter(|column| !column.is_empty());
    if named().next().is_none() {
        return Err(CliError::usage("`--columns` names no member")
            .hint(format!("`cvm help {}` lists them under Response", info.name)));
    }
    named()
        .map(|column| {
            if known.iter().any(|name| name == column) {
                return Ok(column.to_owned());
            }
            let mut near = describe::paths_named(table, column);
            near.truncate(2);
            near.extend(
                similar_names(column, known.iter().map(String::as_str))
                    .into_iter()
                    .map(str::to_owned),
            );
            near.dedup();
            Err(CliError::usage(format!("`{}` has no member `{column}`", table.name))
                .maybe_hint(did_you_mean(&near))
                .hint(format!("`cvm help {}` lists them under Response", info.name)))
        })
        .collect()
}

/// The selected columns of the items.
pub fn select_columns(entries: &[Json], columns: &[String]) -> Rows {
    let rows = entries
        .iter()
        .map(|entry| {
            columns.iter().map(|column| entry.at(column).map(cell).unwrap_or_default()).collect()
        })
        .collect();
    Rows { columns: columns.to_vec(), rows, omitted: 0 }
}

/// Selects as many columns as fit a width: identifying members first, then in the order of the items. Members
/// that are empty in every item give no column.
pub fn fitting_columns(entries: &[Json], id: Option<&str>, width: usize) -> Rows {
    let flat: Vec<Vec<(String, String)>> = entries.iter().map(flatten).collect();
    let mut candidates: Vec<(String, usize)> = Vec::new();
    for (name, text) in flat.iter().flatten().filter(|(_, text)| !text.is_empty()) {
        let needed = text.chars().count().min(WIDEST_CELL).max(name.chars().count());
        match candidates.iter_mut().find(|(known, _)| known == name) {
            Some((_, widest)) => *widest = needed.max(*widest),
            None => candidates.push((name.clone(), needed)),
        }
    }
    let id = id
        .map(str::to_owned)
        .or_else(|| candidates.first().map(|(name, _)| name.clone()))
        .unwrap_or_default();
    candidates.sort_by_key(|(name, _)| rank(name, &id));
    let mut left = width.saturating_sub(1);
    let mut columns = Vec::new();
    for (name, widest) in &candidates {
        // A column needs its cells, a space on either side and a border.
        let cost = widest + 3;
        if columns.is_empty() || cost <= left {
            left = left.saturating_sub(cost);
            columns.push(name.clone());
        }
    }
    let rows = flat
        .iter()
        .map(|entry| {
            let text = |column: &String| {
                entry.iter().find(|(name, _)| name == column).map(|(_, text)| text.clone())
            };
            columns.iter().map(|column| text(column).unwrap_or_default()).collect()
        })
        .collect();
    let omitted = candidates.len() - columns.len();
    Rows { columns, rows, omitted }
}

/// Omits empty columns, and from the end those that do not fit. The first two always stay, because they identify
/// the row.
pub fn fit_width(rows: &Rows, width: usize) -> Rows {
    let cells = |column| rows.rows.iter().filter_map(move |row| row.get(column));
    let mut left = width.saturating_sub(1);
    let (mut kept, mut omitted) = (Vec::new(), 0);
    for (column, name) in rows.columns.iter().enumerate() {
        let widest = cells(column).map(|cell| cell.chars().count()).max().unwrap_or_default();
        let readable = if widest > NARROWEST_CELL { NARROWEST_CELL } else { widest.div_ceil(2) };
        if widest == 0 && !rows.rows.is_empty() {
            continue;
        }
        let cost = name.chars().count().max(readable).max(rows.longest_word(column)) + 3;
        // After the first column that does not fit, all others are omitted: later columns matter less.
        if kept.len() < 2 || (omitted == 0 && cost <= left) {
            left = left.saturating_sub(cost);
            kept.push(column);
        } else {
            omitted += 1;
        }
    }
    let pick =
        |row: &Vec<String>| kept.iter().filter_map(|column| row.get(*column).cloned()).collect();
    Rows { columns: pick(&rows.columns), rows: rows.rows.iter().map(pick).collect(), omitted }
}

/// The minimum readable width of a wrapped cell.
const NARROWEST_CELL: usize = 20;

/// Cells that are wider than this are wrapped.
const WIDEST_CELL: usize = 40;

/// The sort order of columns: the id, then members with the same prefix (`InstanceId`: `InstanceName`,
/// `InstanceState`), then the rest.
fn rank(name: &str, id: &str) -> usize {
    let stem = id.strip_suffix("Id").unwrap_or(id);
    if name == id {
        return 0;
    }
    ["Name", "State", "Type"]
        .iter()
        .position(|ending| name.strip_prefix(stem) == Some(ending))
        .map_or(4, |position| position + 1)
}

/// An item as dotted names and texts.
fn flatten(entry: &Json) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    flatten_into(String::new(), entry, &mut flat);
    flat
}

fn flatten_into(name: String, value: &Json, flat: &mut Vec<(String, String)>) {
    match value {
        Json::Object(members) => {
            for (member, value) in members {
                let below =
                    if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                flatten_into(below, value, flat);
            }
        }
        value => flat.push((name, cell(value))),
    }
}

/// The member of a list item at a dotted path, in one cell. A list of objects shows the values of its objects,
/// which is what a person compares.
pub fn member_cell(item: &Value, path: &str) -> String {
    match at(item, path) {
        Some(Value::Array(objects)) if objects.iter().any(Value::is_object) => {
            let members = |object: &Value| {
                let members = object.as_object().into_iter().flatten();
                members.filter_map(|(_, value)| text(value)).collect::<Vec<_>>().join("=")
            };
            objects.iter().map(members).collect::<Vec<_>>().join(", ")
        }
        Some(value) => cell(&Json::from(value.clone())),
        None => String::new(),
    }
}

/// A value in one cell.
pub fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(text) | Json::Text(text) | Json::Raw(text) => text.clone(),
        Json::List(items) if items.iter().any(|item| matches!(item, Json::Object(_))) => {
            let plural = if items.len() == 1 { "item" } else { "items" };
            format!("({} {plural})", items.len())
        }
        Json::List(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{name}={}", cell(value)))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Json> {
        match Json::parse(text.as_bytes()).unwrap() {
            Json::List(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    const INSTANCES: &str = r#"[
        {"Placement":{"Zone":"z-1","HostId":null},"InstanceId":"ins-1","CPU":1,"Ips":["a","b"],"InstanceState":"RUNNING","Disks":[{"A":1}]},
        {"Placement":{"Zone":"z-2","HostId":""},"InstanceId":"ins-2","CPU":2,"Ips":null,"InstanceState":"STOPPED","Disks":[]}
    ]"#;

    #[test]
    fn identifying_columns_come_first_and_empty_columns_are_omitted() {
        let rows = fitting_columns(&entries(INSTANCES), Some("InstanceId"), 200);
        assert_eq!(
            rows.columns,
            ["InstanceId", "InstanceState", "Placement.Zone", "CPU", "Ips", "Disks"]
        );
        assert_eq!(rows.rows[0], ["ins-1", "RUNNING", "z-1", "1", "a, b", "(1 item)"]);
        assert_eq!(rows.rows[1], ["ins-2", "STOPPED", "z-2", "2", "", ""]);
        assert_eq!(rows.omitted, 0);
    }

    #[test]
    fn column_name_may_be_wider_than_its_cells() {
        let name = "InternetAccessible.InternetServiceProviderX";
        let entry = Json::Object(vec![(name.to_owned(), Json::Text("BGP".to_owned()))]);
        assert_eq!(fitting_columns(&[entry], None, 20).columns, [name]);
    }

    #[test]
    fn omitted_columns_are_counted() {
        let rows = fitting_columns(&entries(INSTANCES), Some("InstanceId"), 34);
        assert_eq!(rows.columns, ["InstanceId", "InstanceState"]);
        assert_eq!(rows.omitted, 4);
    }

    #[test]
    fn narrow_table_drops_empty_and_trailing_columns() {
        let texts =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rows = Rows {
            columns: texts(&["Id", "Verdict", "Empty", "State", "RequestId"]),
            rows: vec![texts(&["ins-1", "done", "", "RUNNING", &"x".repeat(36)])],
            omitted: 0,
        };
        let columns = |width| fit_width(&rows, width).columns;
        assert_eq!(columns(80), ["Id", "Verdict", "State", "RequestId"]);
        assert_eq!(columns(40), ["Id", "Verdict", "State"]);
        assert_eq!(columns(66), ["Id", "Verdict", "State"], "an id is not broken");
        assert_eq!(columns(5), ["Id", "Verdict"]);
        assert_eq!(fit_width(&rows, 5).omitted, 2);
    }

    #[test]
    fn unknown_columns_are_rejected_with_a_suggestion() {
        let info = cvm_models::action("DescribeInstances").unwrap();
        assert_eq!(
            parse_columns(info, "InstanceId, Placement.Zone").unwrap(),
            ["InstanceId", "Placement.Zone"]
        );
        let failure = parse_columns(info, "Zone").unwrap_err().to_string();
        assert!(failure.contains("`Placement.Zone`"), "{failure}");
        let failure = parse_columns(info, "InstancId").unwrap_err().to_string();
        assert!(failure.contains("`InstanceId`"), "{failure}");
        for none in ["", " ", ",", " , ,"] {
            let failure = parse_columns(info, none).unwrap_err().to_string();
            assert!(failure.contains("names no member"), "{none:?}: {failure}");
        }
        assert!(parse_columns(cvm_models::action("StopInstances").unwrap(), "A").is_err());
    }
}

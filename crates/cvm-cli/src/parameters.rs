//! Turns parameters such as `--DataDisks.0.DiskSize 100` into the request, by the table of the action.
//!
//! Each step of a name is looked up in the table, the values are converted to the declared type, and the results
//! are merged into one tree. Only types are checked here; the service validates the whole request.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cvm_models::protocol::{FieldInfo, Kind, ModelInfo};
use serde_json::Value;

use crate::args::Parameter;
use crate::coerce::{typed, typed_object, typed_text, unknown_member};
use crate::describe;
use crate::error::{CliError, Result};
use crate::params::ParamNode;
use crate::value_sources::Sources;
use cvm_models::protocol::Json;

/// The request as JSON: the input of `--cli-input-json`, with the parameters merged into it.
///
/// A parameter that is named in full replaces the whole member of the input. One that names a part of a member is
/// rejected if the input has that member: nobody wrote a mixture of both.
pub fn request(
    table: &'static ModelInfo,
    parameters: Vec<Parameter>,
    input: Option<&Json>,
    sources: &mut Sources,
) -> Result<Value> {
    let mut whole = match input {
        Some(input) => typed_object(table, "", input, sources)?,
        None => ParamNode::object(),
    };
    for Parameter { name, .. } in &parameters {
        if let Some((member, _)) = name.split_once('.')
            && whole.has(member)
        {
            return Err(CliError::usage(format!(
                "`--{name}` sets a part of `{member}`, but `--cli-input-json` also sets `{member}`"
            ))
            .hint(format!(
                "set `--{member}` as a whole, which replaces it, or remove it from the JSON"
            )));
        }
    }
    whole.replace(parse_parameters(table, parameters, sources)?);
    Ok(whole.into_value())
}

/// The request of a journal entry as JSON, with the parameters of `cvm resume` merged into its members. The caller
/// compares the result with the entry.
pub fn complete_request<'b>(
    table: &'static ModelInfo,
    parameters: Vec<Parameter>,
    bases: impl IntoIterator<Item = &'b Json>,
    sources: &mut Sources,
) -> Result<Value> {
    let given = parse_parameters(table, parameters, sources)?;
    let mut whole = ParamNode::object();
    for base in bases {
        whole.overlay(typed_object(table, "", base, sources)?);
    }
    whole.overlay(given);
    Ok(whole.into_value())
}

/// Converts the parameters and merges them into one tree.
fn parse_parameters(
    table: &'static ModelInfo,
    parameters: Vec<Parameter>,
    sources: &mut Sources,
) -> Result<ParamNode> {
    let mut given = ParamNode::object();
    for Parameter { name, values } in parameters {
        let place = locate(table, &name)?;
        let node = place.read(values, sources)?;
        if !given.insert(&name, node) {
            return Err(CliError::usage(format!("`--{name}` is given twice"))
                .hint("give all list values after one name, or one value per indexed name"));
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

/// Finds the member or item of a dotted name.
fn locate<'n>(table: &'static ModelInfo, name: &'n str) -> Result<Place<'n>> {
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
                return Err(CliError::usage(format!(
                    "`--{walked}` is {} and has no member `{step}`",
                    kind.noun()
                )));
            }
        };
        match next {
            (Some(found), _) => place = Some(found),
            (None, Some(inside)) => return Err(unknown_member(table, inside, &walked, step)),
            (None, None) => {
                return Err(CliError::usage(format!(
                    "`--{walked}` is a list: `{step}` is not an index"
                ))
                .maybe_hint(place.map(|(kind, field)| {
                    format!("number its items from 0: {}", describe::example(&walked, &kind, field))
                })));
            }
        }
        if !walked.is_empty() {
            walked.push('.');
        }
        walked.push_str(step);
    }
    let (kind, field) = place.ok_or_else(|| CliError::usage("a parameter has no name"))?;
    Ok(Place { name, kind, field })
}

/// A list index: only digits, no sign.
fn position(step: &str) -> Option<u32> {
    step.bytes().all(|byte| byte.is_ascii_digit()).then(|| step.parse().ok())?
}

impl Place<'_> {
    /// Converts the values after the name.
    fn read(&self, values: Vec<String>, sources: &mut Sources) -> Result<ParamNode> {
        match self.kind {
            // An empty list means *all* to some actions, so a name without values is not one.
            Kind::List(kind) if !values.is_empty() => self.read_list(kind, values, sources),
            Kind::Bool if values.is_empty() => Ok(ParamNode::Leaf(Value::Bool(true))),
            kind => {
                let mut values = values.into_iter();
                let Some(value) = values.next() else {
                    let example = describe::example(self.name, &kind, self.field);
                    return Err(self.fault("needs a value").hint(format!("for example {example}")));
                };
                if values.next().is_some() {
                    return Err(self
                        .fault(&format!("takes one value, because it is {}", kind.noun()))
                        .hint("quote a value that contains spaces"));
                }
                self.read_one(&kind, self.name, value, sources)
            }
        }
    }

    fn read_list(
        &self,
        kind: &Kind,
        values: Vec<String>,
        sources: &mut Sources,
    ) -> Result<ParamNode> {
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
        Ok(ParamNode::List { items, whole: true })
    }

    fn read_one(
        &self,
        kind: &Kind,
        path: &str,
        value: String,
        sources: &mut Sources,
    ) -> Result<ParamNode> {
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
                Err(CliError::usage(format!("`--{path}` is {}, not {shown}", kind.noun())).hint(
                    format!(
                        "give each value as an argument of its own: {}; or the whole list as JSON in single quotes",
                        describe::example(list, &self.field.kind, self.field)
                    ),
                ))
            }
            _ => typed_text(kind, self.field, path, value),
        }
    }

    fn parse(&self, text: &str) -> Result<Json> {
        // serde_json names the position and the kind of a syntax error, never the text.
        Json::parse(text.as_bytes()).map_err(|error| {
            self.fault(&format!("is not JSON: {error}")).hint(format!(
                "write it as JSON in single quotes, or member by member: {}",
                describe::example(self.name, &self.kind, self.field)
            ))
        })
    }

    fn fault(&self, what: &str) -> CliError {
        CliError::usage(format!("`--{}` {what}", self.name))
    }
}

/// Whether a value of a list parameter was meant as JSON for something other than one item.
fn is_no_item(text: &str) -> bool {
    text == "null"
        || (text.trim_start().starts_with('[')
            && matches!(Json::parse(text.as_bytes()), Ok(Json::List(_))))
}

//! From `--DataDisks.0.DiskSize 100` to the request, by the action's table.
//!
//! A name is walked through the table step by step, its values are read as what the member holds, and
//! the pieces are laid into one tree. Whether the whole request makes sense is for the service to say;
//! here a value only has to be of the right kind.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cvm_models::protocol::{FieldInfo, Kind, ModelInfo};
use serde_json::Value;

use crate::args::Parameter;
use crate::coerce::{typed, typed_object, typed_text, unknown_member};
use crate::describe;
use crate::exit::{CliError, Result};
use crate::json::Json;
use crate::params::ParamNode;
use crate::value_sources::Sources;

/// The request as JSON: what `--cli-input-json` gives, and over it the parameters.
///
/// A parameter named in full replaces the whole member of the input. One that names a part of a member
/// is refused when the input has that member: a mixture of both is what nobody wrote.
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
    table: &'static ModelInfo,
    parameters: Vec<Parameter>,
    bases: impl IntoIterator<Item = &'b Json>,
    sources: &mut Sources,
) -> Result<Value> {
    let given = laid(table, parameters, sources)?;
    let mut whole = ParamNode::object();
    for base in bases {
        whole.overlay(typed_object(table, "", base, sources)?);
    }
    whole.overlay(given);
    Ok(whole.into_value())
}

/// The parameters as one tree.
fn laid(
    table: &'static ModelInfo,
    parameters: Vec<Parameter>,
    sources: &mut Sources,
) -> Result<ParamNode> {
    let mut given = ParamNode::object();
    for Parameter { name, values } in parameters {
        let place = locate(table, &name)?;
        let node = place.read(values, sources)?;
        if !given.insert(&name, node) {
            return Err(CliError::usage(format!("`--{name}` is given twice")).hint(
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
    let (kind, field) = place.ok_or_else(|| CliError::usage("a parameter has no name"))?;
    Ok(Place { name, kind, field })
}

/// A position in a list: digits alone, no sign.
fn position(step: &str) -> Option<u32> {
    step.bytes().all(|byte| byte.is_ascii_digit()).then(|| step.parse().ok())?
}

impl Place<'_> {
    /// Reads the values that followed the name.
    fn read(&self, values: Vec<String>, sources: &mut Sources) -> Result<ParamNode> {
        match self.kind {
            // An empty list means *all* to some actions, so it is never made of nothing.
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
                        .fault(&format!("takes one value, for it is {}", kind.noun()))
                        .hint("quote a value that holds blanks"));
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

    fn fault(&self, what: &str) -> CliError {
        CliError::usage(format!("`--{}` {what}", self.name))
    }
}

/// Whether a text behind the name of a list was meant as JSON for something else than one item.
fn is_no_item(text: &str) -> bool {
    text == "null"
        || (text.trim_start().starts_with('[')
            && matches!(Json::parse(text.as_bytes()), Ok(Json::List(_))))
}

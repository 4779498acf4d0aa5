//! The static table of a model, one row per member, and the line that connects it to the struct.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use super::{ident, strings};
use crate::codegen::doc_text::WIDTH;
use crate::codegen::layout::{chain, compact, fill, string};
use crate::codegen::perfect_hash;
use crate::spec::condition::{Condition, Test};
use crate::spec::model::{Api, Kind, Member, plain};

/// A table and its members.
#[derive(Debug)]
pub struct Table<'a> {
    /// Name of the struct.
    pub name: &'a str,
    /// Name of the type on the wire.
    pub wire: &'a str,
    /// Name of the static.
    pub constant: &'a str,
    /// Its members.
    pub members: &'a [Member],
    /// The wire name of the request id, if the model is a response.
    pub request_id: Option<&'a str>,
    /// Whether the model is the request of an action.
    pub is_request: bool,
}

impl Table<'_> {
    /// The static.
    pub fn text(&self, api: &Api) -> String {
        let mut rows: Vec<String> =
            self.members.iter().map(|member| chain(&row(api, member), 8)).collect();
        let mut names: Vec<&str> =
            self.members.iter().map(|member| member.spec.name.as_str()).collect();
        if let Some(name) = self.request_id {
            let wire = string(name);
            rows.push(compact(quote!(FieldInfo::new(#wire, Kind::Str).always_present())));
            names.push(name);
        }
        let index = perfect_hash::index(&names);
        let constant = self.constant;
        let members = match rows.as_slice() {
            [] => "&[]".to_owned(),
            rows => format!("&[\n        {},\n    ]", rows.join(",\n        ")),
        };
        let index = index_text(&index);
        format!(
            "pub(crate) static {constant}: ModelInfo = ModelInfo {{\n    \
             name: {},\n    members: {members},\n    index: {index},\n}};\n",
            string(self.wire),
        )
    }

    /// `model!(request StopInstances STOP_INSTANCES { 0 instance_ids 1 stop_type });`
    pub fn model_line(&self, api: &Api) -> String {
        let fields = self.members.iter().map(|member| ident(&member.rust).to_string());
        let fields = fields.chain(self.request_id.map(|_| "request_id".to_owned()));
        let arms: Vec<String> =
            fields.enumerate().map(|(index, field)| format!("{index} {field}")).collect();
        let request = if self.is_request { "request " } else { "" };
        let float = if api.has_float(self.members) { "float " } else { "" };
        let head = format!("model!({request}{float}{} {}", self.name, self.constant);
        let line = match arms.as_slice() {
            [] => format!("{head} {{}});"),
            arms => format!("{head} {{ {} }});", arms.join(" ")),
        };
        if line.len() <= WIDTH {
            return line + "\n";
        }
        format!("{head} {{{}\n}});\n", fill(arms, 4))
    }
}

/// The index on one line if it fits, else its slots as a block.
fn index_text(index: &perfect_hash::Index) -> String {
    let (multiplier, shift) = (hexadecimal(index.multiplier), index.shift);
    let slots: Vec<String> = index.slots.iter().map(u8::to_string).collect();
    let line = format!(
        "NameIndex {{ multiplier: {multiplier}, shift: {shift}, slots: &[{}] }}",
        slots.join(", ")
    );
    if line.len() + 12 <= WIDTH {
        return line;
    }
    let slots = slots.into_iter().map(|slot| slot + ",");
    format!(
        "NameIndex {{\n        multiplier: {multiplier},\n        shift: {shift},\n        \
         slots: &[{}\n        ],\n    }}",
        fill(slots, 12)
    )
}

/// `0x9e37_79b9_7f4a_7c15`.
fn hexadecimal(number: u64) -> String {
    let digits = format!("{number:016x}");
    let groups: Vec<String> = digits
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    format!("0x{}", groups.join("_"))
}

/// The row of one member as builder calls.
fn row(api: &Api, member: &Member) -> Vec<TokenStream> {
    let spec = &member.spec;
    let wire = string(&spec.name);
    let kind = kind(api, &member.kind);
    let mut calls = vec![quote!(FieldInfo::new(#wire, #kind))];
    for (flag, set) in [
        ("required", spec.required),
        ("always_present", member.is_always_present()),
        ("nullable", spec.nullable || spec.nullable_in_text),
        ("secret", member.is_secret()),
        ("deprecated", spec.deprecated),
        ("legacy", spec.legacy),
        ("base64", spec.encoding.as_deref() == Some("base64")),
    ] {
        if set {
            let flag = format_ident!("{flag}");
            calls.push(quote!(.#flag()));
        }
    }
    for (limit, value) in [("min", spec.min), ("max", spec.max)] {
        if let Some(value) = value {
            let (limit, value) = (format_ident!("{limit}"), Literal::i64_unsuffixed(value));
            calls.push(quote!(.#limit(#value)));
        }
    }
    for (limit, value) in [
        ("min_length", spec.min_length),
        ("max_length", spec.max_length),
        ("max_bytes", spec.max_bytes),
        ("max_items", spec.max_items),
    ] {
        if let Some(value) = value {
            let (limit, value) = (format_ident!("{limit}"), Literal::u32_unsuffixed(value));
            calls.push(quote!(.#limit(#value)));
        }
    }
    if let Some(values) = values(api, member) {
        calls.push(quote!(.values(#values)));
    }
    if !spec.special_values.0.is_empty() {
        let special: Vec<String> =
            spec.special_values.0.iter().map(|(value, _)| value.clone()).collect();
        let special = strings(&special);
        calls.push(quote!(.special(#special)));
    }
    let default = spec.default.as_ref().map(plain);
    for (text, value) in [
        ("default", default.as_deref()),
        ("unit", spec.unit.as_deref()),
        ("format", spec.format.as_deref()),
        ("pattern", spec.pattern.as_deref()),
    ] {
        if let Some(value) = value {
            let (text, value) = (format_ident!("{text}"), string(value));
            calls.push(quote!(.#text(#value)));
        }
    }
    for (key, given) in [("required_if", &member.required_if), ("empty_if", &member.empty_if)] {
        if let Some(given) = given {
            let (key, given) = (format_ident!("{key}"), condition(given));
            calls.push(quote!(.#key(&[#given])));
        }
    }
    for (relation, names) in [
        ("exclusive_with", &spec.exclusive_with),
        ("exactly_one_of", &spec.exactly_one_of),
        ("at_least_one_of", &spec.at_least_one_of),
    ] {
        if !names.is_empty() {
            let (relation, names) = (format_ident!("{relation}"), strings(names));
            calls.push(quote!(.#relation(#names)));
        }
    }
    calls
}

fn kind(api: &Api, kind_: &Kind) -> TokenStream {
    match kind_ {
        Kind::Str | Kind::Enum(_) => quote!(Kind::Str),
        Kind::I64 => quote!(Kind::I64),
        Kind::U64 => quote!(Kind::U64),
        Kind::F64 => quote!(Kind::F64),
        Kind::Bool => quote!(Kind::Bool),
        Kind::Type(index) => {
            let table = ident(&api.type_at(*index).rust.constant);
            quote!(Kind::Object(&#table))
        }
        Kind::List(item) => {
            let item = kind(api, item);
            quote!(Kind::List(&#item))
        }
    }
}

/// The closed value set of a member: the enum's values, or the subset that its spec lists.
fn values(api: &Api, member: &Member) -> Option<TokenStream> {
    if let Some(values) = &member.spec.values {
        return Some(strings(values));
    }
    if let Some(values) = &member.spec.enum_ {
        let texts: Vec<String> = values.iter().map(|value: &Value| plain(value)).collect();
        return Some(strings(&texts));
    }
    match member.kind.innermost() {
        Kind::Enum(index) if !member.spec.open => {
            let name = ident(&api.enum_at(*index).rust.type_);
            Some(quote!(#name::VALUES))
        }
        _ => None,
    }
}

/// A condition as a call of `cvm_protocol::Condition`.
pub fn condition(condition: &Condition) -> TokenStream {
    let member = string(&condition.member);
    match &condition.test {
        Test::Present => quote!(Condition::present(#member)),
        Test::Absent => quote!(Condition::absent(#member)),
        Test::OneOf(values) => {
            let values = strings(values);
            quote!(Condition::one_of(#member, #values))
        }
        Test::NoneOf(values) => {
            let values = strings(values);
            quote!(Condition::none_of(#member, #values))
        }
    }
}

//! The struct of a model: its fields, their Rust types and their docs.

use proc_macro2::TokenStream;
use quote::quote;

use super::ident;
use crate::codegen::doc::paragraph;
use crate::codegen::layout::doc_attributes;
use crate::codegen::limits::sentences;
use crate::spec::model::{Api, Kind, Member, Side};

/// What a struct says of itself and holds.
#[derive(Debug)]
pub struct Struct<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its docs, laid out.
    pub docs: Vec<String>,
    /// Its members.
    pub members: &'a [Member],
    /// The rule for its fields.
    pub side: Side,
    /// Whether it ends with the id of the request.
    pub request_id: bool,
}

impl Struct<'_> {
    /// The item. `Debug` comes from `model!`, because the engine knows what to hide.
    pub fn tokens(&self, api: &Api) -> TokenStream {
        let name = ident(self.name);
        let docs = doc_attributes(&self.docs);
        let fields = self.members.iter().map(|member| {
            let docs = doc_attributes(&field_docs(member, self.side));
            let field = ident(&member.rust);
            let type_ = rust_type(api, member, self.side);
            quote!(#docs pub #field: #type_,)
        });
        let request_id = self.request_id.then(|| {
            let docs = doc_attributes(&[
                "Identifies this call; include it when you contact support.".to_owned(),
            ]);
            quote!(#docs pub request_id: String,)
        });
        quote! {
            #docs
            #[derive(Clone, Default, PartialEq)]
            pub struct #name {
                #(#fields)*
                #request_id
            }
        }
    }
}

/// The description of a member and its limits, laid out for a field.
fn field_docs(member: &Member, side: Side) -> Vec<String> {
    let mut text = member.spec.doc.clone();
    for sentence in sentences(member, side) {
        text.push(' ');
        text.push_str(&sentence);
    }
    paragraph(&text, 4)
}

/// The Rust type of a field: see decision 2 of the design.
pub fn rust_type(api: &Api, member: &Member, side: Side) -> TokenStream {
    let item = item_type(api, &member.kind, member.is_secret());
    match (side, &member.kind) {
        (_, Kind::List(_)) => item,
        (Side::Request, Kind::Str | Kind::Type(_)) if member.spec.required => item,
        (Side::Response, _) if member.is_promised() => item,
        _ => quote!(Option<#item>),
    }
}

/// The type of a value that is there.
pub fn item_type(api: &Api, kind: &Kind, secret: bool) -> TokenStream {
    match kind {
        Kind::Str if secret => quote!(Sensitive),
        Kind::Str => quote!(String),
        Kind::I64 => quote!(i64),
        Kind::U64 => quote!(u64),
        Kind::F64 => quote!(f64),
        Kind::Bool => quote!(bool),
        Kind::Type(place) => {
            let name = ident(&api.type_at(*place).rust.type_);
            quote!(#name)
        }
        Kind::Enum(place) => {
            let name = ident(&api.enum_at(*place).rust.type_);
            quote!(#name)
        }
        Kind::List(item) => {
            let item = item_type(api, item, secret);
            quote!(Vec<#item>)
        }
    }
}

//! The struct of a model: its fields, their Rust types and their docs.

use proc_macro2::TokenStream;
use quote::quote;

use super::ident;
use crate::codegen::doc_text::paragraph;
use crate::codegen::layout::doc_attributes;
use crate::codegen::limit_sentences::sentences;
use crate::spec::model::{Api, Kind, Member, Side};

/// A struct to generate.
#[derive(Debug)]
pub struct Struct<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its docs, as formatted lines.
    pub docs: Vec<String>,
    /// Its members.
    pub members: &'a [Member],
    /// The side, which determines the types of its fields.
    pub side: Side,
    /// Whether its last field is the request id.
    pub request_id: bool,
}

impl Struct<'_> {
    /// The item. `model!` implements `Debug` and everything else that the engine does for all models.
    ///
    /// Its last field makes a literal need `..Default::default()`, so that another member breaks no program. With
    /// `#[non_exhaustive]`, programs could not write literals at all.
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
            #[derive(Clone, Default)]
            pub struct #name {
                #(#fields)*
                #request_id
                #[doc(hidden)]
                pub __non_exhaustive: (),
            }
        }
    }
}

/// The description of a member and its limits, as formatted lines.
fn field_docs(member: &Member, side: Side) -> Vec<String> {
    let mut text = member.spec.doc.clone();
    let required = (member.spec.required && side == Side::Request).then(|| "Required.".to_owned());
    for sentence in required.into_iter().chain(sentences(member)) {
        text.push(' ');
        text.push_str(&sentence);
    }
    paragraph(&text, 4)
}

/// The Rust type of a field: see "A model is a struct and its model info" in ARCHITECTURE.md.
pub fn rust_type(api: &Api, member: &Member, side: Side) -> TokenStream {
    let item = item_type(api, &member.kind, member.is_secret());
    match (side, &member.kind) {
        (_, Kind::List(_)) => item,
        (Side::Request, Kind::Str | Kind::Type(_)) if member.spec.required => item,
        (Side::Response, _) if member.is_always_present() => item,
        _ => quote!(Option<#item>),
    }
}

/// The Rust type of a present value.
pub fn item_type(api: &Api, kind: &Kind, secret: bool) -> TokenStream {
    match kind {
        Kind::Str if secret => quote!(Sensitive),
        Kind::Str => quote!(String),
        Kind::I64 => quote!(i64),
        Kind::U64 => quote!(u64),
        Kind::F64 => quote!(f64),
        Kind::Bool => quote!(bool),
        Kind::Type(index) => {
            let name = ident(&api.type_at(*index).rust.type_);
            quote!(#name)
        }
        Kind::Enum(index) => {
            let name = ident(&api.enum_at(*index).rust.type_);
            quote!(#name)
        }
        Kind::List(item) => {
            let item = item_type(api, item, secret);
            quote!(Vec<#item>)
        }
    }
}

//! One emitter for each kind of generated file. An emitter turns a part of the model into text and
//! knows no action, type or value by name.

pub mod action;
pub mod asynchronous;
pub mod doc_data;
pub mod enum_;
pub mod error_code;
pub mod every;
pub mod fields;
pub mod index;
pub mod modules;
pub mod reconcile;
pub mod retry;
pub mod table;
pub mod type_;
pub mod waiter;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::layout::string;
use crate::spec::names::is_keyword;
use crate::spec::spec_file::Pairs;

/// An identifier; a keyword is written raw. The checks accept only valid identifiers.
pub fn ident(name: &str) -> Ident {
    if is_keyword(name) {
        Ident::new_raw(name, Span::call_site())
    } else {
        Ident::new(name, Span::call_site())
    }
}

/// `Some(…)` of a string literal, or `None`.
fn optional_string(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => {
            let text = string(text);
            quote!(Some(#text))
        }
        None => quote!(None),
    }
}

/// `&["a", "b"]`.
fn strings<'a>(texts: impl IntoIterator<Item = &'a String>) -> TokenStream {
    let texts = texts.into_iter().map(|text| string(text));
    quote!(&[#(#texts),*])
}

/// `&[("Member", "value")]`.
fn pairs(pairs: &Pairs) -> TokenStream {
    let pairs = pairs.0.iter().map(|(one, other)| {
        let (one, other) = (string(one), string(other));
        quote!((#one, #other))
    });
    quote!(&[#(#pairs),*])
}

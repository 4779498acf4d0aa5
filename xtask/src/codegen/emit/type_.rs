//! The file of a shared type.

use super::doc_data;
use super::fields::Struct;
use super::table::Table;
use crate::codegen::doc_text::paragraph;
use crate::codegen::layout::Page;
use crate::spec::model::{Api, Type};

/// The text of the file.
pub fn file(api: &Api, type_: &Type) -> Result<String, crate::error::Error> {
    let mut page = Page::new(&type_.path);
    page.fixed("use crate::prelude::*;\n");
    let mut lines = paragraph(&type_.spec.summary, 0);
    for note in &type_.spec.notes {
        lines.push(String::new());
        lines.extend(paragraph(note, 0));
    }
    let model = Struct {
        name: &type_.rust.type_,
        docs: lines,
        members: &type_.members,
        side: type_.side(),
        request_id: false,
    };
    page.item(model.tokens(api))?;
    let table = Table {
        name: &type_.rust.type_,
        wire: &type_.spec.type_,
        constant: &type_.rust.constant,
        members: &type_.members,
        request_id: None,
        is_request: false,
    };
    page.fixed(&table.text(api));
    page.fixed(&table.model_line(api));
    page.fixed(&doc_data::type_(api, type_));
    Ok(page.finish())
}

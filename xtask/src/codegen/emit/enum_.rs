//! The file of a named value set: a list of variants with docs, the rest is `open_enum!`.

use super::{doc_data, ident};
use crate::codegen::doc_text::paragraph;
use crate::codegen::layout::{Page, comment, string};
use crate::spec::model::Enum;

/// The text of the file.
pub fn file(enum_: &Enum) -> String {
    let mut page = Page::new(&enum_.path);
    page.fixed("use crate::prelude::*;\n");
    let mut text = "open_enum! {\n".to_owned();
    let mut lines = paragraph(&enum_.spec.summary, 4);
    for note in &enum_.spec.notes {
        lines.push(String::new());
        lines.extend(paragraph(note, 4));
    }
    for line in lines {
        text.push_str(&comment("///", "    ", &line));
    }
    text.push_str(&format!("    {} {{\n", ident(&enum_.rust.type_)));
    for (index, (value, variant)) in enum_.spec.values.iter().zip(&enum_.variants).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let mut doc = value.doc.clone();
        if value.deprecated {
            doc.push_str(" Deprecated.");
        }
        for line in paragraph(&doc, 8) {
            text.push_str(&comment("///", "        ", &line));
        }
        text.push_str(&format!("        {} = {},\n", ident(variant), string(&value.value)));
    }
    text.push_str("    }\n}\n");
    page.fixed(&text);
    page.fixed(&doc_data::enum_(enum_));
    page.finish()
}

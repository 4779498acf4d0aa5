//! The files that gather a folder: `actions.rs`, `types.rs`, `enums.rs`, and the root `mod.rs`.

use super::ident;
use crate::codegen::layout::Page;

/// A file that re-exports every module of the folder of its name.
pub fn folder<'a>(
    source: &str,
    about: &str,
    modules: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let mut page = Page::with_docs(source, &[about.to_owned()]);
    let mut declared = String::new();
    let mut exported = String::new();
    for module in modules {
        let module = ident(module);
        declared.push_str(&format!("mod {module};\n"));
        exported.push_str(&format!("pub use {module}::*;\n"));
    }
    if !declared.is_empty() {
        page.fixed(&declared);
        page.fixed(&exported);
    }
    page.finish()
}

/// The root of all generated files.
pub fn root(source: &str) -> String {
    let mut page = Page::new(source);
    page.fixed(
        "pub mod actions;\n\
         #[cfg(feature = \"docs\")]\n\
         pub mod docs;\n\
         pub mod enums;\n\
         pub mod error_code;\n\
         mod every;\n\
         pub mod index;\n\
         pub mod retry_classes;\n\
         pub mod types;\n\
         pub mod waiters;\n",
    );
    page.finish()
}

//! The list of all models, for tests that check a property of every model.

use crate::codegen::layout::Page;
use crate::spec::model::Api;

/// The text of the file.
pub fn file(api: &Api) -> String {
    let mut models: Vec<String> = Vec::new();
    for action in &api.actions {
        let name = &action.rust.type_;
        models.push(format!("actions::{name}"));
        models.push(format!("actions::{name}Response"));
    }
    models.extend(api.types.iter().map(|type_| format!("types::{}", type_.rust.type_)));
    models.sort_unstable();
    let rows: String = models.iter().map(|path| format!("            $crate::{path},\n")).collect();
    let mut page = Page::new(&api.shown_as);
    page.fixed(&format!(
        "/// Passes the paths of all models to another macro, which can then generate code for each type.\n\
         ///\n\
         /// Using it compiles every model; it is meant for tests.\n\
         #[macro_export]\n\
         macro_rules! every_model {{\n    \
             ($callback:ident) => {{\n        \
                 $callback! {{\n{rows}        }}\n    \
             }};\n\
         }}\n"
    ));
    page.finish()
}

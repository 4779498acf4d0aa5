//! Converts an API model, as published in the package of the official command line, to spec files.
//!
//! Structure and names are copied, but descriptions are not (see `sentence`). Whatever specs cannot express is skipped and
//! reported. The result must pass the same lint as any other specs.

mod drift;
mod model;
mod paging;
mod rename;
mod secret;
mod sentence;
mod spec;
mod upstream;
mod verb;

use std::path::{Path, PathBuf};

use crate::codegen::write::{Mode, Outcome, ensure};
use crate::error::{Error, at};
use crate::spec::names::is_snake;
use crate::spec::spec_file::{ErrorRow, ErrorsFile};
use crate::spec::{self as specs, model::Api};
use model::Model;

/// What to import, and to which folder.
#[derive(Debug)]
pub struct Job<'a> {
    /// The path of the `api.json`.
    pub model: &'a Path,
    /// Name of the service, if it differs from the name in the model.
    pub service: Option<&'a str>,
    /// The output folder; `specs/SERVICE/VERSION` by default.
    pub out: Option<&'a Path>,
    /// The folder `specs` of the workspace.
    pub specs: &'a Path,
    /// An `errors.json` with the error codes of the gateway.
    pub errors: &'a Path,
}

/// Imports a model and lints the result.
pub fn import(job: &Job<'_>) -> Result<String, Error> {
    let model = model::convert(&upstream::read(job.model)?)?;
    let service = service_name(job, &model)?;
    let (out, shown_as) = folder(job, &service, &model.version);
    if out.join("service.json").exists() {
        return Err(format!(
            "{shown_as} already contains specs, and an import would overwrite manual changes\n  \
             help: compare with `import --check`, or name another folder with `--out`"
        )
        .into());
    }
    let files = spec::files(&service, &model, &common_errors(job.errors)?)?;
    ensure(&out, &shown_as, &files, &[], Mode::Write, &mut Outcome::default())?;
    let (tree, api, report) = specs::open(&out, &shown_as)?;
    if !report.is_clean() {
        let found = report.render(&tree);
        return Err(
            format!("{found}imported, but lint reports errors: correct them by hand").into()
        );
    }
    Ok(summary(&model, api.as_ref(), &shown_as))
}

/// Compares specs with a model. Any difference is an error.
pub fn check(model: &Path, specs: &Path, shown_as: &str) -> Result<String, Error> {
    let shown_model = model.display().to_string();
    let model = model::convert(&upstream::read(model)?)?;
    let api = specs::open_clean(specs, shown_as)?;
    let found = drift::compare(&model, &api);
    let mut text: String =
        model.skipped.iter().map(|line| format!("not compared: {line}\n")).collect();
    text.extend(found.explained.iter().map(|drift| format!("explained: {drift}\n")));
    text.extend(found.drifts.iter().map(|drift| format!("{drift}\n")));
    let count = found.drifts.len();
    if count == 0 {
        let (actions, types) = (model.actions.len(), model.types.len());
        text.push_str(&format!(
            "{actions} actions and {types} types: {shown_as} says what {shown_model} says \
             (it lists no error codes)\n"
        ));
        return Ok(text);
    }
    text.push_str(&format!("{count} differences between {shown_as} and {shown_model}\n"));
    text.push_str(
        "  help: correct the specs, and add the facts and descriptions that the model lacks",
    );
    Err(text.into())
}

/// The service name, which becomes part of host names, signatures and a path.
fn service_name(job: &Job<'_>, model: &Model) -> Result<String, Error> {
    let name = job.service.or(model.service.as_deref()).ok_or_else(|| {
        format!("{}: the model does not name its service; use `--service`", job.model.display())
    })?;
    if !is_snake(name) || name.len() > 64 {
        let name = name.escape_debug();
        return Err(format!("`{name}` is not a service name; give another with `--service`").into());
    }
    let version = &model.version;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if version.is_empty() || version.len() > 64 || !version.bytes().all(legal) {
        let (path, version) = (job.model.display(), version.escape_debug());
        return Err(format!("{path}: metadata.apiVersion `{version}` is not a version date").into());
    }
    Ok(name.to_owned())
}

/// The output folder, and its name in messages.
fn folder(job: &Job<'_>, service: &str, version: &str) -> (PathBuf, String) {
    match job.out {
        Some(out) => (out.to_path_buf(), out.to_string_lossy().replace('\\', "/")),
        None => (job.specs.join(service).join(version), format!("specs/{service}/{version}")),
    }
}

/// The error codes of the gateway. Models list no error codes, so ours are used.
fn common_errors(path: &Path) -> Result<Vec<ErrorRow>, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| at(path, &error))?;
    let file: ErrorsFile =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(file.errors)
}

fn summary(model: &Model, api: Option<&Api>, shown_as: &str) -> String {
    let mut text: String = model.skipped.iter().map(|line| format!("skipped: {line}\n")).collect();
    let pages =
        api.map_or(0, |api| api.actions.iter().filter(|a| a.spec.paginate.is_some()).count());
    let (actions, types) = (model.actions.len(), model.types.len());
    text.push_str(&format!(
        "wrote {shown_as}: {actions} actions ({pages} in pages), {types} types; lint reports no errors\n"
    ));
    text
}

#[cfg(test)]
mod tests;

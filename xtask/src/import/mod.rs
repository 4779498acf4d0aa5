//! Converts an API model, as published in the package of the official command line, to spec files.
//!
//! Structure and names are copied, but descriptions are not (see `sentence`). Whatever specs cannot express is skipped and
//! reported. The result must pass the same lint as any other specs.

mod all;
mod described;
mod drift;
mod model;
mod package;
mod paging;
mod rename;
mod report;
mod secret;
mod sentence;
mod spec;
mod upstream;
mod verb;

use std::path::{Path, PathBuf};

use crate::codegen::Files;
use crate::codegen::write::{Mode, Outcome, ensure};
use crate::error::{Error, at};
use crate::spec::names::is_snake;
use crate::spec::source::Tree;
use crate::spec::spec_file::{ErrorRow, ErrorsFile};
use crate::spec::{self as specs, model::Api};
pub use all::import as import_all;
use model::Model;
use report::Report;

/// What to import.
#[derive(Debug)]
pub struct Job<'a> {
    /// The path of the `api.json`.
    pub model: &'a Path,
    /// Name of the service, if it differs from the name in the model.
    pub service: Option<&'a str>,
    /// An `errors.json` with the error codes of the gateway.
    pub errors: &'a Path,
}

/// An imported service: its specs, which pass lint, and what the import found.
struct Imported {
    /// By path below the folder of the specs.
    specs: Files,
    api: Api,
    report: Report,
}

impl Imported {
    /// Converts a model. Nothing is written.
    fn new(job: &Job<'_>) -> Result<Self, Error> {
        let model = model::convert(&upstream::read(job.model)?)?;
        let service = service_name(job, &model)?;
        let specs = spec::files(&service, &model, &common_errors(job.errors)?)?;
        let shown_as = format!("specs/{service}/{}", model.version);
        let texts = specs.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let tree = Tree::from_texts(&shown_as, texts);
        match specs::open_tree(&tree) {
            (Some(api), report) if report.is_clean() => {
                let report = Report::new(&service, &model, &api);
                Ok(Self { specs, api, report })
            }
            (_, report) => Err(format!(
                "{}the import of {} has errors; this is a bug in xtask",
                report.render(&tree),
                job.model.display()
            )
            .into()),
        }
    }

    /// The path of its specs below `specs`.
    fn path(&self) -> String {
        format!("{}/{}", self.report.service, self.report.version)
    }

    /// What was skipped, and the counts.
    fn summary(&self, written: &str) -> String {
        let Report { actions, types, paged, unpaged, secrets, skipped, .. } = &self.report;
        let mut text: String = skipped.iter().map(|line| format!("skipped: {line}\n")).collect();
        text.push_str(&format!(
            "wrote {written}: {actions} actions ({} in pages), {types} types; lists without pages: {}, secrets: {}; \
             lint reports no errors\n",
            paged.len(),
            unpaged.len(),
            secrets.len(),
        ));
        text
    }
}

/// Imports a model as specs: into `out`, or below the folder `specs` of the workspace.
pub fn import(job: &Job<'_>, out: Option<&Path>, specs: &Path) -> Result<String, Error> {
    let imported = Imported::new(job)?;
    let (out, shown_as) = folder(out, specs, &imported.path());
    if out.join("service.json").exists() {
        return Err(format!(
            "{shown_as} already contains specs, and an import would overwrite manual changes\n  \
             help: compare with `import --check`, or name another folder with `--out`"
        )
        .into());
    }
    ensure(&out, &shown_as, &imported.specs, &[], Mode::Write, &mut Outcome::default())?;
    Ok(imported.summary(&shown_as))
}

/// Imports a model as a complete crate. `sdk` is the root of this workspace.
pub fn import_crate(job: &Job<'_>, folder: &Path, sdk: &Path) -> Result<String, Error> {
    let imported = Imported::new(job)?;
    package::write(&imported, folder, sdk, false)?;
    let Report { service, version, .. } = &imported.report;
    let name = package::name(service, version);
    let folder = folder.display();
    let mut text = imported.summary(&folder.to_string());
    text.push_str(&format!(
        "depend on it with `{service} = {{ package = \"{name}\", path = \"{folder}\" }}`; {folder}/REPORT.md says what was inferred\n"
    ));
    Ok(text)
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
fn folder(out: Option<&Path>, specs: &Path, path: &str) -> (PathBuf, String) {
    match out {
        Some(out) => (out.to_path_buf(), out.to_string_lossy().replace('\\', "/")),
        None => (specs.join(path), format!("specs/{path}")),
    }
}

/// The error codes of the gateway. Models list no error codes, so ours are used.
fn common_errors(path: &Path) -> Result<Vec<ErrorRow>, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| at(path, &error))?;
    let file: ErrorsFile =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(file.errors)
}

#[cfg(test)]
mod tests;

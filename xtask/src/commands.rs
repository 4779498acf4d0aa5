//! Parses the command line and runs the task.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::codegen::write::{
    Mode, Outcome, ensure, ensure_links, is_written_by_hand, refuse_other_service,
};
use crate::codegen::{self, package, schema};
use crate::error::{Error, at};
use crate::spec::diagnostic::Report;
use crate::spec::source::Tree;
use crate::spec::{self, format};
use crate::{ci, conformance, diff, export, fuzz, import, services, tidy, vectors};

/// The folder below `specs` with the service that commands for one service read by default.
const SERVICE: &str = "cvm/2017-03-12";

const HELP: &str = "\
usage: cargo xtask <command>

  codegen                write all files that are generated from specs/, a crate for each service
      --check            only report files that are not up to date
      --specs DIR --out DIR   another service: its specs, and the source folder of its crate (both or neither)
  lint [--specs DIR]     report every mistake in the specs, of all services or of one
  fmt-specs [--check] [--specs DIR]   format the spec files, of all services or of one
  export [--specs DIR]   print the resolved specs of CVM or another service as one JSON document
  diff OLD NEW           print the changelog entry between two folders of specs, or between two checkouts
  import MODEL.json      write specs from a published API model (api.json)
      --crate DIR                a complete crate instead, with specs, code and docs
      --service NAME --out DIR   another service name; another folder than specs/NAME/VERSION
      --all PACKAGE --out DIR    a workspace with a crate for each model below the folder PACKAGE
      --check --specs DIR        only report differences between the model and our specs
  conformance FILE       check published samples (examples.json) against the specs
      --specs DIR                the specs of another service
  vectors FILE...        run signing and serialization vectors
  tidy                   check dependencies and import cycles, manifests, RELIABILITY.md, words and source files
  bench                  measure CPU time and print a table
      --peers            also measure the other SDKs
      --update-docs      write the table into BENCHMARKS.md and its short form into README.md
      --instructions     count instructions instead of time (needs valgrind)
      --emulator         measure `cvm emulator` instead: start, memory, requests per second
  build-cost             measure the cost of building the models and print a table
      --rounds N         how often each crate is built (3)
      --peers            also check the AWS SDK for EC2; --peers-debug builds it
  fuzz TARGET            run a fuzz target with libFuzzer (needs a C++ compiler); `all` runs each of them in turn
      --seconds N        how long (600)
  ci                     run every check that a change must pass
      --skip-tests       leave out the tests

`--check` changes nothing and fails if something is not up to date.
";

/// Each command, its options, and its maximum number of other arguments.
const COMMANDS: [(&str, &[&str], usize); 13] = [
    ("codegen", &["--check", "--specs", "--out"], 0),
    ("lint", &["--specs"], 0),
    ("fmt-specs", &["--check", "--specs"], 0),
    ("export", &["--specs"], 0),
    ("diff", &[], 2),
    ("import", &["--crate", "--service", "--out", "--all", "--check", "--specs"], 1),
    ("conformance", &["--specs"], 1),
    ("vectors", &[], usize::MAX),
    ("tidy", &[], 0),
    ("bench", &["--peers", "--update-docs", "--instructions", "--emulator"], 0),
    ("build-cost", &["--rounds", "--peers", "--peers-debug"], 0),
    ("fuzz", &["--seconds"], 1),
    ("ci", &["--skip-tests"], 0),
];

/// Options of a command that cannot be combined: command, option, option without effect beside it.
const EXCLUSIVE: [(&str, &str, &str); 11] = [
    ("import", "--check", "--service"),
    ("import", "--check", "--out"),
    ("import", "--check", "--crate"),
    ("import", "--check", "--all"),
    ("import", "--crate", "--out"),
    ("import", "--all", "--crate"),
    ("import", "--all", "--service"),
    ("bench", "--instructions", "--peers"),
    ("bench", "--instructions", "--update-docs"),
    ("bench", "--emulator", "--peers"),
    ("bench", "--emulator", "--instructions"),
];

/// Options of a command that require another one.
const DEPENDENT: [(&str, &str, &str); 3] = [
    ("codegen", "--out", "--specs"),
    ("import", "--specs", "--check"),
    ("import", "--all", "--out"),
];

/// Runs a command and returns what to print.
pub fn run(arguments: &[String]) -> Result<String, Error> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(format!("no command given\n\n{HELP}").into());
    };
    let options = Options::parse(rest)?;
    if !options.help {
        options.reject_unused(command)?;
    }
    match command.as_str() {
        _ if options.help => Ok(HELP.to_owned()),
        "help" | "--help" | "-h" => Ok(HELP.to_owned()),
        "codegen" => codegen(&options),
        "lint" => lint(&options),
        "fmt-specs" => fmt_specs(&options),
        "export" => {
            let (specs, shown_as) = options.specs();
            export::export(&spec::open_clean(&specs, &shown_as)?)
        }
        "conformance" => conformance(&options),
        "diff" => diff::run(&options.files),
        "import" => import(&options),
        "vectors" => vectors::run(&options.files),
        "tidy" => {
            let text = tidy::tidy(&root())?;
            let specs = fmt_specs(&Options { check: true, ..Options::default() })?;
            Ok(text + &specs)
        }
        "bench" | "build-cost" => measure(arguments),
        "fuzz" => fuzz::run(&root(), options.files.first(), options.seconds.as_deref()),
        "ci" => ci::run(&root(), options.skip_tests),
        other => Err(format!("unknown command `{other}`\n\n{HELP}").into()),
    }
}

#[derive(Debug, Default)]
struct Options {
    check: bool,
    skip_tests: bool,
    help: bool,
    specs: Option<PathBuf>,
    out: Option<PathBuf>,
    service: Option<PathBuf>,
    crate_: Option<PathBuf>,
    all: Option<PathBuf>,
    seconds: Option<PathBuf>,
    files: Vec<PathBuf>,
    /// The given options, in their order.
    given: Vec<String>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument.starts_with('-') {
                options.given.push(argument.clone());
            }
            let mut value = || {
                rest.next().map(PathBuf::from).ok_or_else(|| format!("`{argument}` needs a value"))
            };
            match argument.as_str() {
                "--check" => options.check = true,
                "--skip-tests" => options.skip_tests = true,
                // The benchmark package reads its options itself.
                "--peers" | "--peers-debug" | "--update-docs" | "--instructions" | "--emulator" => {
                }
                "--seconds" => options.seconds = Some(value()?),
                "--rounds" => drop(value()?),
                "--help" | "-h" => options.help = true,
                "--specs" => options.specs = Some(value()?),
                "--out" => options.out = Some(value()?),
                "--service" => options.service = Some(value()?),
                "--crate" => options.crate_ = Some(value()?),
                "--all" => options.all = Some(value()?),
                flag if flag.starts_with('-') => {
                    return Err(format!("unknown option `{flag}`\n\n{HELP}").into());
                }
                file => options.files.push(PathBuf::from(file)),
            }
        }
        Ok(options)
    }

    /// Rejects options and arguments that the command would ignore.
    fn reject_unused(&self, command: &str) -> Result<(), Error> {
        let known = COMMANDS.iter().find(|(name, ..)| *name == command);
        let Some((_, used, max_files)) = known else { return Ok(()) };
        let has = |option: &str| self.given.iter().any(|given| given == option);
        let mut seen = HashSet::new();
        for option in &self.given {
            if !used.contains(&option.as_str()) {
                return Err(format!("{command} has no option `{option}`\n\n{HELP}").into());
            }
            if !seen.insert(option) {
                return Err(format!("{command}: `{option}` is given twice").into());
            }
        }
        for (_, with, option) in EXCLUSIVE.iter().filter(|(name, ..)| *name == command) {
            if has(with) && has(option) {
                return Err(format!("{command}: `{option}` has no effect with `{with}`").into());
            }
        }
        for (_, option, with) in DEPENDENT.iter().filter(|(name, ..)| *name == command) {
            if has(option) && !has(with) {
                return Err(format!("{command}: `{option}` needs `{with}`").into());
            }
        }
        let Some(extra) = self.files.get(*max_files) else { return Ok(()) };
        let extra = extra.display();
        let hint = if used.contains(&"--specs") && !has("--specs") {
            format!("; name a folder of specs with `--specs {extra}`")
        } else {
            String::new()
        };
        Err(format!("{command}: unexpected argument `{extra}`{hint}").into())
    }

    const fn mode(&self) -> Mode {
        if self.check { Mode::Check } else { Mode::Write }
    }

    /// The folder of the specs of one service, and its name in messages.
    fn specs(&self) -> (PathBuf, String) {
        match &self.specs {
            Some(folder) => (folder.clone(), shown(folder)),
            None => (root().join("specs").join(SERVICE), format!("specs/{SERVICE}")),
        }
    }

    /// The folder of the given specs, otherwise those of all services, each with its name in messages.
    fn all_specs(&self) -> Result<Vec<(PathBuf, String)>, Error> {
        if self.specs.is_some() {
            return Ok(vec![self.specs()]);
        }
        let services = services::all(&root())?;
        Ok(services.iter().map(|it| (root().join(it.specs()), it.specs())).collect())
    }
}

/// The name of a specs folder in messages: its path from the last `specs` on, so that output does not depend on the
/// machine.
fn shown(folder: &Path) -> String {
    let text = folder.to_string_lossy().replace('\\', "/");
    let text = text.trim_end_matches('/');
    match text.rfind("specs/") {
        Some(at) => text.get(at..).unwrap_or(text).to_owned(),
        None => "specs".to_owned(),
    }
}

/// The root of the workspace. A program that cargo runs and that starts this one, such as a benchmark, passes on the
/// folder of its own package.
fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .filter(|folder| folder.ends_with("xtask"))
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    manifest.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Runs the benchmark package, which has its own options.
fn measure(arguments: &[String]) -> Result<String, Error> {
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--package", "cvm-bench", "--"])
        .args(arguments)
        .current_dir(root())
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    match status.success() {
        true => Ok(String::new()),
        false => Err(format!("{}: failed", arguments.join(" ")).into()),
    }
}

fn codegen(options: &Options) -> Result<String, Error> {
    let mut outcome = Outcome::default();
    let mode = options.mode();
    let count = match (&options.specs, &options.out) {
        (Some(specs), None) => {
            return Err(format!(
                "codegen: `--specs {}` needs `--out`: the source folder of its crate. \
                 Without both, the crates of this workspace are written.",
                specs.display()
            )
            .into());
        }
        (_, Some(out)) => {
            let (specs, shown_as) = options.specs();
            let files = codegen::generate(&spec::open_clean(&specs, &shown_as)?)?;
            refuse_other_service(out, &shown_as)?;
            ensure(out, &out.to_string_lossy(), &files, &["generated"], mode, &mut outcome)?;
            files.len()
        }
        (None, None) => workspace(mode, &mut outcome)?,
    };
    report(&outcome, mode, count)
}

/// Writes the crates of all services, and the schemas of their specs. Returns the number of files. Nothing is written if
/// the specs of any service have an error.
fn workspace(mode: Mode, outcome: &mut Outcome) -> Result<usize, Error> {
    let root = root();
    let mut crates = Vec::new();
    for service in services::all(&root)? {
        let shown_as = service.specs();
        let api = spec::open_clean(&root.join(&shown_as), &shown_as)?;
        crates.push((service.package(), codegen::generate(&api)?, package::files(&api)));
    }
    let schemas = schema::schemas()?;
    let mut count = schemas.len();
    ensure(&root.join("specs/schema"), "specs/schema", &schemas, &[""], mode, outcome)?;
    for (package, generated, files) in crates {
        let folder = root.join(&package);
        let source = format!("{package}/src");
        ensure(&root.join(&source), &source, &generated, &["generated"], mode, outcome)?;
        count += generated.len();
        if !is_written_by_hand(&folder.join("Cargo.toml")) {
            ensure(&folder, &package, &files, &[], mode, outcome)?;
            ensure_links(&folder, &package, &["LICENSE-APACHE", "LICENSE-MIT"], mode, outcome)?;
            count += files.len();
        }
    }
    Ok(count)
}

fn report(outcome: &Outcome, mode: Mode, count: usize) -> Result<String, Error> {
    if outcome.is_fresh() {
        return Ok(format!("{count} generated files, all up to date\n"));
    }
    let mut text = String::new();
    for path in &outcome.stale {
        text.push_str(&match mode {
            Mode::Write => format!("wrote {path}\n"),
            Mode::Check => format!("{path} is not up to date\n"),
        });
    }
    for path in &outcome.orphans {
        text.push_str(&match mode {
            Mode::Write => format!("removed {path}\n"),
            Mode::Check => format!("{path} has no spec any more\n"),
        });
    }
    match mode {
        Mode::Write => Ok(text),
        Mode::Check => Err(format!("{text}run `cargo xtask codegen`").into()),
    }
}

fn conformance(options: &Options) -> Result<String, Error> {
    let [examples] = options.files.as_slice() else {
        return Err(format!("conformance: expected the path of one examples.json\n\n{HELP}").into());
    };
    let (specs, shown_as) = options.specs();
    conformance::run(examples, &spec::open_clean(&specs, &shown_as)?)
}

fn import(options: &Options) -> Result<String, Error> {
    let specs = root().join("specs");
    let errors = specs.join(SERVICE).join("errors.json");
    if let (Some(package), Some(out)) = (&options.all, &options.out) {
        if let Some(model) = options.files.first() {
            let model = model.display();
            return Err(format!("import: `{model}` has no effect with `--all`").into());
        }
        return import::import_all(package, out, &root(), &errors);
    }
    let [model] = options.files.as_slice() else {
        return Err(format!("import: expected the path of one api.json\n\n{HELP}").into());
    };
    if options.check {
        let (specs, shown_as) = options.specs();
        return import::check(model, &specs, &shown_as);
    }
    let service = options.service.as_ref().map(|name| name.to_string_lossy());
    let job = import::Job { model, service: service.as_deref(), errors: &errors };
    match &options.crate_ {
        Some(folder) => import::import_crate(&job, folder, &root()),
        None => import::import(&job, options.out.as_deref(), &specs),
    }
}

fn lint(options: &Options) -> Result<String, Error> {
    let (mut counts, mut messages, mut errors) = (String::new(), String::new(), 0);
    for (specs, shown_as) in options.all_specs()? {
        let (tree, api, report) = spec::open(&specs, &shown_as)?;
        messages.push_str(&report.render(&tree));
        errors += report.len();
        if let Some(api) = api {
            let (actions, types, enums) = (api.actions.len(), api.types.len(), api.enums.len());
            let codes = api.errors.len();
            counts.push_str(&format!(
                "{shown_as}: {actions} actions, {types} types, {enums} enums, {codes} error codes\n"
            ));
        }
    }
    match errors {
        0 => Ok(format!("{counts}no errors\n")),
        1 => Err(format!("{messages}1 error").into()),
        many => Err(format!("{messages}{many} errors").into()),
    }
}

fn fmt_specs(options: &Options) -> Result<String, Error> {
    let (mut text, mut messages, mut stale) = (String::new(), String::new(), 0);
    for (specs, shown_as) in options.all_specs()? {
        let tree = Tree::read(&specs, &shown_as)?;
        if tree.files().next().is_none() {
            return Err(format!("{}: no spec files", specs.display()).into());
        }
        let mut report = Report::default();
        for (path, want) in format::format_all(&tree, &mut report) {
            let below = path.strip_prefix(&format!("{shown_as}/")).unwrap_or(&path);
            if tree.text(below) == Some(want.as_str()) {
                continue;
            }
            stale += 1;
            if options.mode() == Mode::Write {
                let target = specs.join(below);
                std::fs::write(&target, want).map_err(|error| at(&target, &error))?;
                text.push_str(&format!("formatted {path}\n"));
            } else {
                text.push_str(&format!("{path} is not formatted\n"));
            }
        }
        messages.push_str(&report.render(&tree));
    }
    if !messages.is_empty() {
        return Err(messages.into());
    }
    match (options.mode(), stale) {
        (Mode::Check, 1..) => Err(format!("{text}run `cargo xtask fmt-specs`").into()),
        (_, 0) => Ok("all spec files are formatted\n".to_owned()),
        _ => Ok(text),
    }
}

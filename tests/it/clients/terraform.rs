//! The real Terraform creates, reads, changes and destroys what `tests/clients/terraform/main.tf` describes.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cvm_emulator::Emulator;
use tokio::runtime::Runtime;

use crate::cloud::{SECRET_ID, SECRET_KEY, credential};

/// A variable that names a folder with the program `terraform-provider-tencentcloud`.
const PROVIDER: &str = "CVM_TEST_TERRAFORM_PROVIDER";

/// A folder with a configuration.
struct Terraform<'a> {
    folder: &'a Path,
    url: &'a str,
}

impl Terraform<'_> {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("terraform");
        command.args(arguments).args(["-no-color", "-input=false"]).current_dir(self.folder);
        for (name, value) in [
            ("TF_CLI_CONFIG_FILE", "terraformrc"),
            ("CHECKPOINT_DISABLE", "1"),
            ("TENCENTCLOUD_SECRET_ID", SECRET_ID),
            ("TENCENTCLOUD_SECRET_KEY", SECRET_KEY),
            ("TENCENTCLOUD_PROTOCOL", "HTTP"),
            // The emulator answers for every host, so no name has to be resolved. HTTPS would fail here.
            ("HTTP_PROXY", self.url),
            ("HTTPS_PROXY", self.url),
        ] {
            command.env(name, value);
        }
        command.output().unwrap()
    }

    fn succeeds(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "terraform {arguments:?}: {out}{err}");
    }
}

#[test]
fn terraform_creates_changes_and_destroys() {
    let Some(provider) = env::var_os(PROVIDER) else {
        eprintln!("skipped: {PROVIDER} is not set");
        return;
    };
    let runtime = Runtime::new().unwrap();
    let start = Emulator::builder().credential(credential()).time_scale(60.0).start();
    let emulator = runtime.block_on(start).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let source = super::folder().join("terraform/main.tf");
    fs::copy(source, folder.path().join("main.tf")).unwrap();
    let provider = Path::new(&provider).display();
    let configuration = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"tencentcloudstack/tencentcloud\" = \
         \"{provider}\"\n  }}\n  direct {{}}\n}}\n"
    );
    fs::write(folder.path().join("terraformrc"), configuration).unwrap();

    let terraform = Terraform { folder: folder.path(), url: emulator.url() };
    for step in ["step=1", "step=2"] {
        terraform.succeeds(&["apply", "-auto-approve", "-var", step]);
        // Exit code 2 would mean that a read shows something else than the configuration.
        terraform.succeeds(&["plan", "-detailed-exitcode", "-var", step]);
    }
    terraform.succeeds(&["destroy", "-auto-approve", "-var", "step=2"]);
}

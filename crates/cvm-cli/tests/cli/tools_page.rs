//! The page about other tools, `TOOLS.md`, says what is true, as far as that can be checked without the tools.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{cvm, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(root().join("TOOLS.md")).unwrap()
}

/// The code blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = page.split(&begin).skip(1);
    blocks.map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect()
}

#[test]
fn options_of_the_emulator_exist() {
    let help = run(&mut cvm(&["emulator", "--help"])).stdout;
    let page = page();
    let commands: Vec<_> = page
        .lines()
        .flat_map(|line| line.split('`'))
        .filter(|text| text.starts_with("cvm emulator ") || text.starts_with("--"))
        .collect();
    let options: Vec<_> = commands
        .iter()
        .flat_map(|command| command.split_whitespace())
        .filter(|word| word.starts_with("--"))
        .collect();
    assert!(options.len() > 5, "{options:?}");
    for option in options {
        assert!(help.contains(&format!("  {option} ")), "{option}");
    }
}

#[test]
fn json_in_commands_is_valid() {
    let page = page();
    let blocks = [blocks(&page, "sh"), blocks(&page, "yaml")].concat();
    let quoted = blocks.iter().flat_map(|block| block.split('\'').skip(1).step_by(2));
    let mut count = 0;
    for json in quoted.filter(|text| text.starts_with(['[', '{'])) {
        serde_json::from_str::<serde_json::Value>(json).unwrap();
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn versions_and_addresses_agree() {
    let page = page();
    let version = cvm_models::SERVICE.version;
    assert!(page.contains(&format!("\"Version\": \"{version}\"")));
    let module = format!("v{}", version.replace('-', ""));
    for language in ["python", "js"] {
        assert!(blocks(&page, language).iter().any(|block| block.contains(&module)), "{language}");
    }
    // Every example calls the emulator that the first command starts, or that of the chapter about HTTPS.
    let ports = page.split("127.0.0.1:").skip(1).map(|rest| &rest[..4]);
    assert!(
        ports.clone().count() > 10 && ports.clone().all(|port| ["8600", "8643"].contains(&port))
    );
    let (id, key) = ("AKIDlocal", "local-secret-key");
    assert!(page.contains(&format!("TENCENTCLOUD_SECRET_ID={id} TENCENTCLOUD_SECRET_KEY={key}")));
    assert!(page.contains(&format!("printf {key} > secret-key")));
}

#[test]
fn linked_files_exist() {
    for file in ["TOOLS.md", "tests/clients/README.md"] {
        let path = root().join(file);
        let text = fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
            let target = link.split('#').next().unwrap();
            assert!(path.parent().unwrap().join(target).exists(), "{file}: {link}");
        }
    }
}

//! Compiles a program that was written for an older version of the specs with code that is generated from a newer one.
//!
//! `golden/grown` is `golden/tour` with each kind of difference that `xtask diff` calls minor. After a change of an emitter:
//! `cargo xtask codegen --specs xtask/tests/golden/grown/specs --out xtask/tests/golden/grown/expected`

#[path = "golden/caller.rs"]
#[allow(clippy::unwrap_used, reason = "a test may")]
mod caller;
#[rustfmt::skip]
#[path = "golden/grown/expected/generated/mod.rs"]
#[allow(dead_code, reason = "an old caller uses only a part")]
mod generated;
#[path = "../../crates/cvm-models/src/prelude.rs"]
mod prelude;

use std::path::Path;
use std::process::Command;

#[expect(clippy::unwrap_used, reason = "a test may")]
fn xtask(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[expect(clippy::unwrap_used, reason = "a test may")]
fn golden(part: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(part);
    path.to_str().unwrap().to_owned()
}

#[test]
fn grown_code_is_up_to_date() {
    let (specs, expected) = (golden("grown/specs"), golden("grown/expected"));
    let (passed, text) = xtask(&["codegen", "--check", "--specs", &specs, "--out", &expected]);
    assert!(passed, "{text}");
}

#[test]
fn difference_to_the_grown_specs_is_minor() {
    let (passed, text) = xtask(&["diff", &golden("tour/specs"), &golden("grown/specs")]);
    assert!(passed, "{text}");
    insta::assert_snapshot!(text, @r"
    ## Unreleased

    Semver: **minor**: items were added, and none were removed.

    ### Added

    - `DescribeBoatsResponse.Harbours`: member, `Vec<Harbour>`.
    - `RentBoats.Anchor`: member, `Option<i64>`.
    - `RentBoatsResponse.Captain`: member, `String`.
    - `ReturnBoats`: action.
    - `Berth.Buoy`: member, `Option<String>`.
    - `Filter.Negate`: member, `Option<bool>`.
    - `Harbour`: type.
    - `SailMode.DRIFT`: value.
    - `BoatTaken`: error code.

    ### Loosened

    - `DescribeBoats`: supports the filter `color`.

    ### Changed

    - `RentBoats`: documents the error code `BoatTaken`.
    ");
}

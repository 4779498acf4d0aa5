//! Tests of error codes that are unknown, unused or not sorted.

use super::{LIST, RENT, message_after};

#[test]
fn error_codes_must_be_known_sorted_and_used() {
    insta::assert_snapshot!(message_after(RENT, "\"InvalidBoatId.NotFound\"", "\"InvalidBoatId.NotFond\""), @r"
    specs/actions/RentBoats.json:78:26: error: errors[1]: `InvalidBoatId.NotFond` is not in errors.json
      help: did you mean `InvalidBoatId.NotFound`?
    specs/errors.json:8:15: error: errors.InvalidBoatId.NotFound.code: no action documents `InvalidBoatId.NotFound`
      help: remove it, or mark it as `common` if the gateway returns it for any action
    ");
    insta::assert_snapshot!(message_after(RENT, "[\"BoatSunk\", \"InvalidBoatId.NotFound\"]", "[\"InvalidBoatId.NotFound\", \"BoatSunk\"]"), @r"
    specs/actions/RentBoats.json:78:40: error: errors[1]: the codes are not sorted: `BoatSunk` after `InvalidBoatId.NotFound`
      help: sort them by bytes
    ");
    insta::assert_snapshot!(message_after(RENT, "\"BoatSunk\"", "\"BoatSunk\", \"BoatSunk\""), @r"
    specs/actions/RentBoats.json:78:26: error: errors[1]: duplicate `BoatSunk`
      help: remove one of the two
    ");
    insta::assert_snapshot!(message_after(RENT, "[\"BoatSunk\", ", "[\"BoatSunk\", \"AuthFailure\", "), @r"
    specs/actions/RentBoats.json:78:26: error: errors[1]: the codes are not sorted: `AuthFailure` after `BoatSunk`
      help: sort them by bytes
    ");
    insta::assert_snapshot!(message_after(LIST, "\"LimitExceeded.IPv6\"", "\"RequestLimitExceeded\""), @r#"
    specs/actions/DescribeBoats.json:37:31: error: errors[1]: `RequestLimitExceeded` is marked as a code of the gateway alone
      help: write `"common": "both"` in errors.json
    specs/errors.json:9:15: error: errors.LimitExceeded.IPv6.code: no action documents `LimitExceeded.IPv6`
      help: remove it, or mark it as `common` if the gateway returns it for any action
    "#);
    insta::assert_snapshot!(message_after("errors.json", "\"code\": \"BoatSunk\"", "\"code\": \"Zoo.ECode\""), @r"
    specs/actions/RentBoats.json:78:14: error: errors[0]: `BoatSunk` is not in errors.json
      help: add it there, with what it means and what to do
    specs/errors.json:4:15: error: errors.Zoo.ECode.code: `Zoo.ECode` becomes `ZOO_E_CODE`, which splits off the letter `e`
      help: add the word to `words` in service.json, or add a `rust` key
    specs/errors.json:4:15: error: errors.Zoo.ECode.code: no action documents `Zoo.ECode`
      help: remove it, or mark it as `common` if the gateway returns it for any action
    specs/errors.json:5:15: error: errors.InternalError.code: the codes are not sorted: `InternalError` after `Zoo.ECode`
      help: sort them by bytes
    ");
    insta::assert_snapshot!(message_after("errors.json", "\"partial\": true, ", ""), @r#"
    specs/errors.json:5:40: error: errors.InternalError.kind: `InternalError` does not say whether a part may have been carried out: "server"
      help: add "partial": false only if the service fails before it changes anything
    "#);
    insta::assert_snapshot!(message_after("errors.json", "\"code\": \"LimitExceeded.IPv6\"", "\"code\": \"InvalidBoatId_NotFound\""), @r"
    specs/actions/DescribeBoats.json:37:31: error: errors[1]: `LimitExceeded.IPv6` is not in errors.json
      help: add it there, with what it means and what to do
    specs/errors.json:9:15: error: errors.InvalidBoatId_NotFound.code: `InvalidBoatId_NotFound` and `InvalidBoatId.NotFound` are both `INVALID_BOAT_ID_NOT_FOUND` in Rust
      help: add a `rust` key to one of them
    specs/errors.json:9:15: error: errors.InvalidBoatId_NotFound.code: no action documents `InvalidBoatId_NotFound`
      help: remove it, or mark it as `common` if the gateway returns it for any action
    ");
}

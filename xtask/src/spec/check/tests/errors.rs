//! Error codes that are unknown, unused or out of order.

use super::{LIST, RENT, bad};

#[test]
fn error_codes_are_known_sorted_and_used() {
    insta::assert_snapshot!(bad(RENT, "\"InvalidBoatId.NotFound\"", "\"InvalidBoatId.NotFond\""), @r"
    specs/actions/RentBoats.json:77:26: error: errors[1]: `InvalidBoatId.NotFond` is not in errors.json
      help: did you mean `InvalidBoatId.NotFound`?
    specs/errors.json:8:15: error: errors.InvalidBoatId.NotFound.code: no action documents `InvalidBoatId.NotFound`
      help: remove it, or mark it `common` if the whole gateway answers with it
    ");
    insta::assert_snapshot!(bad(RENT, "[\"BoatSunk\", \"InvalidBoatId.NotFound\"]", "[\"InvalidBoatId.NotFound\", \"BoatSunk\"]"), @r"
    specs/actions/RentBoats.json:77:40: error: errors[1]: the codes are out of order: `BoatSunk` after `InvalidBoatId.NotFound`
      help: they are sorted by bytes
    ");
    insta::assert_snapshot!(bad(RENT, "\"BoatSunk\"", "\"BoatSunk\", \"BoatSunk\""), @r"
    specs/actions/RentBoats.json:77:26: error: errors[1]: `BoatSunk` is there twice
      help: leave one of the two out
    ");
    insta::assert_snapshot!(bad(RENT, "[\"BoatSunk\", ", "[\"BoatSunk\", \"AuthFailure\", "), @r"
    specs/actions/RentBoats.json:77:26: error: errors[1]: the codes are out of order: `AuthFailure` after `BoatSunk`
      help: they are sorted by bytes
    ");
    insta::assert_snapshot!(bad(LIST, "\"LimitExceeded.IPv6\"", "\"RequestLimitExceeded\""), @r#"
    specs/actions/DescribeBoats.json:37:31: error: errors[1]: `RequestLimitExceeded` is said to be the gateway's alone
      help: in errors.json: "common": "both"
    specs/errors.json:9:15: error: errors.LimitExceeded.IPv6.code: no action documents `LimitExceeded.IPv6`
      help: remove it, or mark it `common` if the whole gateway answers with it
    "#);
    insta::assert_snapshot!(bad("errors.json", "\"code\": \"BoatSunk\"", "\"code\": \"Zoo.ECode\""), @r"
    specs/actions/RentBoats.json:77:14: error: errors[0]: `BoatSunk` is not in errors.json
      help: add it there, with what it means and what to do
    specs/errors.json:4:15: error: errors.Zoo.ECode.code: `Zoo.ECode` becomes `ZOO_E_CODE`, which tears off the letter `e`
      help: add the word to `words` in service.json, or give a `rust` key
    specs/errors.json:4:15: error: errors.Zoo.ECode.code: no action documents `Zoo.ECode`
      help: remove it, or mark it `common` if the whole gateway answers with it
    specs/errors.json:5:15: error: errors.InternalError.code: the codes are out of order: `InternalError` after `Zoo.ECode`
      help: they are sorted by bytes
    ");
    insta::assert_snapshot!(bad("errors.json", "\"partial\": true, ", ""), @r#"
    specs/errors.json:5:40: error: errors.InternalError.kind: `InternalError` does not say whether a part may have been carried out: "server"
      help: add "partial": false only if the service fails before it changes anything
    "#);
    insta::assert_snapshot!(bad("errors.json", "\"code\": \"LimitExceeded.IPv6\"", "\"code\": \"InvalidBoatId_NotFound\""), @r"
    specs/actions/DescribeBoats.json:37:31: error: errors[1]: `LimitExceeded.IPv6` is not in errors.json
      help: add it there, with what it means and what to do
    specs/errors.json:9:15: error: errors.InvalidBoatId_NotFound.code: `InvalidBoatId_NotFound` and `InvalidBoatId.NotFound` are both `INVALID_BOAT_ID_NOT_FOUND` in Rust
      help: give one of them a `rust` key
    specs/errors.json:9:15: error: errors.InvalidBoatId_NotFound.code: no action documents `InvalidBoatId_NotFound`
      help: remove it, or mark it `common` if the whole gateway answers with it
    ");
}

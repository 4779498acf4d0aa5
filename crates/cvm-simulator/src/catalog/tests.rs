//! Tests of the built-in files, of files that extend them, and of bad files.

use cvm_models::enums::StockCategory;

use super::*;

fn extended(text: &str) -> Catalog {
    Catalog::builtin().with_json(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn error(text: &str) -> String {
    Catalog::builtin().with_json(text).unwrap_err().to_string()
}

#[test]
fn built_in_catalog_has_the_families_of_the_service() {
    let catalog = Catalog::builtin();
    for name in ["SA2", "S5", "S6", "SA3", "SA5", "S9", "SA9", "IT5"] {
        assert!(catalog.families().iter().any(|family| family.name == name), "{name}");
    }
    for family in ["SA2", "S5", "S6", "SA3", "SA5", "S9", "SA9"] {
        assert!(catalog.instance_type(&format!("{family}.16XLARGE256")).is_some(), "{family}");
    }
    assert!(catalog.instance_types().all(|one| one.size.name.starts_with(one.family.name)));
}

#[test]
fn every_zone_of_the_documentation_exists() {
    let catalog = Catalog::builtin();
    let zones = |region| {
        let zones = catalog.region(region, false).unwrap().zones();
        zones.map(|zone| zone.as_str().rsplit('-').next().unwrap()).collect::<Vec<_>>().concat()
    };
    for (region, numbers) in [
        ("ap-bangkok", "12"),
        ("ap-beijing", "1234567"),
        ("ap-chengdu", "12"),
        ("ap-chongqing", "1"),
        ("ap-guangzhou", "1234567"),
        ("ap-hongkong", "123"),
        ("ap-jakarta", "12"),
        ("ap-mumbai", "12"),
        ("ap-nanjing", "123"),
        ("ap-seoul", "12"),
        ("ap-shanghai", "123458"),
        ("ap-singapore", "1234"),
        ("ap-tokyo", "12"),
        ("eu-frankfurt", "12"),
        ("na-ashburn", "12"),
        ("na-siliconvalley", "12"),
        ("sa-saopaulo", "1"),
    ] {
        assert_eq!(zones(region), numbers, "{region}");
    }
}

#[test]
fn file_adds_rows_and_replaces_those_with_the_same_name() {
    let catalog = extended(
        r#"{
            "types": [
                { "name": "S5.99XLARGE999", "vcpus": 396, "memory_gib": 999 },
                { "name": "S5.SMALL1", "vcpus": 1, "memory_gib": 7 }
            ],
            "zones": [{ "name": "ap-guangzhou-3", "id": "100003", "title": "Third Zone" }]
        }"#,
    );
    let memory = |name: &str| catalog.instance_type(name).map(|one| one.size.memory_gib);
    assert_eq!(memory("S5.99XLARGE999"), Some(999));
    assert_eq!(memory("S5.SMALL1"), Some(7));
    assert_eq!(memory("S5.SMALL2"), Some(2));
    let region = catalog.region("ap-guangzhou", false).unwrap();
    assert_eq!(region.zone("ap-guangzhou-3").unwrap().title(), "Third Zone");
    assert_eq!(region.zones().count(), 7);
    // The built-in catalog stays as it is.
    assert!(Catalog::builtin().instance_type("S5.99XLARGE999").is_none());
}

#[test]
fn list_in_replace_loses_its_built_in_rows() {
    let catalog = extended(
        r#"{
            "replace": ["regions", "zones"],
            "regions": [{ "name": "xx-test", "title": "Test (Test)" }],
            "zones": [{ "name": "xx-test-3", "id": "3", "title": "Test Zone 3" }]
        }"#,
    );
    assert_eq!(catalog.regions().iter().map(|one| one.name).collect::<Vec<_>>(), ["xx-test"]);
    let zone = catalog.region("xx-test", false).unwrap().zone("xx-test-3").unwrap();
    assert!(catalog.instance_type("S1.SMALL1").unwrap().is_offered_in(zone));
}

#[test]
fn last_row_of_stock_counts() {
    let catalog = extended(
        r#"{ "stock": [
            { "types": ["S5.*"], "zones": ["ap-guangzhou-3"], "status": "WithoutStock" },
            { "types": ["S5.MEDIUM4"], "status": "UnderStock" }
        ] }"#,
    );
    let region = catalog.region("ap-guangzhou", false).unwrap();
    let stock = |zone, name| {
        catalog.stock(region.zone(zone).unwrap(), catalog.instance_type(name).unwrap())
    };
    assert_eq!(stock("ap-guangzhou-3", "S5.SMALL1"), StockCategory::WithoutStock);
    assert_eq!(stock("ap-guangzhou-4", "S5.SMALL1"), StockCategory::EnoughStock);
    assert_eq!(stock("ap-guangzhou-3", "S5.MEDIUM4"), StockCategory::UnderStock);
}

#[test]
fn prices_of_a_file_replace_single_coefficients() {
    let catalog = extended(
        r#"{ "prices": { "vcpu": 1, "disk_gib": { "CLOUD_SSD": 2.5 }, "terms": { "3": 0.9 } } }"#,
    );
    let tariff = catalog.tariff(catalog.region("ap-guangzhou", false).unwrap());
    assert_eq!(tariff.instance(2, 4, None), 2.2);
    assert_eq!((tariff.disk("CLOUD_SSD", 2), tariff.disk("CLOUD_BASIC", 10)), (5.0, 0.004));
    assert_eq!([2, 3, 12].map(|months| tariff.term_share(months)), [1.0, 0.9, 0.83]);
}

#[test]
fn newest_image_of_a_file_comes_first() {
    let catalog = extended(
        r#"{ "images": [{ "id": "img-golden00", "name": "Golden", "platform": "Ubuntu",
            "size_gib": 10, "created": "2030-01-01T00:00:00Z" }] }"#,
    );
    assert_eq!(catalog.images().first().map(|image| image.id), Some("img-golden00"));
}

#[test]
fn catalogs_can_be_extended_again() {
    let first = extended(r#"{ "types": [{ "name": "S5.A", "vcpus": 1, "memory_gib": 1 }] }"#);
    let second = r#"{ "types": [{ "name": "S5.B", "vcpus": 1, "memory_gib": 1 }] }"#;
    let both = first.with_json(second).unwrap();
    assert!(both.instance_type("S5.A").is_some() && both.instance_type("S5.B").is_some());
    assert!(extended(second).instance_type("S5.A").is_none());
}

/// So a program that starts many emulators with one catalog does not need more and more memory.
#[test]
fn same_text_is_loaded_once() {
    let text = r#"{ "types": [{ "name": "S5.ONCE", "vcpus": 1, "memory_gib": 1 }] }"#;
    let regions = |catalog: Catalog| catalog.regions().as_ptr();
    assert_eq!(regions(extended(text)), regions(extended(text)));
    assert_ne!(regions(extended(text)), regions(Catalog::builtin()));
}

#[test]
fn bad_files_are_refused_with_place_value_and_fix() {
    let kind = |members: &str| format!(r#"{{ "types": [{{ {members} }}] }}"#);
    let zone = |members: &str| format!(r#"{{ "zones": [{{ {members} }}] }}"#);
    for (text, expected) in [
        ("{", "the file cannot be read"),
        ("[]", "the file is a list: give an object"),
        (r#"{ "typs": [] }"#, "typs is unknown: did you mean `types`?"),
        (r#"{ "types": {} }"#, "types is an object: give a list of objects"),
        (r#"{ "types": [7] }"#, "types[0] is 7: give an object"),
        (r#"{ "types": [], "types": [] }"#, "member `types` is given twice"),
        (
            &*kind(r#""name": "S5.X", "memory_gib": 1"#),
            "types[0].vcpus is missing: give a whole number from 1",
        ),
        (
            &*kind(r#""name": "S5.X", "vcpus": "two", "memory_gib": 1"#),
            "types[0].vcpus is \"two\": give a whole number from 1",
        ),
        (
            &*kind(r#""name": "S5.X", "vcpus": 0, "memory_gib": 1"#),
            "types[0].vcpus is 0: give a whole number from 1",
        ),
        (
            &*kind(r#""name": "S5.X", "vcpus": 1.5, "memory_gib": 1"#),
            "types[0].vcpus is 1.5: give a whole number",
        ),
        (
            &*kind(r#""name": "S5.X", "vcpus": 1, "memory_gib": 1, "memory": 2"#),
            "types[0].memory is unknown: did you mean `memory_gib`?",
        ),
        (
            &*kind(r#""name": "S5", "vcpus": 1, "memory_gib": 1"#),
            "types[0].name is \"S5\": a name is FAMILY.SIZE",
        ),
        (
            &*kind(r#""name": "SA55.X", "vcpus": 1, "memory_gib": 1"#),
            "the type \"SA55.X\" has no family \"SA55\" in `families`: did you mean `SA5`",
        ),
        (
            &*kind(r#""name": "S5.X", "vcpus": 1, "memory_gib": 1, "gpus": 1"#),
            "the type \"S5.X\" has GPU cards, but its family has none: give the family a `gpu`",
        ),
        (
            r#"{ "types": [{ "name": "S5.X", "vcpus": 1, "memory_gib": 1 },
                { "name": "S5.X", "vcpus": 1, "memory_gib": 1 }] }"#,
            "`types` has \"S5.X\" twice: give it once",
        ),
        (
            &*zone(r#""name": "ap-guangzou-9", "id": "9", "title": "x""#),
            "the zone \"ap-guangzou-9\" has no region",
        ),
        (
            &*zone(r#""name": "ap-guangzhou-9", "id": "100003", "title": "x""#),
            "have the id 100003: give each its own",
        ),
        (
            &*zone(r#""name": "ap-guangzhou-9", "id": "nine", "title": "x""#),
            "zones[0].id is \"nine\": it must be a number in quotes",
        ),
        (
            &*zone(r#""name": "ap-guangzhou-9", "id": 9, "title": "x""#),
            "zones[0].id is 9: give a text with 1 to 128 characters",
        ),
        (
            r#"{ "images": [{ "id": "ami-1", "name": "x", "platform": "x", "size_gib": 1, "created": "2030-01-01" }] }"#,
            "images[0].id is \"ami-1\": an id is img- and 8",
        ),
        (
            r#"{ "images": [{ "id": "img-12345678", "name": "x", "platform": "x", "size_gib": 1, "created": "soon" }] }"#,
            "images[0].created is \"soon\": give a time such as",
        ),
        (
            r#"{ "stock": [{ "types": ["S5.MEDUIM4"], "status": "UnderStock" }] }"#,
            "`stock` has the type \"S5.MEDUIM4\", which is unknown: did you mean `S5.MEDIUM4`",
        ),
        (
            r#"{ "stock": [{ "types": ["S5.*"], "zones": ["ap-guangzou-3"], "status": "UnderStock" }] }"#,
            "`stock` has the zone \"ap-guangzou-3\", which is unknown: did you mean `ap-guangzhou-3`",
        ),
        (
            r#"{ "stock": [{ "types": ["S5.*"], "status": "SOLD_OUT" }] }"#,
            "stock[0].status is \"SOLD_OUT\", no status",
        ),
        (
            r#"{ "disks": [{ "name": "CLOUD_FAST", "system_gib": [1, 2], "data_gib": [1, 2] }] }"#,
            "disks[0].name is \"CLOUD_FAST\", no disk type",
        ),
        (
            r#"{ "disks": [{ "name": "CLOUD_SSD", "system_gib": [2, 1], "data_gib": [1, 2] }] }"#,
            "disks[0].system_gib is a list: give the lowest and the highest size in GiB",
        ),
        (
            r#"{ "hosts": [{ "name": "HX", "vcpus": 1, "memory_gib": 1, "disk_gib": 5 }] }"#,
            "the host \"HX\" has half of a local disk: give both",
        ),
        (r#"{ "prices": { "vcpu": -1 } }"#, "prices.vcpu is -1: give a number from 0 to 1000000"),
        (
            r#"{ "prices": { "disk_gib": { "CLOUD_SDD": 1 } } }"#,
            "prices.disk_gib has \"CLOUD_SDD\", which is unknown: did you mean `CLOUD_",
        ),
        (
            r#"{ "prices": { "regions": { "ap-tokio": 1 } } }"#,
            "prices.regions has \"ap-tokio\", which is unknown: did you mean `ap-tokyo`?",
        ),
        (
            r#"{ "families": [{ "name": "GX", "title": "x", "processor": "x", "clock": "x",
                "network_card": 1, "gpu": { "model": "H1", "memory_gib": 1 } }] }"#,
            "the GPU card \"H1\" has no price: give one in `prices.gpus`",
        ),
        (
            r#"{ "replace": ["image"] }"#,
            "replace has \"image\", which is no list of a catalog: did you mean `images`?",
        ),
    ] {
        let message = error(text);
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn patterns_with_two_stars_or_without_a_match_are_refused() {
    let family = |zones: &str| {
        let hardware = r#""title": "x", "processor": "x", "clock": "x", "network_card": 1"#;
        format!(r#"{{ "families": [{{ "name": "GX", {hardware}, "zones": [{zones}] }}] }}"#)
    };
    let stock = |types: &str, zones: &str| {
        let row =
            format!(r#""types": ["{types}"], "zones": ["{zones}"], "status": "WithoutStock""#);
        format!(r#"{{ "stock": [{{ {row} }}] }}"#)
    };
    let pack = r#"{ "packs": [{ "name": "S5.X", "family": "S5", "vcpus": 1, "memory_gib": 1,
        "zones": ["*-99"] }] }"#;
    let host = r#"{ "hosts": [{ "name": "HX", "vcpus": 1, "memory_gib": 1, "zones": ["*-99"] }] }"#;
    for (text, expected) in [
        (
            &*stock("*5*", "*"),
            "stock[0].types has \"*5*\", which has more than one `*`: a name can have one",
        ),
        (
            &*stock("S5.*", "ap-*-3*"),
            "stock[0].zones has \"ap-*-3*\", which has more than one `*`: a name can have one",
        ),
        (
            &*stock("ZZZ*", "*"),
            "stock[0].types has \"ZZZ*\", which matches no type: the names are S1.",
        ),
        (
            &*stock("S5.*", "zz*"),
            "stock[0].zones has \"zz*\", which matches no zone: the names are ap-",
        ),
        (
            &*stock("S5.MEDUIM*", "*"),
            "stock[0].types has \"S5.MEDUIM*\", which matches no type: did you mean `S5.MEDIUM",
        ),
        (
            &*family(r#""*-3", "zz-*""#),
            "families[0].zones has \"zz-*\", which matches no zone: the names are ap-",
        ),
        (&*family(r#""**""#), "families[0].zones has \"**\", which has more than one `*`"),
        (pack, "packs[0].zones has \"*-99\", which matches no zone"),
        (host, "hosts[0].zones has \"*-99\", which matches no zone"),
    ] {
        let message = error(text);
        assert!(message.starts_with(expected), "{text}: {message}");
    }
    // A pattern can be for what the same file adds.
    let zone = r#""zones": [{ "name": "ap-guangzhou-99", "id": "9", "title": "x" }]"#;
    extended(&format!("{{ {zone}, {}", stock("S5.*", "*-99").trim_start_matches('{')));
}

#[test]
fn prices_factors_and_shares_have_bounds() {
    for (prices, expected) in [
        (r#""vcpu": 1e308"#, "prices.vcpu is 1e308: give a number from 0 to 1000000"),
        (
            r#""gpus": { "NVIDIA T4": 1000001 }"#,
            "prices.gpus.NVIDIA T4 is 1000001: give a number from 0 to 1000000",
        ),
        (
            r#""regions": { "ap-guangzhou": 1e308 }"#,
            "prices.regions.ap-guangzhou is 1e308: give a number from 0 to 1000",
        ),
        (r#""terms": { "12": 5 }"#, "prices.terms.12 is 5: give a number from 0 to 1"),
        (r#""spot": 1.01"#, "prices.spot is 1.01: give a number from 0 to 1"),
        (r#""month_hours": 745"#, "prices.month_hours is 745: give a number from 0 to 744"),
    ] {
        assert_eq!(error(&format!(r#"{{ "prices": {{ {prices} }} }}"#)), expected);
    }
    let highest = r#"{ "prices": { "vcpu": 1000000, "memory_gib": 1e6, "month_hours": 744,
        "regions": { "ap-guangzhou": 1000 }, "terms": { "12": 1 } } }"#;
    let catalog = extended(highest);
    let tariff = catalog.tariff(catalog.region("ap-guangzhou", false).unwrap());
    assert!(tariff.month(tariff.instance(100_000, 10_000_000, None)).is_finite());
}

#[test]
fn lists_that_every_launch_needs_cannot_be_empty() {
    for (replaced, expected) in [
        (
            r#""regions", "zones""#,
            "`regions` is empty: give at least one region, which every launch needs",
        ),
        (r#""zones""#, "`zones` is empty: give at least one zone, which every launch needs"),
        (
            r#""types""#,
            "`types` is empty: give at least one instance type, which every launch needs",
        ),
        (r#""images""#, "`images` is empty: give at least one image, which every launch needs"),
        (r#""disks""#, "`disks` is empty: give at least one disk type, which every launch needs"),
    ] {
        assert_eq!(error(&format!(r#"{{ "replace": [{replaced}] }}"#)), expected);
    }
    for optional in ["import_systems", "hosts", "packs", "stock"] {
        extended(&format!(r#"{{ "replace": ["{optional}"] }}"#));
    }
}

#[test]
fn texts_have_a_maximum_length() {
    let file = |length: usize| {
        let name = format!("S5.{}", "X".repeat(length - 3));
        format!(r#"{{ "types": [{{ "name": "{name}", "vcpus": 1, "memory_gib": 1 }}] }}"#)
    };
    extended(&file(128));
    let message = error(&file(129));
    assert!(message.starts_with("types[0].name is \"S5.XXX"), "{message}");
    assert!(message.ends_with("give a text with 1 to 128 characters"), "{message}");
    let message = error(r#"{ "stock": [{ "types": ["S5.*", ""], "status": "UnderStock" }] }"#);
    assert_eq!(message, "stock[0].types[1] is \"\": give a text with 1 to 128 characters");
    let comment = "x".repeat(10_000);
    extended(&format!(r#"{{ "$comment": "{comment}" }}"#));
}

#[test]
fn long_names_values_and_lists_are_shortened_in_errors() {
    let long = "x".repeat(1_000_000);
    for text in [
        format!(r#"{{ "prices": {{ "vcpu": "{long}" }} }}"#),
        format!(r#"{{ "{long}": 1 }}"#),
        format!(r#"{{ "{long}": 1, "{long}": 1 }}"#),
        format!(r#"{{ "replace": ["{long}"] }}"#),
        format!(r#"{{ "types": [{{ "name": "{long}", "vcpus": 1, "memory_gib": 1 }}] }}"#),
        format!(r#"{{ "prices": {{ "gpus": {{ "{long}": 1 }} }} }}"#),
        format!(r#"{{ "prices": {{ "gpus": {{ "{long}": -1 }} }} }}"#),
        format!(r#"{{ "prices": {{ "terms": {{ "{long}": 1 }} }} }}"#),
        format!(r#"{{ "stock": [{{ "types": ["{long}"], "status": "UnderStock" }}] }}"#),
        r#"{ "stock": [{ "types": ["NOPE.X"], "status": "UnderStock" }] }"#.to_owned(),
    ] {
        let message = error(&text);
        assert!(message.len() < 500, "{message}");
    }
    let unknown = error(r#"{ "stock": [{ "types": ["NOPE.X"], "status": "UnderStock" }] }"#);
    assert!(unknown.contains("which is unknown: the names are S1.SMALL1, "), "{unknown}");
    assert!(unknown.contains(", … (") && unknown.ends_with(" in all)"), "{unknown}");
}

#[test]
fn examples_of_the_format_are_valid() {
    let page = include_str!("../../catalog/README.md");
    let blocks: Vec<&str> =
        page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        extended(block);
    }
}

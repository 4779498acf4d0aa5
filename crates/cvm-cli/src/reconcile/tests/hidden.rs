//! What a list does not show of an entry makes it no other than what was made.

use super::*;

/// Every compared member of every action that makes something without a name of its own: not shown is no
/// difference.
#[test]
fn hidden_member_excludes_no_candidate() {
    let mut cases = 0;
    for info in ACTIONS {
        let Some(facts) = info.reconcile.as_ref().filter(|facts| facts.ids.is_none()) else {
            continue;
        };
        let pairs = facts.matching;
        let mut request = json!({});
        let mut whole = json!({});
        for (here, there) in pairs {
            set(&mut request, there, json!("value"));
            set(&mut whole, here, json!("value"));
        }
        let entry = journaled(info.name, &request, None);
        let of = |listed: &Value| {
            with(&entry, Some(SINCE), |query| {
                let is_there = !query.candidates(std::slice::from_ref(listed)).is_empty();
                (is_there, query.hidden(listed))
            })
        };
        assert_eq!(of(&whole), (true, vec![]), "{}", info.name);
        for (here, _) in pairs {
            for hidden in [Value::Null, json!(""), json!([null])] {
                let mut listed = whole.clone();
                set(&mut listed, here, hidden);
                assert_eq!(of(&listed), (true, vec![*here]), "{}: {listed}", info.name);
                cases += 1;
            }
            let mut listed = whole.clone();
            let (last, holder) = match here.rsplit_once('.') {
                Some((holder, last)) => (last, listed.pointer_mut(&format!("/{holder}")).unwrap()),
                None => (*here, &mut listed),
            };
            holder.as_object_mut().unwrap().remove(last);
            assert_eq!(of(&listed), (true, vec![*here]), "{}: {listed}", info.name);
            let mut listed = whole.clone();
            set(&mut listed, here, json!("other"));
            assert_eq!(of(&listed), (false, vec![]), "{}: {listed}", info.name);
        }
    }
    assert!(cases >= 9, "{cases}");
}

#[test]
fn tagged_items_are_candidates_and_hidden_tags_are_reported() {
    let tags = json!([{ "Key": "run", "Value": "7" }]);
    let request = json!({
        "InstanceName": "web",
        "TagSpecification": [{ "ResourceType": "instance", "Tags": tags }],
    });
    let entry = |id: &str, name: Value, tags: Value, created: &str| json!({ "InstanceId": id, "InstanceName": name, "Tags": tags, "CreatedTime": created });
    let recent = "2026-11-21T08:00:00Z";
    let old = "2020-01-01T00:00:00Z";
    let entries = [
        entry("name-hidden", Value::Null, tags.clone(), recent),
        entry("renamed", json!("other"), tags.clone(), recent),
        entry("old", json!("web"), tags.clone(), old),
        entry("old-and-renamed", json!("other"), tags, old),
        entry("all-hidden", Value::Null, Value::Null, recent),
        entry("item-hidden", json!("web"), json!([null]), recent),
        entry("value-hidden", json!("web"), json!([{ "Key": "run" }]), recent),
        entry("other-name", json!("other"), Value::Null, recent),
        entry("other-tags", json!("web"), json!([{ "Key": "run", "Value": "8" }]), recent),
    ];
    assert_eq!(fitting(&request, Some(SINCE), &entries).0, ["name-hidden", "renamed", "old"]);
    let journaled = journaled("RunInstances", &request, None);
    let open = with(&journaled, Some(SINCE), |query| {
        let open = query.unmarked(&entries).into_iter();
        open.map(|entry| cell(entry, "InstanceId")).collect::<Vec<_>>()
    });
    assert_eq!(open, ["all-hidden", "item-hidden", "value-hidden"]);
}

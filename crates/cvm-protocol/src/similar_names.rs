//! Finds the known names that are most similar to a misspelled one: "did you mean `A` or `B`?".

/// The known names that `name` could be a misspelling of, nearest first, at most three.
///
/// A name that differs only in case comes first, then those that are a few keystrokes away, then those that begin with
/// or contain `name`.
#[must_use]
pub fn similar_names<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let max_distance = (wanted.chars().count() / 3).clamp(1, 4);
    let mut ranked: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|known| Some((rank(&wanted, &known.to_lowercase(), max_distance)?, known)))
        .collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().map(|(_, known)| known).take(3).collect()
}

/// `did you mean `A` or `B`?`, with each name once; `None` without names.
#[must_use]
pub fn did_you_mean(names: &[impl AsRef<str>]) -> Option<String> {
    let mut quoted: Vec<String> = Vec::new();
    for name in names.iter().map(|name| format!("`{}`", name.as_ref())) {
        if !quoted.contains(&name) {
            quoted.push(name);
        }
    }
    let (last, others) = quoted.split_last()?;
    Some(match others {
        [] => format!("did you mean {last}?"),
        others => format!("did you mean {} or {last}?", others.join(", ")),
    })
}

/// The number of keystrokes between two lowercase names, or a rank behind all of these if `known` begins with or
/// contains `wanted`.
fn rank(wanted: &str, known: &str, max_distance: usize) -> Option<usize> {
    let distance = strsim::osa_distance(wanted, known);
    if distance <= max_distance {
        return Some(distance);
    }
    // Fewer characters than three are contained in too many names.
    if wanted.chars().count() < 3 {
        return None;
    }
    match known.find(wanted)? {
        0 => Some(max_distance + 1),
        _ => Some(max_distance + 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [&str; 5] = [
        "DescribeInstances",
        "DescribeInstancesStatus",
        "RunInstances",
        "StartInstances",
        "StopInstances",
    ];

    #[test]
    fn misspelled_name_finds_the_right_one() {
        for name in ["RunInstance", "runinstances", "RunInstacnes", "RuInstances"] {
            assert_eq!(similar_names(name, ACTIONS).first(), Some(&"RunInstances"), "{name}");
        }
        assert_eq!(similar_names("descrbeinstances", ACTIONS), ["DescribeInstances"]);
        assert_eq!(similar_names("zoen", ["Zone"]), ["Zone"], "swapped letters are one keystroke");
    }

    #[test]
    fn different_names_are_not_similar() {
        for (name, known) in [("DeleteEverything", &ACTIONS[..]), ("", &ACTIONS), ("x", &["y-z"])] {
            assert!(similar_names(name, known.iter().copied()).is_empty(), "{name}");
        }
    }

    #[test]
    fn part_of_a_name_finds_the_names_that_contain_it() {
        assert_eq!(
            similar_names("Describe", ACTIONS),
            ["DescribeInstances", "DescribeInstancesStatus"]
        );
    }

    #[test]
    fn question_has_each_name_once() {
        assert_eq!(did_you_mean(&["A", "B", "C"]).unwrap(), "did you mean `A`, `B` or `C`?");
        assert_eq!(did_you_mean(&["A", "B", "A"]).unwrap(), "did you mean `A` or `B`?");
        assert_eq!(did_you_mean(&[""; 0]), None);
    }
}

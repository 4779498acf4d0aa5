//! "Did you mean": the known names that are most similar to a given one.

/// The candidates that `typed` could be a typo of, nearest first, at most three.
///
/// A name that differs only in case comes first, then those that are a few keystrokes away, then those that begin
/// with or contain `typed`.
pub fn near<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = typed.to_lowercase();
    let allowed = (wanted.chars().count() / 3).clamp(1, 4);
    let mut ranked: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            Some((rank(&wanted, &candidate.to_lowercase(), allowed)?, candidate))
        })
        .collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().map(|(_, candidate)| candidate).take(3).collect()
}

/// The single best candidate.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(typed, candidates).into_iter().next()
}

/// `did you mean `A` or `B`?`, with each name once.
pub fn did_you_mean(names: &[impl AsRef<str>]) -> Option<String> {
    let mut quoted: Vec<String> = Vec::new();
    for name in names.iter().map(|name| format!("`{}`", name.as_ref())) {
        if !quoted.contains(&name) {
            quoted.push(name);
        }
    }
    let (last, rest) = quoted.split_last()?;
    Some(if rest.is_empty() {
        format!("did you mean {last}?")
    } else {
        format!("did you mean {} or {last}?", rest.join(", "))
    })
}

fn rank(wanted: &str, candidate: &str, allowed: usize) -> Option<usize> {
    let distance = distance(wanted, candidate);
    if distance <= allowed {
        return Some(distance);
    }
    let is_long = wanted.chars().count() >= 3;
    (is_long && candidate.starts_with(wanted))
        .then_some(allowed + 1)
        .or_else(|| (is_long && candidate.contains(wanted)).then_some(allowed + 2))
}

/// The Damerau-Levenshtein distance: insertions, deletions, replacements, and swaps of neighbors.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    let mut last_seen = None;
    for (row, character) in one.chars().enumerate() {
        let mut current = Vec::with_capacity(above.len());
        current.push(row + 1);
        let mut last_other = None;
        for (column, candidate) in other.iter().copied().enumerate() {
            let at =
                |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&above, column) + usize::from(character != candidate);
            let removed = at(&above, column + 1) + 1;
            let added = at(&current, column) + 1;
            let mut best = replaced.min(removed).min(added);
            if Some(candidate) == last_seen && Some(character) == last_other && column > 0 {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
            last_other = Some(candidate);
        }
        last_seen = Some(character);
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or_default()
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
    fn typos_are_recognized() {
        for typed in ["RunInstance", "runinstances", "RunInstacnes", "RuInstances"] {
            assert_eq!(nearest(typed, ACTIONS), Some("RunInstances"), "{typed}");
        }
        assert_eq!(nearest("descrbeinstances", ACTIONS), Some("DescribeInstances"));
    }

    #[test]
    fn distant_names_are_not_suggested() {
        assert_eq!(nearest("DeleteEverything", ACTIONS), None);
        assert_eq!(nearest("", ACTIONS), None);
        assert_eq!(nearest("x", ["y-z"]), None);
    }

    #[test]
    fn fragment_suggests_names_that_contain_it() {
        assert_eq!(near("Describe", ACTIONS), ["DescribeInstances", "DescribeInstancesStatus"]);
    }

    #[test]
    fn suggestions_form_one_question() {
        assert_eq!(did_you_mean(&["A", "B", "C"]).unwrap(), "did you mean `A`, `B` or `C`?");
        assert_eq!(did_you_mean(&["A", "B", "A"]).unwrap(), "did you mean `A` or `B`?");
        assert_eq!(did_you_mean(&[""; 0]), None);
    }

    #[test]
    fn distance_counts_keystrokes() {
        for (one, other, keystrokes) in [
            ("", "", 0),
            ("a", "", 1),
            ("ab", "ba", 1),
            ("zone", "zoen", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), keystrokes, "{one} {other}");
        }
    }
}

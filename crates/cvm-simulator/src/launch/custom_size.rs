//! Names of the sizes that an instance on a dedicated host can have: `CDH_2C4G`.

/// The vCPUs and GiB in the name of a custom size; both are at least 1.
pub(crate) fn custom_size(name: &str) -> Option<(i64, i64)> {
    let (vcpus, memory) = name.strip_prefix("CDH_")?.strip_suffix('G')?.split_once('C')?;
    let number = |digits: &str| {
        let is_number = !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number)
    };
    Some((number(vcpus)?, number(memory)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_size_is_parsed() {
        assert_eq!(custom_size("CDH_1C1G"), Some((1, 1)));
        assert_eq!(custom_size("CDH_16C48G"), Some((16, 48)));
        for name in ["", "CDH_", "CDH_C1G", "CDH_1CG", "CDH_0C1G", "CDH_+1C1G", "CDH_1C1", "1C1G"] {
            assert_eq!(custom_size(name), None, "{name}");
        }
    }
}

//! The size of a program's machine code: the section `.text` of a 64-bit ELF file.

/// Bytes in `.text`; `None` if the file is of another format.
pub fn text_size(file: &[u8]) -> Option<u64> {
    let magic = b"\x7fELF\x02\x01";
    if !file.starts_with(magic) {
        return None;
    }
    let (table, entry) = (number(file, 0x28, 8)?, number(file, 0x3a, 2)?);
    let (count, names) = (number(file, 0x3c, 2)?, number(file, 0x3e, 2)?);
    let section = |index: u64| -> Option<&[u8]> {
        let begin = table.checked_add(index.checked_mul(entry)?)?;
        file.get(usize::try_from(begin).ok()?..)
    };
    let names = number(section(names)?, 0x18, 8)?;
    (0..count).filter_map(section).find_map(|section| {
        let name = usize::try_from(names.checked_add(number(section, 0, 4)?)?).ok()?;
        let is_text = file.get(name..)?.starts_with(b".text\0");
        if is_text { number(section, 0x20, 8) } else { None }
    })
}

/// A little-endian number of `length` bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with a `.data` section of 5 bytes and a `.text` section of 700.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 0x40];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        let names = b"\0.data\0.text\0.strtab\0";
        let table = 0x40 + names.len() as u64;
        file[0x28..0x30].copy_from_slice(&table.to_le_bytes());
        file[0x3a] = 0x40;
        file[0x3c] = 3;
        file[0x3e] = 2;
        file.extend_from_slice(names);
        for (name, offset, size) in [(1_u32, 0_u64, 5_u64), (7, 0, 700), (13, 0x40, 21)] {
            let mut section = [0; 0x40];
            section[..4].copy_from_slice(&name.to_le_bytes());
            section[0x18..0x20].copy_from_slice(&offset.to_le_bytes());
            section[0x20..0x28].copy_from_slice(&size.to_le_bytes());
            file.extend_from_slice(&section);
        }
        file
    }

    #[test]
    fn size_is_that_of_the_text_section() {
        assert_eq!(text_size(&file()), Some(700));
    }

    #[test]
    fn other_files_have_no_size() {
        assert_eq!(text_size(b""), None);
        assert_eq!(text_size(b"MZ and so on"), None);
        let file = file();
        for length in 0..file.len() {
            // A truncated file must not cause a panic.
            let size = text_size(&file[..length]);
            assert!(matches!(size, None | Some(700)), "{length}: {size:?}");
        }
    }
}

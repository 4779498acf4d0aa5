//! Reads one section of an INI file as the official SDKs read it, but rejects everything that could select another
//! credential instead of skipping it.

use zeroize::Zeroizing;

/// The keys of one section, in memory that is wiped.
pub(super) struct Section {
    /// The line of its header, from 1.
    pub(super) line: usize,
    entries: Vec<Entry>,
}

struct Entry {
    key: String,
    value: Zeroizing<String>,
    line: usize,
}

impl Section {
    /// The section with this name; `None` if the file has none.
    ///
    /// # Errors
    ///
    /// What is wrong in which line, without the text of the line.
    pub(super) fn parse(text: &str, name: &str) -> Result<Option<Self>, String> {
        let mut found: Option<Self> = None;
        let mut is_inside = false;
        for (line, text) in (1..).zip(text.lines().map(str::trim)) {
            if text.is_empty() || text.starts_with([';', '#']) {
                continue;
            }
            if let Some(header) = text.strip_prefix('[') {
                let header = section_name(header)
                    .ok_or_else(|| format!("has an invalid section header in line {line}"))?;
                is_inside = header == name;
                if !is_inside {
                    continue;
                }
                if let Some(first) = &found {
                    let first = first.line;
                    return Err(format!("has section [{name}] twice, in lines {first} and {line}"));
                }
                found = Some(Self { line, entries: Vec::new() });
            } else if let Some(section) = found.as_mut().filter(|_| is_inside) {
                section.add(text, line)?;
            }
        }
        Ok(found)
    }

    fn add(&mut self, text: &str, line: usize) -> Result<(), String> {
        let Some((key, value)) = text.split_once(['=', ':']) else {
            return Err(format!("has neither `key = value` nor a comment in line {line}"));
        };
        let key = key.trim().to_ascii_lowercase();
        if let Some(first) = self.entries.iter().find(|entry| entry.key == key) {
            let first = first.line;
            return Err(format!("has the key `{key}` twice, in lines {first} and {line}"));
        }
        let value = Zeroizing::new(without_comment(value).trim().to_owned());
        self.entries.push(Entry { key, value, line });
        Ok(())
    }

    /// The keys with a value that is not empty, and their lines.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, usize)> {
        let set = self.entries.iter().filter(|entry| !entry.value.is_empty());
        set.map(|entry| (entry.key.as_str(), entry.line))
    }

    /// Like [`Self::get`], without quotes around the whole value.
    pub(super) fn unquoted(&self, key: &str) -> Option<(&str, usize)> {
        let (value, line) = self.get(key)?;
        let inner = ['"', '\''].into_iter().find_map(|quote| {
            let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
            (!inner.contains(quote)).then_some(inner)
        });
        Some((inner.unwrap_or(value), line)).filter(|(value, _)| !value.is_empty())
    }

    /// A value that is not empty, and its line.
    pub(super) fn get(&self, key: &str) -> Option<(&str, usize)> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some((entry.value.as_str(), entry.line)).filter(|(value, _)| !value.is_empty())
    }
}

/// `name] ; a comment` → `name`.
fn section_name(header: &str) -> Option<&str> {
    let (name, rest) = header.split_once(']')?;
    let rest = rest.trim_start();
    (rest.is_empty() || rest.starts_with([';', '#'])).then(|| name.trim())
}

/// A value without its trailing comment, which begins with a space and a semicolon outside of quotes.
fn without_comment(value: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in value.char_indices() {
        match (quote, character) {
            (None, ';') if before.is_whitespace() => return value.get(..at).unwrap_or(value),
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
        before = character;
    }
    // An unclosed quote is an ordinary character.
    match (quote, value.find(" ;")) {
        (Some(_), Some(at)) => value.get(..at).unwrap_or(value),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_lines_are_rejected() {
        for (text, why) in [
            ("[default\nsecret_id=a\n", "invalid section header in line 1"),
            ("[default]\nsecret_id=a\n[prod x\nsecret_key=b\n", "invalid section header in line 3"),
            ("[default] prod\n", "invalid section header in line 1"),
            (
                "[default]\nsecret_id=a\nSECRET_ID: b\n",
                "the key `secret_id` twice, in lines 2 and 3",
            ),
            ("[default]\n[x]\n[default]\n", "section [default] twice, in lines 1 and 3"),
            ("[default]\nsecret_id canary\n", "in line 2"),
        ] {
            let message = Section::parse(text, "default").err().expect(text);
            assert!(message.contains(why) && !message.contains("canary"), "{message}");
        }
        assert!(Section::parse("[prod]\n", "default").unwrap().is_none());
    }

    #[test]
    fn comments_end_a_value_outside_of_quotes() {
        for (value, rest) in [
            ("a ; b", "a "),
            ("a;b", "a;b"),
            ("'a ; b' ; c", "'a ; b' "),
            ("\"a 'b ; c\" d", "\"a 'b ; c\" d"),
            ("a\t; b", "a\t"),
            ("it's ; b", "it's"),
        ] {
            assert_eq!(without_comment(value), rest, "{value}");
        }
    }
}

//! A JSON parser that keeps the order of keys and the position of every value.
//!
//! serde_json decides whether a text is valid and what it means. Diagnostics and the formatter also need positions and the
//! original text.

/// A value and its position.
#[derive(Debug)]
pub struct Node<'a> {
    /// Offset of its first byte.
    pub start: usize,
    /// Its own text.
    pub text: &'a str,
    /// Its kind.
    pub kind: Kind<'a>,
}

/// The kind of a value.
#[derive(Debug)]
pub enum Kind<'a> {
    /// A string, number, boolean or null; see the node's text.
    Scalar,
    /// The items of a list.
    Array(Vec<Node<'a>>),
    /// The entries of an object: the key as written, without its quotes, and the value.
    Object(Vec<(&'a str, Node<'a>)>),
}

/// Parses a text; `None` if it is not JSON.
pub fn parse(text: &str) -> Option<Node<'_>> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.blank();
    (reader.at == text.len()).then_some(node)
}

impl<'a> Node<'a> {
    /// Follows a JSON pointer as far as possible.
    pub fn find(&self, pointer: &str) -> &Node<'a> {
        let mut node = self;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let next = match &node.kind {
                Kind::Scalar => None,
                Kind::Array(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
                Kind::Object(entries) => {
                    entries.iter().find(|(key, _)| *key == step).map(|(_, value)| value)
                }
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }
}

impl Node<'_> {
    /// The JSON pointer of the innermost object or list around a byte.
    pub fn pointer_at(&self, offset: usize) -> String {
        let holds = |node: &Node<'_>| {
            (node.start..node.start + node.text.len()).contains(&offset)
                && !matches!(node.kind, Kind::Scalar)
        };
        let inner = match &self.kind {
            Kind::Scalar => None,
            Kind::Array(items) => items
                .iter()
                .enumerate()
                .find(|(_, item)| holds(item))
                .map(|(index, item)| (index.to_string(), item)),
            Kind::Object(entries) => entries
                .iter()
                .find(|(_, value)| holds(value))
                .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)),
        };
        inner.map_or_else(String::new, |(step, node)| format!("/{step}{}", node.pointer_at(offset)))
    }

    /// The string value of an entry.
    fn text_of(&self, wanted: &str) -> Option<&str> {
        let Kind::Object(entries) = &self.kind else { return None };
        let (_, value) = entries.iter().find(|(key, _)| *key == wanted)?;
        value.text.strip_prefix('"')?.strip_suffix('"')
    }

    /// A JSON pointer in readable form: `request.Size.max`. List items have their name, or else their index.
    pub fn shown_path(&self, pointer: &str) -> String {
        let mut path = String::new();
        let mut node = Some(self);
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let is_item = node.is_some_and(|node| matches!(node.kind, Kind::Array(_)));
            node = node.and_then(|node| match &node.kind {
                Kind::Scalar => None,
                Kind::Array(items) => items.get(step.parse::<usize>().ok()?),
                Kind::Object(entries) => {
                    entries.iter().find(|(key, _)| *key == step).map(|(_, value)| value)
                }
            });
            let name = node.filter(|_| is_item).and_then(|item| {
                ["name", "waiter", "code", "value", "group"]
                    .iter()
                    .find_map(|key| item.text_of(key).filter(|name| !name.is_empty()))
            });
            match name {
                None if is_item => path.push_str(&format!("[{step}]")),
                name => {
                    let dot = if path.is_empty() { "" } else { "." };
                    path.push_str(&format!("{dot}{}", name.unwrap_or(&step)));
                }
            }
        }
        path
    }
}

/// Maximum nesting: enough for any spec, and too little to exhaust the stack.
const MAX_DEPTH: usize = 64;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.blank();
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        self.blank();
        let start = self.at;
        let kind = match self.peek()? {
            _ if depth > MAX_DEPTH => return None,
            b'{' => {
                let mut entries = Vec::new();
                self.list(b'{', b'}', |reader| {
                    reader.blank();
                    let key = reader.string()?;
                    reader.eat(b':')?;
                    entries.push((key, reader.value(depth + 1)?));
                    Some(())
                })?;
                Kind::Object(entries)
            }
            b'[' => {
                let mut items = Vec::new();
                self.list(b'[', b']', |reader| {
                    items.push(reader.value(depth + 1)?);
                    Some(())
                })?;
                Kind::Array(items)
            }
            b'"' => {
                self.string()?;
                Kind::Scalar
            }
            _ => {
                while self.peek().is_some_and(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
                }) {
                    self.at += 1;
                }
                if self.at == start {
                    return None;
                }
                Kind::Scalar
            }
        };
        Some(Node { start, text: self.text.get(start..self.at)?, kind })
    }

    fn list(
        &mut self,
        open: u8,
        close: u8,
        mut element: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.eat(open)?;
        if self.eat(close).is_some() {
            return Some(());
        }
        loop {
            element(self)?;
            if self.eat(b',').is_none() {
                return self.eat(close);
            }
        }
    }

    /// Parses a string and returns the text between its quotes, with its escapes.
    fn string(&mut self) -> Option<&'a str> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        let inside = self.text.get(start..self.at)?;
        self.at += 1;
        Some(inside)
    }
}

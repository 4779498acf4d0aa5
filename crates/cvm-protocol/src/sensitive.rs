//! Text that no log may show.

use std::fmt;

use zeroize::Zeroize;

use crate::{FromWireText, Item, Slot, Value};

/// A password, a private key or a bearer URL: hidden in `Debug`, wiped when dropped, refused by `Serialize`.
///
/// ```
/// let password = cvm_protocol::Sensitive::from("Qcloud@TestApi123++");
/// assert_eq!(format!("{password:?}"), "***");
/// assert_eq!(password.expose(), "Qcloud@TestApi123++");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Sensitive(String);

impl Sensitive {
    /// The text itself. The name is a reminder: whatever receives it must not print it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Sensitive {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Sensitive {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl FromWireText for Sensitive {
    fn set_from_str(&mut self, text: &str) {
        self.0.zeroize();
        text.clone_into(&mut self.0);
    }
}

impl Item for Sensitive {
    fn value(&self) -> Value<'_> {
        Value::Secret(self.expose())
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Text(self)
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Drop for Sensitive {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

//! Value sets that the service may extend at any time.

/// Declares an open enum: the known values, and `Unknown` for those newer than the crate, which keep
/// their text byte for byte.
///
/// Values are compared, ordered, hashed and serialized as their text on the wire.
///
/// ```
/// cvm_protocol::open_enum! {
///     /// How a guest is asked to stop.
///     StopType {
///         /// Graceful only.
///         Soft = "SOFT",
///         /// Power off at once.
///         Hard = "HARD",
///     }
/// }
/// assert_eq!(StopType::from("HARD"), StopType::Hard);
/// assert_eq!(StopType::from("LATER").as_str(), "LATER");
/// assert_eq!("SOFT".parse(), Ok(StopType::Soft));
/// assert!(StopType::Soft == "SOFT" && StopType::Hard < StopType::Soft);
/// assert_eq!(serde_json::to_string(&StopType::Hard)?, r#""HARD""#);
/// assert_eq!(serde_json::from_str::<StopType>(r#""HARD""#)?, StopType::Hard);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $wire:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
            /// A value newer than this crate. Match it through `as_str`.
            Unknown(String),
        }

        impl $name {
            /// The known values, as they are on the wire.
            pub const VALUES: &'static [&'static str] = &[$($wire),*];

            /// The value as it is on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unknown(text) => text,
                }
            }
        }

        impl Default for $name {
            /// `Unknown` with an empty text: the value of an always-present member that was missing.
            fn default() -> Self {
                Self::Unknown(String::new())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($wire => Self::$variant,)*
                    _ => Self::Unknown(text.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(text))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<::std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> ::std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl ::std::hash::Hash for $name {
            fn hash<H: ::std::hash::Hasher>(&self, state: &mut H) {
                ::std::hash::Hash::hash(self.as_str(), state);
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::deserialize_text(d)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::FromWireText for $name {
            fn set_from_str(&mut self, text: &str) {
                *self = Self::from(text);
            }
        }

        impl $crate::Item for $name {
            fn value(&self) -> $crate::Value<'_> {
                $crate::Value::Str(self.as_str())
            }
            fn slot(&mut self) -> $crate::Slot<'_> {
                $crate::Slot::Text(self)
            }
        }
    };
}

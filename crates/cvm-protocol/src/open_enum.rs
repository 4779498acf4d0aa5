//! Value sets that the service may extend at any time.

/// Declares an open enum: the known values, and `Unknown` for those newer than the crate, which keep
/// their text byte for byte.
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
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $wire:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

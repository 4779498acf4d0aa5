//! The macro that makes a struct a [`Model`](crate::Model).

/// Makes a struct a [`Model`]: `model!(StopInstances STOP_INSTANCES { 0 instance_ids 1 stop_type });`.
///
/// The struct gets the engine's `Debug`, which shows members by their wire names, leaves out absent ones and never shows
/// a secret.
#[macro_export]
macro_rules! model {
    ($model:ident $table:ident { $($index:literal $field:ident)* }) => {
        impl $crate::Model for $model {
            fn table(&self) -> &'static $crate::ModelInfo {
                &$table
            }
            fn member(&self, index: usize) -> $crate::Value<'_> {
                match index {
                    $($index => $crate::Member::value(&self.$field),)*
                    _ => $crate::Value::Absent,
                }
            }
            fn member_mut(&mut self, index: usize) -> $crate::Slot<'_> {
                match index {
                    $($index => $crate::Member::slot(&mut self.$field),)*
                    _ => $crate::Slot::Unknown,
                }
            }
        }
        impl ::std::fmt::Debug for $model {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::debug(self, f)
            }
        }
        impl $crate::serde::Serialize for $model {
            fn serialize<S: $crate::serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                $crate::encode(self, s)
            }
        }
        impl<'de> $crate::serde::Deserialize<'de> for $model {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::decode_new(d)
            }
        }
    };
}

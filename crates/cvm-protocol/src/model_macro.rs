//! The macro that makes a struct a [`Model`](crate::Model).

/// Makes a struct a [`Model`](crate::Model): `model!(Placement PLACEMENT { 0 zone 1 project_id });`.
///
/// The struct also gets, from the engine:
///
/// - `Debug`, which shows members by their wire names, leaves out absent ones and never shows a secret;
/// - `PartialEq`, and `Eq` and `Hash` unless the line begins with `float`: such a model, or one inside it, has a member
///   that is a fraction;
/// - `Serialize`, which fails if a secret is set: see [`Revealed`](crate::Revealed);
/// - `Deserialize`, which skips unknown members unless the line begins with `request`. A request refuses them, through
///   all nesting, because a misspelled member would be left out of a call that costs money.
#[macro_export]
macro_rules! model {
    (request float $model:ident $table:ident $members:tt) => {
        $crate::model!(@model $model $table $members);
        $crate::model!(@deserialize $model decode_request);
    };
    (request $model:ident $table:ident $members:tt) => {
        $crate::model!(@model $model $table $members);
        $crate::model!(@hash $model);
        $crate::model!(@deserialize $model decode_request);
    };
    (float $model:ident $table:ident $members:tt) => {
        $crate::model!(@model $model $table $members);
        $crate::model!(@deserialize $model decode_new);
    };
    ($model:ident $table:ident $members:tt) => {
        $crate::model!(@model $model $table $members);
        $crate::model!(@hash $model);
        $crate::model!(@deserialize $model decode_new);
    };
    (@model $model:ident $table:ident { $($index:literal $field:ident)* }) => {
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
        impl PartialEq for $model {
            fn eq(&self, other: &Self) -> bool {
                $crate::equal(self, other)
            }
        }
        impl $crate::serde::Serialize for $model {
            fn serialize<S: $crate::serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                $crate::serialize(self, s)
            }
        }
    };
    (@hash $model:ident) => {
        impl Eq for $model {}
        impl ::std::hash::Hash for $model {
            fn hash<H: ::std::hash::Hasher>(&self, state: &mut H) {
                $crate::hash(self, state);
            }
        }
    };
    (@deserialize $model:ident $decode:ident) => {
        impl<'de> $crate::serde::Deserialize<'de> for $model {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::$decode(d)
            }
        }
    };
}

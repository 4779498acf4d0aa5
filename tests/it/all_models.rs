//! Every model of the API, for tests over all of them: requests, responses, shared types.

use std::any::Any;
use std::fmt::Debug;

use cvm_protocol::Model;

/// A type-erased model that can be created and compared.
pub trait AnyModel: Model + Debug + Any {
    /// A new value of the same type, with nothing set.
    fn new_default(&self) -> Box<dyn AnyModel>;
    /// Whether both have the same type and are equal.
    fn is_same(&self, other: &dyn AnyModel) -> bool;
}

impl<M: Model + Default + Clone + PartialEq + Debug + Any> AnyModel for M {
    fn new_default(&self) -> Box<dyn AnyModel> {
        Box::new(Self::default())
    }

    fn is_same(&self, other: &dyn AnyModel) -> bool {
        (other as &dyn Any).downcast_ref::<Self>() == Some(self)
    }
}

macro_rules! model_list {
    ($($model:path),* $(,)?) => {
        /// One value of each model, with nothing set.
        pub fn models() -> Vec<Box<dyn AnyModel>> {
            vec![$(Box::new(<$model>::default())),*]
        }
    };
}
cvm_models::every_model!(model_list);

/// The model with this name.
pub fn model(name: &str) -> Box<dyn AnyModel> {
    let found = models().into_iter().find(|model| model.table().name == name);
    found.unwrap_or_else(|| panic!("there is no model {name}"))
}

#[test]
fn every_model_info_has_its_type() {
    let mut names: Vec<_> = models().iter().map(|model| model.table().name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "names are unique");
    for info in cvm_models::ACTIONS {
        for table in [info.request, info.response] {
            assert!(std::ptr::eq(model(table.name).table(), table), "{}", table.name);
        }
    }
}

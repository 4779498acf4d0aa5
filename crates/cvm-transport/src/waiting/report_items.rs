//! The items that a wait saw last, as typed values.

use cvm_protocol::{Model, json};

use crate::Error;
use crate::waiting::report::{ListedItem, WaitReport, WaitedResource};

impl WaitReport {
    /// The items as the list showed them last, in the order of their ids, without those that no poll has listed: an
    /// instance with its addresses, for example, without another call. An item may have changed since.
    ///
    /// ```no_run
    /// # async fn example<Instance: cvm_transport::protocol::Model + Default>(client: cvm_transport::Client, waiter: cvm_transport::protocol::Waiter) -> Result<(), cvm_transport::Error> {
    /// let report = client.wait(waiter).await?;
    /// let instances: Vec<Instance> = report.items()?;
    /// # drop(instances);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] if the items of the list have another type.
    pub fn items<T: Model + Default>(&self) -> Result<Vec<T>, Error> {
        self.resources.iter().filter_map(|resource| resource.item().transpose()).collect()
    }
}

impl WaitedResource {
    /// The item as the list showed it last; `None` if no poll has listed it.
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] if the items of the list have another type.
    pub fn item<T: Model + Default>(&self) -> Result<Option<T>, Error> {
        self.item.as_ref().map(decode).transpose()
    }
}

fn decode<T: Model + Default>(listed: &ListedItem) -> Result<T, Error> {
    let mut decoded = T::default();
    let wanted = decoded.table();
    match listed.model() {
        Some(item) if std::ptr::eq(item.table(), wanted) => {
            // A model can always decode what it encoded.
            let _ = json::from_value(&mut decoded, &json::to_value(item));
            Ok(decoded)
        }
        item => {
            let name = item.map_or("nothing", |item| item.table().name);
            let text =
                format!("the items of this wait have the type `{name}`, not `{}`", wanted.name);
            Err(Error::usage(text))
        }
    }
}

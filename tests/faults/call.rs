//! The calls of the matrix: one action for each retry class, and the result of a call.

use std::fmt;

use cvm_models::actions::{
    DescribeInstances, ModifyInstancesAttribute, RunInstances, StopInstances, TerminateInstances,
};
use cvm_models::observe::CallReport;
use cvm_models::protocol::{RetryClass, json};
use cvm_models::types::LoginSettings;
use cvm_models::{Action, Client, Error, UntypedResponse, blocking};
use serde_json::Value;

use crate::service::INSTANCE;
use crate::test_client::PASSWORD;

/// An action that represents its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Describe,
    Run,
    Rename,
    Stop,
    Terminate,
}

/// The result of a call.
#[derive(Debug)]
pub struct CallResult {
    pub result: Result<Success, Error>,
}

/// The content of a success.
#[derive(Debug)]
pub struct Success {
    /// The instances that it launched or lists.
    pub ids: Vec<String>,
    pub report: CallReport,
}

impl Call {
    pub const ALL: [Self; 5] =
        [Self::Describe, Self::Run, Self::Rename, Self::Stop, Self::Terminate];

    pub const fn class(self) -> RetryClass {
        match self {
            Self::Describe => RetryClass::Read,
            Self::Run => RetryClass::Token,
            Self::Rename => RetryClass::Convergent,
            Self::Stop => RetryClass::Guarded,
            Self::Terminate => RetryClass::Hazard,
        }
    }

    pub const fn action(self) -> &'static str {
        match self {
            Self::Describe => "DescribeInstances",
            Self::Run => "RunInstances",
            Self::Rename => "ModifyInstancesAttribute",
            Self::Stop => "StopInstances",
            Self::Terminate => "TerminateInstances",
        }
    }

    /// Whether the call is never retried after an ambiguous attempt.
    pub const fn is_sent_once(self) -> bool {
        matches!(self.class(), RetryClass::Guarded | RetryClass::Hazard)
    }

    /// The maximum number of attempts of the policy.
    pub const fn max_attempts(self) -> usize {
        match self.class() {
            RetryClass::Convergent => 3,
            _ => 4,
        }
    }

    /// Calls the action once, on the instance of the matrix.
    pub async fn make(self, client: &Client) -> CallResult {
        self.make_on(client, INSTANCE).await
    }

    /// Calls the action once, on this instance.
    pub async fn make_on(self, client: &Client, instance: &str) -> CallResult {
        self.make_by(&Caller::Send(client.clone()), instance).await
    }

    /// Calls the action once, with this entry point.
    pub async fn make_by(self, caller: &Caller, instance: &str) -> CallResult {
        let instance_ids = vec![instance.to_owned()];
        let result = match self {
            Self::Describe => {
                send(caller, DescribeInstances::default(), |listed| {
                    listed.instance_set.into_iter().map(|row| row.instance_id).collect()
                })
                .await
            }
            Self::Run => send(caller, launch(), |launched| launched.instance_id_set).await,
            Self::Rename => {
                let rename = ModifyInstancesAttribute {
                    instance_ids,
                    instance_name: Some("renamed".into()),
                    ..Default::default()
                };
                send(caller, rename, |_| Vec::new()).await
            }
            Self::Stop => {
                let stop = StopInstances { instance_ids, ..Default::default() };
                send(caller, stop, |_| Vec::new()).await
            }
            Self::Terminate => {
                let terminate = TerminateInstances { instance_ids, ..Default::default() };
                send(caller, terminate, |_| Vec::new()).await
            }
        };
        CallResult { result }
    }
}

/// The entry points that make a single call.
#[derive(Clone, Debug)]
pub enum Caller {
    Send(Client),
    Call(Client),
    BlockingSend(blocking::Client),
    BlockingCall(blocking::Client),
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.action(), self.class())
    }
}

fn launch() -> RunInstances {
    RunInstances {
        image_id: Some("img-487zeit5".into()),
        instance_type: Some("S5.SMALL1".into()),
        instance_count: Some(1),
        login_settings: Some(LoginSettings {
            password: Some(PASSWORD.into()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

async fn send<A: Action>(
    caller: &Caller,
    request: A,
    ids: impl FnOnce(A::Response) -> Vec<String>,
) -> Result<Success, Error>
where
    A::Response: Send + 'static,
{
    let done = |(response, report)| Success { ids: ids(response), report };
    let untyped_success = |response: UntypedResponse| Success {
        ids: listed_ids(&response.to_value()),
        report: response.report().clone(),
    };
    let members = json::to_value(&request);
    match caller.clone() {
        Caller::Send(client) => client.send_with_report(request).await.map(done),
        Caller::Call(client) => client.call(A::INFO, members).await.map(untyped_success),
        Caller::BlockingSend(client) => {
            let call = move || client.send_with_report(request);
            tokio::task::spawn_blocking(call).await.unwrap().map(done)
        }
        Caller::BlockingCall(client) => {
            let call = move || client.call(A::INFO, members);
            tokio::task::spawn_blocking(call).await.unwrap().map(untyped_success)
        }
    }
}

/// The ids in an untyped response.
fn listed_ids(response: &Value) -> Vec<String> {
    let list = |name| response[name].as_array().into_iter().flatten();
    let launched = list("InstanceIdSet").filter_map(Value::as_str);
    let listed = list("InstanceSet").filter_map(|row| row["InstanceId"].as_str());
    launched.chain(listed).map(str::to_owned).collect()
}

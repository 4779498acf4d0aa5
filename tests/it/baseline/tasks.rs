//! Action timers, and repair tasks.

use serde_json::json;

use super::{Baseline, accepted};

pub const BASELINES: &[Baseline] = &[
    accepted("ImportInstancesActionTimer", |fixture| {
        json!({
            "InstanceIds": [fixture.running, fixture.stopped],
            "ActionTimer": {
                "TimerAction": "TerminateInstances", "ActionTime": "2024-01-31T08:00:00Z",
                "Externals": { "ReleaseAddress": true },
            },
        })
    }),
    accepted("DescribeInstancesActionTimer", |fixture| {
        json!({
            "ActionTimerIds": [fixture.timer],
            "InstanceIds": [fixture.timed],
            "TimerAction": "TerminateInstances",
            "StartActionTime": "2023-11-01 00:00:00",
            "EndActionTime": "2030-01-31 08:00:00",
            "StatusList": ["UNDO"],
        })
    }),
    accepted("DeleteInstancesActionTimer", |fixture| json!({ "ActionTimerIds": [fixture.timer] })),
    accepted("DescribeTaskInfo", |fixture| {
        json!({
            "Limit": 10,
            "Offset": 0,
            "Product": "CVM",
            "TaskStatus": [1, 2],
            "TaskTypeIds": [101, 105],
            "TaskIds": [fixture.task],
            "InstanceIds": [fixture.running],
            "Aliases": ["web1"],
            "StartDate": "2023-11-01 00:00:00",
            "EndDate": "2023-12-01 00:00:00",
            "OrderField": "CreateTime",
            "Order": 1,
        })
    }),
    accepted("DescribeTaskInfo", |_| json!({ "Limit": 100, "Offset": 0 })),
    accepted("RepairTaskControl", |fixture| {
        json!({
            "Product": "CVM",
            "InstanceIds": [fixture.running],
            "TaskId": fixture.task,
            "Operate": "AuthorizeRepair",
        })
    }),
    accepted("RepairTaskControl", |fixture| {
        json!({
            "Product": "CVM",
            "InstanceIds": [fixture.running],
            "TaskId": fixture.task,
            "Operate": "AuthorizeRepair",
            "OrderAuthTime": "2023-11-15 20:00:00",
            "TaskSubMethod": "LossyLocal",
        })
    }),
];

//! Action timers, and repair tasks.

use serde_json::json;

use super::{Baseline, done};

pub const BASELINES: &[Baseline] = &[
    done("ImportInstancesActionTimer", |scene| {
        json!({
            "InstanceIds": [scene.running, scene.stopped],
            "ActionTimer": {
                "TimerAction": "TerminateInstances", "ActionTime": "2024-01-31T08:00:00Z",
                "Externals": { "ReleaseAddress": true },
            },
        })
    }),
    done("DescribeInstancesActionTimer", |scene| {
        json!({
            "ActionTimerIds": [scene.timer],
            "InstanceIds": [scene.timed],
            "TimerAction": "TerminateInstances",
            "StartActionTime": "2023-11-01 00:00:00",
            "EndActionTime": "2030-01-31 08:00:00",
            "StatusList": ["UNDO"],
        })
    }),
    done("DeleteInstancesActionTimer", |scene| json!({ "ActionTimerIds": [scene.timer] })),
    done("DescribeTaskInfo", |scene| {
        json!({
            "Limit": 10,
            "Offset": 0,
            "Product": "CVM",
            "TaskStatus": [1, 2],
            "TaskTypeIds": [101, 105],
            "TaskIds": [scene.task],
            "InstanceIds": [scene.running],
            "Aliases": ["web1"],
            "StartDate": "2023-11-01 00:00:00",
            "EndDate": "2023-12-01 00:00:00",
            "OrderField": "CreateTime",
            "Order": 1,
        })
    }),
    done("DescribeTaskInfo", |_| json!({ "Limit": 100, "Offset": 0 })),
    done("RepairTaskControl", |scene| {
        json!({
            "Product": "CVM",
            "InstanceIds": [scene.running],
            "TaskId": scene.task,
            "Operate": "AuthorizeRepair",
        })
    }),
    done("RepairTaskControl", |scene| {
        json!({
            "Product": "CVM",
            "InstanceIds": [scene.running],
            "TaskId": scene.task,
            "Operate": "AuthorizeRepair",
            "OrderAuthTime": "2023-11-15 20:00:00",
            "TaskSubMethod": "LossyLocal",
        })
    }),
];

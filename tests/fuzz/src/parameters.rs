//! Parameters: whatever an authenticated client sends, the emulator responds with an error or with a complete response.

use std::time::Duration;

use cvm_protocol::{ActionInfo, Record, envelope};

use crate::cloud::{actions, check_response, cloud, signed};
use crate::samples;

/// A sequence is a task, not a load test.
const MAX_REQUESTS: usize = 8;

/// Lines `SERVICE ACTION PARAMETERS`, with parameters as a JSON object or as pairs. All go to one new cloud. Each `>` before a
/// line advances the clock by a minute.
pub fn run(input: &[u8]) {
    let cloud = cloud();
    for mut line in input.split(|byte| *byte == b'\n').take(MAX_REQUESTS) {
        while let Some(rest) = line.strip_prefix(b">") {
            cloud.clock().advance(Duration::from_secs(60));
            line = rest;
        }
        let Some((info, parameters)) = read(line) else { continue };
        let is_json = parameters.first() == Some(&b'{');
        let Some(request) = signed(info, parameters, !is_json) else { continue };
        let response = cloud.handle(&request);
        if check_response(&response).error.is_none() {
            check_success(info, response.body());
        }
    }
}

/// A success has every member that the service always returns, and no unknown one.
fn check_success(info: &ActionInfo, body: &[u8]) {
    let mut response = Record::new(info.response);
    let mut envelope = envelope::decode(&mut response, body).unwrap();
    info.allow_documented_gaps(&response, &mut envelope.report);
    let shown = String::from_utf8_lossy(body);
    assert!(envelope.report.is_clean(), "{}: {:?}\n{shown}", info.name, envelope.report);
}

fn read(line: &[u8]) -> Option<(&'static ActionInfo, &[u8])> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (service, action) = (words.next()?, words.next()?);
    let parameters = words.next()?;
    let info = actions()
        .find(|info| info.service.name.as_bytes() == service && info.name.as_bytes() == action)?;
    // A key pair takes a second to generate, whatever the parameters are.
    (info.name != "CreateKeyPair").then_some((info, parameters))
}

pub fn seeds() -> Vec<Vec<u8>> {
    let launch = r#"cvm RunInstances {"Placement":{"Zone":"ap-guangzhou-3"},"ImageId":"img-pmqg1cw7","InstanceCount":2}"#;
    let mut seeds: Vec<Vec<u8>> = samples::requests()
        .into_iter()
        .map(|sample| format!("{} {} {}", sample.service, sample.action, sample.json).into_bytes())
        .collect();
    let texts = [
        "cvm DescribeInstances Limit=5&Filters.0.Name=zone&Filters.0.Values.0=ap-guangzhou-3"
            .to_owned(),
        format!(
            "{launch}\n>cvm DescribeInstances {{}}\ncbs DescribeDisks {{}}\nvpc DescribeNetworkInterfaces {{}}"
        ),
        format!(
            "{launch}\n>cvm StopInstances InstanceIds.0=ins-00000000\n>cvm DescribeInstancesStatus {{}}"
        ),
    ];
    seeds.extend(texts.map(String::into_bytes));
    // Each action without parameters, in both encodings.
    for info in actions() {
        let (service, name) = (info.service.name, info.name);
        seeds.push(format!("{service} {name} {{}}\n{service} {name} ").into_bytes());
    }
    seeds
}

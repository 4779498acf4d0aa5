//! Ten thousand malformed responses: none causes a panic, no invalid response is a success, and no response
//! that proves nothing is a service error.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cvm_transport::config::Dialect;
use cvm_transport::entropy::{Entropy, SeededEntropy};
use cvm_transport::{Client, Error};
use serde_json::Value;

use crate::actions::{KillThings, Launch, ListThings};
use crate::fake_service::{Body, FakeService, Reply, error_body};

/// Random numbers that repeat from run to run.
struct Rng(SeededEntropy);

impl Rng {
    fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes).unwrap();
        (u64::from_le_bytes(bytes) % end as u64) as usize
    }

    fn pick<T: Clone>(&self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

fn originals() -> Vec<Vec<u8>> {
    [
        r#"{"Response":{"ThingIdSet":["thing-1"],"PrivateKey":"k","RequestId":"r-1"}}"#.to_owned(),
        r#"{"Response":{"ThingSet":[{"ThingId":"t","State":"UP","Percent":5}],"TotalCount":1,"RequestId":"r-1"}}"#.to_owned(),
        r#"{"Response":{"RequestId":"r-1"}}"#.to_owned(),
        r#"{"Response":{"RequestId":"r-1","New":{"a":[1,2.5,-3e4,null,true,"\u00e9\ud83e\udd80"]}}}"#.to_owned(),
        error_body("LimitExceeded"),
        error_body("InternalError"),
        error_body("RequestLimitExceeded"),
        r#"{"code":4100,"message":"m","codeDesc":"AuthFailure"}"#.to_owned(),
        "<html><body>log in</body></html>".to_owned(),
    ]
    .map(String::into_bytes)
    .into()
}

/// Bytes that have a meaning in JSON.
const JSON_BYTES: &[u8] = b"{}[]\",:\\u0019-+.eEtfn \n\0\x7f\xc3\xff";

fn malformed(rng: &Rng, originals: &[Vec<u8>]) -> Vec<u8> {
    let mut body = rng.pick(originals);
    for _ in 0..rng.below(4) {
        let length = body.len().max(1);
        let (at, to) = (rng.below(length), rng.below(length + 1));
        let (from, to) = (at.min(to).min(body.len()), at.max(to).min(body.len()));
        match rng.below(6) {
            0 => body.truncate(from),
            1 => drop(body.drain(from..to)),
            2 => {
                let twice = body[from..to].to_vec();
                body.splice(from..from, twice);
            }
            3 => {
                let other = rng.pick(originals);
                body.splice(from..to, other);
            }
            4 => body.insert(from, rng.pick(JSON_BYTES)),
            _ => {
                if let Some(byte) = body.get_mut(from) {
                    *byte = rng.pick(JSON_BYTES);
                }
            }
        }
    }
    body
}

fn reply(rng: &Rng, body: Vec<u8>) -> Reply {
    let status = match rng.below(3) {
        0 => rng.below(500) as u16 + 100,
        _ => 200,
    };
    let names =
        ["date", "age", "retry-after", "content-encoding", "content-length", "content-type"];
    let values = [
        "",
        "0",
        "-1",
        "soon",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "18446744073709551616",
        "gzip",
        "\u{e9}",
    ];
    let headers =
        (0..rng.below(3)).map(|_| (rng.pick(&names), rng.pick(&values).to_owned())).collect();
    let after = std::time::Duration::from_secs(if rng.below(8) == 0 { 400 } else { 0 });
    Reply::Response { status, headers, body: Body::Whole(body.into()), after }
}

/// Reads a body independently of the client's decoder: whether it has a request id, and whether it has an
/// error.
fn content_of(body: &[u8]) -> (bool, bool) {
    // Text in unknown members is skipped, whatever it contains.
    let text = String::from_utf8_lossy(body).replace("\\u", "?u");
    let Ok(Value::Object(outer)) = serde_json::from_str::<Value>(&text) else {
        return (false, false);
    };
    let response = outer.get("Response").and_then(Value::as_object);
    let member = |name: &str| response.and_then(|response| response.get(name));
    let has_id = ["RequestId", "RequestID"]
        .iter()
        .any(|name| member(name).and_then(Value::as_str).is_some_and(|id| !id.is_empty()));
    (has_id, member("Error").is_some_and(Value::is_object))
}

async fn send(client: &Client, action: usize) -> Result<(), Error> {
    match action {
        0 => client.send(ListThings::default()).await.map(drop),
        1 => client.send(Launch::default()).await.map(drop),
        _ => client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await.map(drop),
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_responses_neither_panic_nor_mislead() {
    let latest = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&latest);
    let (rng, originals) = (Rng(SeededEntropy::new(55)), originals());
    let fake = FakeService::new(move |_, _| {
        let body = malformed(&rng, &originals);
        log.lock().unwrap().clone_from(&body);
        reply(&rng, body)
    });
    let mut clients = Vec::new();
    for dialect in [Dialect::Tc3, Dialect::Tc3Get, Dialect::V1Sha256, Dialect::OldGateway] {
        clients.push((dialect, fake.builder().dialect(dialect).max_attempts(1).build().unwrap()));
    }
    let mut ends: HashMap<&str, u32> = HashMap::new();
    for number in 0..10_000 {
        let (dialect, client) = &clients[if number % 4 == 0 { number / 4 % 4 } else { 0 }];
        let action = number % 3;
        let ended = send(client, action).await;
        let body = latest.lock().unwrap().clone();
        let (has_id, is_error) = content_of(&body);
        let shown = format!("{number}: {}", String::from_utf8_lossy(&body));
        match ended {
            Ok(()) => {
                assert!(has_id && !is_error, "{shown}: taken for success");
                *ends.entry("success").or_default() += 1;
            }
            Err(error) if error.outcome_unknown().is_some() => {
                assert_ne!(action, 0, "{shown}: a read has an unknown outcome");
                *ends.entry("unknown").or_default() += 1;
            }
            Err(error) if error.is_service() => {
                assert!(is_error || *dialect == Dialect::OldGateway, "{shown}: {error}");
                assert!(has_id || *dialect == Dialect::OldGateway, "{shown}: {error}");
                *ends.entry("service error").or_default() += 1;
            }
            // A 429 of another server counts as throttling where a retry is safe.
            Err(error) if error.is_throttled() => {
                assert_ne!(action, 2, "{shown}: {error}");
                *ends.entry("throttled").or_default() += 1;
            }
            Err(error) => {
                assert_eq!(action, 0, "{shown}: a change ended as a plain failure: {error}");
                assert!(error.to_string().len() < 1_000, "{shown}");
                *ends.entry("failed").or_default() += 1;
            }
        }
    }
    for end in ["success", "unknown", "service error", "failed"] {
        assert!(ends.get(end).is_some_and(|count| *count > 200), "{ends:?}");
    }
}

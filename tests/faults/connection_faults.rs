//! Faults of the connection: it breaks, closes, stalls or drips, before and after the request is carried out.

use std::time::Duration;

use crate::fault::Conclusion::{Ambiguous, MaybeUnsent};
use crate::fault::Step::{
    Close, Commit, Drip, Endless, Hang, Pause, Reset, Take, TakeAll, TakeHead,
};
use crate::fault::{Fault, write};
use crate::response::{self, ExchangeContext, half, head_length};

/// Slow enough for every timeout, and fast enough that no pause between two bytes is one.
const DRIP: Duration = Duration::from_millis(20);

fn whole(context: &ExchangeContext) -> Vec<u8> {
    response::json(&context.body)
}

fn head(context: &ExchangeContext) -> Vec<u8> {
    let whole = whole(context);
    whole[..head_length(&whole)].to_vec()
}

pub fn all() -> Vec<Fault> {
    let mut all = before_the_commit();
    all.extend(after_the_commit());
    all
}

fn before_the_commit() -> Vec<Fault> {
    vec![
        Fault::new("accepts and resets", MaybeUnsent, vec![Reset]),
        Fault::new("accepts and closes", MaybeUnsent, vec![Close]),
        Fault::new("accepts and hangs", Ambiguous, vec![Hang]).needs_timeout(),
        Fault::new("reads a byte and resets", Ambiguous, vec![Take(1), Reset]),
        Fault::new("reads 20 bytes and closes", Ambiguous, vec![Take(20), Close]),
        Fault::new("reads the head and resets", Ambiguous, vec![TakeHead, Reset]),
        Fault::new("reads 20 bytes and stalls", Ambiguous, vec![Take(20), Hang]).needs_timeout(),
        Fault::new("reads all and closes", Ambiguous, vec![TakeAll, Close]),
        Fault::new("reads all and resets", Ambiguous, vec![TakeAll, Reset]),
        Fault::new("reads all and stalls", Ambiguous, vec![TakeAll, Hang]).needs_timeout(),
        Fault::new("reads all, writes garbage and closes", Ambiguous, {
            vec![TakeAll, write(|_| b"\x00\xff\x16\x03\x01 not http at all\n\n".to_vec()), Close]
        }),
        Fault::new("an idle connection closes as the request arrives", Ambiguous, {
            vec![Take(1), Pause(Duration::from_millis(2)), Reset]
        })
        .warm(),
    ]
}

fn after_the_commit() -> Vec<Fault> {
    let done = |name, conclusion, rest: Vec<_>| {
        let mut script = vec![TakeAll, Commit];
        script.extend(rest);
        Fault::new(name, conclusion, script)
    };
    vec![
        done("commits and resets", Ambiguous, vec![Reset]),
        done("commits and closes", Ambiguous, vec![Close]),
        done("commits and stalls", Ambiguous, vec![Hang]).needs_timeout(),
        done("commits, a broken status line, closes", Ambiguous, {
            vec![write(|_| b"HTTP/1.1 20".to_vec()), Close]
        }),
        done("commits, half a head, closes", Ambiguous, {
            vec![write(|context| head(context)[..30].to_vec()), Close]
        }),
        done("commits, half a head, resets", Ambiguous, {
            vec![
                write(|context| head(context)[..30].to_vec()),
                Pause(Duration::from_millis(2)),
                Reset,
            ]
        }),
        done("commits, stalls in the head", Ambiguous, {
            vec![write(|context| head(context)[..30].to_vec()), Hang]
        })
        .needs_timeout(),
        done("commits, drips the head", Ambiguous, vec![Drip(Box::new(whole), DRIP)])
            .needs_timeout(),
        done("commits, the head, closes", Ambiguous, vec![write(head), Close]),
        done("commits, the head, resets", Ambiguous, {
            vec![write(head), Pause(Duration::from_millis(2)), Reset]
        }),
        done(
            "commits, half a body, closes",
            Ambiguous,
            vec![write(|context| half(&whole(context))), Close],
        ),
        done("commits, half a body, resets", Ambiguous, {
            vec![write(|context| half(&whole(context))), Pause(Duration::from_millis(2)), Reset]
        }),
        done("commits, stalls in the body", Ambiguous, {
            vec![write(|context| half(&whole(context))), Hang]
        })
        .needs_timeout(),
        done("commits, drips the body", Ambiguous, {
            vec![
                write(head),
                Drip(
                    Box::new(|context| whole(context)[head_length(&whole(context))..].to_vec()),
                    DRIP,
                ),
            ]
        })
        .needs_timeout(),
        done("commits, an endless head", Ambiguous, {
            vec![
                write(|_| b"HTTP/1.1 200 OK\r\n".to_vec()),
                Endless(Box::new(|_| b"X-More: and more and more and more\r\n".repeat(64))),
            ]
        }),
    ]
}

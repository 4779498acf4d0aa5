//! Faults of the connection: it breaks, closes, stalls or drips, before and after the request is carried out.

use std::time::Duration;

use crate::fault::Claim::{MaybeUnsent, Nothing};
use crate::fault::Step::{Commit, Drip, Endless, Fin, Hang, Pause, Reset, Take, TakeAll, TakeHead};
use crate::fault::{Fault, write};
use crate::response::{self, Truth, half, head_length};

/// Slow enough for every timeout, and fast enough that no pause between two bytes is one.
const DRIP: Duration = Duration::from_millis(20);

fn whole(truth: &Truth) -> Vec<u8> {
    response::json(&truth.body)
}

fn head(truth: &Truth) -> Vec<u8> {
    let whole = whole(truth);
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
        Fault::new("accepts and closes", MaybeUnsent, vec![Fin]),
        Fault::new("accepts and hangs", Nothing, vec![Hang]).waits(),
        Fault::new("reads a byte and resets", Nothing, vec![Take(1), Reset]),
        Fault::new("reads 20 bytes and closes", Nothing, vec![Take(20), Fin]),
        Fault::new("reads the head and resets", Nothing, vec![TakeHead, Reset]),
        Fault::new("reads 20 bytes and stalls", Nothing, vec![Take(20), Hang]).waits(),
        Fault::new("reads all and closes", Nothing, vec![TakeAll, Fin]),
        Fault::new("reads all and resets", Nothing, vec![TakeAll, Reset]),
        Fault::new("reads all and stalls", Nothing, vec![TakeAll, Hang]).waits(),
        Fault::new("reads all, writes garbage and closes", Nothing, {
            vec![TakeAll, write(|_| b"\x00\xff\x16\x03\x01 not http at all\n\n".to_vec()), Fin]
        }),
        Fault::new("an idle connection closes as the request arrives", Nothing, {
            vec![Take(1), Pause(Duration::from_millis(2)), Reset]
        })
        .warm(),
    ]
}

fn after_the_commit() -> Vec<Fault> {
    let done = |name, claim, rest: Vec<_>| {
        let mut script = vec![TakeAll, Commit];
        script.extend(rest);
        Fault::new(name, claim, script)
    };
    vec![
        done("commits and resets", Nothing, vec![Reset]),
        done("commits and closes", Nothing, vec![Fin]),
        done("commits and stalls", Nothing, vec![Hang]).waits(),
        done("commits, a broken status line, closes", Nothing, {
            vec![write(|_| b"HTTP/1.1 20".to_vec()), Fin]
        }),
        done("commits, half a head, closes", Nothing, {
            vec![write(|truth| head(truth)[..30].to_vec()), Fin]
        }),
        done("commits, half a head, resets", Nothing, {
            vec![write(|truth| head(truth)[..30].to_vec()), Pause(Duration::from_millis(2)), Reset]
        }),
        done("commits, stalls in the head", Nothing, {
            vec![write(|truth| head(truth)[..30].to_vec()), Hang]
        })
        .waits(),
        done("commits, drips the head", Nothing, vec![Drip(Box::new(whole), DRIP)]).waits(),
        done("commits, the head, closes", Nothing, vec![write(head), Fin]),
        done("commits, the head, resets", Nothing, {
            vec![write(head), Pause(Duration::from_millis(2)), Reset]
        }),
        done(
            "commits, half a body, closes",
            Nothing,
            vec![write(|truth| half(&whole(truth))), Fin],
        ),
        done("commits, half a body, resets", Nothing, {
            vec![write(|truth| half(&whole(truth))), Pause(Duration::from_millis(2)), Reset]
        }),
        done("commits, stalls in the body", Nothing, {
            vec![write(|truth| half(&whole(truth))), Hang]
        })
        .waits(),
        done("commits, drips the body", Nothing, {
            vec![
                write(head),
                Drip(Box::new(|truth| whole(truth)[head_length(&whole(truth))..].to_vec()), DRIP),
            ]
        })
        .waits(),
        done("commits, a head without end", Nothing, {
            vec![
                write(|_| b"HTTP/1.1 200 OK\r\n".to_vec()),
                Endless(Box::new(|_| b"X-More: and more and more and more\r\n".repeat(64))),
            ]
        }),
    ]
}

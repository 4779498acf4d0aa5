//! Lists whose pages and totals contradict each other: no row is lost without an error.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::Error;
use cvm_transport::observe::{Interceptor, UnsignedRequest};
use cvm_transport::pagination::Pages;
use serde_json::json;

use crate::actions::{CountAllThings, ListThings, Thing};
use crate::changing_lists;
use crate::fake_service::{FakeService, Reply};
use crate::numbered_lists::{
    FromOne, FromZero, Inexact, Nameless, body, number_and_size, read, slice, things, total,
};

/// A small deterministic random number generator.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..5 {
            random.below(2);
        }
        random
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % end.max(1) as u64) as usize
    }
}

/// A service that counts pages from `first`, and answers each page behind the end with its last one.
fn repeating_its_last_page(count: usize, first: usize, total: String) -> FakeService {
    let rows = things(count);
    FakeService::new(move |request, _| {
        let (number, size) = number_and_size(request);
        let last = count.saturating_sub(1) / size;
        body(slice(&rows, number.saturating_sub(first).min(last), size), &total)
    })
}

#[tokio::test(start_paused = true)]
async fn repeated_last_page_hides_no_row() {
    for count in [1, 20, 100, 101, 120, 150, 199, 200, 250, 350, 2_000] {
        // The specification is right.
        let client = repeating_its_last_page(count, 1, total(count)).builder().build().unwrap();
        assert_eq!(read(&client, FromOne::default()).await.unwrap(), things(count), "{count}");

        // The service counts from 0, and the specification says 1.
        let fake = repeating_its_last_page(count, 0, total(count));
        let client = fake.builder().build().unwrap();
        let ended = read(&client, FromOne::default()).await;
        if count <= 100 {
            assert_eq!(ended.unwrap(), things(count), "there is one page");
            continue;
        }
        let error = ended.unwrap_err().to_string();
        let text = format!("the total is {count} (the first page is 1)");
        assert!(error.contains("gives the same page again") && error.contains(&text), "{error}");
        assert!(fake.request_count() <= count / 100 + 8, "{count}: {}", fake.request_count());

        // Nothing proves that the first page was read.
        for text in [total(0), String::new()] {
            let fake = repeating_its_last_page(count, 0, text);
            let client = fake.builder().build().unwrap();
            let error = read(&client, FromOne::default()).await.unwrap_err().to_string();
            assert!(error.contains("the same items"), "{count}: {error}");
        }
    }
}

/// How one response is wrong: its rows are missing, and its total is another one.
type Glitch = fn(usize) -> (bool, String);

const GLITCHES: [(&str, Glitch); 5] = [
    ("empty, total 0", |_| (true, total(0))),
    ("empty, the total is the number of rows so far", |before| (true, total(before))),
    ("empty, no total", |_| (true, String::new())),
    ("full, the total ends with it", |before| (false, total(before + 100))),
    ("full, a larger total", |_| (false, total(5_000))),
];

#[tokio::test(start_paused = true)]
async fn wrong_response_ends_no_list_by_page_number() {
    let all = things(1_000);
    for (name, glitch) in GLITCHES {
        for (begin, length) in [(2, 1), (3, 1), (9, 1), (10, 1), (2, 2), (3, 2), (5, 3)] {
            let rows = all.clone();
            let fake = FakeService::new(move |request, call| {
                let (number, size) = number_and_size(request);
                let shown = slice(&rows, number - 1, size);
                if !(begin..begin + length).contains(&call) {
                    return body(shown, &total(1_000));
                }
                let (is_empty, total) = glitch((number - 1) * size);
                body(if is_empty { &[] } else { shown }, &total)
            });
            let client = fake.builder().build().unwrap();
            let shown = format!("{name}, {length} from {begin} on");
            for ended in [
                read(&client, FromOne::default()).await,
                if length == 1 {
                    read(&client, Nameless::default()).await
                } else {
                    Ok(all.clone())
                },
            ] {
                match ended {
                    Ok(mut ids) => {
                        ids.sort_by_key(|id| id[6..].parse::<usize>().unwrap());
                        assert_eq!(ids, all, "{shown}");
                    }
                    // Only several wrong responses in a row.
                    Err(error) => assert!(length > 1, "{shown}: {error}"),
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_response_ends_no_list_by_offset() {
    let all = things(1_000);
    for (name, glitch) in GLITCHES {
        for wrong in 2..12 {
            let rows = all.clone();
            let fake = FakeService::new(move |request, call| {
                let (offset, limit) = changing_lists::offset_and_limit(request);
                let begin = offset.min(rows.len());
                let shown = &rows[begin..(begin + limit).min(rows.len())];
                if call != wrong {
                    return body(shown, &total(1_000));
                }
                let (is_empty, total) = glitch(offset);
                body(if is_empty { &[] } else { shown }, &total)
            });
            let client = fake.builder().build().unwrap();
            assert_eq!(read(&client, ListThings::default()).await.unwrap(), all, "{name} {wrong}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn equal_rows_without_ids_are_different_rows() {
    for count in [0, 1, 99, 100, 200, 350, 1_000] {
        let rows = vec!["the same".to_owned(); count];
        let served = rows.clone();
        let fake = FakeService::new(move |request, _| {
            let (number, size) = number_and_size(request);
            body(slice(&served, number - 1, size), &total(served.len()))
        });
        let client = fake.builder().build().unwrap();
        assert_eq!(read(&client, Nameless::default()).await.unwrap(), rows, "{count}");
        assert_eq!(fake.request_count(), count.div_ceil(100).max(1));
    }
    // Without a total, an empty page is the end.
    let rows = vec!["the same".to_owned(); 350];
    let served = rows.clone();
    let fake = FakeService::new(move |request, _| {
        let (number, size) = number_and_size(request);
        body(slice(&served, number - 1, size), "")
    });
    let client = fake.builder().build().unwrap();
    assert_eq!(read(&client, Nameless::default()).await.unwrap(), rows);
}

#[tokio::test(start_paused = true)]
async fn added_rows_end_no_list_without_a_total() {
    // Rows are added at the front after the second page, so the third one has only known rows.
    for (count, cap, added) in [(40, 1, 1), (1_000, 50, 50), (1_000, 100, 100), (90, 9, 27)] {
        let all = things(count);
        let rows = Mutex::new(all.clone());
        let fake = FakeService::new(move |request, call| {
            let (number, size) = number_and_size(request);
            let mut rows = rows.lock().unwrap();
            let page = body(slice(&rows, number - 1, size.min(cap)), "");
            if call == 2 {
                for new in 0..added {
                    rows.insert(0, format!("new-{new}"));
                }
            }
            page
        });
        let client = fake.builder().build().unwrap();
        let read = read(&client, FromOne::default()).await.unwrap();
        let missed = all.iter().filter(|id| !read.contains(id)).count();
        assert_eq!((missed, read.len()), (0, count + added), "pages of {cap}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Totals {
    Exact,
    Absent,
    Zero,
}

/// Reads a random list while rows are added to it. Returns how many of the first rows it misses.
async fn read_growing_list(seed: u64, totals: Totals) -> Result<usize, Error> {
    let mut random = Random::new(seed);
    let size = 2 + random.below(9);
    let cap = if random.below(2) == 0 { size } else { 1 + random.below(size) };
    let (first, count) = (random.below(2), random.below(60));
    // An empty list without a total is no list.
    let all = things(count.max(1));
    let state = Mutex::new((all.clone(), random, 0));
    let fake = FakeService::new(move |request, _| {
        let (number, size) = number_and_size(request);
        let (rows, random, added) = &mut *state.lock().unwrap();
        for _ in 0..random.below(6) {
            if *added == 40 {
                break;
            }
            *added += 1;
            let is_front = random.below(3) == 0;
            let at = if is_front { 0 } else { random.below(rows.len() + 1) };
            rows.insert(at, format!("new-{added}"));
        }
        let text = match totals {
            Totals::Exact => total(rows.len()),
            Totals::Absent => String::new(),
            Totals::Zero => total(0),
        };
        body(slice(rows, number - first, size.min(cap)), &text)
    });
    let client = fake.builder().build().unwrap();
    let page_size = Some(size as i64);
    let ids = if first == 1 {
        read(&client, FromOne { page_size, ..FromOne::default() }).await?
    } else {
        read(&client, FromZero { page_size, ..FromZero::default() }).await?
    };
    let unique: HashSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "seed {seed}: a row twice");
    Ok(all.iter().filter(|id| !unique.contains(id)).count())
}

#[tokio::test(start_paused = true)]
async fn growing_list_loses_no_row() {
    for totals in [Totals::Exact, Totals::Absent, Totals::Zero] {
        let mut errors = Vec::new();
        for seed in 1..500 {
            match read_growing_list(seed, totals).await {
                Ok(missed) => assert_eq!(missed, 0, "{totals:?}, seed {seed}"),
                Err(error) => errors.push(format!("seed {seed}: {error}")),
            }
        }
        assert!(errors.len() < 5, "{totals:?}: {} {errors:#?}", errors.len());
        assert!(totals != Totals::Exact || errors.is_empty(), "{errors:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn page_size_replaces_a_first_page_in_flight() {
    for text in [total(250), String::new()] {
        let all = things(250);
        let rows = all.clone();
        let fake = FakeService::new(move |request, _| {
            let (number, size) = number_and_size(request);
            let mut reply = body(slice(&rows, number - 1, size), &text);
            if let Reply::Response { after, .. } = &mut reply {
                *after = Duration::from_millis(100);
            }
            reply
        });
        let client = fake.builder().build().unwrap();
        let mut pages: Pages<FromOne> = client.pages(FromOne::default()).page_size(10);
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, pages.try_next()).await.is_err());
        let mut items = pages.page_size(100).into_items();
        let read = items.collect_up_to(1_000).await.unwrap();
        let ids: Vec<String> = read.into_iter().map(|thing| thing.thing_id).collect();
        assert_eq!(ids, all);
    }
}

/// A policy that narrows each list.
#[derive(Debug)]
struct OnlySome(Arc<Mutex<bool>>);

impl Interceptor for OnlySome {
    fn before_call(&self, request: &mut UnsignedRequest<'_>) -> Result<(), String> {
        if *self.0.lock().unwrap() { request.set("ThingIds", json!(["some"])) } else { Ok(()) }
    }
}

#[tokio::test(start_paused = true)]
async fn list_is_judged_by_the_request_that_was_sent() {
    // The total counts all things, and the request asks for some.
    let some = things(3);
    let rows = some.clone();
    let fake = FakeService::new(move |request, _| {
        let request: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let skipped = match request["PageNumber"].as_u64() {
            Some(number) => (number as usize - 1) * 100,
            None => request["Offset"].as_u64().unwrap() as usize,
        };
        body(&rows[skipped.min(3)..], &total(500))
    });
    let is_narrowed = Arc::new(Mutex::new(true));
    let policy = OnlySome(Arc::clone(&is_narrowed));
    let client = fake.builder().interceptor(policy).build().unwrap();
    assert_eq!(read(&client, CountAllThings::default()).await.unwrap(), some);
    assert_eq!(read(&client, Inexact::default()).await.unwrap(), some);
    // The request as it is asks for all things.
    *is_narrowed.lock().unwrap() = false;
    for error in [
        read(&client, CountAllThings::default()).await.unwrap_err(),
        read(&client, Inexact::default()).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("but the total is 500"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn wait_names_a_wrong_total_as_a_possible_reason() {
    for text in [total(0), String::new()] {
        let fake = FakeService::new(move |request, _| {
            let (number, size) = number_and_size(request);
            body(slice(&things(1), number - 1, size), &text)
        });
        let client = fake.builder().build().unwrap();
        let wait = client.wait_until(FromOne::default(), |_: &Thing| true);
        let error = wait.timeout(Duration::from_secs(20)).await.unwrap_err().to_string();
        assert!(error.contains("its total was absent or was not the number"), "{error}");
    }
}

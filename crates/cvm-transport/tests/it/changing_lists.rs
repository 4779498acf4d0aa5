//! Lists that change while they are read: each row that stays is returned exactly once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::http::PreparedRequest;
use cvm_transport::{Client, Error};

use crate::actions::{ListThings, Thing};
use crate::fake_service::{FakeService, Reply};

/// A small deterministic random number generator.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// How a list changes after each page.
#[derive(Clone, Copy, Debug)]
struct Churn {
    deletes: usize,
    inserts: usize,
    /// Where rows are added.
    position: Position,
    /// How many rows are added in total.
    budget: usize,
}

#[derive(Clone, Copy, Debug)]
enum Position {
    Front,
    End,
    Anywhere,
}

struct Rows {
    rows: Vec<String>,
    kept: HashSet<String>,
    random: Random,
    added: usize,
}

impl Rows {
    fn new(count: usize, seed: u64) -> Self {
        let mut random = Random(seed | 1);
        let rows: Vec<String> = (0..count).map(|number| format!("old-{number}")).collect();
        let kept = rows.iter().filter(|_| random.below(3) == 0).cloned().collect();
        Self { rows, kept, random, added: 0 }
    }

    fn change(&mut self, churn: Churn) {
        for _ in 0..churn.deletes {
            let at = self.random.below(self.rows.len());
            if self.rows.get(at).is_some_and(|row| !self.kept.contains(row)) {
                self.rows.remove(at);
            }
        }
        for _ in 0..churn.inserts {
            if self.added == churn.budget {
                return;
            }
            self.added += 1;
            let at = match churn.position {
                Position::Front => 0,
                Position::End => self.rows.len(),
                Position::Anywhere => self.random.below(self.rows.len() + 1),
            };
            self.rows.insert(at, format!("new-{}", self.added));
        }
    }
}

/// Offset and limit of a request.
pub fn offset_and_limit(request: &PreparedRequest) -> (usize, usize) {
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    (body["Offset"].as_u64().unwrap() as usize, body["Limit"].as_u64().unwrap() as usize)
}

/// A response with the rows from this offset on.
pub fn page(rows: &[String], offset: usize, limit: usize) -> String {
    let end = (offset + limit).min(rows.len());
    let shown = &rows[offset.min(end)..end];
    let shown: Vec<String> = shown.iter().map(|id| format!(r#"{{"ThingId":"{id}"}}"#)).collect();
    let (shown, total) = (shown.join(","), rows.len());
    format!(r#"{{"Response":{{"ThingSet":[{shown}],"TotalCount":{total},"RequestId":"r"}}}}"#)
}

async fn read(client: &Client, limit: u64, parallel: usize) -> Result<Vec<String>, Error> {
    let items = client.items(ListThings::default());
    let mut items = items.page_size(limit).parallel(parallel);
    let mut ids = Vec::new();
    while let Some(Thing { thing_id, .. }) = items.try_next().await? {
        ids.push(thing_id);
    }
    Ok(ids)
}

#[tokio::test(start_paused = true)]
async fn stable_rows_are_returned_once_while_others_change() {
    let mut churns = Vec::new();
    for (deletes, inserts) in
        [(0, 0), (1, 0), (0, 1), (1, 1), (5, 0), (3, 3), (40, 0), (30, 30), (0, 20)]
    {
        for position in [Position::Front, Position::End, Position::Anywhere] {
            churns.push(Churn { deletes, inserts, position, budget: 200 });
        }
    }
    let mut seed: u64 = 1;
    let (mut cases, mut wrong) = (0, Vec::new());
    for churn in churns {
        for (count, limit, cap) in [
            (0, 10, 100),
            (40, 2, 100),
            (90, 10, 100),
            (300, 30, 100),
            (1_000, 100, 100),
            (300, 100, 30),
        ] {
            for parallel in [1, 4] {
                // If rows are added as fast as they are read, the list never ends.
                if churn.inserts * 2 * parallel >= cap.min(limit as usize) {
                    continue;
                }
                cases += 1;
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let state = Arc::new(Mutex::new(Rows::new(count, seed)));
                let served = Arc::clone(&state);
                let fake = FakeService::new(move |request, _| {
                    let mut state = served.lock().unwrap();
                    let (offset, limit) = offset_and_limit(request);
                    let page = page(&state.rows, offset, limit.min(cap));
                    state.change(churn);
                    Reply::body(page)
                });
                let client = fake.builder().build().unwrap();
                let shown =
                    format!("{churn:?}, {count} rows, {limit} a page of {cap}, {parallel} at once");
                let ids = match read(&client, limit, parallel).await {
                    Ok(ids) => ids,
                    Err(error) => {
                        wrong.push(format!("{shown}: {error}"));
                        continue;
                    }
                };
                let unique: HashSet<&String> = ids.iter().collect();
                let state = state.lock().unwrap();
                let missed = state.kept.iter().filter(|id| !unique.contains(id)).count();
                if unique.len() != ids.len() || missed > 0 {
                    let twice = ids.len() - unique.len();
                    wrong.push(format!("{shown}: {missed} missed, {twice} twice"));
                }
            }
        }
    }
    assert!(cases > 150, "{cases}");
    assert!(wrong.is_empty(), "{} of {cases}: {wrong:#?}", wrong.len());
}

#[tokio::test(start_paused = true)]
async fn shrinking_list_needs_few_extra_pages() {
    for parallel in [1, 4] {
        for position in [0, 1_000] {
            let rows: Vec<String> = (0..1_000).map(|number| format!("thing-{number}")).collect();
            let rows = Mutex::new(rows);
            let fake = FakeService::new(move |request, _| {
                let mut rows = rows.lock().unwrap();
                let (offset, limit) = offset_and_limit(request);
                let page = page(&rows, offset, limit);
                let at = position.min(rows.len() - 1);
                rows.remove(at);
                Reply::body(page)
            });
            let client = fake.builder().build().unwrap();
            let ids = read(&client, 100, parallel).await.unwrap();
            assert!(ids.len() > 950, "{}", ids.len());
            assert!(
                fake.request_count() < 40,
                "{position}, {parallel} at once: {}",
                fake.request_count()
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn slow_consumer_causes_no_error() {
    let all: Vec<String> = (0..1_000).map(|number| format!("thing-{number}")).collect();
    for pause in [0, 1, 2, 4, 10, 40, 600] {
        for parallel in [2, 4, 32] {
            let rows = all.clone();
            let fake = FakeService::new(move |request, _| {
                let (offset, limit) = offset_and_limit(request);
                Reply::slowly(page(&rows, offset, limit), 6, Duration::from_millis(300))
            });
            let client = fake.builder().build().unwrap();
            let mut pages = client.pages(ListThings::default()).parallel(parallel);
            let mut ids = Vec::new();
            while let Some(page) =
                pages.try_next().await.unwrap_or_else(|error| panic!("{pause} s: {error}"))
            {
                ids.extend(page.items.into_iter().map(|thing| thing.thing_id));
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
            assert_eq!(ids, all, "{pause} s a page, {parallel} at once");
            assert!(
                fake.request_count() <= 11 * 2,
                "{pause} s, {parallel} at once: {}",
                fake.request_count()
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_paginator_stops_prefetching() {
    let rows: Vec<String> = (0..1_000).map(|number| format!("thing-{number}")).collect();
    let fake = FakeService::new(move |request, _| {
        let (offset, limit) = offset_and_limit(request);
        Reply::slowly(page(&rows, offset, limit), 3, Duration::from_millis(300))
    });
    let client = fake.builder().build().unwrap();
    let mut pages = client.pages(ListThings::default()).parallel(4);
    pages.try_next().await.unwrap();
    pages.try_next().await.unwrap();
    let before = fake.request_count();
    drop(pages);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(fake.request_count(), before);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}

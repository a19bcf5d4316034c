//! Who is let through, and when.

use reqwest::header::{HeaderMap, HeaderValue};

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap();
    Answer {
        status,
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

#[tokio::test]
async fn no_more_requests_are_open_than_the_lane_has_places() {
    let lane = Lane::new(LaneOptions {
        open: 2,
        ..LaneOptions::default()
    });
    let first = lane.enter("/a").await;
    let _second = lane.enter("/b").await;
    let third = lane.enter("/c");
    tokio::pin!(third);
    assert!(futures_poll(&mut third).await.is_none());
    drop(first);
    assert!(futures_poll(&mut third).await.is_some());
}

#[tokio::test]
async fn what_is_known_to_be_served_side_by_side_need_not_show_it() {
    for known in [false, true] {
        let lane = Lane::new(LaneOptions {
            open: 3,
            side_by_side: known,
            ..LaneOptions::default()
        });
        let _two = (lane.enter("/a").await, lane.enter("/a").await);
        let third = lane.enter("/a");
        tokio::pin!(third);
        assert_eq!(futures_poll(&mut third).await.is_some(), known);
    }
}

/// One poll, whatever it brings.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! { biased; out = future => Some(out), () = std::future::ready(()) => None }
}

#[tokio::test]
async fn who_came_first_is_served_first_unless_its_path_is_taken() {
    let lane = Lane::new(LaneOptions {
        open: 2,
        single_file: vec!["/slow".to_owned()],
        ..LaneOptions::default()
    });
    let slow = lane.enter("/slow").await;
    let other = lane.enter("/a").await;
    let (again, first, second) = (lane.enter("/slow"), lane.enter("/b"), lane.enter("/c"));
    tokio::pin!(again, first, second);
    assert!(futures_poll(&mut again).await.is_none());
    assert!(futures_poll(&mut first).await.is_none());
    assert!(futures_poll(&mut second).await.is_none());
    drop(other);
    assert!(futures_poll(&mut second).await.is_none());
    assert!(futures_poll(&mut again).await.is_none());
    let first = futures_poll(&mut first).await;
    assert!(first.is_some(), "its path is free");
    drop(slow);
    assert!(futures_poll(&mut second).await.is_none());
    assert!(futures_poll(&mut again).await.is_some());
    drop(first);
    assert!(futures_poll(&mut second).await.is_some());
}

#[tokio::test]
async fn who_gives_up_takes_no_place_whether_it_was_given_one_or_not() {
    let lane = Lane::new(LaneOptions {
        open: 1,
        ..LaneOptions::default()
    });
    let first = lane.enter("/a").await;
    let (mut given, mut waiting) = (Box::pin(lane.enter("/b")), Box::pin(lane.enter("/c")));
    let mut last = Box::pin(lane.enter("/d"));
    assert!(futures_poll(&mut given).await.is_none());
    assert!(futures_poll(&mut waiting).await.is_none());
    assert!(futures_poll(&mut last).await.is_none());
    drop(waiting);
    drop(first);
    assert!(
        futures_poll(&mut last).await.is_none(),
        "another one's turn"
    );
    drop(given);
    assert!(futures_poll(&mut last).await.is_some());
}

#[tokio::test]
async fn each_collection_has_its_own_places_where_the_service_counts_by_path() {
    let lane = Lane::new(LaneOptions {
        open: 1,
        by_collection: true,
        ..LaneOptions::default()
    });
    let _one = lane.enter("/transfers/7").await;
    let two = lane.enter("/transfers/8");
    tokio::pin!(two);
    assert!(futures_poll(&mut two).await.is_none());
    let other = lane.enter("/companies");
    tokio::pin!(other);
    assert!(futures_poll(&mut other).await.is_some());
}

#[tokio::test]
async fn a_path_served_one_at_a_time_goes_into_single_file_and_others_do_not() {
    let lane = Lane::new(LaneOptions {
        open: 4,
        ..LaneOptions::default()
    });
    let busy = "Rate limit exceeded - same request is processing already";
    assert!(lane.learn("/transfers", &answer(429, busy)));
    assert!(
        !lane.learn("/transfers", &answer(429, busy)),
        "news only once"
    );
    let _one = lane.enter("/transfers").await;
    let two = lane.enter("/transfers");
    tokio::pin!(two);
    assert!(futures_poll(&mut two).await.is_none());
    let other = lane.enter("/companies");
    tokio::pin!(other);
    assert!(futures_poll(&mut other).await.is_some());
    assert_eq!(lane.single_file(), ["/transfers"]);
}

#[tokio::test]
async fn who_waited_before_the_path_went_into_single_file_keeps_to_it_too() {
    let lane = Lane::new(LaneOptions {
        open: 4,
        ..LaneOptions::default()
    });
    let first = lane.enter("/transfers").await;
    let second = lane.enter("/transfers").await;
    let third = lane.enter("/transfers");
    tokio::pin!(third);
    assert!(
        futures_poll(&mut third).await.is_none(),
        "an unknown path is tried with two"
    );
    lane.learn(
        "/transfers",
        &answer(429, "same request is processing already"),
    );
    drop(second);
    assert!(
        futures_poll(&mut third).await.is_none(),
        "the first is still under way"
    );
    drop(first);
    assert!(futures_poll(&mut third).await.is_some());
}

#[tokio::test]
async fn a_path_that_answers_side_by_side_takes_as_many_as_the_lane() {
    let lane = Lane::new(LaneOptions {
        open: 3,
        ..LaneOptions::default()
    });
    let _first = lane.enter("/transfers").await;
    let _second = lane.enter("/transfers").await;
    let third = lane.enter("/transfers");
    tokio::pin!(third);
    for _ in 0..EVIDENCE {
        assert!(
            futures_poll(&mut third).await.is_none(),
            "the other may not have arrived yet"
        );
        lane.learn("/transfers", &answer(201, ""));
    }
    assert!(futures_poll(&mut third).await.is_some());
}

#[test]
fn crowding_halves_the_lane_and_calm_widens_it_slowly() {
    let lane = Lane::new(LaneOptions {
        open: 4,
        ..LaneOptions::default()
    });
    lane.learn("/x", &answer(503, ""));
    assert_eq!(lane.state().limit, 2);
    for _ in 0..CALM {
        lane.learn("/x", &answer(200, ""));
    }
    assert_eq!(lane.state().limit, 3);
}

#[test]
fn a_filling_bucket_asks_for_a_pause() {
    let lane = Lane::new(LaneOptions {
        open: 3,
        ..LaneOptions::default()
    });
    assert_eq!(lane.pause(), Duration::ZERO);
    let mut full = answer(200, "");
    full.headers.insert(
        "x-ratelimit-bucket-filling",
        HeaderValue::from_static("153/200"),
    );
    lane.learn("/x", &full);
    let pause = lane.pause();
    assert!(
        pause > Duration::from_millis(1500) && pause <= Duration::from_secs(2),
        "{pause:?}"
    );
}

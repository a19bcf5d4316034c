//! Who is let through, and when.

use reqwest::header::{HeaderMap, HeaderValue};

use super::*;
use crate::http::{Heard, Window};

/// A service that serves one request to a path at a time, and says "one at a time" to another.
const fn at_once(open: usize) -> Pace {
    Pace {
        open,
        by_collection: false,
        side_by_side: false,
        windows: &[],
        hear: |answer| Heard {
            wait: None,
            single_file: answer.body.starts_with(b"one at a time"),
        },
    }
}

fn lane_of(pace: Pace) -> Lane {
    Lane::new(LaneOptions {
        pace,
        single_file: Vec::new(),
    })
}

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
    let lane = lane_of(at_once(2));
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
        let lane = lane_of(Pace {
            side_by_side: known,
            ..at_once(3)
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
        pace: at_once(2),
        single_file: vec!["/slow".to_owned()],
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
    let lane = lane_of(at_once(1));
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
    let lane = lane_of(Pace {
        by_collection: true,
        ..at_once(1)
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
    let lane = lane_of(at_once(4));
    let busy = "one at a time";
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
    let lane = lane_of(at_once(4));
    let first = lane.enter("/transfers").await;
    let second = lane.enter("/transfers").await;
    let third = lane.enter("/transfers");
    tokio::pin!(third);
    assert!(
        futures_poll(&mut third).await.is_none(),
        "an unknown path is tried with two"
    );
    lane.learn("/transfers", &answer(429, "one at a time"));
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
    let lane = lane_of(at_once(3));
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
    let lane = lane_of(at_once(4));
    lane.learn("/x", &answer(503, ""));
    assert_eq!(lane.state().limit, 2);
    for _ in 0..CALM {
        lane.learn("/x", &answer(200, ""));
    }
    assert_eq!(lane.state().limit, 3);
}

#[tokio::test]
async fn a_pause_that_was_heard_of_and_a_full_window_hold_the_next_request_back() {
    const PACE: Pace = Pace {
        windows: &[Window {
            requests: 2,
            within: Duration::from_mins(10),
        }],
        hear: |answer| Heard {
            wait: answer.header("wait").map(|_| Duration::from_mins(1)),
            ..Heard::default()
        },
        ..at_once(1)
    };
    let lane = lane_of(PACE);
    assert_eq!(lane.pause(), Duration::ZERO);
    let mut full = answer(200, "");
    full.headers.insert("wait", HeaderValue::from_static("60"));
    lane.learn("/x", &full);
    let about = |pause: Duration, minutes: u64| {
        let wanted = Duration::from_mins(minutes);
        assert!(
            pause <= wanted && pause > wanted.saturating_sub(Duration::from_secs(30)),
            "{pause:?}"
        );
    };
    about(lane.pause(), 1);
    about(lane.pause(), 10);
}

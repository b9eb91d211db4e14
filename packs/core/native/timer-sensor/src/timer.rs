//! When a timer is due, and what it says then. Time is an argument here; only `main` looks at the clock.
//!
//! The next time comes from the schedule, never from the moment of waking up, so that lateness does not add up. What was
//! missed (the machine slept, the clock was set ahead, nobody read our output) is one event, not many.

use crate::civil;
use crate::cron::Cron;
use crate::json::quote;

/// Both in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Since 1970, as the clock on the wall says; somebody may set it.
    pub wall: i64,
    /// Since some moment; only ever rises.
    pub steady: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// By the steady clock: an interval does not care about the time of the day.
    Interval {
        every_ms: i64,
    },
    Cron {
        cron: Cron,
        expression: String,
    },
    Once {
        at_ms: i64,
    },
}

/// Which rule wants it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The rule's, as the platform counts them.
    pub id: Option<i64>,
    /// The rule's, e.g. `ops.every_minute`.
    pub rule_ref: String,
    pub schedule: Schedule,
}

pub struct Timer {
    wanted: Wanted,
    /// By the clock of its schedule; `None`: never again.
    due: Option<i64>,
    fired: u64,
}

impl Timer {
    pub fn start(wanted: Wanted, now: Now) -> Timer {
        let due = match &wanted.schedule {
            Schedule::Interval { every_ms } => Some(now.steady + every_ms),
            Schedule::Cron { cron, .. } => cron_due(cron, now.wall),
            // Whether it has fired before this start nobody can tell: twice would be worse than never.
            Schedule::Once { at_ms } => Some(*at_ms).filter(|at_ms| *at_ms > now.wall),
        };
        Timer { wanted, due, fired: 0 }
    }

    pub fn rule_ref(&self) -> &str {
        &self.wanted.rule_ref
    }

    /// Until it is due, 0 if it is; `None`: never again.
    pub fn wait_ms(&self, now: Now) -> Option<i64> {
        self.due.map(|due| (due - self.clock(now)).max(0))
    }

    /// @returns the line to say if it is due
    pub fn fire(&mut self, now: Now, sensor_ref: &str) -> Option<String> {
        let due = self.due.filter(|due| *due <= self.clock(now))?;
        self.fired += 1;
        self.due = match &self.wanted.schedule {
            Schedule::Interval { every_ms } => Some(due + every_ms * ((now.steady - due) / every_ms + 1)),
            Schedule::Cron { cron, .. } => cron_due(cron, now.wall),
            Schedule::Once { .. } => None,
        };
        Some(self.event(due, now, sensor_ref))
    }

    /// Times that come again, because the clock on the wall was set back, are times.
    pub fn clock_was_set_back(&mut self, now: Now) {
        if let Schedule::Cron { cron, .. } = &self.wanted.schedule {
            self.due = cron_due(cron, now.wall);
        }
    }

    fn clock(&self, now: Now) -> i64 {
        match self.wanted.schedule {
            Schedule::Interval { .. } => now.steady,
            Schedule::Cron { .. } | Schedule::Once { .. } => now.wall,
        }
    }

    /// The fields of `payload` are those of the trigger's `output`; the whole is what the platform's `POST /events` takes.
    fn event(&self, due: i64, now: Now, sensor_ref: &str) -> String {
        let fired_at = quote(&civil::format(now.wall));
        let (trigger_ref, about) = match &self.wanted.schedule {
            Schedule::Interval { every_ms } => (
                INTERVAL,
                format!(
                    "\"type\":\"interval\",\"interval_seconds\":{},\"fired_at\":{fired_at},\"execution_count\":{}",
                    every_ms / 1_000,
                    self.fired
                ),
            ),
            Schedule::Cron { expression, .. } => {
                let next = self
                    .due
                    .map(|due| format!(",\"next_fire_at\":{}", quote(&civil::format(due))));
                (
                    CRON,
                    format!(
                        "\"type\":\"cron\",\"fired_at\":{fired_at},\"scheduled_at\":{},\"expression\":{},\"timezone\":\"UTC\"{},\"execution_count\":{}",
                        quote(&civil::format(due)),
                        quote(expression),
                        next.unwrap_or_default(),
                        self.fired,
                    ),
                )
            }
            Schedule::Once { .. } => (
                ONCE,
                format!(
                    "\"type\":\"one_shot\",\"fire_at\":{},\"fired_at\":{fired_at},\"timezone\":\"UTC\",\"delay_ms\":{}",
                    quote(&civil::format(due)),
                    now.wall - due,
                ),
            ),
        };
        let id = self
            .wanted
            .id
            .map(|id| format!(",\"trigger_instance_id\":\"rule_{id}\""))
            .unwrap_or_default();
        let (rule_ref, sensor_ref) = (quote(&self.wanted.rule_ref), quote(sensor_ref));
        format!("{{\"trigger_ref\":\"{trigger_ref}\"{id},\"rule_ref\":{rule_ref},\"payload\":{{{about},\"sensor_ref\":{sensor_ref}}}}}\n")
    }
}

pub const INTERVAL: &str = "core.intervaltimer";
pub const CRON: &str = "core.crontimer";
pub const ONCE: &str = "core.datetimetimer";

fn cron_due(cron: &Cron, wall: i64) -> Option<i64> {
    cron.after(wall.div_euclid(1_000)).map(|seconds| seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cron, json};

    fn timer(schedule: Schedule, now: Now) -> Timer {
        Timer::start(
            Wanted {
                id: Some(7),
                rule_ref: "ops.tick".into(),
                schedule,
            },
            now,
        )
    }

    fn every(seconds: i64) -> Schedule {
        Schedule::Interval {
            every_ms: seconds * 1_000,
        }
    }

    fn at(expression: &str) -> Schedule {
        Schedule::Cron {
            cron: cron::parse(expression).unwrap(),
            expression: expression.into(),
        }
    }

    /// Both clocks at the same distance from noon.
    fn noon_and(ms: i64) -> Now {
        Now {
            wall: civil::parse("2026-11-21T12:00:00Z").unwrap().ms + ms,
            steady: 500 + ms,
        }
    }

    fn member(line: &str, name: &str) -> Option<json::Value> {
        json::parse(line).unwrap().get("payload").unwrap().get(name).cloned()
    }

    fn text(line: &str, name: &str) -> String {
        match member(line, name) {
            Some(json::Value::Text(text)) => text,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn an_interval_keeps_its_beat_however_late_it_is_looked_at() {
        let mut timer = timer(every(2), noon_and(0));
        let mut fired = Vec::new();
        for ms in (0..60_000).step_by(137) {
            if timer.fire(noon_and(ms), "s").is_some() {
                fired.push(ms);
            }
        }
        assert_eq!(fired.len(), 29);
        for (index, ms) in fired.iter().enumerate() {
            let due = (index as i64 + 1) * 2_000;
            assert!((due..due + 137).contains(ms), "{ms} for {due}");
        }
    }

    #[test]
    fn what_an_interval_missed_is_one_event_and_the_beat_stays() {
        let mut timer = timer(every(10), noon_and(0));
        assert_eq!(timer.wait_ms(noon_and(0)), Some(10_000));
        assert!(timer.fire(noon_and(9_999), "s").is_none());
        assert!(timer.fire(noon_and(47_500), "s").is_some());
        assert!(timer.fire(noon_and(47_500), "s").is_none());
        assert_eq!(timer.wait_ms(noon_and(47_500)), Some(2_500));
        assert!(timer.fire(noon_and(50_000), "s").is_some());
        assert_eq!(timer.wait_ms(noon_and(50_000)), Some(10_000));
    }

    #[test]
    fn an_interval_does_not_care_about_the_clock_on_the_wall() {
        let mut timer = timer(every(10), noon_and(0));
        let set = |ms: i64, by: i64| Now {
            wall: noon_and(ms).wall + by,
            ..noon_and(ms)
        };
        timer.clock_was_set_back(set(5_000, -3_600_000));
        assert_eq!(timer.wait_ms(set(5_000, -3_600_000)), Some(5_000));
        assert!(timer.fire(set(9_000, 3_600_000), "s").is_none());
        assert!(timer.fire(set(10_000, 3_600_000), "s").is_some());
    }

    #[test]
    fn cron_fires_at_its_times_and_says_which() {
        let mut timer = timer(at("*/15 * * * *"), noon_and(0));
        assert_eq!(timer.wait_ms(noon_and(0)), Some(900_000));
        assert!(timer.fire(noon_and(899_999), "s").is_none());
        let line = timer.fire(noon_and(900_040), "core.timer_sensor").unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"trigger_ref":"core.crontimer","trigger_instance_id":"rule_7","rule_ref":"ops.tick","payload":{"type":"cron","#,
                r#""fired_at":"2026-11-21T12:15:00.040Z","scheduled_at":"2026-11-21T12:15:00.000Z","expression":"*/15 * * * *","#,
                r#""timezone":"UTC","next_fire_at":"2026-11-21T12:30:00.000Z","execution_count":1,"sensor_ref":"core.timer_sensor"}}"#,
                "\n"
            )
        );
        assert!(timer.fire(noon_and(900_040), "s").is_none());
    }

    #[test]
    fn what_cron_missed_is_one_event() {
        let mut timer = timer(at("*/15 * * * *"), noon_and(0));
        let line = timer.fire(noon_and(4 * 3_600_000 + 1_000), "s").unwrap();
        assert_eq!(text(&line, "scheduled_at"), "2026-11-21T12:15:00.000Z");
        assert_eq!(text(&line, "next_fire_at"), "2026-11-21T16:15:00.000Z");
        assert!(timer.fire(noon_and(4 * 3_600_000 + 2_000), "s").is_none());
    }

    #[test]
    fn cron_goes_on_after_the_clock_was_set_back() {
        let mut timer = timer(at("0 * * * *"), noon_and(0));
        assert!(timer.fire(noon_and(3_600_000), "s").is_some());
        let back = noon_and(-2 * 3_600_000 + 60_000);
        timer.clock_was_set_back(back);
        assert_eq!(timer.wait_ms(back), Some(59 * 60_000));
    }

    #[test]
    fn a_time_that_is_near_is_waited_for_and_said_once() {
        let at_ms = noon_and(1_500).wall;
        let mut timer = timer(Schedule::Once { at_ms }, noon_and(0));
        assert_eq!(timer.wait_ms(noon_and(0)), Some(1_500));
        let line = timer.fire(noon_and(1_503), "core.timer_sensor").unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"trigger_ref":"core.datetimetimer","trigger_instance_id":"rule_7","rule_ref":"ops.tick","payload":{"type":"one_shot","#,
                r#""fire_at":"2026-11-21T12:00:01.500Z","fired_at":"2026-11-21T12:00:01.503Z","timezone":"UTC","delay_ms":3,"#,
                r#""sensor_ref":"core.timer_sensor"}}"#,
                "\n"
            )
        );
        assert!(timer.fire(noon_and(9_000), "s").is_none());
        assert_eq!(timer.wait_ms(noon_and(9_000)), None);
    }

    #[test]
    fn a_time_that_is_past_at_the_start_does_not_come_again() {
        let mut timer = timer(
            Schedule::Once {
                at_ms: noon_and(0).wall,
            },
            noon_and(0),
        );
        assert_eq!(timer.wait_ms(noon_and(0)), None);
        assert!(timer.fire(noon_and(1), "s").is_none());
    }

    #[test]
    fn counts_and_says_it_in_one_line_whatever_the_refs() {
        let wanted = Wanted {
            id: None,
            rule_ref: "it's \"a\"\nb".into(),
            schedule: every(1),
        };
        let mut timer = Timer::start(wanted, noon_and(0));
        timer.fire(noon_and(1_000), "s");
        let line = timer.fire(noon_and(2_000), "s\u{1}").unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(member(&line, "execution_count"), Some(json::Value::Integer(2)));
        assert_eq!(member(&line, "interval_seconds"), Some(json::Value::Integer(1)));
        assert_eq!(
            json::parse(&line).unwrap().get("rule_ref"),
            Some(&json::Value::Text("it's \"a\"\nb".into()))
        );
        assert_eq!(json::parse(&line).unwrap().get("trigger_instance_id"), None);
    }
}

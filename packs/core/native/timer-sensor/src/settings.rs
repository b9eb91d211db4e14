//! The timers that are wanted, as the platform writes them: a JSON list with `{id, ref, trigger_ref, config}` for each
//! rule, where `ref` is the rule's and `config` has the parameters of its trigger.

use crate::civil;
use crate::cron;
use crate::json::{self, excerpt, Value};
use crate::timer::{Schedule, Wanted, CRON, INTERVAL, ONCE};

#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    pub timers: Vec<Wanted>,
    /// A sentence for each rule that is wrong. One must not stop the timers of all others.
    pub wrong: Vec<String>,
}

/// @returns a sentence for people if the whole is no such list
pub fn parse(text: &str) -> Result<Settings, String> {
    let rules = match json::parse(text)? {
        Value::List(rules) => rules,
        other => return Err(format!("Expected a list of timers, got {}", other.describe())),
    };
    let (timers, wrong): (Vec<_>, Vec<_>) = rules.iter().enumerate().map(timer).partition(Result::is_ok);
    Ok(Settings {
        timers: timers.into_iter().filter_map(Result::ok).collect(),
        wrong: wrong.into_iter().filter_map(Result::err).collect(),
    })
}

fn timer((index, rule): (usize, &Value)) -> Result<Wanted, String> {
    let of_rule = rule_ref(rule);
    let name = of_rule.clone().unwrap_or_else(|_| format!("timer {}", index + 1));
    let about = |sentence: String| format!("{name}: {sentence}");
    if !matches!(rule, Value::Object(_)) {
        return Err(about(format!("Expected an object, got {}", rule.describe())));
    }
    let rule_ref = of_rule.map_err(about)?;
    let config = match rule.get("config") {
        Some(config @ Value::Object(_)) => config,
        other => return Err(about(format!("Expected an object as `config`, got {}", got(other)))),
    };
    let id = match rule.get("id") {
        None | Some(Value::Null) => None,
        Some(Value::Integer(id)) => Some(*id),
        other => return Err(about(format!("Expected a number as `id`, got {}", got(other)))),
    };
    let schedule = schedule(rule.get("trigger_ref"), config).map_err(about)?;
    Ok(Wanted { id, rule_ref, schedule })
}

/// Bounds that keep an event within one write to a pipe (`PIPE_BUF`), so that a line is whole or not there at all.
const MAX_REF: usize = 255;
const MAX_EXPRESSION: usize = 255;

fn rule_ref(rule: &Value) -> Result<String, String> {
    match rule.get("ref") {
        Some(Value::Text(text)) => checked_ref(text),
        other => Err(format!("Expected the rule's name as `ref`, got {}", got(other))),
    }
}

/// A name as it may stand in an event.
pub fn checked_ref(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > MAX_REF || text.chars().any(char::is_control) {
        return Err(format!(
            "Expected a name of 1 to {MAX_REF} bytes, got `{}`",
            excerpt(text)
        ));
    }
    Ok(text.into())
}

/// Older platforms do not say which trigger it is; its parameters do.
fn schedule(trigger_ref: Option<&Value>, config: &Value) -> Result<Schedule, String> {
    match trigger_ref {
        Some(Value::Text(text)) => match text.as_str() {
            INTERVAL => interval(config),
            CRON => cron(config),
            ONCE => once(config),
            other => Err(format!(
                "Expected one of the triggers `{INTERVAL}`, `{CRON}`, `{ONCE}`, got `{}`",
                excerpt(other)
            )),
        },
        None | Some(Value::Null) => match config {
            config if config.get("interval").is_some() => interval(config),
            config if config.get("expression").is_some() => cron(config),
            config if config.get("fire_at").is_some() => once(config),
            _ => Err(
                "Expected `trigger_ref`, or one of `interval`, `expression`, `fire_at` in `config`, got none of them"
                    .into(),
            ),
        },
        other => Err(format!("Expected a text as `trigger_ref`, got {}", got(other))),
    }
}

/// The longest interval, a hundred years.
const MAX_SECONDS: i64 = 100 * 366 * civil::SECONDS_A_DAY;

fn interval(config: &Value) -> Result<Schedule, String> {
    let seconds = match config.get("unit") {
        None => 1,
        Some(Value::Text(unit)) if unit == "seconds" => 1,
        Some(Value::Text(unit)) if unit == "minutes" => 60,
        Some(Value::Text(unit)) if unit == "hours" => 3_600,
        other => {
            return Err(format!(
                "Expected `unit` to be `seconds`, `minutes` or `hours`, got {}",
                got(other)
            ))
        }
    };
    match config.get("interval") {
        Some(Value::Integer(interval)) if (1..=MAX_SECONDS / seconds).contains(interval) => Ok(Schedule::Interval {
            every_ms: interval * seconds * 1_000,
        }),
        other => Err(format!(
            "Expected `interval` to be a number from 1 to {}, got {}",
            MAX_SECONDS / seconds,
            got(other)
        )),
    }
}

fn cron(config: &Value) -> Result<Schedule, String> {
    let expression = match config.get("expression") {
        Some(Value::Text(text)) if text.len() <= MAX_EXPRESSION => text,
        Some(Value::Text(_)) => {
            return Err(format!(
                "Expected `expression` to have at most {MAX_EXPRESSION} characters, got more"
            ))
        }
        other => {
            return Err(format!(
                "Expected `expression` to be a cron expression, got {}",
                got(other)
            ))
        }
    };
    only_utc(config, "the expression")?;
    let cron = cron::parse(expression).map_err(|why| format!("`expression`: {why}"))?;
    Ok(Schedule::Cron {
        cron,
        expression: expression.clone(),
    })
}

fn once(config: &Value) -> Result<Schedule, String> {
    let wrong = |other: Option<&Value>| {
        format!(
            "Expected `fire_at` to be a time such as `2030-01-01T04:00:00Z`, got {}",
            got(other)
        )
    };
    let parsed = match config.get("fire_at") {
        value @ Some(Value::Text(text)) => civil::parse(text).ok_or_else(|| wrong(value))?,
        other => return Err(wrong(other)),
    };
    if !parsed.has_offset {
        only_utc(config, "`fire_at`")?;
    }
    Ok(Schedule::Once { at_ms: parsed.ms })
}

fn only_utc(config: &Value, what: &str) -> Result<(), String> {
    match config.get("timezone") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Text(zone)) if matches!(zone.as_str(), "UTC" | "Etc/UTC" | "") => Ok(()),
        other => Err(format!(
            "Expected the time zone `UTC`, the only one that this sensor knows, got {}: write {what} in UTC",
            got(other)
        )),
    }
}

fn got(value: Option<&Value>) -> String {
    value.map_or_else(|| "none".into(), Value::describe)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(rule: &str) -> Result<Schedule, String> {
        let Settings { mut timers, mut wrong } = parse(&format!("[{rule}]")).unwrap();
        match (timers.pop(), wrong.pop()) {
            (Some(wanted), None) => Ok(wanted.schedule),
            (None, Some(sentence)) => Err(sentence),
            other => panic!("{other:?}"),
        }
    }

    fn of(trigger: &str, config: &str) -> Result<Schedule, String> {
        one(&format!(
            "{{\"id\": 1, \"ref\": \"ops.tick\", \"trigger_ref\": \"{trigger}\", \"config\": {config}}}"
        ))
    }

    #[test]
    fn reads_what_the_platform_writes() {
        let settings = parse(
            r#"[{"id": 7, "ref": "ops.tick", "trigger_ref": "core.intervaltimer", "config": {"unit": "minutes", "interval": 5}}]"#,
        );
        let expected = Wanted {
            id: Some(7),
            rule_ref: "ops.tick".into(),
            schedule: Schedule::Interval { every_ms: 300_000 },
        };
        assert_eq!(
            settings,
            Ok(Settings {
                timers: vec![expected],
                wrong: vec![]
            })
        );
        assert_eq!(
            parse("[]"),
            Ok(Settings {
                timers: vec![],
                wrong: vec![]
            })
        );
    }

    #[test]
    fn knows_the_three_triggers() {
        assert_eq!(
            of(INTERVAL, r#"{"interval": 5}"#),
            Ok(Schedule::Interval { every_ms: 5_000 })
        );
        assert_eq!(
            of(INTERVAL, r#"{"interval": 2, "unit": "hours"}"#),
            Ok(Schedule::Interval { every_ms: 7_200_000 })
        );
        let expression = "0 30 8 * * 1-5";
        let daily = Schedule::Cron {
            cron: cron::parse(expression).unwrap(),
            expression: expression.into(),
        };
        assert_eq!(
            of(
                CRON,
                r#"{"expression": "0 30 8 * * 1-5", "timezone": "UTC", "description": "x"}"#
            ),
            Ok(daily)
        );
        assert_eq!(
            of(
                ONCE,
                r#"{"fire_at": "1970-01-01T01:00:01+01:00", "timezone": "Europe/Berlin"}"#
            ),
            Ok(Schedule::Once { at_ms: 1_000 })
        );
        assert_eq!(
            of(ONCE, r#"{"fire_at": "1970-01-01T00:00:01"}"#),
            Ok(Schedule::Once { at_ms: 1_000 })
        );
    }

    #[test]
    fn knows_them_by_their_parameters_where_the_platform_does_not_say() {
        assert_eq!(
            one(r#"{"ref": "a.b", "config": {"interval": 5}}"#),
            Ok(Schedule::Interval { every_ms: 5_000 })
        );
        assert!(matches!(
            one(r#"{"ref": "a.b", "config": {"expression": "* * * * *"}}"#),
            Ok(Schedule::Cron { .. })
        ));
        assert!(matches!(
            one(r#"{"ref": "a.b", "config": {"fire_at": "2030-01-01T00:00:00Z"}}"#),
            Ok(Schedule::Once { .. })
        ));
    }

    #[test]
    fn one_that_is_wrong_does_not_stop_the_others() {
        let settings =
            parse(r#"[{"ref": "a.bad", "config": {"interval": 0}}, {"ref": "a.good", "config": {"interval": 1}}, 5]"#)
                .unwrap();
        assert_eq!(
            settings
                .timers
                .iter()
                .map(|timer| timer.rule_ref.as_str())
                .collect::<Vec<_>>(),
            ["a.good"]
        );
        assert_eq!(
            settings.wrong,
            [
                "a.bad: Expected `interval` to be a number from 1 to 3162240000, got `0`",
                "timer 3: Expected an object, got `5`"
            ]
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (trigger, config, expected) in [
            (INTERVAL, "{}", "Expected `interval` to be a number from 1 to 3162240000, got none"),
            (INTERVAL, r#"{"interval": "5"}"#, "Expected `interval` to be a number from 1 to 3162240000, got the text `5`"),
            (INTERVAL, r#"{"interval": 1.5}"#, "Expected `interval` to be a number from 1 to 3162240000, got `1.5`"),
            (INTERVAL, r#"{"interval": -1, "unit": "minutes"}"#, "Expected `interval` to be a number from 1 to 52704000, got `-1`"),
            (INTERVAL, r#"{"interval": 1, "unit": "weeks"}"#, "Expected `unit` to be `seconds`, `minutes` or `hours`, got the text `weeks`"),
            (CRON, "{}", "Expected `expression` to be a cron expression, got none"),
            (CRON, r#"{"expression": "61 * * * *"}"#, "`expression`: Expected the minute from 0 to 59, got `61`"),
            (CRON, r#"{"expression": "0 8 * * *", "timezone": "Europe/Berlin"}"#, "Expected the time zone `UTC`, the only one that this sensor knows, got the text `Europe/Berlin`: write the expression in UTC"),
            (ONCE, r#"{"fire_at": "soon"}"#, "Expected `fire_at` to be a time such as `2030-01-01T04:00:00Z`, got the text `soon`"),
            (ONCE, r#"{"fire_at": 5}"#, "Expected `fire_at` to be a time such as `2030-01-01T04:00:00Z`, got `5`"),
            (ONCE, r#"{"fire_at": "2030-01-01T04:00:00", "timezone": "Asia/Tokyo"}"#, "Expected the time zone `UTC`, the only one that this sensor knows, got the text `Asia/Tokyo`: write `fire_at` in UTC"),
            ("core.other", "{}", "Expected one of the triggers `core.intervaltimer`, `core.crontimer`, `core.datetimetimer`, got `core.other`"),
            (INTERVAL, "[]", "Expected an object as `config`, got a list"),
        ] {
            assert_eq!(of(trigger, config), Err(format!("ops.tick: {expected}")), "{trigger} {config}");
        }
    }

    #[test]
    fn says_what_is_wrong_about_the_rule() {
        for (rule, expected) in [
            ("{}", "timer 1: Expected the rule's name as `ref`, got none"),
            (r#"{"ref": ""}"#, "timer 1: Expected a name of 1 to 255 bytes, got ``"),
            (r#"{"ref": "a\nb"}"#, "timer 1: Expected a name of 1 to 255 bytes, got `a b`"),
            (r#"{"ref": "a.b"}"#, "a.b: Expected an object as `config`, got none"),
            (r#"{"ref": "a.b", "id": "7", "config": {}}"#, "a.b: Expected a number as `id`, got the text `7`"),
            (r#"{"ref": "a.b", "trigger_ref": 5, "config": {}}"#, "a.b: Expected a text as `trigger_ref`, got `5`"),
            (r#"{"ref": "a.b", "config": {}}"#, "a.b: Expected `trigger_ref`, or one of `interval`, `expression`, `fire_at` in `config`, got none of them"),
        ] {
            assert_eq!(one(rule), Err(expected.into()), "{rule}");
        }
    }

    #[test]
    fn refuses_what_is_no_list() {
        assert_eq!(parse("{}"), Err("Expected a list of timers, got an object".into()));
        assert_eq!(
            parse("nope"),
            Err("Expected a value in line 1, column 1, got `n`".into())
        );
    }
}

//! Cron expressions, in UTC.
//!
//! Five fields (minute, hour, day of the month, month, day of the week), or six with the second before them. A field is
//! a list of numbers, names (`jan`, `mon`), ranges (`1-5`) and steps (`*/15`, `10-40/5`); Sunday is 0 and 7.
//!
//! As in crontab(5): if both day fields are restricted, one that fits is enough; a field that begins with `*` is not
//! restricted.

use crate::civil::{date_of, weekday_of, DAYS_A_CYCLE, SECONDS_A_DAY};
use crate::json::excerpt;

/// Which values fit, one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    second: u64,
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
    /// Both day fields are restricted.
    any_day: bool,
}

/// @returns a sentence for people if it is no expression, or one that names no time at all
pub fn parse(expression: &str) -> Result<Cron, String> {
    let text = expression.trim();
    let text = macro_of(text)?.unwrap_or(text);
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let (second, fields) = match fields.len() {
        5 => ("0", &fields[..]),
        6 => (fields[0], &fields[1..]),
        count => {
            return Err(format!(
                "Expected five fields, or six with the second first, got {count} in `{}`",
                excerpt(expression)
            ))
        }
    };
    let cron = Cron {
        second: SECOND.parse(second)?,
        minute: MINUTE.parse(fields[0])?,
        hour: HOUR.parse(fields[1])?,
        day: DAY.parse(fields[2])?,
        month: MONTH.parse(fields[3])?,
        weekday: weekdays(fields[4])?,
        any_day: !is_open(fields[2]) && !is_open(fields[4]),
    };
    match cron.after(0) {
        Some(_) => Ok(cron),
        None => Err(format!(
            "Expected days that exist, got none in `{}`",
            excerpt(expression)
        )),
    }
}

impl Cron {
    /// The first time later than `seconds`, both since 1970; `None` if there is none.
    pub fn after(&self, seconds: i64) -> Option<i64> {
        let from = seconds + 1;
        let today = from.div_euclid(SECONDS_A_DAY);
        (today..=today + DAYS_A_CYCLE)
            .filter(|day| self.fits_day(*day))
            .find_map(|day| {
                let earliest = if day == today {
                    from.rem_euclid(SECONDS_A_DAY)
                } else {
                    0
                };
                Some(day * SECONDS_A_DAY + self.time_of_day(earliest)?)
            })
    }

    fn fits_day(&self, days: i64) -> bool {
        let date = date_of(days);
        let day = has(self.day, date.day);
        let weekday = has(self.weekday, weekday_of(days));
        has(self.month, date.month) && if self.any_day { day || weekday } else { day && weekday }
    }

    /// The first one from `earliest` on, in seconds.
    fn time_of_day(&self, earliest: i64) -> Option<i64> {
        let (hour, minute, second) = (earliest / 3_600, earliest / 60 % 60, earliest % 60);
        let at = |hour: i64, minute: i64, second: i64| hour * 3_600 + minute * 60 + second;
        let first_minute = next(self.minute, 0)?;
        let first_second = next(self.second, 0)?;
        if has(self.hour, hour as u32) {
            let this_minute = has(self.minute, minute as u32)
                .then(|| next(self.second, second))
                .flatten();
            if let Some(second) = this_minute {
                return Some(at(hour, minute, second));
            }
            if let Some(minute) = next(self.minute, minute + 1) {
                return Some(at(hour, minute, first_second));
            }
        }
        next(self.hour, hour + 1).map(|hour| at(hour, first_minute, first_second))
    }
}

fn has(bits: u64, value: u32) -> bool {
    bits >> value & 1 == 1
}

/// The first value from `value` on.
fn next(bits: u64, value: i64) -> Option<i64> {
    let rest = if value < 64 { bits >> value << value } else { 0 };
    (rest != 0).then(|| i64::from(rest.trailing_zeros()))
}

struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    /// Of the values from `first` on.
    names: &'static [&'static str],
}

const SECOND: Field = Field {
    name: "second",
    first: 0,
    last: 59,
    names: &[],
};
const MINUTE: Field = Field {
    name: "minute",
    first: 0,
    last: 59,
    names: &[],
};
const HOUR: Field = Field {
    name: "hour",
    first: 0,
    last: 23,
    names: &[],
};
const DAY: Field = Field {
    name: "day of the month",
    first: 1,
    last: 31,
    names: &[],
};
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const MONTH: Field = Field {
    name: "month",
    first: 1,
    last: 12,
    names: &MONTHS,
};
/// Sunday at both ends, so that ranges may begin and end with it.
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const WEEKDAY: Field = Field {
    name: "day of the week",
    first: 0,
    last: 7,
    names: &WEEKDAYS,
};

impl Field {
    fn parse(&self, text: &str) -> Result<u64, String> {
        text.split(',').try_fold(0, |bits, part| Ok(bits | self.part(part)?))
    }

    /// One element of the list.
    fn part(&self, text: &str) -> Result<u64, String> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (text, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.first, self.last),
            // As other schedulers have it, and the platform's own documentation of this trigger.
            _ if range == "?" && self.is_day() => (self.first, self.last),
            Some((first, last)) => self.range(first, last)?,
            None if step.is_some() => {
                return Err(format!(
                    "Expected a step after `*` or a range, e.g. `{range}-{}/{}`, got `{}`",
                    self.last,
                    step.unwrap_or(1),
                    excerpt(text)
                ))
            }
            None => (self.value(range)?, self.value(range)?),
        };
        let values = (first..=last).step_by(step.unwrap_or(1) as usize);
        Ok(values.fold(0, |bits, value| bits | 1 << value))
    }

    fn is_day(&self) -> bool {
        self.name.starts_with("day")
    }

    fn range(&self, first: &str, last: &str) -> Result<(u32, u32), String> {
        let start = self.value(first)?;
        let end = match self.value(last)? {
            0 if self.name == WEEKDAY.name && start > 0 => 7, // `fri-sun`
            end => end,
        };
        if start > end {
            return Err(format!(
                "Expected the {} to rise in a range, got `{first}-{last}`: write it as two, with a comma",
                self.name
            ));
        }
        Ok((start, end))
    }

    fn step(&self, text: &str) -> Result<u32, String> {
        let most = self.last - self.first;
        match number(text) {
            Some(step) if (1..=most).contains(&step) => Ok(step),
            _ => Err(format!(
                "Expected a step of the {} from 1 to {most}, got `{}`",
                self.name,
                excerpt(text)
            )),
        }
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let name = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = name.map(|index| self.first + index as u32).or_else(|| number(text));
        value
            .filter(|value| (self.first..=self.last).contains(value))
            .ok_or_else(|| {
                let names = match (self.names.first(), self.names.last()) {
                    (Some(first), Some(last)) => format!(", or `{first}` to `{last}`"),
                    _ => String::new(),
                };
                format!(
                    "Expected the {} from {} to {}{names}, got `{}`",
                    self.name,
                    self.first,
                    self.last,
                    excerpt(text)
                )
            })
    }
}

/// Digits only; `None` also for what does not fit.
fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// 7 becomes 0.
fn weekdays(text: &str) -> Result<u64, String> {
    let bits = match text {
        "*" | "?" => 0b111_1111,
        // A step goes over the seven days, not over Sunday twice.
        _ => WEEKDAY.parse(&text.replace('*', "0-6"))?,
    };
    Ok((bits | bits >> 7) & 0b111_1111)
}

fn is_open(field: &str) -> bool {
    field.starts_with('*') || field.starts_with('?')
}

fn macro_of(text: &str) -> Result<Option<&'static str>, String> {
    if !text.starts_with('@') {
        return Ok(None);
    }
    match text {
        "@hourly" => Ok(Some("0 * * * *")),
        "@daily" | "@midnight" => Ok(Some("0 0 * * *")),
        "@weekly" => Ok(Some("0 0 * * 0")),
        "@monthly" => Ok(Some("0 0 1 * *")),
        "@yearly" | "@annually" => Ok(Some("0 0 1 1 *")),
        _ => Err(format!(
            "Expected `@hourly`, `@daily`, `@weekly`, `@monthly` or `@yearly`, got `{}`",
            excerpt(text)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::civil;

    /// The next `count` times after `from`, without milliseconds.
    fn times(expression: &str, from: &str, count: usize) -> Vec<String> {
        let cron = parse(expression).unwrap();
        let mut seconds = civil::parse(from).unwrap().ms / 1_000;
        let mut next = || {
            seconds = cron.after(seconds).unwrap();
            civil::format(seconds * 1_000).replace(".000Z", "Z")
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn names_the_next_times() {
        // 2026-11-21 is a Saturday.
        for (expression, expected) in [
            ("* * * * *", vec!["2026-11-21T16:01:00Z", "2026-11-21T16:02:00Z"]),
            ("* * * * * *", vec!["2026-11-21T16:00:31Z", "2026-11-21T16:00:32Z"]),
            (
                "*/15 * * * *",
                vec![
                    "2026-11-21T16:15:00Z",
                    "2026-11-21T16:30:00Z",
                    "2026-11-21T16:45:00Z",
                    "2026-11-21T17:00:00Z",
                ],
            ),
            ("0 30 8 * * 1-5", vec!["2026-11-23T08:30:00Z", "2026-11-24T08:30:00Z"]),
            ("30 8 * * mon-fri", vec!["2026-11-23T08:30:00Z", "2026-11-24T08:30:00Z"]),
            ("0 0 1 jan *", vec!["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]),
            ("0 0 1 JAN,Jul *", vec!["2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"]),
            (
                "10-40/10 3 * * *",
                vec![
                    "2026-11-22T03:10:00Z",
                    "2026-11-22T03:20:00Z",
                    "2026-11-22T03:30:00Z",
                    "2026-11-22T03:40:00Z",
                    "2026-11-23T03:10:00Z",
                ],
            ),
            ("0 12 * * 7", vec!["2026-11-22T12:00:00Z", "2026-11-29T12:00:00Z"]),
            ("0 12 * * 0", vec!["2026-11-22T12:00:00Z"]),
            ("0 12 * * sun", vec!["2026-11-22T12:00:00Z"]),
            (
                "0 12 * * 5-7",
                vec!["2026-11-22T12:00:00Z", "2026-11-27T12:00:00Z", "2026-11-28T12:00:00Z"],
            ),
            ("0 12 * * fri-sun", vec!["2026-11-22T12:00:00Z", "2026-11-27T12:00:00Z"]),
            ("0 0 29 2 *", vec!["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
            (
                "0 0 31 * *",
                vec!["2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-03-31T00:00:00Z"],
            ),
            ("59 23 31 12 ?", vec!["2026-12-31T23:59:00Z"]),
            ("@daily", vec!["2026-11-22T00:00:00Z"]),
            ("@weekly", vec!["2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"]),
            (" 5   4 * * * ", vec!["2026-11-22T04:05:00Z"]),
        ] {
            assert_eq!(
                times(expression, "2026-11-21T16:00:30Z", expected.len()),
                expected,
                "{expression}"
            );
        }
    }

    #[test]
    fn a_day_fits_by_either_field_if_both_are_restricted() {
        // The 13th, and every Friday.
        assert_eq!(
            times("0 0 13 * 5", "2026-11-01T00:00:00Z", 4),
            [
                "2026-11-06T00:00:00Z",
                "2026-11-13T00:00:00Z",
                "2026-11-20T00:00:00Z",
                "2026-11-27T00:00:00Z"
            ]
        );
        assert_eq!(
            times("0 0 13 * 5", "2026-11-28T00:00:00Z", 3),
            ["2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"]
        );
        // A step over all days restricts nothing: Mondays with an odd date, as crontab(5) says.
        assert_eq!(
            times("0 0 */2 * 1", "2026-11-01T00:00:00Z", 2),
            ["2026-11-09T00:00:00Z", "2026-11-23T00:00:00Z"]
        );
        // Days of all weeks by twos are Sunday, Tuesday, Thursday, Saturday; never Sunday again as 7.
        assert_eq!(
            times("0 0 * * */2", "2026-11-21T00:00:00Z", 3),
            ["2026-11-22T00:00:00Z", "2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z"]
        );
    }

    #[test]
    fn finds_what_is_rare() {
        // 2096 is a leap year, 2100 is not.
        assert_eq!(times("0 0 29 2 *", "2096-03-01T00:00:00Z", 1), ["2104-02-29T00:00:00Z"]);
        assert_eq!(
            times("0 0 29 2 */7", "2026-01-01T00:00:00Z", 2),
            ["2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z"]
        );
    }

    #[test]
    fn goes_on_over_the_ends_of_hours_days_and_years() {
        assert_eq!(
            times("59 59 23 31 12 *", "2026-12-31T23:59:59Z", 1),
            ["2027-12-31T23:59:59Z"]
        );
        assert_eq!(
            times("0 0 0 1 1 *", "2026-12-31T23:59:59Z", 1),
            ["2027-01-01T00:00:00Z"]
        );
        assert_eq!(
            times("30 59 * * * *", "2026-11-21T16:59:30Z", 1),
            ["2026-11-21T17:59:30Z"]
        );
        assert_eq!(
            times("0 0 * * *", "1969-12-30T12:00:00Z", 2),
            ["1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"]
        );
    }

    #[test]
    fn names_exactly_the_times_that_fit_field_by_field() {
        for expression in [
            "*/7 3-9/2 * * *",
            "0 12 1-7 * mon",
            "5,17 0,23 28-31 feb,apr *",
            "*/20 */25 */6 */10 */5 *",
        ] {
            let cron = parse(expression).unwrap();
            let start = civil::parse("2027-02-26T00:00:00Z").unwrap().ms / 1_000;
            let end = start + 4 * SECONDS_A_DAY;
            let fits = |seconds: &i64| {
                let of_day = seconds.rem_euclid(SECONDS_A_DAY) as u32;
                cron.fits_day(seconds.div_euclid(SECONDS_A_DAY))
                    && has(cron.hour, of_day / 3_600)
                    && has(cron.minute, of_day / 60 % 60)
                    && has(cron.second, of_day % 60)
            };
            let expected: Vec<i64> = (start + 1..end).filter(fits).collect();
            let successors = std::iter::successors(cron.after(start), |seconds| cron.after(*seconds));
            assert_eq!(
                successors.take_while(|seconds| *seconds < end).collect::<Vec<_>>(),
                expected,
                "{expression}"
            );
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (expression, expected) in [
            ("", "Expected five fields, or six with the second first, got 0 in ``"),
            (
                "* * * *",
                "Expected five fields, or six with the second first, got 4 in `* * * *`",
            ),
            (
                "* * * * * * 2026",
                "Expected five fields, or six with the second first, got 7 in `* * * * * * 2026`",
            ),
            ("60 * * * *", "Expected the minute from 0 to 59, got `60`"),
            ("* 24 * * *", "Expected the hour from 0 to 23, got `24`"),
            ("* * 0 * *", "Expected the day of the month from 1 to 31, got `0`"),
            (
                "* * * 13 *",
                "Expected the month from 1 to 12, or `jan` to `dec`, got `13`",
            ),
            (
                "* * * foo *",
                "Expected the month from 1 to 12, or `jan` to `dec`, got `foo`",
            ),
            (
                "* * * * 8",
                "Expected the day of the week from 0 to 7, or `sun` to `sat`, got `8`",
            ),
            ("*/0 * * * *", "Expected a step of the minute from 1 to 59, got `0`"),
            ("*/90 * * * *", "Expected a step of the minute from 1 to 59, got `90`"),
            (
                "5/15 * * * *",
                "Expected a step after `*` or a range, e.g. `5-59/15`, got `5/15`",
            ),
            (
                "40-10 * * * *",
                "Expected the minute to rise in a range, got `40-10`: write it as two, with a comma",
            ),
            (
                "* * * * fri-mon",
                "Expected the day of the week to rise in a range, got `fri-mon`: write it as two, with a comma",
            ),
            ("1,,2 * * * *", "Expected the minute from 0 to 59, got ``"),
            ("-1 * * * *", "Expected the minute from 0 to 59, got ``"),
            ("+1 * * * *", "Expected the minute from 0 to 59, got `+1`"),
            ("? * * * *", "Expected the minute from 0 to 59, got `?`"),
            (
                "99999999999 * * * *",
                "Expected the minute from 0 to 59, got `99999999999`",
            ),
            ("0 0 30 2 *", "Expected days that exist, got none in `0 0 30 2 *`"),
            (
                "0 0 31 feb,apr,jun,sep,nov *",
                "Expected days that exist, got none in `0 0 31 feb,apr,jun,sep,nov *`",
            ),
            (
                "@reboot",
                "Expected `@hourly`, `@daily`, `@weekly`, `@monthly` or `@yearly`, got `@reboot`",
            ),
        ] {
            assert_eq!(parse(expression), Err(expected.into()), "{expression}");
        }
    }
}

//! Dates and times in UTC, by the proleptic Gregorian calendar. Leap seconds do not exist, as in POSIX time.

pub const SECONDS_A_DAY: i64 = 86_400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// Days since 1970-01-01. The year is reckoned from March, so that the leap day is its last one, in cycles of 400 years.
pub fn days_of(Date { year, month, day }: Date) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let cycle = year.div_euclid(400);
    let year_of_cycle = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    cycle * DAYS_A_CYCLE + day_of_cycle - DAYS_TO_1970
}

/// The inverse of [`days_of`].
pub fn date_of(days: i64) -> Date {
    let days = days + DAYS_TO_1970;
    let cycle = days.div_euclid(DAYS_A_CYCLE);
    let day_of_cycle = days.rem_euclid(DAYS_A_CYCLE);
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
    Date {
        year,
        month: month as u32,
        day: day as u32,
    }
}

/// After so many days, dates and days of the week repeat.
pub const DAYS_A_CYCLE: i64 = 146_097;
/// From 0000-03-01.
const DAYS_TO_1970: i64 = 719_468;

/// 0 is Sunday.
pub fn weekday_of(days: i64) -> u32 {
    (days + 4).rem_euclid(7) as u32
}

/// As RFC 3339 has it, e.g. `2030-01-01T04:00:00.000Z`.
///
/// `ms` since 1970.
pub fn format(ms: i64) -> String {
    let seconds = ms.div_euclid(1_000);
    let Date { year, month, day } = date_of(seconds.div_euclid(SECONDS_A_DAY));
    let of_day = seconds.rem_euclid(SECONDS_A_DAY);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let fraction = ms.rem_euclid(1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

/// A time, and whether the text says in which zone.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Since 1970; what is finer is cut off.
    pub ms: i64,
    pub has_offset: bool,
}

/// RFC 3339, e.g. `2030-01-01T04:00:00Z`, `2030-01-01 05:30:00.25+01:30`; without an offset it is UTC.
///
/// @returns `None` for what is no such time
pub fn parse(text: &str) -> Option<Parsed> {
    let mut cursor = Cursor(text.as_bytes());
    let date = Date {
        year: i64::from(cursor.digits(4)?),
        month: cursor.after(b"-")?.digits(2)?,
        day: cursor.after(b"-")?.digits(2)?,
    };
    if date_of(days_of(date)) != date {
        return None;
    }
    let hour = cursor.after(b"Tt ")?.digits(2)?;
    let minute = cursor.after(b":")?.digits(2)?;
    let second = cursor.after(b":")?.digits(2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction_ms = cursor.fraction_ms()?;
    let offset = cursor.offset()?;
    let of_day = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    let seconds = days_of(date) * SECONDS_A_DAY + of_day - offset.unwrap_or(0);
    Some(Parsed {
        ms: seconds * 1_000 + fraction_ms,
        has_offset: offset.is_some(),
    })
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// Past one of these.
    fn after(&mut self, any: &[u8]) -> Option<&mut Self> {
        let (first, rest) = self.0.split_first()?;
        if !any.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(self)
    }

    /// Exactly `count` of them.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.0.get(..count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = &self.0[count..];
        Some(
            digits
                .iter()
                .fold(0, |number, digit| number * 10 + u32::from(digit - b'0')),
        )
    }

    /// 0 if there is none.
    fn fraction_ms(&mut self) -> Option<i64> {
        if self.after(b".").is_none() {
            return Some(0);
        }
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let of_ms = digits.iter().copied().chain([b'0'; 3]).take(3);
        (count > 0).then(|| of_ms.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0')))
    }

    /// In seconds east of UTC; `Some(None)` if the text ends without one.
    fn offset(&mut self) -> Option<Option<i64>> {
        if self.0.is_empty() {
            return Some(None);
        }
        if self.after(b"Zz").is_some() {
            return self.0.is_empty().then_some(Some(0));
        }
        let sign = if self.0[0] == b'-' { -1 } else { 1 };
        let hours = self.after(b"+-")?.digits(2)?;
        let minutes = self.after(b":")?.digits(2)?;
        let is_right = hours <= 23 && minutes <= 59 && self.0.is_empty();
        is_right.then(|| Some(sign * (i64::from(hours) * 3_600 + i64::from(minutes) * 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_800_years_is_the_day_after_the_one_before() {
        let mut before = date_of(days_of(Date {
            year: 1599,
            month: 12,
            day: 31,
        }));
        for days in days_of(Date {
            year: 1600,
            month: 1,
            day: 1,
        })..days_of(Date {
            year: 2400,
            month: 1,
            day: 1,
        }) {
            let date = date_of(days);
            assert_eq!(days_of(date), days);
            let is_next = (date.year, date.month, date.day) == (before.year, before.month, before.day + 1)
                || (date.day == 1 && (date.year, date.month) == (before.year, before.month + 1))
                || (date.day == 1 && date.month == 1 && date.year == before.year + 1);
            assert!(is_next, "{date:?} after {before:?}");
            before = date;
        }
    }

    #[test]
    fn knows_days_of_the_week() {
        let weekday = |year, month, day| weekday_of(days_of(Date { year, month, day }));
        assert_eq!(weekday(1970, 1, 1), 4);
        assert_eq!(weekday(2000, 2, 29), 2);
        assert_eq!(weekday(2026, 11, 22), 0);
        assert_eq!(weekday(1969, 12, 27), 6);
    }

    #[test]
    fn writes_what_it_reads() {
        for text in [
            "1970-01-01T00:00:00.000Z",
            "2030-01-01T04:00:00.125Z",
            "1969-12-31T23:59:59.999Z",
            "2000-02-29T12:00:00.000Z",
        ] {
            assert_eq!(format(parse(text).unwrap().ms), text);
        }
    }

    #[test]
    fn reads_offsets_and_fractions() {
        for (text, ms, has_offset) in [
            ("1970-01-01T01:00:00+01:00", 0, true),
            ("1969-12-31t18:30:00-05:30", 0, true),
            ("1970-01-01 00:00:01z", 1_000, true),
            ("1970-01-01T00:00:01", 1_000, false),
            ("1970-01-01T00:00:00.5Z", 500, true),
            ("1970-01-01T00:00:00.123987654Z", 123, true),
        ] {
            assert_eq!(parse(text), Some(Parsed { ms, has_offset }), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "tomorrow",
            "2030-01-01",
            "2030-01-01T04:00Z",
            "2030-13-01T00:00:00Z",
            "2030-02-30T00:00:00Z",
            "2029-02-29T00:00:00Z",
            "2030-00-01T00:00:00Z",
            "2030-01-00T00:00:00Z",
            "2030-01-01T24:00:00Z",
            "2030-01-01T00:60:00Z",
            "2030-01-01T00:00:60Z",
            "2030-01-01T00:00:00.Z",
            "2030-01-01T00:00:00+1:00",
            "2030-01-01T00:00:00+24:00",
            "2030-01-01T00:00:00+01:60",
            "2030-01-01T00:00:00Zjunk",
            "2030-01-01T00:00:00+01:00x",
            "+030-01-01T00:00:00Z",
            "2030-1-01T00:00:00Z",
            "2030-01-01T00:00:00 Z",
            "２０３０-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

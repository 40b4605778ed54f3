//! Times as the simulated server writes and reads them, by an arithmetic of its own: the core's parser is not asked.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::plan::Millis;

/// The client's wall clock at 0: 2026-11-24T06:25:53Z.
const WORLD_BEGINS: i64 = 1_795_501_553_000;

/// The client's wall clock, in milliseconds since the epoch.
pub(crate) fn client_wall(now: Millis) -> i64 {
    WORLD_BEGINS + now
}

pub(crate) fn client_time(now: Millis) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(client_wall(now)).unwrap())
}

/// Year, month, day of a day since the epoch.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// `2026-11-24T06:25:53`
pub(crate) fn zoneless(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// `Tue, 24 Nov 2026 06:25:53 GMT`
pub(crate) fn http_date(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day_number = seconds.div_euclid(86_400);
    let (year, month, day) = civil(day_number);
    let of_day = seconds.rem_euclid(86_400);
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        DAYS[usize::try_from(day_number.rem_euclid(7)).unwrap()],
        MONTHS[usize::try_from(month - 1).unwrap()],
        of_day / 3_600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// The timestamp of a PNAUTHINFO3 credential in milliseconds since the epoch; none: not in the form that this server
/// takes (`2026-11-24T06:25:53.042Z`).
pub(crate) fn signed_at(authorization: &str) -> Option<i64> {
    let (_, after) = authorization.split_once("Credential=")?;
    let (_, after) = after.split_once('/')?;
    let (text, _) = after.split_once(' ')?;
    let text = text.strip_suffix('Z')?;
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let day = days(number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let of_day = number(11, 13)? * 3_600 + number(14, 16)? * 60 + number(17, 19)?;
    Some((day * 86_400 + of_day) * 1_000 + number(20, 23)?)
}

#[test]
fn the_calendar_goes_there_and_back() {
    assert_eq!(http_date(WORLD_BEGINS / 1_000), "Tue, 24 Nov 2026 06:25:53 GMT");
    assert_eq!(zoneless(WORLD_BEGINS / 1_000), "2026-11-24T06:25:53");
    assert_eq!(
        signed_at("PNAUTHINFO3-HMAC-SHA256 Credential=user/2026-11-24T06:25:53.000Z Signature=x"),
        Some(WORLD_BEGINS)
    );
    assert_eq!(signed_at("Bearer x"), None);
}

//! Fires the events of the timer triggers of the `core` pack: a JSON object a line on stdout, when it is due.
//!
//! `settings` reads which timers are wanted, `timer` knows when they are due, `cron` and `civil` reckon; here are the
//! clock, the loop and what goes out.

mod civil;
mod cron;
mod json;
mod settings;
mod stop;
mod timer;

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use settings::Settings;
use timer::{Now, Timer};

const NAME: &str = env!("CARGO_PKG_NAME");
const TRIGGERS: &str = "ATTUNE_SENSOR_TRIGGERS";
const SENSOR_REF: &str = "ATTUNE_SENSOR_REF";
const CHECK_INTERVAL: &str = "ATTUNE_SENSOR_CONFIG_CHECK_INTERVAL_SECONDS";

const HELP: &str = "Fires the events of timers: a JSON object a line on stdout, when it is due. All times are UTC.

usage: attune-core-timer-sensor [--config FILE] [--check]

  --config FILE   read the timers from a file, `-` is stdin (default: ATTUNE_SENSOR_TRIGGERS)
  --check         only say when each timer fires next; ends with 2 if any is wrong
  --version       print the version
  --help          print this help

The timers are a JSON list, as the platform gives it:

  [{\"ref\": \"ops.tick\",    \"trigger_ref\": \"core.intervaltimer\", \"config\": {\"interval\": 30, \"unit\": \"seconds\"}},
   {\"ref\": \"ops.morning\", \"trigger_ref\": \"core.crontimer\",     \"config\": {\"expression\": \"30 8 * * mon-fri\"}},
   {\"ref\": \"ops.once\",    \"trigger_ref\": \"core.datetimetimer\", \"config\": {\"fire_at\": \"2030-01-01T04:00:00Z\"}}]

Ends with 0 on SIGTERM or SIGINT, with 1 if nobody reads its events, with 2 if the configuration is wrong.
";

/// What ends the program: a sentence, and how.
struct Failure {
    code: u8,
    sentence: String,
}

fn main() -> ExitCode {
    stop::on_signal();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, sentence }) => {
            log(&sentence);
            ExitCode::from(code)
        }
    }
}

enum Command {
    Run,
    Check,
    Print(String),
}

struct Arguments {
    command: Command,
    /// Where the timers are, if not in the environment.
    file: Option<String>,
}

fn run() -> Result<(), Failure> {
    let Arguments { command, file } = arguments(env::args().skip(1)).map_err(wrong)?;
    if let Command::Print(text) = command {
        return say(&text);
    }
    let text = configuration(file.as_deref()).map_err(wrong)?;
    let Settings {
        timers,
        wrong: sentences,
    } = settings::parse(&text).map_err(|why| wrong(format!("the timers: {why}")))?;
    for sentence in &sentences {
        log(sentence);
    }
    let clock = Clock::start();
    let timers: Vec<Timer> = timers
        .into_iter()
        .map(|wanted| Timer::start(wanted, clock.now()))
        .collect();
    if matches!(command, Command::Check) {
        return check(&timers, clock.now(), sentences.len());
    }
    if timers.is_empty() && !sentences.is_empty() {
        return Err(wrong("no timer is right".into()));
    }
    let about = About {
        sensor_ref: sensor_ref().map_err(wrong)?,
        longest: check_interval().map_err(wrong)?,
    };
    fire(timers, clock, about)
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut found = Arguments {
        command: Command::Run,
        file: None,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--help" | "-h" => found.command = Command::Print(HELP.into()),
            "--version" => found.command = Command::Print(format!("{NAME} {}\n", env!("CARGO_PKG_VERSION"))),
            "--check" => found.command = Command::Check,
            "--config" => found.file = Some(words.next().ok_or("Expected a file after `--config`, got none")?),
            other => {
                return Err(format!(
                    "Expected an option (see --help), got `{}`",
                    json::excerpt(other)
                ))
            }
        }
    }
    Ok(found)
}

fn configuration(file: Option<&str>) -> Result<String, String> {
    match file {
        Some("-") => {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| format!("stdin: {error}"))?;
            Ok(text)
        }
        Some(path) => fs::read_to_string(path).map_err(|error| format!("{path}: {error}")),
        None => variable(TRIGGERS)?
            .ok_or_else(|| format!("Expected timers in {TRIGGERS} or with `--config`, got none; see --help")),
    }
}

/// `None` also for what is empty.
fn variable(name: &str) -> Result<Option<String>, String> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("Expected {name} to be UTF-8")),
    }
}

struct About {
    sensor_ref: String,
    /// So often the clock is looked at, whatever is due: somebody may have set it.
    longest: Duration,
}

fn sensor_ref() -> Result<String, String> {
    let value = variable(SENSOR_REF)?.unwrap_or_else(|| "core.timer_sensor".into());
    settings::checked_ref(&value).map_err(|why| format!("{SENSOR_REF}: {why}"))
}

fn check_interval() -> Result<Duration, String> {
    match variable(CHECK_INTERVAL)? {
        None => Ok(Duration::from_secs(1)),
        Some(value) => match value.parse() {
            Ok(seconds @ 1..=60) => Ok(Duration::from_secs(seconds)),
            _ => Err(format!(
                "Expected {CHECK_INTERVAL} to be a number from 1 to 60, got `{}`",
                json::excerpt(&value)
            )),
        },
    }
}

fn check(timers: &[Timer], now: Now, wrong_ones: usize) -> Result<(), Failure> {
    for timer in timers {
        let next = match timer.wait_ms(now) {
            Some(wait_ms) => civil::format(now.wall + wait_ms),
            None => "never, its time is past".into(),
        };
        say(&format!("{}  {next}\n", timer.rule_ref()))?;
    }
    match wrong_ones {
        0 => Ok(()),
        count => Err(wrong(format!("wrong timers: {count} of {}", timers.len() + count))),
    }
}

/// Until somebody stops it, also when nothing will be due any more: whoever started it would take an end for a crash, and
/// start it again.
fn fire(mut timers: Vec<Timer>, clock: Clock, about: About) -> Result<(), Failure> {
    log(&format!(
        "{} {}, times are UTC",
        timers.len(),
        if timers.len() == 1 { "timer" } else { "timers" }
    ));
    for timer in timers.iter().filter(|timer| timer.wait_ms(clock.now()).is_none()) {
        log(&format!("{}: its time is past, it does not fire", timer.rule_ref()));
    }
    let mut before = clock.now();
    loop {
        let now = clock.now();
        if now.wall < before.wall - SLEWED_MS {
            timers.iter_mut().for_each(|timer| timer.clock_was_set_back(now));
        }
        before = now;
        for timer in &mut timers {
            if let Some(line) = timer.fire(now, &about.sensor_ref) {
                say(&line)?;
            }
        }
        let wait_ms = timers.iter().filter_map(|timer| timer.wait_ms(clock.now())).min();
        let wait = wait_ms.map_or(about.longest, |ms| Duration::from_millis(ms as u64));
        thread::sleep(wait.min(about.longest));
    }
}

/// By less than this a clock goes back while it is being corrected, not set.
const SLEWED_MS: i64 = 1_000;

struct Clock {
    start: Instant,
}

impl Clock {
    fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    fn now(&self) -> Now {
        let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_millis() as i64,
            Err(error) => -(error.duration().as_millis() as i64), // a clock without a battery
        };
        Now {
            wall,
            steady: self.start.elapsed().as_millis() as i64,
        }
    }
}

/// With one write, at once.
fn say(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let said = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    said.map_err(|error| Failure {
        code: 1,
        sentence: format!("stdout: {error}"),
    })
}

fn wrong(sentence: String) -> Failure {
    Failure { code: 2, sentence }
}

/// For people, with one write; whether somebody reads it does not matter.
fn log(sentence: &str) {
    let _ = io::stderr().write_all(format!("{NAME}: {sentence}\n").as_bytes());
}

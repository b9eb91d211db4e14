//! The program as the platform runs it: its lines, its ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_attune-core-timer-sensor");

/// Ends with the test whatever becomes of it.
struct Sensor(Child);

impl Drop for Sensor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Sensor {
    fn start(timers: &str) -> Sensor {
        let mut command = Command::new(PROGRAM);
        command
            .env("ATTUNE_SENSOR_TRIGGERS", timers)
            .env("ATTUNE_SENSOR_REF", "core.mine");
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Sensor(piped.spawn().unwrap())
    }

    fn stdout(&mut self) -> BufReader<impl Read> {
        BufReader::new(self.0.stdout.take().unwrap())
    }

    /// The next line that it says to people.
    fn says(&mut self) -> String {
        let mut line = String::new();
        BufReader::with_capacity(1, self.0.stderr.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        line
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.0.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    fn ends_with(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

fn run(args: &[&str], timers: Option<&str>) -> Output {
    let mut command = Command::new(PROGRAM);
    command
        .args(args)
        .env_remove("ATTUNE_SENSOR_TRIGGERS")
        .stdin(Stdio::null());
    if let Some(timers) = timers {
        command.env("ATTUNE_SENSOR_TRIGGERS", timers);
    }
    command.output().unwrap()
}

const EVERY_SECOND: &str =
    r#"[{"id": 7, "ref": "ops.tick", "trigger_ref": "core.intervaltimer", "config": {"interval": 1}}]"#;

#[test]
fn says_each_event_when_it_is_due_and_ends_when_asked() {
    for signal in ["TERM", "INT"] {
        let mut sensor = Sensor::start(EVERY_SECOND);
        let mut lines = sensor.stdout().lines();
        for count in 1..=2 {
            let line = lines.next().unwrap().unwrap();
            let start = r#"{"trigger_ref":"core.intervaltimer","trigger_instance_id":"rule_7","rule_ref":"ops.tick","payload":{"type":"interval","interval_seconds":1,"fired_at":""#;
            assert!(line.starts_with(start), "{line}");
            assert!(
                line.ends_with(&format!(r#"Z","execution_count":{count},"sensor_ref":"core.mine"}}}}"#)),
                "{line}"
            );
        }
        sensor.signal(signal);
        assert_eq!(sensor.ends_with(), Some(0));
        assert!(lines.all(|line| line.unwrap().ends_with("}}")));
    }
}

#[test]
fn ends_when_asked_also_while_nobody_reads_and_every_line_is_whole() {
    let rule = r#"{"ref": "ops.tick", "config": {"interval": 1}}"#;
    let mut child = Command::new(PROGRAM);
    let piped = child
        .args(["--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut sensor = Sensor(piped.spawn().unwrap());
    let mut stdin = sensor.0.stdin.take().unwrap();
    // More than a pipe holds, 64 KiB, within the first second.
    stdin
        .write_all(format!("[{}]", vec![rule; 2_000].join(",")).as_bytes())
        .unwrap();
    drop(stdin);
    let mut stdout = sensor.stdout();
    let mut text = String::new();
    stdout.read_line(&mut text).unwrap();
    sensor.signal("TERM");
    assert_eq!(sensor.ends_with(), Some(0));
    stdout.read_to_string(&mut text).unwrap();
    assert!(text.lines().count() < 2_000);
    assert!(text.ends_with("\"}}\n"), "{text}");
}

#[test]
fn goes_on_when_nothing_will_be_due_any_more() {
    let past =
        r#"[{"ref": "ops.once", "trigger_ref": "core.datetimetimer", "config": {"fire_at": "2020-01-01T00:00:00Z"}}]"#;
    for (timers, said) in [("[]", "0 timers, times are UTC\n"), (past, "1 timer, times are UTC\n")] {
        let mut sensor = Sensor::start(timers);
        assert_eq!(sensor.says(), format!("attune-core-timer-sensor: {said}"));
        if timers == past {
            assert_eq!(
                sensor.says(),
                "attune-core-timer-sensor: ops.once: its time is past, it does not fire\n"
            );
        }
        assert!(sensor.0.try_wait().unwrap().is_none());
        sensor.signal("TERM");
        assert_eq!(sensor.ends_with(), Some(0));
    }
}

#[test]
fn a_timer_that_is_wrong_is_named_and_the_others_fire() {
    let timers = format!(
        r#"[{{"ref": "ops.bad", "config": {{"expression": "* * *"}}}},{}"#,
        &EVERY_SECOND[1..]
    );
    let mut sensor = Sensor::start(&timers);
    let sentence = "`expression`: Expected five fields, or six with the second first, got 3 in `* * *`";
    assert_eq!(
        sensor.says(),
        format!("attune-core-timer-sensor: ops.bad: {sentence}\n")
    );
    assert!(sensor.stdout().lines().next().unwrap().unwrap().contains("ops.tick"));
}

#[test]
fn ends_with_2_when_the_configuration_is_wrong() {
    for (args, timers, expected) in [
        (
            &[][..],
            None,
            "Expected timers in ATTUNE_SENSOR_TRIGGERS or with `--config`, got none; see --help",
        ),
        (
            &[][..],
            Some(""),
            "Expected timers in ATTUNE_SENSOR_TRIGGERS or with `--config`, got none; see --help",
        ),
        (
            &[][..],
            Some("[{]"),
            "the timers: Expected `\"` in line 1, column 3, got `]`",
        ),
        (
            &[][..],
            Some("{}"),
            "the timers: Expected a list of timers, got an object",
        ),
        (
            &[][..],
            Some("[{\"ref\": \"a.b\", \"config\": {\"interval\": 0}}]"),
            "no timer is right",
        ),
        (
            &["--check"][..],
            Some("[{\"ref\": \"a.b\", \"config\": {\"interval\": 0}}]"),
            "wrong timers: 1 of 1",
        ),
        (
            &["--config", "/nowhere/timers.json"][..],
            None,
            "/nowhere/timers.json: No such file or directory (os error 2)",
        ),
        (&["--config"][..], None, "Expected a file after `--config`, got none"),
        (
            &["--interval", "5"][..],
            None,
            "Expected an option (see --help), got `--interval`",
        ),
    ] {
        let Output { status, stdout, stderr } = run(args, timers);
        assert_eq!(status.code(), Some(2), "{expected}");
        assert_eq!(String::from_utf8_lossy(&stdout), "");
        let last = String::from_utf8_lossy(&stderr)
            .lines()
            .last()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(last, format!("attune-core-timer-sensor: {expected}"));
    }
    for (variable, value, expected) in [
        (
            "ATTUNE_SENSOR_CONFIG_CHECK_INTERVAL_SECONDS",
            "0",
            "Expected ATTUNE_SENSOR_CONFIG_CHECK_INTERVAL_SECONDS to be a number from 1 to 60, got `0`",
        ),
        (
            "ATTUNE_SENSOR_REF",
            "a\nb",
            "ATTUNE_SENSOR_REF: Expected a name of 1 to 255 bytes, got `a b`",
        ),
    ] {
        let Output { status, stderr, .. } = Command::new(PROGRAM)
            .env("ATTUNE_SENSOR_TRIGGERS", EVERY_SECOND)
            .env(variable, value)
            .output()
            .unwrap();
        assert_eq!(status.code(), Some(2));
        assert_eq!(
            String::from_utf8_lossy(&stderr),
            format!("attune-core-timer-sensor: {expected}\n")
        );
    }
}

#[test]
fn ends_with_1_when_nobody_reads_any_more() {
    let mut sensor = Sensor::start(EVERY_SECOND);
    drop(sensor.stdout());
    assert_eq!(sensor.ends_with(), Some(1));
    sensor.says();
    assert_eq!(
        sensor.says(),
        "attune-core-timer-sensor: stdout: Broken pipe (os error 32)\n"
    );
}

#[test]
fn checks_without_waiting() {
    let timers = r#"[{"ref": "ops.tick", "config": {"interval": 1}}, {"ref": "ops.new_year", "config": {"expression": "0 0 1 1 *"}},
        {"ref": "ops.once", "config": {"fire_at": "9000-01-01T00:00:00+01:00"}}, {"ref": "ops.past", "config": {"fire_at": "2020-01-01T00:00:00Z"}}]"#;
    let Output { status, stdout, .. } = run(&["--check"], Some(timers));
    let text = String::from_utf8_lossy(&stdout).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(status.code(), Some(0));
    assert!(lines[0].starts_with("ops.tick  2"), "{text}");
    assert!(
        lines[1].starts_with("ops.new_year  2") && lines[1].ends_with("-01-01T00:00:00.000Z"),
        "{text}"
    );
    assert_eq!(
        lines[2..],
        [
            "ops.once  8999-12-31T23:00:00.000Z",
            "ops.past  never, its time is past"
        ]
    );
}

#[test]
fn helps() {
    let Output { status, stdout, .. } = run(&["--help"], None);
    assert_eq!(status.code(), Some(0));
    let text = String::from_utf8_lossy(&stdout).into_owned();
    let example = &text[text.find("  [{").unwrap()..text.find("Ends with").unwrap()];
    assert_eq!(run(&["--check"], Some(example)).status.code(), Some(0), "{example}");
    assert_eq!(
        String::from_utf8_lossy(&run(&["--version"], None).stdout),
        "attune-core-timer-sensor 1.0.0\n"
    );
}

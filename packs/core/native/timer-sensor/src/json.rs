//! As much of JSON (RFC 8259) as the sensor needs.

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// A number without fraction and exponent that fits.
    Integer(i64),
    /// Any other, as it is written.
    Number(String),
    Text(String),
    List(Vec<Value>),
    /// In order; a name that comes twice stands there twice.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The last one of this name; `None` too for what is no object.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members
                .iter()
                .rev()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// For people, short.
    pub fn describe(&self) -> String {
        match self {
            Value::Null => "null".into(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Integer(value) => format!("`{value}`"),
            Value::Number(text) => format!("`{}`", excerpt(text)),
            Value::Text(text) => format!("the text `{}`", excerpt(text)),
            Value::List(_) => "a list".into(),
            Value::Object(_) => "an object".into(),
        }
    }
}

/// The beginning of what somebody wrote, fit for one line.
pub fn excerpt(text: &str) -> String {
    let shown: String = text
        .chars()
        .take(80)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if text.chars().count() > 80 {
        shown + "…"
    } else {
        shown
    }
}

/// Text as JSON has it.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            char if char.is_control() => quoted.push_str(&format!("\\u{:04x}", char as u32)),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// @returns a sentence for people if it is no JSON
pub fn parse(text: &str) -> Result<Value, String> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.wrong("the end"));
    }
    Ok(value)
}

/// Nobody nests configuration deeper; a parser that calls itself must end somewhere.
const MAX_DEPTH: usize = 64;

struct Parser<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("Expected JSON with at most {MAX_DEPTH} levels"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        let mut members = Vec::new();
        self.at += 1;
        if self.takes(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            if !self.takes(b':') {
                return Err(self.wrong("`:`"));
            }
            members.push((name, self.value(depth + 1)?));
            if self.takes(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.takes(b',') {
                return Err(self.wrong("`,` or `}`"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, String> {
        let mut values = Vec::new();
        self.at += 1;
        if self.takes(b']') {
            return Ok(Value::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            if self.takes(b']') {
                return Ok(Value::List(values));
            }
            if !self.takes(b',') {
                return Err(self.wrong("`,` or `]`"));
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("`\"`"));
        }
        self.at += 1;
        let mut string = String::new();
        while let Some(char) = self.text[self.at..].chars().next() {
            match char {
                '"' => {
                    self.at += 1;
                    return Ok(string);
                }
                '\\' => string.push(self.escape()?),
                char if char < ' ' => return Err(self.wrong("no control character in a text")),
                char => {
                    self.at += char.len_utf8();
                    string.push(char);
                }
            }
        }
        Err(self.wrong("`\"`"))
    }

    fn escape(&mut self) -> Result<char, String> {
        let escaped = self.text.as_bytes().get(self.at + 1).copied();
        let char = match escaped {
            Some(char @ (b'"' | b'\\' | b'/')) => char::from(char),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("an escape")),
        };
        self.at += 2;
        Ok(char)
    }

    /// One `\uXXXX`, or the two of a surrogate pair.
    fn unicode(&mut self) -> Result<char, String> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.wrong("a surrogate pair"));
        }
        let second = if self.text[self.at..].starts_with("\\u") {
            self.unit()?
        } else {
            0
        };
        if !(0xdc00..0xe000).contains(&second) {
            return Err(self.wrong("a surrogate pair"));
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or_else(|| self.wrong("a character"))
    }

    fn unit(&mut self) -> Result<u32, String> {
        let digits = self.text.as_bytes().get(self.at + 2..self.at + 6).unwrap_or_default();
        let text = std::str::from_utf8(digits).unwrap_or_default();
        if text.len() != 4 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.wrong("four hexadecimal digits"));
        }
        self.at += 6;
        u32::from_str_radix(text, 16).map_err(|_| self.wrong("four hexadecimal digits"))
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        self.at += self.text.as_bytes()[start..]
            .iter()
            .take_while(|byte| is_part(byte))
            .count();
        let text = &self.text[start..self.at];
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_padded = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        let is_number = text.parse::<f64>().is_ok() && !is_padded && !text.ends_with('.') && !digits.starts_with('.');
        if !is_number {
            self.at = start;
            return Err(self.wrong("a number"));
        }
        Ok(text.parse().map_or_else(|_| Value::Number(text.into()), Value::Integer))
    }

    fn word(&mut self) -> Result<Value, String> {
        for (word, value) in [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
        ] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("a value"))
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Past this one, if it comes next but for space.
    fn takes(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, expected: &str) -> String {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
        let got = match self.text[self.at..].chars().next() {
            Some(char) => format!("`{}`", excerpt(&char.to_string())),
            None => "the end".into(),
        };
        format!("Expected {expected} in line {line}, column {column}, got {got}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_value() {
        let value =
            parse(" {\"a\": [1, -2, 0.5, 1e3, true, false, null, {}, []], \"b\": \"\\u00fc\\n\\ud83d\\ude80\\/\"} ")
                .unwrap();
        let list = match value.get("a") {
            Some(Value::List(list)) => list,
            other => panic!("{other:?}"),
        };
        let number = |text: &str| Value::Number(text.into());
        assert_eq!(
            list[..4],
            [Value::Integer(1), Value::Integer(-2), number("0.5"), number("1e3")]
        );
        assert_eq!(list[4..7], [Value::Bool(true), Value::Bool(false), Value::Null]);
        assert_eq!(list[7..], [Value::Object(vec![]), Value::List(vec![])]);
        assert_eq!(value.get("b"), Some(&Value::Text("ü\n🚀/".into())));
        assert_eq!(value.get("c"), None);
    }

    #[test]
    fn takes_the_last_of_two_names() {
        assert_eq!(
            parse("{\"a\": 1, \"a\": 2}").unwrap().get("a"),
            Some(&Value::Integer(2))
        );
    }

    #[test]
    fn a_number_that_does_not_fit_is_kept_as_it_is_written() {
        assert_eq!(
            parse("99999999999999999999"),
            Ok(Value::Number("99999999999999999999".into()))
        );
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, expected) in [
            ("", "Expected a value in line 1, column 1, got the end"),
            ("[1,\n 2", "Expected `,` or `]` in line 2, column 3, got the end"),
            ("[1] x", "Expected the end in line 1, column 5, got `x`"),
            ("{a: 1}", "Expected `\"` in line 1, column 2, got `a`"),
            ("{\"a\" 1}", "Expected `:` in line 1, column 6, got `1`"),
            ("{\"a\": 1 \"b\"}", "Expected `,` or `}` in line 1, column 9, got `\"`"),
            ("[1,]", "Expected a value in line 1, column 4, got `]`"),
            ("\"a", "Expected `\"` in line 1, column 3, got the end"),
            ("\"ü\\x\"", "Expected an escape in line 1, column 3, got `\\`"),
            ("nul", "Expected a value in line 1, column 1, got `n`"),
        ] {
            assert_eq!(parse(text), Err(expected.into()), "{text}");
        }
    }

    #[test]
    fn refuses_what_only_looks_like_json() {
        for text in [
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "--1",
            "0x10",
            "'a'",
            "\"\\ud83d\"",
            "\"\\ud83d\\u0041\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "\"\t\"",
            "NaN",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn does_not_follow_endless_nesting() {
        assert!(parse(&"[".repeat(1_000_000)).unwrap_err().contains("levels"));
        assert!(parse(&format!("{}{}", "[".repeat(64), "]".repeat(64))).is_ok());
    }

    #[test]
    fn reads_the_text_that_it_wrote() {
        for text in ["", "a\"b\\c", "line\nline\t\u{1}\u{7f}\u{85}", "ü 🚀"] {
            assert_eq!(parse(&quote(text)), Ok(Value::Text(text.into())));
            assert!(!quote(text).contains('\n'));
        }
    }
}

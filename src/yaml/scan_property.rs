//! Scanning of what surrounds content: directives, anchors, aliases and tags.

use super::error::{Mark, Outcome, Problem};
use super::reader::{is_blank, is_blank_break_or_end, is_break_or_end, is_word};
use super::scanner::Scanner;
use super::token::{Token, TokenKind};

/// Version numbers with more digits than this are refused.
const VERSION_DIGITS: usize = 9;

impl Scanner {
    fn refuse<T>(&self, context: &'static str, start: Mark, words: &str) -> Outcome<T> {
        Err(Problem::within(context, start, self.reader.mark, words))
    }

    fn take_word(&mut self) -> String {
        let mut word = String::new();
        while is_word(self.reader.peek()) {
            word.push(self.reader.take());
        }
        word
    }

    /// Scans `&name` or `*name`.
    pub(super) fn scan_anchor(&mut self, alias: bool) -> Outcome<Token> {
        let start = self.reader.mark;
        self.reader.skip();
        let name = self.take_word();
        let next = self.reader.peek();
        let ends = is_blank_break_or_end(next) || matches!(next, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`');
        if name.is_empty() || !ends {
            let context = if alias { "while scanning an alias" } else { "while scanning an anchor" };
            return self.refuse(context, start, "did not find expected alphabetic or numeric character");
        }
        let kind = if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) };
        Ok(self.token(kind, start))
    }

    /// Scans `!local`, `!!standard`, `!handle!suffix` or `!<verbatim>`.
    pub(super) fn scan_tag(&mut self) -> Outcome<Token> {
        let start = self.reader.mark;
        let (handle, suffix) = if self.reader.peek_at(1) == '<' {
            self.reader.skip();
            self.reader.skip();
            let suffix = self.scan_uri(true, false, "", start)?;
            if self.reader.peek() != '>' {
                return self.refuse("while scanning a tag", start, "did not find the expected '>'");
            }
            self.reader.skip();
            (String::new(), suffix)
        } else {
            let handle = self.scan_tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.scan_uri(false, false, "", start)?;
                (handle, suffix)
            } else {
                let suffix = self.scan_uri(false, false, &handle, start)?;
                if suffix.is_empty() { (String::new(), "!".to_owned()) } else { ("!".to_owned(), suffix) }
            }
        };
        let next = self.reader.peek();
        let ends = is_blank_break_or_end(next) || (self.in_flow() && next == ',');
        if !ends {
            return self.refuse("while scanning a tag", start, "did not find expected whitespace or line break");
        }
        Ok(self.token(TokenKind::Tag { handle, suffix }, start))
    }

    fn scan_tag_handle(&mut self, directive: bool, start: Mark) -> Outcome<String> {
        if self.reader.peek() != '!' {
            let context = if directive { "while scanning a tag directive" } else { "while scanning a tag" };
            return self.refuse(context, start, "did not find expected '!'");
        }
        self.reader.skip();
        let mut handle = format!("!{}", self.take_word());
        if self.reader.peek() == '!' {
            handle.push(self.reader.take());
        } else if directive && handle != "!" {
            return self.refuse("while parsing a tag directive", start, "did not find expected '!'");
        }
        Ok(handle)
    }

    /// Scans the rest of a tag whose beginning, bang included, was taken for a handle.
    fn scan_uri(&mut self, brackets: bool, directive: bool, head: &str, start: Mark) -> Outcome<String> {
        let mut uri = head.get(1..).unwrap_or_default().to_owned();
        let context = if directive { "while parsing a %TAG directive" } else { "while parsing a tag" };
        let mut empty = head.is_empty();
        loop {
            let next = self.reader.peek();
            let accepted = is_word(next) || ";/?:@&=+$.%!~*'()".contains(next) || (brackets && ",[]".contains(next));
            if !accepted {
                break;
            }
            if next == '%' {
                uri.push(self.scan_uri_escape(context, start)?);
            } else {
                uri.push(self.reader.take());
            }
            empty = false;
        }
        if empty {
            return self.refuse(context, start, "did not find expected tag URI");
        }
        Ok(uri)
    }

    /// One character written as `%` and two digits for each byte of its UTF-8 form.
    fn scan_uri_escape(&mut self, context: &'static str, start: Mark) -> Outcome<char> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut width = 1;
        while bytes.len() < width {
            let high = self.reader.peek_at(1).to_digit(16);
            let low = self.reader.peek_at(2).to_digit(16);
            let (true, Some(high), Some(low)) = (self.reader.peek() == '%', high, low) else {
                return self.refuse(context, start, "did not find URI escaped octet");
            };
            let octet = (high * 16 + low) as u8;
            if bytes.is_empty() {
                width = match octet {
                    0x00..=0x7f => 1,
                    0xc0..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xf7 => 4,
                    _ => {
                        let words = "found an incorrect leading UTF-8 octet";
                        return self.refuse(context, start, words);
                    }
                };
            } else if octet & 0xc0 != 0x80 {
                return self.refuse(context, start, "found an incorrect trailing UTF-8 octet");
            }
            bytes.push(octet);
            for _ in 0..3 {
                self.reader.skip();
            }
        }
        let decoded = std::str::from_utf8(&bytes).ok();
        match decoded.and_then(|text| text.chars().next()) {
            Some(character) => Ok(character),
            None => self.refuse(context, start, "found an incorrect trailing UTF-8 octet"),
        }
    }

    /// Scans `%YAML` or `%TAG` and the rest of its line.
    pub(super) fn scan_directive(&mut self) -> Outcome<Token> {
        const CONTEXT: &str = "while scanning a directive";
        let start = self.reader.mark;
        self.reader.skip();
        let name = self.take_word();
        if name.is_empty() {
            return self.refuse(CONTEXT, start, "could not find expected directive name");
        }
        if !is_blank_break_or_end(self.reader.peek()) {
            return self.refuse(CONTEXT, start, "found unexpected non-alphabetical character");
        }
        let kind = match name.as_str() {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return self.refuse(CONTEXT, start, "found unknown directive name"),
        };
        let token = self.token(kind, start);
        self.reader.skip_blanks();
        self.reader.skip_comment();
        if !is_break_or_end(self.reader.peek()) {
            return self.refuse(CONTEXT, start, "did not find expected comment or line break");
        }
        self.reader.take_break();
        Ok(token)
    }

    fn scan_version(&mut self, start: Mark) -> Outcome<TokenKind> {
        self.reader.skip_blanks();
        let major = self.scan_version_number(start)?;
        if self.reader.peek() != '.' {
            return self.refuse(
                "while scanning a %YAML directive",
                start,
                "did not find expected digit or '.' character",
            );
        }
        self.reader.skip();
        let minor = self.scan_version_number(start)?;
        Ok(TokenKind::VersionDirective { major, minor })
    }

    fn scan_version_number(&mut self, start: Mark) -> Outcome<u32> {
        const CONTEXT: &str = "while scanning a %YAML directive";
        let mut number = 0;
        let mut count = 0;
        while let Some(digit) = self.reader.peek().to_digit(10) {
            count += 1;
            if count > VERSION_DIGITS {
                return self.refuse(CONTEXT, start, "found extremely long version number");
            }
            number = number * 10 + digit;
            self.reader.skip();
        }
        if count == 0 {
            return self.refuse(CONTEXT, start, "did not find expected version number");
        }
        Ok(number)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Outcome<TokenKind> {
        const CONTEXT: &str = "while scanning a %TAG directive";
        self.reader.skip_blanks();
        let handle = self.scan_tag_handle(true, start)?;
        if !is_blank(self.reader.peek()) {
            return self.refuse(CONTEXT, start, "did not find expected whitespace");
        }
        self.reader.skip_blanks();
        let prefix = self.scan_uri(true, true, "", start)?;
        if !is_blank_break_or_end(self.reader.peek()) {
            let words = "did not find expected whitespace or line break";
            return self.refuse(CONTEXT, start, words);
        }
        Ok(TokenKind::TagDirective { handle, prefix })
    }
}

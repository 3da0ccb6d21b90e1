//! CSV as Python's `csv` module reads it, since that is what decides the types of dbt's seeds: a blank line is a row
//! without fields, text behind a closing quote belongs to the field, a quote inside a bare field is a character, and
//! every line end inside quotes is a line feed, for Python opens the file as text.

/// Reads the rows of a file that is in memory.
pub(super) struct Reader<'a> {
    rest: &'a str,
    delimiter: char,
}

/// Where in a field the reader is.
enum Place {
    Start,
    Bare,
    Quoted,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, delimiter: char) -> Self {
        Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(text), delimiter }
    }

    /// Reads rows from the middle of a file, where a byte order mark has no meaning.
    pub(super) fn within(rest: &'a str, delimiter: char) -> Self {
        Reader { rest, delimiter }
    }

    /// What has not been read yet, in parts of which each ends with a row: `count` of them, or fewer. A file with quotes
    /// stays whole, for a line end in it need not be the end of a row.
    pub(super) fn into_parts(self, count: usize) -> Vec<&'a str> {
        let mut rest = self.rest;
        let size = if rest.as_bytes().contains(&b'"') { rest.len() } else { rest.len() / count.max(1) + 1 };
        let mut parts = Vec::new();
        while rest.len() > size {
            let Some(end) = rest.as_bytes()[size..].iter().position(|byte| *byte == b'\n') else { break };
            let (part, behind) = rest.split_at(size + end + 1);
            parts.push(part);
            rest = behind;
        }
        parts.push(rest);
        parts
    }

    /// Reads the next row into `fields`, whose buffers are used again; false at the end of the file.
    pub(super) fn next_row(&mut self, fields: &mut Fields) -> bool {
        fields.clear();
        if self.rest.is_empty() {
            return false;
        }
        if self.rest.starts_with(['\n', '\r']) {
            self.rest = skip_line_end(self.rest);
            return true;
        }
        if self.plain_row(fields) {
            return true;
        }
        self.quoted_row(fields);
        true
    }

    /// The quick way, for a line without quotes whose delimiter is one byte: each byte is looked at once.
    fn plain_row(&mut self, fields: &mut Fields) -> bool {
        let Some(delimiter) = u8::try_from(self.delimiter).ok().filter(u8::is_ascii) else { return false };
        let mut end = self.rest.len();
        fields.starts.push(0);
        for (at, &byte) in self.rest.as_bytes().iter().enumerate() {
            if byte == delimiter {
                fields.starts.push(at + 1);
            } else if byte == b'\n' || byte == b'\r' {
                end = at;
                break;
            } else if byte == b'"' {
                fields.clear();
                return false;
            }
        }
        fields.text.push_str(&self.rest[..end]);
        fields.between = 1;
        self.rest = skip_line_end(&self.rest[end..]);
        true
    }

    fn quoted_row(&mut self, fields: &mut Fields) {
        let mut place = Place::Start;
        let text = self.rest;
        let mut characters = text.char_indices().peekable();
        fields.open();
        while let Some((at, character)) = characters.next() {
            match (&place, character) {
                (Place::Quoted, '"') if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                    characters.next();
                    fields.append('"');
                }
                (Place::Quoted, '"') => place = Place::Bare,
                (Place::Quoted, '\r') => {
                    characters.next_if(|(_, next)| *next == '\n');
                    fields.append('\n');
                }
                (Place::Quoted, other) => fields.append(other),
                (Place::Start, '"') => place = Place::Quoted,
                (_, '\n' | '\r') => {
                    self.rest = skip_line_end(&text[at..]);
                    return;
                }
                (_, other) if other == self.delimiter => {
                    fields.open();
                    place = Place::Start;
                }
                (_, other) => {
                    fields.append(other);
                    place = Place::Bare;
                }
            }
        }
        self.rest = "";
    }
}

fn skip_line_end(rest: &str) -> &str {
    rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or(rest)
}

/// The fields of a row, in one buffer.
#[derive(Debug, Default)]
pub(super) struct Fields {
    text: String,
    starts: Vec<usize>,
    /// Bytes from the end of a field to the start of the next one.
    between: usize,
}

impl Fields {
    fn clear(&mut self) {
        self.text.clear();
        self.starts.clear();
        self.between = 0;
    }

    fn open(&mut self) {
        self.starts.push(self.text.len());
    }

    fn append(&mut self, character: char) {
        self.text.push(character);
    }

    /// How many fields the row has.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The fields in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let ends = self.starts.iter().skip(1).map(|next| next - self.between).chain(std::iter::once(self.text.len()));
        self.starts.iter().zip(ends).map(|(start, end)| &self.text[*start..end])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut reader = Reader::new(text, ',');
        let mut fields = Fields::default();
        let mut rows = Vec::new();
        while reader.next_row(&mut fields) {
            rows.push(fields.iter().map(str::to_owned).collect());
        }
        rows
    }

    #[test]
    fn reads_as_python_does() {
        assert_eq!(rows("a,b\n1,2\n"), [["a", "b"], ["1", "2"]]);
        assert_eq!(rows("\u{feff}a\r\n\"x,\n\"\"y\"z\r\n"), [["a"], ["x,\n\"yz"]]);
        assert_eq!(rows("\"x\r\ny\rz\"\r\n"), [["x\ny\nz"]]);
        assert_eq!(rows("a,b\"c\",\n"), [["a", "b\"c\"", ""]]);
        assert_eq!(rows("a\n\nb"), [vec!["a"], vec![], vec!["b"]]);
        assert!(rows("").is_empty());
        let mut other = Reader::new("aéb\n\nc\n", 'é');
        let mut fields = Fields::default();
        let mut counts = Vec::new();
        while other.next_row(&mut fields) {
            counts.push(fields.len());
        }
        assert_eq!(counts, [2, 0, 1]);
    }

    #[test]
    fn parts_end_with_rows() {
        let text = "1,a\n22,bé\r\n\n333,c\n4,d";
        for count in 1..9 {
            let parts = Reader::new(text, ',').into_parts(count);
            assert_eq!(parts.concat(), text);
            let (last, before) = parts.split_last().unwrap();
            assert!(before.iter().all(|part| part.ends_with('\n')), "{before:?} {last:?}");
        }
        assert!(Reader::new(text, ',').into_parts(4).len() > 1);
        assert_eq!(Reader::new("1,\"a\nb\"\n2,c\n", ',').into_parts(4).len(), 1);
    }
}

//! The text between the quotes of a JSON string, in ASCII.

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// How many bytes from the beginning stand for themselves: ASCII without control characters, quotes and backslashes.
pub fn plain_prefix(bytes: &[u8]) -> usize {
    let (eights, rest) = bytes.as_chunks::<8>();
    for (place, eight) in eights.iter().enumerate() {
        let marks = special(u64::from_le_bytes(*eight));
        if marks != 0 {
            return 8 * place + marks.trailing_zeros() as usize / 8;
        }
    }
    let begun = 8 * eights.len();
    begun + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// The high bit of each byte that cannot stand for itself. Bytes after the first such byte may be marked wrongly.
fn special(eight: u64) -> u64 {
    let zero = |bytes: u64| bytes.wrapping_sub(LOW) & !bytes;
    let below_space = eight.wrapping_sub(LOW * 0x20) & !eight;
    (eight | below_space | zero(eight ^ (LOW * u64::from(b'"'))) | zero(eight ^ (LOW * u64::from(b'\\')))) & HIGH
}

fn is_special(byte: u8) -> bool {
    !(0x20..0x80).contains(&byte) || byte == b'"' || byte == b'\\'
}

/// What is written for a character that cannot stand for itself.
pub struct Escaped {
    bytes: [u8; 12],
    length: usize,
}

impl Escaped {
    pub fn of(letter: char) -> Self {
        let mut escaped = Escaped { bytes: [0; 12], length: 0 };
        match letter {
            '"' => escaped.push(b"\\\""),
            '\\' => escaped.push(b"\\\\"),
            '\n' => escaped.push(b"\\n"),
            '\r' => escaped.push(b"\\r"),
            '\t' => escaped.push(b"\\t"),
            '\u{8}' => escaped.push(b"\\b"),
            '\u{c}' => escaped.push(b"\\f"),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    escaped.push(format!("\\u{unit:04x}").as_bytes());
                }
            }
        }
        escaped
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_prefix_ends_at_the_first_special_byte_wherever_it_lies() {
        for length in 0..20 {
            for place in 0..length {
                for special in [0_u8, 0x1f, b'"', b'\\', 0x80, 0xff] {
                    let mut bytes = vec![b'~'; length];
                    bytes[place] = special;
                    assert_eq!(plain_prefix(&bytes), place, "{special:#x} at {place} of {length}");
                    bytes[length - 1] = special;
                    assert_eq!(plain_prefix(&bytes), place, "{special:#x} at {place} of {length}");
                }
            }
            let every = [0x20_u8, 0x21, 0x23, 0x5b, 0x5d, 0x7f];
            let bytes: Vec<u8> = every.into_iter().cycle().take(length).collect();
            assert_eq!(plain_prefix(&bytes), length);
        }
    }
}

//! Serializes to `json.dumps`' text. A manifest is mostly short texts and keys, so what counts is the search for
//! characters to escape (eight bytes at a time) and mappings that many nodes share (put into words once): together they
//! halve the time that serde_json's own serializer needs with a formatter.

use std::fmt::Display;
use std::io;

use serde::ser::{self, Serialize};

use super::text;
use crate::jinja::value::float_repr;
use crate::manifest::SHARED_MAP;

/// Bytes that are gathered before they are moved.
const BUFFER: usize = 32 * 1024;

/// Shared mappings whose text is kept.
const MOST_SHARED: usize = 16;

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Failure(#[from] pub io::Error);

impl ser::Error for Failure {
    fn custom<T: Display>(message: T) -> Self {
        Failure(io::Error::other(message.to_string()))
    }
}

type Written = Result<(), Failure>;

/// A serde serializer. Each mapping and list is written as it is walked through.
pub struct Writer<W> {
    to: W,
    buffer: Vec<u8>,
    /// Texts of shared mappings by their place in memory, which holds as long as what is serialized is borrowed.
    shared: Vec<(usize, Vec<u8>)>,
    /// The last float and its text: all nodes were made at one moment.
    float: (u64, String),
}

impl<W: io::Write> Writer<W> {
    pub fn new(to: W) -> Self {
        Writer { to, buffer: Vec::with_capacity(BUFFER), shared: Vec::new(), float: (0, "0.0".to_owned()) }
    }

    /// Hands on what is gathered.
    pub fn finish(mut self) -> io::Result<()> {
        self.to.write_all(&self.buffer)?;
        self.to.flush()
    }

    fn put(&mut self, bytes: &[u8]) -> Written {
        if self.buffer.len() + bytes.len() > BUFFER {
            self.to.write_all(&self.buffer)?;
            self.buffer.clear();
            if bytes.len() > BUFFER {
                return Ok(self.to.write_all(bytes)?);
            }
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    fn put_text(&mut self, value: &str) -> Written {
        self.put(b"\"")?;
        let mut rest = value;
        loop {
            let (plain, special) = rest.split_at(text::plain_prefix(rest.as_bytes()));
            self.put(plain.as_bytes())?;
            let mut letters = special.chars();
            let Some(letter) = letters.next() else { return self.put(b"\"") };
            self.put(text::Escaped::of(letter).as_bytes())?;
            rest = letters.as_str();
        }
    }

    /// A mapping that may have been written before; `address` tells it from others.
    fn put_shared<T: ?Sized + Serialize>(&mut self, address: usize, value: &T) -> Written {
        if let Some(place) = self.shared.iter().position(|(known, _)| *known == address) {
            let known = std::mem::take(&mut self.shared[place].1);
            let written = self.put(&known);
            self.shared[place].1 = known;
            return written;
        }
        let mut alone = Writer { to: Vec::new(), buffer: Vec::new(), shared: Vec::new(), float: self.float.clone() };
        value.serialize(&mut alone)?;
        alone.to.append(&mut alone.buffer);
        self.put(&alone.to)?;
        if self.shared.len() == MOST_SHARED {
            self.shared.remove(0);
        }
        self.shared.push((address, alone.to));
        Ok(())
    }
}

/// Integers are written as they display.
macro_rules! displayed {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Written { self.put(value.to_string().as_bytes()) })*
    };
}

impl<'w, W: io::Write> ser::Serializer for &'w mut Writer<W> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Walk<'w, W>;
    type SerializeTuple = Walk<'w, W>;
    type SerializeTupleStruct = Walk<'w, W>;
    type SerializeTupleVariant = Walk<'w, W>;
    type SerializeMap = Walk<'w, W>;
    type SerializeStruct = Walk<'w, W>;
    type SerializeStructVariant = Walk<'w, W>;

    displayed!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    );

    fn serialize_bool(self, value: bool) -> Written {
        self.put(if value { b"true" } else { b"false" })
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Written {
        if !value.is_finite() {
            return self.put(b"null");
        }
        if self.float.0 != value.to_bits() {
            self.float = (value.to_bits(), float_repr(value));
        }
        let known = std::mem::take(&mut self.float.1);
        let written = self.put(known.as_bytes());
        self.float.1 = known;
        written
    }

    fn serialize_char(self, value: char) -> Written {
        self.put_text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        self.put_text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        ser::Serializer::collect_seq(self, value)
    }

    fn serialize_none(self) -> Written {
        self.put(b"null")
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.put(b"null")
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Written {
        self.put(b"null")
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Written {
        self.put_text(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Written {
        if name == SHARED_MAP {
            return self.put_shared(std::ptr::from_ref(value).addr(), value);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.put(b"{")?;
        self.put_text(variant)?;
        self.put(b": ")?;
        value.serialize(&mut *self)?;
        self.put(b"}")
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Walk<'w, W>, Failure> {
        Walk::begin(self, b"[", b"]")
    }

    fn serialize_tuple(self, _length: usize) -> Result<Walk<'w, W>, Failure> {
        Walk::begin(self, b"[", b"]")
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Walk<'w, W>, Failure> {
        Walk::begin(self, b"[", b"]")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Walk<'w, W>, Failure> {
        self.put(b"{")?;
        self.put_text(variant)?;
        Walk::begin(self, b": [", b"]}")
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Walk<'w, W>, Failure> {
        Walk::begin(self, b"{", b"}")
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Walk<'w, W>, Failure> {
        Walk::begin(self, b"{", b"}")
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Walk<'w, W>, Failure> {
        self.put(b"{")?;
        self.put_text(variant)?;
        Walk::begin(self, b": {", b"}}")
    }
}

/// A mapping or list that is being written.
pub struct Walk<'w, W> {
    writer: &'w mut Writer<W>,
    separator: &'static [u8],
    end: &'static [u8],
}

impl<'w, W: io::Write> Walk<'w, W> {
    fn begin(writer: &'w mut Writer<W>, begin: &[u8], end: &'static [u8]) -> Result<Self, Failure> {
        writer.put(begin)?;
        Ok(Walk { writer, separator: b"", end })
    }

    fn item<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        self.writer.put(std::mem::replace(&mut self.separator, b", "))?;
        value.serialize(&mut *self.writer)
    }

    fn field<T: ?Sized + Serialize>(&mut self, key: &str, value: &T) -> Written {
        self.writer.put(std::mem::replace(&mut self.separator, b", "))?;
        self.writer.put_text(key)?;
        self.writer.put(b": ")?;
        value.serialize(&mut *self.writer)
    }

    fn finish(self) -> Written {
        self.writer.put(self.end)
    }
}

/// The parts of serde that walk through items.
macro_rules! walks_items {
    ($($part:ident: $method:ident),* $(,)?) => {
        $(impl<W: io::Write> ser::$part for Walk<'_, W> {
            type Ok = ();
            type Error = Failure;

            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
                self.item(value)
            }

            fn end(self) -> Written {
                self.finish()
            }
        })*
    };
}
walks_items!(
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
);

/// The parts of serde that walk through named fields.
macro_rules! walks_fields {
    ($($part:ident),* $(,)?) => {
        $(impl<W: io::Write> ser::$part for Walk<'_, W> {
            type Ok = ();
            type Error = Failure;

            fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Written {
                self.field(key, value)
            }

            fn end(self) -> Written {
                self.finish()
            }
        })*
    };
}
walks_fields!(SerializeStruct, SerializeStructVariant);

impl<W: io::Write> ser::SerializeMap for Walk<'_, W> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Written {
        self.item(key)?;
        if self.writer.buffer.last() != Some(&b'"') {
            return Err(ser::Error::custom("a key of a mapping must be a text"));
        }
        self.writer.put(b": ")
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Written {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Written {
        self.finish()
    }
}

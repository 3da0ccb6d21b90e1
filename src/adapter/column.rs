//! A column of a relation, with dbt-duckdb's notion of types.

use crate::error::{Error, Result};

/// A column: dbt-duckdb's `DuckDBColumn`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type, as the engine or the user wrote it.
    pub dtype: String,
    /// Length of a text type, if the engine has one.
    pub char_size: Option<i64>,
    /// Precision of a decimal, if kept apart from the type.
    pub numeric_precision: Option<i64>,
    /// Scale of a decimal, if kept apart from the type.
    pub numeric_scale: Option<i64>,
}

const STRINGS: [&str; 4] = ["text", "character varying", "character", "varchar"];
const FLOATS: [&str; 5] = ["real", "float", "float4", "float8", "double"];
const INTEGERS: [&str; 17] = [
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "hugeint",
    "utinyint",
    "usmallint",
    "uinteger",
    "ubigint",
    "int1",
    "int2",
    "int4",
    "int8",
    "short",
    "int",
    "signed",
    "long",
];

/// The length that dbt assumes of a text type that has none.
const DEFAULT_STRING_SIZE: i64 = 256;

impl Column {
    /// A column of a type.
    pub fn new(name: impl Into<String>, dtype: impl Into<String>) -> Self {
        Column { name: name.into(), dtype: dtype.into(), ..Column::default() }
    }

    /// A column whose type may be written in words of another engine.
    pub fn create(name: &str, label_or_dtype: &str) -> Self {
        Column::new(name, Column::translate_type(label_or_dtype))
    }

    /// The engine's word for a type: `STRING` is `TEXT`, everything else stays.
    pub fn translate_type(dtype: &str) -> String {
        if dtype.eq_ignore_ascii_case("string") { "TEXT".to_owned() } else { dtype.to_owned() }
    }

    /// The name in double quotes.
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }

    /// The type as it stands in DDL.
    pub fn data_type(&self) -> String {
        if self.is_string() {
            return Column::string_type(self.size());
        }
        if self.is_numeric() {
            return Column::numeric_type(&self.dtype, self.numeric_precision, self.numeric_scale);
        }
        self.dtype.clone()
    }

    /// Whether it is a text type.
    pub fn is_string(&self) -> bool {
        self.is_any(&STRINGS)
    }

    /// Whether it is a decimal type without its precision.
    pub fn is_numeric(&self) -> bool {
        self.is_any(&["numeric", "decimal"])
    }

    /// Whether it is a floating-point type.
    pub fn is_float(&self) -> bool {
        self.is_any(&FLOATS)
    }

    /// Whether it is an integer type.
    pub fn is_integer(&self) -> bool {
        self.is_any(&INTEGERS)
    }

    /// Whether it is any kind of number.
    pub fn is_number(&self) -> bool {
        self.is_integer() || self.is_numeric() || self.is_float()
    }

    /// Whether it is a struct.
    pub fn is_struct(&self) -> bool {
        self.dtype.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("struct"))
    }

    fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.dtype.eq_ignore_ascii_case(name))
    }

    /// Length of a text type.
    ///
    /// # Errors
    /// It is not a text type.
    pub fn string_size(&self) -> Result<i64> {
        if self.is_string() {
            return Ok(self.size());
        }
        Err(Error::runtime("Called string_size() on non-string field!"))
    }

    fn size(&self) -> i64 {
        if self.dtype == "text" { DEFAULT_STRING_SIZE } else { self.char_size.unwrap_or(DEFAULT_STRING_SIZE) }
    }

    /// Whether it could be widened to hold the other column's texts.
    pub fn can_expand_to(&self, other: &Column) -> bool {
        self.is_string() && other.is_string() && other.size() > self.size()
    }

    /// A value cast to the column's type.
    pub fn literal(&self, value: &str) -> String {
        format!("{value}::{}", self.data_type())
    }

    /// A text type of a length.
    pub fn string_type(size: i64) -> String {
        format!("character varying({size})")
    }

    /// A decimal type; without precision or scale, just its name.
    pub fn numeric_type(dtype: &str, precision: Option<i64>, scale: Option<i64>) -> String {
        match (precision, scale) {
            (Some(precision), Some(scale)) => format!("{dtype}({precision},{scale})"),
            _ => dtype.to_owned(),
        }
    }

    /// A column from a type as engines describe it: `varchar(10)`, `decimal(10,2)`.
    ///
    /// # Errors
    /// The text is no type, or a size in it is no number.
    pub fn from_description(name: &str, raw: &str) -> Result<Self> {
        let unreadable = || Error::runtime(format!("Could not interpret data type \"{raw}\""));
        let (base, sizes) = match raw.split_once('(') {
            Some(("", _)) => return Err(unreadable()),
            Some((base, rest)) => (base, rest.split_once(')').map(|(inside, _)| inside).filter(|s| !s.is_empty())),
            None if raw.is_empty() => return Err(unreadable()),
            None => (raw, None),
        };
        let mut column = Column::new(name, base);
        let Some(sizes) = sizes else { return Ok(column) };
        let number = |part: &str| {
            part.trim().parse::<i64>().map_err(|_| {
                Error::runtime(format!(
                    "Could not interpret data_type \"{raw}\": could not convert \"{part}\" to an integer"
                ))
            })
        };
        match *sizes.split(',').collect::<Vec<_>>().as_slice() {
            [size] => column.char_size = Some(number(size)?),
            [precision, scale] => {
                column.numeric_precision = Some(number(precision)?);
                column.numeric_scale = Some(number(scale)?);
            }
            _ => {}
        }
        Ok(column)
    }

    /// The fields of a struct; none of any other type.
    pub fn fields(&self) -> Vec<Column> {
        if !self.is_struct() {
            return Vec::new();
        }
        let inside = self.dtype.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map(|(inside, _)| inside);
        inside.map(split_fields).unwrap_or_default()
    }

    /// The column itself, or the leaves of a struct as `column.field`.
    pub fn flatten(&self) -> Vec<Column> {
        if !self.is_struct() {
            return vec![self.clone()];
        }
        let leaves = self.fields().into_iter().flat_map(|field| field.flatten());
        leaves.map(|leaf| Column::new(format!("{}.{}", self.name, leaf.name), leaf.dtype)).collect()
    }
}

/// Splits `a VARCHAR, b DECIMAL(10, 2)` at the commas outside brackets.
fn split_fields(inside: &str) -> Vec<Column> {
    let mut depth = 0usize;
    let mut start = 0;
    let mut parts = Vec::new();
    for (index, character) in inside.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&inside[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let fields = parts.into_iter().filter_map(|part| part.trim().split_once(' '));
    fields.map(|(name, dtype)| Column::new(name, dtype)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn writes_types_as_dbt_does() {
        assert_eq!(Column::new("a", "VARCHAR").data_type(), "character varying(256)");
        assert_eq!(Column::new("a", "DECIMAL(18,3)").data_type(), "DECIMAL(18,3)");
        assert_eq!(Column::create("a", "string").dtype, "TEXT");
        assert!(Column::new("a", "HUGEINT").is_integer());
        assert!(!Column::new("a", "VARCHAR").can_expand_to(&Column::new("b", "VARCHAR")));
    }

    #[test]
    fn flattens_structs() {
        let column = Column::new("s", "STRUCT(a VARCHAR, b STRUCT(c DECIMAL(10, 2), d INTEGER))");
        let leaves: Vec<String> =
            column.flatten().into_iter().map(|leaf| format!("{} {}", leaf.name, leaf.dtype)).collect();
        assert_eq!(leaves, ["s.a VARCHAR", "s.b.c DECIMAL(10, 2)", "s.b.d INTEGER"]);
    }

    #[test]
    fn reads_sizes_from_descriptions() {
        assert_eq!(Column::from_description("a", "varchar(10)").unwrap().char_size, Some(10));
        let decimal = Column::from_description("a", "decimal(10,2)").unwrap();
        assert_eq!((decimal.numeric_precision, decimal.numeric_scale), (Some(10), Some(2)));
        assert!(Column::from_description("a", "varchar(x)").is_err());
    }
}

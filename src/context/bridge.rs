//! Where scopes meet the database: the `adapter` and `api` objects of a scope, relations as values, seeds, Python
//! models.

use std::sync::Arc;

use crate::adapter::Relation;
use crate::jinja::{MjError, Value};

use super::call::Args;
use super::database::{AdapterObject, RelationObject};
use super::errors::raise_compilation;
use super::macros::Macros;
use super::scope::Scope;

//! `modules.itertools`: what dbt lets through of Python's module.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error as MjError, State};

use super::super::error::PyError;
use super::super::ops;
use super::super::value::{CallArgs, Dict, Function, Iter, Num, index_arg, iterate, required, tuple};

type Ran = Result<Value, MjError>;

/// Runs before each call of a function of the module, and may refuse it.
pub type BeforeCall = Arc<dyn Fn() -> Result<(), MjError> + Send + Sync>;

/// The module.
pub(super) fn module(before: Option<&BeforeCall>) -> Value {
    let Some(before) = before else { return Dict::from_pairs(functions()) };
    let guarded = |function| Value::from_object(Guarded { function, before: before.clone() });
    Dict::from_pairs(functions().map(|(name, function)| (name, guarded(function))))
}

/// A function with what runs before each of its calls.
struct Guarded {
    function: Value,
    before: BeforeCall,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.function.fmt(f)
    }
}

impl Object for Guarded {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, MjError> {
        (self.before)()?;
        self.function.call(state, args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.function, f)
    }
}

fn functions() -> [(&'static str, Value); 14] {
    [
        ("accumulate", Function::new("accumulate", accumulate)),
        ("chain", Function::new("chain", |_, args| chain(&args.pos))),
        ("combinations", Function::new("combinations", |_, args| pick("combinations", args))),
        (
            "combinations_with_replacement",
            Function::new("combinations_with_replacement", |_, args| pick("combinations_with_replacement", args)),
        ),
        ("compress", Function::new("compress", |_, args| compress(args))),
        ("count", Function::new("count", |_, args| count(args))),
        (
            "cycle",
            Function::new("cycle", |_, args| {
                let [items] = args.bind("cycle", ["iterable"])?;
                let items = iterate(&required(items, "cycle", "iterable")?)?;
                Ok(Value::make_iterable(move || items.clone().into_iter().cycle()))
            }),
        ),
        ("islice", Function::new("islice", |_, args| islice(&args.pos))),
        ("permutations", Function::new("permutations", |_, args| pick("permutations", args))),
        ("product", Function::new("product", |_, args| product(args))),
        ("repeat", Function::new("repeat", |_, args| repeat(args))),
        ("starmap", Function::new("starmap", starmap)),
        (
            "tee",
            Function::new("tee", |_, args| {
                let [items, copies] = args.bind("tee", ["iterable", "n"])?;
                let items = iterate(&required(items, "tee", "iterable")?)?;
                let copies = copies.map_or(Ok(2), |copies| index_arg(&copies))?;
                Ok(tuple((0..copies).map(|_| Iter::of("itertools._tee", items.clone())).collect()))
            }),
        ),
        ("zip_longest", Function::new("zip_longest", |_, args| zip_longest(args))),
    ]
}

fn chain(sources: &[Value]) -> Ran {
    let mut items = Vec::new();
    for source in sources {
        items.extend(iterate(source)?);
    }
    Ok(Iter::of("itertools.chain", items))
}

fn accumulate(state: &mut State<'_, '_>, args: CallArgs) -> Ran {
    let [items, function, initial] = args.bind("accumulate", ["iterable", "func", "initial"])?;
    let function = function.filter(|function| !function.is_none());
    let mut total = initial.filter(|initial| !initial.is_none());
    let mut totals: Vec<Value> = total.iter().cloned().collect();
    for item in iterate(&required(items, "accumulate", "iterable")?)? {
        let next = match (&total, &function) {
            (None, _) => item,
            (Some(total), Some(function)) => function.call(state, &[total.clone(), item])?,
            (Some(total), None) => ops::add(total, &item)?,
        };
        totals.push(next.clone());
        total = Some(next);
    }
    Ok(Iter::of("itertools.accumulate", totals))
}

fn compress(args: CallArgs) -> Ran {
    let [data, selectors] = args.bind("compress", ["data", "selectors"])?;
    let (data, selectors) = (required(data, "compress", "data")?, required(selectors, "compress", "selectors")?);
    let kept = iterate(&data)?.into_iter().zip(iterate(&selectors)?).filter(|(_, keep)| keep.is_true());
    Ok(Iter::of("itertools.compress", kept.map(|(item, _)| item).collect()))
}

fn count(args: CallArgs) -> Ran {
    let [start, step] = args.bind("count", ["start", "step"])?;
    let start = start.unwrap_or_else(|| Value::from(0));
    let step = step.unwrap_or_else(|| Value::from(1));
    let (Some(start), Some(step)) = (Num::of(&start), Num::of(&step)) else {
        return Err(PyError::type_error("a number is required"));
    };
    Ok(Value::make_iterable(move || {
        let step = step.clone();
        let next = move |at: &Num| Some(at.clone().add(step.clone()));
        std::iter::successors(Some(start.clone()), next).map(Num::into_value)
    }))
}

fn repeat(args: CallArgs) -> Ran {
    let [item, times] = args.bind("repeat", ["object", "times"])?;
    let item = required(item, "repeat", "object")?;
    match times {
        Some(times) => {
            let times = usize::try_from(index_arg(&times)?).unwrap_or(0);
            Ok(Iter::of("itertools.repeat", vec![item; times]))
        }
        None => Ok(Value::make_iterable(move || std::iter::repeat(item.clone()))),
    }
}

fn islice(args: &[Value]) -> Ran {
    let bound = |value: Option<&Value>| -> Result<Option<usize>, MjError> {
        match value.filter(|value| !value.is_none()) {
            Some(value) => Ok(Some(usize::try_from(index_arg(value)?).map_err(|_| {
                PyError::value_error("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
            })?)),
            None => Ok(None),
        }
    };
    let (source, start, stop, step) = match args {
        [source, stop] => (source, 0, bound(Some(stop))?, 1),
        [source, start, stop, rest @ ..] => {
            (source, bound(Some(start))?.unwrap_or(0), bound(Some(stop))?, bound(rest.first())?.unwrap_or(1))
        }
        _ => return Err(PyError::type_error("islice expected at least 2 arguments")),
    };
    let items = source.try_iter().map_err(|_| PyError::type_error("islice() takes an iterable"))?;
    let items = items.take(stop.unwrap_or(usize::MAX)).skip(start).step_by(step.max(1));
    Ok(Iter::of("itertools.islice", items.collect()))
}

fn product(args: CallArgs) -> Ran {
    let repeat = args.named.iter().find(|(name, _)| &**name == "repeat").map(|(_, value)| index_arg(value));
    let repeat = usize::try_from(repeat.unwrap_or(Ok(1))?).unwrap_or(0);
    let pools = args.pos.iter().map(iterate).collect::<Result<Vec<_>, _>>()?;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for pool in pools.iter().cycle().take(pools.len() * repeat) {
        let extended = |row: &Vec<Value>| -> Vec<Vec<Value>> {
            pool.iter().map(|item| row.iter().cloned().chain([item.clone()]).collect()).collect()
        };
        rows = rows.iter().flat_map(extended).collect();
    }
    Ok(Iter::of("itertools.product", rows.into_iter().map(tuple).collect()))
}

/// The selections of `r` positions out of `n` that a function makes, in its order.
fn selections(kind: &str, n: usize, r: usize, prefix: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
    if prefix.len() == r {
        out.push(prefix.clone());
        return;
    }
    let first = match (kind, prefix.last()) {
        ("combinations", Some(last)) => last + 1,
        ("combinations_with_replacement", Some(last)) => *last,
        _ => 0,
    };
    for at in first..n {
        if kind == "permutations" && prefix.contains(&at) {
            continue;
        }
        prefix.push(at);
        selections(kind, n, r, prefix, out);
        prefix.pop();
    }
}

fn pick(kind: &'static str, args: CallArgs) -> Ran {
    let [items, r] = args.bind(kind, ["iterable", "r"])?;
    let items = iterate(&required(items, kind, "iterable")?)?;
    let r = match r.filter(|r| !r.is_none()) {
        Some(r) => usize::try_from(index_arg(&r)?).map_err(|_| PyError::value_error("r must be non-negative"))?,
        None if kind == "permutations" => items.len(),
        None => return Err(PyError::type_error(format!("{kind}() missing required argument 'r' (pos 2)"))),
    };
    let mut picked = Vec::new();
    selections(kind, items.len(), r, &mut Vec::new(), &mut picked);
    let rows = picked.into_iter().map(|row| tuple(row.into_iter().map(|at| items[at].clone()).collect()));
    Ok(Iter::of("itertools.combinations", rows.collect()))
}

fn starmap(state: &mut State<'_, '_>, args: CallArgs) -> Ran {
    let [function, items] = args.bind("starmap", ["function", "iterable"])?;
    let function = required(function, "starmap", "function")?;
    let mut results = Vec::new();
    for item in iterate(&required(items, "starmap", "iterable")?)? {
        results.push(function.call(state, &iterate(&item)?)?);
    }
    Ok(Iter::of("itertools.starmap", results))
}

fn zip_longest(args: CallArgs) -> Ran {
    let fill = args.named.iter().find(|(name, _)| &**name == "fillvalue");
    let fill = fill.map_or_else(|| Value::from(()), |(_, value)| value.clone());
    let columns = args.pos.iter().map(iterate).collect::<Result<Vec<_>, _>>()?;
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| tuple(columns.iter().map(|column| column.get(at).unwrap_or(&fill).clone()).collect());
    Ok(Iter::of("itertools.zip_longest", (0..longest).map(row).collect()))
}

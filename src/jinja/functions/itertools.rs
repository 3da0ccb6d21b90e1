//! `modules.itertools`: what dbt lets through of Python's module.

use std::sync::Arc;

use minijinja::value::{Kwargs, Value};
use minijinja::{Error as MjError, State};

use super::super::error::PyError;
use super::super::ops;
use super::super::value::{CallArgs, Dict, Function, Iter, Num, index_arg, iterate, py_repr, tuple, type_name};

type Ran = Result<Value, MjError>;

/// Runs before each call of a function of the module, and may refuse it.
pub type BeforeCall = Arc<dyn Fn() -> Result<(), MjError> + Send + Sync>;

/// The module.
pub(super) fn module(before: Option<&BeforeCall>) -> Value {
    let Some(before) = before else { return Dict::from_pairs(functions()) };
    Dict::from_pairs(functions().map(|(name, function)| {
        let before = before.clone();
        let guarded = Function::new(WRAPPED, move |state, given| {
            before()?;
            let mut args = given.pos;
            if !given.named.is_empty() {
                let named = given.named.iter().map(|(name, value)| (name.to_string(), value.clone()));
                args.push(named.collect::<Kwargs>().into());
            }
            function.call(state, &args)
        });
        (name, guarded)
    }))
}

/// What the functions print: dbt wraps them to warn that they will go.
const WRAPPED: &str = "get_itertools_module_context.<locals>.deprecation_wrapper.<locals>.deprecation_wrapper_inner";

fn functions() -> [(&'static str, Value); 14] {
    let plain = |function: fn(CallArgs) -> Ran| Function::new(WRAPPED, move |_, args| function(args));
    let picks = |kind: &'static str| Function::new(WRAPPED, move |_, args| pick(kind, args));
    [
        ("count", plain(count)),
        ("cycle", plain(cycle)),
        ("repeat", plain(repeat)),
        ("accumulate", Function::new(WRAPPED, accumulate)),
        ("chain", plain(chain)),
        ("compress", plain(compress)),
        ("islice", plain(|args| islice(&args.pos))),
        ("starmap", Function::new(WRAPPED, starmap)),
        ("tee", plain(tee)),
        ("zip_longest", plain(zip_longest)),
        ("product", plain(product)),
        ("permutations", picks("permutations")),
        ("combinations", picks("combinations")),
        ("combinations_with_replacement", picks("combinations_with_replacement")),
    ]
}

/// How Python's C functions say that an argument by name is missing.
fn missing(function: &str, param: &str, position: usize) -> MjError {
    PyError::type_error(format!("{function}() missing required argument '{param}' (pos {position})"))
}

/// One of the arguments that a function takes by position alone.
fn positional(function: &str, wanted: usize, args: &[Value], at: usize) -> Result<Value, MjError> {
    args.get(at).cloned().ok_or_else(|| {
        let noun = if wanted == 1 { "argument" } else { "arguments" };
        PyError::type_error(format!("{function} expected {wanted} {noun}, got {}", args.len()))
    })
}

fn cycle(args: CallArgs) -> Ran {
    let items = iterate(&positional("cycle", 1, &args.pos, 0)?)?;
    Ok(Iter::endless("itertools.cycle", None, items.into_iter().cycle()))
}

fn tee(args: CallArgs) -> Ran {
    let [items, copies] = args.bind("tee", ["iterable", "n"])?;
    let items = items.ok_or_else(|| PyError::type_error("tee expected at least 1 argument, got 0"))?;
    let items = iterate(&items)?;
    let copies = copies.map_or(Ok(2), |copies| index_arg(&copies))?;
    if copies < 0 {
        return Err(PyError::value_error("n must be >= 0"));
    }
    Ok(tuple((0..copies).map(|_| Iter::of("itertools._tee", items.clone())).collect()))
}

fn chain(args: CallArgs) -> Ran {
    let mut items = Vec::new();
    for source in &args.pos {
        items.extend(iterate(source)?);
    }
    Ok(Iter::of("itertools.chain", items))
}

fn accumulate(state: &mut State<'_, '_>, args: CallArgs) -> Ran {
    let [items, function, initial] = args.bind("accumulate", ["iterable", "func", "initial"])?;
    let function = function.filter(|function| !function.is_none());
    let mut total = initial.filter(|initial| !initial.is_none());
    let mut totals: Vec<Value> = total.iter().cloned().collect();
    for item in iterate(&items.ok_or_else(|| missing("accumulate", "iterable", 1))?)? {
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
    let data = data.ok_or_else(|| missing("compress", "data", 1))?;
    let selectors = selectors.ok_or_else(|| missing("compress", "selectors", 2))?;
    let kept = iterate(&data)?.into_iter().zip(iterate(&selectors)?).filter(|(_, keep)| keep.is_true());
    Ok(Iter::of("itertools.compress", kept.map(|(item, _)| item).collect()))
}

fn count(args: CallArgs) -> Ran {
    let [start, step] = args.bind("count", ["start", "step"])?;
    let start = start.unwrap_or_else(|| Value::from(0));
    let step = step.unwrap_or_else(|| Value::from(1));
    let shown = match step.as_i64() {
        Some(1) => format!("count({})", py_repr(&start)),
        _ => format!("count({}, {})", py_repr(&start), py_repr(&step)),
    };
    let (Some(start), Some(step)) = (Num::of(&start), Num::of(&step)) else {
        return Err(PyError::type_error("a number is required"));
    };
    let next = move |at: &Num| Some(at.clone().add(step.clone()));
    Ok(Iter::endless("count", Some(shown), std::iter::successors(Some(start), next).map(Num::into_value)))
}

fn repeat(args: CallArgs) -> Ran {
    let [item, times] = args.bind("repeat", ["object", "times"])?;
    let item = item.ok_or_else(|| missing("repeat", "object", 1))?;
    match times {
        Some(times) => {
            let times = usize::try_from(index_arg(&times)?).unwrap_or(0);
            let shown = format!("repeat({}, {times})", py_repr(&item));
            Ok(Iter::shown("itertools.repeat", shown, std::iter::repeat_n(item, times)))
        }
        None => {
            let shown = format!("repeat({})", py_repr(&item));
            Ok(Iter::endless("itertools.repeat", Some(shown), std::iter::repeat(item)))
        }
    }
}

fn islice(args: &[Value]) -> Ran {
    let bound = |value: Option<&Value>| -> Result<Option<usize>, MjError> {
        match value.filter(|value| !value.is_none()) {
            Some(value) => Ok(Some(usize::try_from(index_arg(value)?).map_err(|_| {
                let which = if args.len() == 2 { "Stop argument" } else { "Indices" };
                PyError::value_error(format!("{which} for islice() must be None or an integer: 0 <= x <= sys.maxsize."))
            })?)),
            None => Ok(None),
        }
    };
    let (source, start, stop, step) = match args {
        [source, stop] => (source, 0, bound(Some(stop))?, 1),
        [source, start, stop, rest @ ..] => {
            (source, bound(Some(start))?.unwrap_or(0), bound(Some(stop))?, bound(rest.first())?.unwrap_or(1))
        }
        _ => {
            let given = args.len();
            return Err(PyError::type_error(format!("islice expected at least 2 arguments, got {given}")));
        }
    };
    if step == 0 {
        return Err(PyError::value_error("Step for islice() must be a positive integer or None."));
    }
    let not_iterable = |_| PyError::type_error(format!("'{}' object is not iterable", type_name(source)));
    let items = source.try_iter().map_err(not_iterable)?;
    let items = items.take(stop.unwrap_or(usize::MAX)).skip(start).step_by(step);
    Ok(Iter::of("itertools.islice", items.collect()))
}

fn product(args: CallArgs) -> Ran {
    if let Some((name, _)) = args.named.iter().find(|(name, _)| &**name != "repeat") {
        return Err(PyError::type_error(format!("'{name}' is an invalid keyword argument for product()")));
    }
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
    let items = iterate(&items.ok_or_else(|| missing(kind, "iterable", 1))?)?;
    let r = match r.filter(|r| !r.is_none()) {
        Some(r) if kind == "permutations" && index_arg(&r).is_err() => {
            return Err(PyError::type_error("Expected int as r"));
        }
        Some(r) => usize::try_from(index_arg(&r)?).map_err(|_| PyError::value_error("r must be non-negative"))?,
        None if kind == "permutations" => items.len(),
        None => return Err(missing(kind, "r", 2)),
    };
    let mut picked = Vec::new();
    selections(kind, items.len(), r, &mut Vec::new(), &mut picked);
    let rows = picked.into_iter().map(|row| tuple(row.into_iter().map(|at| items[at].clone()).collect()));
    let class = match kind {
        "permutations" => "itertools.permutations",
        "combinations" => "itertools.combinations",
        _ => "itertools.combinations_with_replacement",
    };
    Ok(Iter::of(class, rows.collect()))
}

fn starmap(state: &mut State<'_, '_>, args: CallArgs) -> Ran {
    let function = positional("starmap", 2, &args.pos, 0)?;
    let mut results = Vec::new();
    for item in iterate(&positional("starmap", 2, &args.pos, 1)?)? {
        results.push(function.call(state, &iterate(&item)?)?);
    }
    Ok(Iter::of("itertools.starmap", results))
}

fn zip_longest(args: CallArgs) -> Ran {
    if args.named.iter().any(|(name, _)| &**name != "fillvalue") {
        return Err(PyError::type_error("zip_longest() got an unexpected keyword argument"));
    }
    let fill = args.named.iter().find(|(name, _)| &**name == "fillvalue");
    let fill = fill.map_or_else(|| Value::from(()), |(_, value)| value.clone());
    let columns = args.pos.iter().map(iterate).collect::<Result<Vec<_>, _>>()?;
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| tuple(columns.iter().map(|column| column.get(at).unwrap_or(&fill).clone()).collect());
    Ok(Iter::of("itertools.zip_longest", (0..longest).map(row).collect()))
}

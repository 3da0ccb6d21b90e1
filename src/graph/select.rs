//! From a selection as written to the resources it means.

use std::cell::RefCell;
use std::path::Path;

use indexmap::IndexSet;
use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::dag::{Graph, NodeSet};
use super::filter::Filter;
use super::member::Member;
use super::methods;
use super::selectors::Selectors;
use super::spec::{Criterion, Group, Indirect, Method, Operation, Spec};
use super::state::PreviousState;
use crate::error::Result;
use crate::events::{Event, Events, Level};
use crate::invocation::Flags;
use crate::manifest::{Manifest, UniqueId};

/// What a selection is made from.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The parsed project.
    pub manifest: &'a Manifest,
    /// Its graph.
    pub graph: &'a Graph,
    /// `--select`, `--exclude`, `--selector`, `--indirect-selection`, and where the project is.
    pub flags: &'a Flags,
    /// `selectors.yml`.
    pub selectors: &'a Selectors,
    /// `--state`, for `state:`, `result:` and `source_status:`.
    pub state: Option<&'a PreviousState>,
    /// Where warnings go.
    pub events: &'a Events,
}

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Unique ids in order.
    pub nodes: IndexSet<UniqueId>,
    /// Criteria of the command line that match nothing, as written; each was warned of.
    pub unmatched: Vec<String>,
}

impl Selection {
    /// Whether a resource is selected.
    pub fn contains(&self, unique_id: &str) -> bool {
        self.nodes.contains(unique_id)
    }
}

/// The resources that the flags select, of those that `filter` keeps. Warns of criteria that match nothing, and says
/// which selector is the default if that is used.
///
/// # Errors
/// The selection does not parse, names what does not exist, or a warning counts as an error.
pub fn select(request: &Request<'_>, filter: &Filter) -> Result<Selection> {
    let flags = request.flags;
    let spec = if flags.inline.is_some() {
        Spec::from_words(&[], &[], Indirect::parse(&flags.indirect_selection)?)?
    } else if let Some(name) = &flags.selector {
        request.selectors.get(name)?.clone()
    } else if flags.select.is_empty()
        && flags.exclude.is_empty()
        && let Some((name, spec)) = request.selectors.default_selector()
    {
        let message = format!("Using default selector {name}");
        request.events.emit(Event::new("DefaultSelector", "Q023", Level::Info, message).with("name", name));
        spec.clone()
    } else {
        Spec::from_flags(flags)?
    };
    select_spec(request, filter, &spec)
}

/// See [`select`]; for a selection that is known already.
pub(super) fn select_spec(request: &Request<'_>, filter: &Filter, spec: &Spec) -> Result<Selection> {
    let evaluator = Evaluator {
        request,
        filter,
        members: Member::all(request.manifest, request.graph),
        open_selectors: RefCell::default(),
        unmatched: RefCell::default(),
    };
    let selected = evaluator.selected(spec)?;
    let mut ids: Vec<&str> = selected.into_iter().map(|position| request.graph.id(position)).collect();
    ids.sort_unstable();
    let nodes = ids.into_iter().map(str::to_owned).collect();
    Ok(Selection { nodes, unmatched: evaluator.unmatched.into_inner() })
}

/// Selected resources, and tests that would come along if more were selected.
struct Picked {
    direct: NodeSet,
    indirect: NodeSet,
}

/// Evaluates selections over one graph.
pub(super) struct Evaluator<'a> {
    pub request: &'a Request<'a>,
    filter: &'a Filter,
    /// Resources by graph position.
    members: Vec<Option<Member<'a>>>,
    /// Names of YAML selectors being evaluated, to find those that mean themselves.
    pub open_selectors: RefCell<Vec<String>>,
    unmatched: RefCell<Vec<String>>,
}

impl<'a> Evaluator<'a> {
    /// Everything in the graph with its position.
    pub fn members(&self) -> impl Iterator<Item = (NodeIndex, Member<'a>)> + '_ {
        let member = |position: NodeIndex| self.member(position).map(|member| (position, member));
        self.request.graph.dag.node_indices().filter_map(member)
    }

    fn member(&self, position: NodeIndex) -> Option<Member<'a>> {
        self.members.get(position.index()).copied().flatten()
    }

    pub fn project_dir(&self) -> &Path {
        &self.request.flags.project_dir
    }

    /// The resources that a selection means, of those that the command keeps.
    pub fn selected(&self, spec: &Spec) -> Result<NodeSet> {
        let mut selected = self.pick(spec)?.direct;
        selected.retain(|position| self.member(*position).is_some_and(|member| self.filter.keeps(member)));
        Ok(selected)
    }

    fn pick(&self, spec: &Spec) -> Result<Picked> {
        match spec {
            Spec::Criterion(criterion) => self.pick_criterion(criterion),
            Spec::Group(group) => self.pick_group(group),
        }
    }

    fn pick_group(&self, group: &Group) -> Result<Picked> {
        let mut direct_sets = Vec::with_capacity(group.parts.len());
        let mut indirect_sets = Vec::with_capacity(group.parts.len());
        for part in &group.parts {
            let picked = self.pick(part)?;
            indirect_sets.push(&picked.direct | &picked.indirect);
            direct_sets.push(picked.direct);
        }
        let indirect = combine(group.operation, indirect_sets);
        let direct = self.incorporate(combine(group.operation, direct_sets), &indirect, group.indirect);
        if direct.is_empty()
            && let Some(raw) = &group.expected
        {
            self.warn_unmatched(raw)?;
        }
        Ok(Picked { direct, indirect })
    }

    fn warn_unmatched(&self, raw: &str) -> Result<()> {
        let message = format!("The selection criterion '{raw}' does not match any enabled nodes");
        let message = self.request.events.paint().warning_tag(&message);
        let event = Event::new("NoNodesForSelectionCriteria", "M030", Level::Warn, message);
        self.unmatched.borrow_mut().push(raw.to_owned());
        self.request.events.warn(event.with("spec_raw", raw))
    }

    fn pick_criterion(&self, criterion: &Criterion) -> Result<Picked> {
        let mut selected = methods::search(self, criterion)?;
        selected.extend(self.relatives(criterion, &selected));
        // A selector has brought its own tests already, and may have excluded others.
        if criterion.indirect == Indirect::Empty || criterion.method == Method::Selector {
            return Ok(Picked { direct: selected, indirect: NodeSet::default() });
        }
        Ok(self.with_tests(selected, criterion.indirect))
    }

    fn relatives(&self, criterion: &Criterion, selected: &NodeSet) -> NodeSet {
        let graph = self.request.graph;
        let mut relatives = NodeSet::default();
        if criterion.childrens_parents {
            let below = &graph.spread(selected, Direction::Outgoing, None) | selected;
            relatives.extend(graph.spread(&below, Direction::Incoming, None));
            relatives.extend(below);
        }
        if let Some(reach) = criterion.parents {
            relatives.extend(graph.spread(selected, Direction::Incoming, reach));
        }
        if let Some(reach) = criterion.children {
            relatives.extend(graph.spread(selected, Direction::Outgoing, reach));
        }
        relatives
    }

    /// Adds the tests on selected resources, as the mode of indirect selection says.
    fn with_tests(&self, selected: NodeSet, mode: Indirect) -> Picked {
        let graph = self.request.graph;
        let allowed = match mode {
            Indirect::Buildable => {
                let mut allowed = &selected | &graph.spread(&selected, Direction::Incoming, None);
                allowed.extend(self.request.manifest.sources.keys().filter_map(|id| graph.find(id)));
                allowed
            }
            _ => selected.clone(),
        };
        let mut picked = Picked { direct: selected.clone(), indirect: NodeSet::default() };
        for child in selected.iter().flat_map(|position| graph.dag.neighbors(*position)) {
            let Some(test) = self.member(child).filter(|member| member.is_test()) else { continue };
            if mode == Indirect::Eager || self.rests_on(test, &allowed) {
                picked.direct.insert(child);
            } else {
                picked.indirect.insert(child);
            }
        }
        picked
    }

    /// Adds tests left aside before whose parents are all there now. Unit tests have one parent and are not left aside.
    fn incorporate(&self, mut direct: NodeSet, indirect: &NodeSet, mode: Indirect) -> NodeSet {
        let allowed = match mode {
            Indirect::Eager | Indirect::Empty => return direct,
            Indirect::Cautious => direct.clone(),
            Indirect::Buildable => &direct | &self.request.graph.spread(&direct, Direction::Incoming, None),
        };
        let complete = indirect.difference(&direct).copied().filter(|position| {
            self.member(*position).is_some_and(|member| member.node().is_some() && self.rests_on(member, &allowed))
        });
        let complete: Vec<NodeIndex> = complete.collect();
        direct.extend(complete);
        direct
    }

    fn rests_on(&self, member: Member<'_>, allowed: &NodeSet) -> bool {
        member
            .parents()
            .into_iter()
            .all(|parent| self.request.graph.find(parent).is_some_and(|position| allowed.contains(&position)))
    }
}

fn combine(operation: Operation, sets: Vec<NodeSet>) -> NodeSet {
    let mut sets = sets.into_iter();
    let Some(first) = sets.next() else { return NodeSet::default() };
    sets.fold(first, |combined, set| match operation {
        Operation::Union => &combined | &set,
        Operation::Intersection => &combined & &set,
        Operation::Difference => &combined - &set,
    })
}

//! The difference of two texts line by line, as a unified diff.

use std::fmt::Write as _;

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// Differing lines beyond which a change is shown as a whole: finding the shortest one takes the square of it.
const MOST_EDITS: usize = 2_000;

/// A line of the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Same,
    Gone,
    New,
}

/// The difference of `old` and `new`; nothing where all lines are the same. `names` are those of both texts.
pub fn unified(names: [&str; 2], old: &str, new: &str) -> Option<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old == new {
        return None;
    }
    let edits = edits(&old, &new);
    let mut text = format!("--- {}\n+++ {}\n", names[0], names[1]);
    let (mut at, mut old_at, mut new_at) = (0, 0, 0);
    while let Some(first) = edits[at..].iter().position(|edit| *edit != Edit::Same).map(|found| at + found) {
        let begin = first.saturating_sub(CONTEXT).max(at);
        old_at += begin - at;
        new_at += begin - at;
        let end = end_of_hunk(&edits, first);
        add_hunk(&mut text, &edits[begin..end], (&old, &mut old_at), (&new, &mut new_at));
        at = end;
    }
    Some(text)
}

/// Where the hunk that begins with the change at `first` ends: behind its context, unless the next change is near.
fn end_of_hunk(edits: &[Edit], first: usize) -> usize {
    let mut last = first;
    for (at, edit) in edits.iter().enumerate().skip(first) {
        match edit {
            Edit::Same if at - last > 2 * CONTEXT => break,
            Edit::Same => {}
            _ => last = at,
        }
    }
    (last + 1 + CONTEXT).min(edits.len())
}

fn add_hunk(text: &mut String, edits: &[Edit], old: (&[&str], &mut usize), new: (&[&str], &mut usize)) {
    let ((old, old_at), (new, new_at)) = (old, new);
    let lines = |without: Edit| edits.iter().filter(|edit| **edit != without).count();
    let (old_lines, new_lines) = (lines(Edit::New), lines(Edit::Gone));
    // The place of no lines is the line before them.
    let start = |at: usize, lines: usize| if lines == 0 { at } else { at + 1 };
    let (old_start, new_start) = (start(*old_at, old_lines), start(*new_at, new_lines));
    let _ = writeln!(text, "@@ -{old_start},{old_lines} +{new_start},{new_lines} @@");
    for edit in edits {
        let (sign, line) = match edit {
            Edit::New => ('+', new.get(*new_at)),
            Edit::Gone => ('-', old.get(*old_at)),
            Edit::Same => (' ', old.get(*old_at)),
        };
        *old_at += usize::from(*edit != Edit::New);
        *new_at += usize::from(*edit != Edit::Gone);
        let _ = writeln!(text, "{sign}{}", line.copied().unwrap_or_default());
    }
}

/// The shortest way from `old` to `new`, after Myers.
fn edits(old: &[&str], new: &[&str]) -> Vec<Edit> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let mut edits = vec![Edit::Same; head];
    edits.extend(
        shortest(old_rest, new_rest)
            .unwrap_or_else(|| [vec![Edit::Gone; old_rest.len()], vec![Edit::New; new_rest.len()]].concat()),
    );
    edits.extend(vec![Edit::Same; tail]);
    edits
}

/// `reach[k]`: how far in the old text one gets on diagonal `k` (old minus new position, shifted) with so many edits.
type Reach = Vec<usize>;

fn shortest(old: &[&str], new: &[&str]) -> Option<Vec<Edit>> {
    let most = (old.len() + new.len()).min(MOST_EDITS);
    let middle = most + 1;
    let mut reach: Reach = vec![0; 2 * middle + 1];
    let mut history: Vec<Reach> = Vec::new();
    for count in 0..=most {
        history.push(reach.clone());
        for diagonal in (middle - count..=middle + count).step_by(2) {
            let mut x = match goes_down(&reach, diagonal, middle, count) {
                true => reach[diagonal + 1],
                false => reach[diagonal - 1] + 1,
            };
            while x < old.len() && x + middle >= diagonal && old.get(x) == new.get(x + middle - diagonal) {
                x += 1;
            }
            reach[diagonal] = x;
            if x == old.len() && x + middle == diagonal + new.len() {
                return Some(way_back(&history, old.len(), new.len(), middle));
            }
        }
    }
    None
}

/// Whether the best way to a diagonal comes from a line of the new text rather than from one of the old.
fn goes_down(reach: &Reach, diagonal: usize, middle: usize, count: usize) -> bool {
    diagonal == middle - count || (diagonal != middle + count && reach[diagonal - 1] < reach[diagonal + 1])
}

fn way_back(history: &[Reach], old: usize, new: usize, middle: usize) -> Vec<Edit> {
    let (mut x, mut y) = (old, new);
    let mut edits = Vec::new();
    for (count, reach) in history.iter().enumerate().rev() {
        let diagonal = x + middle - y;
        let down = goes_down(reach, diagonal, middle, count);
        let before = if down { diagonal + 1 } else { diagonal - 1 };
        let start = if count == 0 { 0 } else { reach[before] + usize::from(!down) };
        edits.extend(vec![Edit::Same; x - start]);
        y -= x - start;
        x = start;
        if count > 0 {
            edits.push(if down { Edit::New } else { Edit::Gone });
            y -= usize::from(down);
            x -= usize::from(!down);
        }
    }
    edits.reverse();
    edits
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A failing look-up is a failing test.
mod tests {
    use super::*;

    /// Takes the old text from a diff and puts the new one together.
    fn patched(old: &[&str], edits: &[Edit], new: &[&str]) -> (Vec<String>, Vec<String>) {
        let (mut was, mut is) = (Vec::new(), Vec::new());
        let (mut x, mut y) = (0, 0);
        for edit in edits {
            if *edit != Edit::New {
                was.push(old[x].to_owned());
                x += 1;
            }
            if *edit != Edit::Gone {
                is.push(new[y].to_owned());
                y += 1;
            }
            if *edit == Edit::Same {
                assert_eq!(old[x - 1], new[y - 1]);
            }
        }
        (was, is)
    }

    #[test]
    fn both_texts_can_be_read_off_the_shortest_difference() {
        // All texts of up to four lines over three letters, against each other.
        let mut texts: Vec<Vec<&str>> = vec![Vec::new()];
        let mut last = texts.clone();
        for _ in 0..4 {
            last = last.iter().flat_map(|t| ["a", "b", "c"].map(|l| [&t[..], &[l]].concat())).collect();
            texts.extend(last.clone());
        }
        for old in &texts {
            for new in &texts {
                let edits = edits(old, new);
                let (was, is) = patched(old, &edits, new);
                assert_eq!(
                    (was, is),
                    (old.iter().map(|l| (*l).to_owned()).collect(), new.iter().map(|l| (*l).to_owned()).collect())
                );
                let same = edits.iter().filter(|edit| **edit == Edit::Same).count();
                assert_eq!(same, longest_common(old, new), "{old:?} {new:?}");
            }
        }
    }

    fn longest_common(a: &[&str], b: &[&str]) -> usize {
        match (a.split_last(), b.split_last()) {
            (Some((x, a_rest)), Some((y, b_rest))) if x == y => 1 + longest_common(a_rest, b_rest),
            (Some((_, a_rest)), Some((_, b_rest))) => longest_common(a_rest, b).max(longest_common(a, b_rest)),
            _ => 0,
        }
    }

    #[test]
    fn shows_three_lines_around_each_change() {
        let old: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
        let mut new = old.clone();
        new[1] = "two".to_owned();
        new.insert(15, "15b".to_owned());
        let diff = unified(["x.sql (approved)", "x.sql (compiled)"], &old.join("\n"), &new.join("\n")).unwrap();
        assert_eq!(
            diff,
            "--- x.sql (approved)\n+++ x.sql (compiled)\n@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n\
             @@ -13,6 +13,7 @@\n 13\n 14\n 15\n+15b\n 16\n 17\n 18\n"
        );
        assert_eq!(unified(["x.sql (approved)", "x.sql (compiled)"], "a\r\nb", "a\nb\n"), None);
    }

    #[test]
    fn a_text_that_is_all_new_is_shown_as_such() {
        let long: Vec<String> = (0..3_000).map(|n| format!("a{n}")).collect();
        let other: Vec<String> = (0..3_000).map(|n| format!("b{n}")).collect();
        let diff = unified(["x.sql (approved)", "x.sql (compiled)"], &long.join("\n"), &other.join("\n")).unwrap();
        assert!(diff.contains("@@ -1,3000 +1,3000 @@\n-a0\n-a1\n"));
    }
}

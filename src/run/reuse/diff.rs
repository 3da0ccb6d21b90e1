//! The difference of two texts, in the form that `diff -u` made usual.

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

#[derive(Clone, Copy, PartialEq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

/// What turns `before` into `now`, line by line; without heading, empty if nothing does.
pub fn unified(before: &str, now: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let edits = edits(&old, &new);
    let mut shown = Vec::new();
    let (mut at_old, mut at_new) = (0, 0);
    let mut last_shown = None;
    for (index, edit) in edits.iter().enumerate() {
        let from = index.saturating_sub(CONTEXT);
        let near = edits[from..edits.len().min(index + CONTEXT + 1)].iter().any(|edit| *edit != Edit::Keep);
        if near && last_shown.map(|last: usize| last + 1) != Some(index) {
            shown.push(format!("@@ line {} @@", at_new + 1));
        }
        if near {
            last_shown = Some(index);
            shown.push(match edit {
                Edit::Keep => format!(" {}", old[at_old]),
                Edit::Remove => format!("-{}", old[at_old]),
                Edit::Add => format!("+{}", new[at_new]),
            });
        }
        at_old += usize::from(*edit != Edit::Add);
        at_new += usize::from(*edit != Edit::Remove);
    }
    shown
}

/// The fewest edits, by the longest common subsequence of what lies between the common start and the common end.
fn edits(old: &[&str], new: &[&str]) -> Vec<Edit> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let width = b.len() + 1;
    let mut common = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = match a[i] == b[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let mut edits = vec![Edit::Keep; start];
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            edits.push(Edit::Keep);
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1] {
            edits.push(Edit::Remove);
            i += 1;
        } else {
            edits.push(Edit::Add);
            j += 1;
        }
    }
    edits.extend(vec![Edit::Keep; end]);
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_changes_with_what_is_around_them() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj";
        let now = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\nk";
        let expected = ["@@ line 2 @@", " b", " c", " d", "-e", "+E", " f", " g", " h", " i", " j", "+k"];
        assert_eq!(unified(before, now), expected);
        assert_eq!(unified("x\n1\n2\n3\n4\n5\n6\n7\n8\ny", "X\n1\n2\n3\n4\n5\n6\n7\n8\nY").len(), 2 + 2 + 3 + 2 + 3);
        assert!(unified(before, before).is_empty());
    }
}

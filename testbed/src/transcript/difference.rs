//! How two lists of lines differ.

/// The longest stretch that is compared line by line.
const MOST: usize = 2000;

/// The lines of both, marked `-` for the left alone and `+` for the right
/// alone, with two equal lines around each difference; `None` when they are
/// equal.
pub fn difference(left: &[String], right: &[String]) -> Option<String> {
    if left == right {
        return None;
    }
    let start = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let left = left.get(start..).unwrap_or_default();
    let right = right.get(start..).unwrap_or_default();
    let marked = if left.len() > MOST || right.len() > MOST {
        (left.iter().map(|line| ('-', line))).chain(right.iter().map(|line| ('+', line))).collect()
    } else {
        align(left, right)
    };
    let mut text = format!("@ after {start} equal lines\n");
    let mut skipped = false;
    for (index, (mark, line)) in marked.iter().enumerate() {
        let around = marked.iter().skip(index.saturating_sub(2)).take(index.min(2) + 3);
        if around.clone().all(|(mark, _)| *mark == ' ') {
            if !skipped {
                text.push_str("  …\n");
            }
            skipped = true;
            continue;
        }
        skipped = false;
        text.push_str(&format!("{mark} {line}\n"));
    }
    Some(text)
}

/// A longest common subsequence, by the usual table.
fn align<'a>(left: &'a [String], right: &'a [String]) -> Vec<(char, &'a String)> {
    let width = right.len() + 1;
    let mut table = vec![0_u32; (left.len() + 1) * width];
    let at = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or_default();
    for (i, a) in left.iter().enumerate().rev() {
        for (j, b) in right.iter().enumerate().rev() {
            let best = if a == b {
                at(&table, i + 1, j + 1) + 1
            } else {
                at(&table, i + 1, j).max(at(&table, i, j + 1))
            };
            if let Some(cell) = table.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut marked = Vec::new();
    loop {
        match (left.get(i), right.get(j)) {
            (None, None) => return marked,
            (Some(a), Some(b)) if a == b => {
                marked.push((' ', a));
                i += 1;
                j += 1;
            }
            (Some(a), b) if b.is_none() || at(&table, i + 1, j) >= at(&table, i, j + 1) => {
                marked.push(('-', a));
                i += 1;
            }
            (_, Some(b)) => {
                marked.push(('+', b));
                j += 1;
            }
            (Some(_), None) => return marked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn equal_lists_do_not_differ() {
        assert_eq!(difference(&lines("a b"), &lines("a b")), None);
    }

    #[test]
    fn differences_are_marked_with_what_is_around_them() {
        assert_eq!(
            difference(&lines("a b c d e f g x"), &lines("a B c d e f g")).unwrap(),
            "@ after 1 equal lines\n- b\n+ B\n  c\n  d\n  …\n  f\n  g\n- x\n"
        );
    }

    #[test]
    fn what_one_side_lacks_is_shown() {
        assert_eq!(difference(&lines("a"), &lines("a b")).unwrap(), "@ after 1 equal lines\n+ b\n");
        assert_eq!(difference(&lines("a b"), &lines("a")).unwrap(), "@ after 1 equal lines\n- b\n");
    }
}

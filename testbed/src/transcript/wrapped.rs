//! Lines of a plan that were broken to fit a terminal.

/// How much further than its begin the rest of a wrapped line stands.
const HANGING: usize = 4;

/// The lines of a plan as they were before they were wrapped: where that is depends on how many digits a
/// process id has.
pub fn unwrapped(text: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match lines.last_mut() {
            Some(last) if indent(line) == indent(last) + HANGING => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_same_wherever_it_was_wrapped() {
        let early = "  pf0\n    error: open in pid 7: until it is\n        closed\n      at a.yaml:1\n";
        let late = "  pf0\n    error: open in pid 7: until it\n        is closed\n      at a.yaml:1\n";
        assert_eq!(unwrapped(early), unwrapped(late));
        assert_eq!(
            unwrapped(early),
            ["  pf0", "    error: open in pid 7: until it is closed", "      at a.yaml:1"]
        );
    }
}

//! Tables for people: columns as wide as their widest cell, and no line wider than the terminal.

/// The narrowest that a column of several words becomes.
const NARROW: usize = 12;

/// Returns the rows as lines with aligned columns, indented; trailing blanks are cut.
///
/// The first row holds the headings. On a terminal of `width` columns cells of several words go on in the next line, and
/// what still is too wide becomes several tables, one below the other, each with the first column.
pub(crate) fn table(indent: usize, rows: &[Vec<String>], width: Option<usize>) -> String {
    let Some(room) = width.map(|width| width.saturating_sub(indent)) else {
        return lines(indent, rows, &natural_widths(rows));
    };
    let widths = narrowed(rows, room);
    if total(&widths) <= room {
        return lines(indent, rows, &widths);
    }
    let tables = split(&natural_widths(rows), room).into_iter().map(|columns| {
        let part: Vec<Vec<String>> = rows
            .iter()
            .map(|row| columns.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect())
            .collect();
        lines(indent, &part, &narrowed(&part, room))
    });
    tables.collect::<Vec<_>>().join("\n")
}

/// Returns the width of the widest cell of each column.
fn natural_widths(rows: &[Vec<String>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    (0..columns).map(|column| cells(column).map(|cell| length(cell)).max().unwrap_or(0)).collect()
}

/// Returns the widths of columns after the widest have been narrowed until all fit, as far as their words allow it.
fn narrowed(rows: &[Vec<String>], room: usize) -> Vec<usize> {
    let mut widths = natural_widths(rows);
    let longest_word = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.flat_map(|cell| cell.split(' ')).map(length).max().unwrap_or(0)
    };
    let least: Vec<usize> = (0..widths.len()).map(|column| longest_word(column).max(NARROW)).collect();
    while total(&widths) > room {
        let wider = widths.iter_mut().zip(&least).skip(1).filter(|(width, least)| **width > **least);
        let Some((widest, _)) = wider.max_by_key(|(width, _)| **width) else { break };
        *widest -= 1;
    }
    widths
}

/// Returns which columns go into each table: the first into every one.
fn split(widths: &[usize], room: usize) -> Vec<Vec<usize>> {
    let first = widths.first().copied().unwrap_or(0);
    let mut tables: Vec<Vec<usize>> = Vec::new();
    let mut taken = room + 1;
    for (column, width) in widths.iter().enumerate().skip(1) {
        if taken + GAP + width > room {
            tables.push(vec![0]);
            taken = first;
        }
        taken += GAP + width;
        if let Some(table) = tables.last_mut() {
            table.push(column);
        }
    }
    tables
}

/// The blanks between two columns.
const GAP: usize = 2;

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn lines(indent: usize, rows: &[Vec<String>], widths: &[usize]) -> String {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<Vec<String>> =
            row.iter().zip(widths).map(|(cell, width)| pieces(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        for at in 0..height {
            let of_line = cells.iter().zip(widths).map(|(cell, width)| {
                let piece = cell.get(at).map_or("", String::as_str);
                format!("{piece:<width$}")
            });
            let line = of_line.collect::<Vec<_>>().join("  ");
            text.push_str(&" ".repeat(indent));
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

/// Returns a cell in pieces of at most this width, broken between words. A text of other people, such as a card's model, does not
/// begin a row.
fn pieces(cell: &str, width: usize) -> Vec<String> {
    let cell = cell.replace(['\n', '\t'], " ");
    if length(&cell) <= width {
        return vec![cell];
    }
    let mut pieces: Vec<String> = Vec::new();
    for word in cell.split(' ') {
        match pieces.last_mut() {
            Some(piece) if length(piece) + 1 + length(word) <= width => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[&str]) -> Vec<Vec<String>> {
        text.iter().map(|row| row.split('|').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn without_a_terminal_columns_are_as_wide_as_their_widest_cell() {
        let rows = rows(&["VF|IN USE BY", "0|a very long text of many words", "10|"]);
        let text = "  VF  IN USE BY\n  0   a very long text of many words\n  10\n";
        assert_eq!(table(2, &rows, None), text);
        assert_eq!(table(2, &rows, Some(200)), text);
    }

    #[test]
    fn cell_with_a_line_feed_begins_no_row() {
        let rows = rows(&["PORT|MODEL|MTU", "eth0|a\nb\tc|1500"]);
        assert_eq!(table(0, &rows, None), "PORT  MODEL  MTU\neth0  a b c  1500\n");
    }

    #[test]
    fn cells_of_several_words_go_on_below_within_their_column() {
        let rows = rows(&["PORT|MODEL|MTU", "ens1f0|Ethernet Controller E810-C for SFP|1500"]);
        let text = "PORT    MODEL                MTU\n\
                    ens1f0  Ethernet Controller  1500\n        E810-C for SFP\n";
        assert_eq!(table(0, &rows, Some(33)), text);
    }

    #[test]
    fn what_is_too_wide_becomes_several_tables_with_the_first_column() {
        let rows = rows(&["VF|DEVICE|DRIVER|MAC", "0|0000:17:01.0|vfio-pci|02:4e:33:00:00:00"]);
        let text = "VF  DEVICE        DRIVER\n0   0000:17:01.0  vfio-pci\n\n\
                    VF  MAC\n0   02:4e:33:00:00:00\n";
        assert_eq!(table(0, &rows, Some(30)), text);
        // A word is never broken, however narrow the terminal is.
        assert_eq!(table(0, &rows, Some(4)).lines().filter(|line| line.starts_with("0   ")).count(), 3);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_as_far_as_words_allow_it() {
        let rows = rows(&["A|B C|D|E F", "a|bb bb bb bb bb bb|dddddd|ee ee ee ee ee ee ee ee", "a|b|d|e"]);
        for width in 20..80 {
            let text = table(2, &rows, Some(width));
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}:\n{text}");
            assert_eq!(text.matches("ee").count(), 8, "nothing is lost: {text}");
        }
    }
}

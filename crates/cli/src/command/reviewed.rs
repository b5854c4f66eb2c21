//! What a review holds besides the plans: all that is said on standard error, and why planning failed. Whoever reads it in a
//! merge request or in a browser sees nothing else of the run.

use std::io::{self, Write};

use vfctl_plan::Made;
use vfctl_view::{Bounds, Review, html, markdown};

use crate::args::PlanArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::machine::Console;
use crate::made::made_now;
use crate::terminal::Terminal;

/// A review while it is written.
pub(super) struct Sheet {
    /// The plans so far.
    pub(super) review: Review,
    /// Of what and when it is made.
    pub(super) made: Made,
}

/// Runs a command that plans; where a review is wanted, prints it however the command ends.
pub(super) fn reviewed(
    args: &PlanArgs,
    console: &mut Console<'_>,
    plan: impl FnOnce(&mut Console<'_>, &mut Sheet) -> Result<Exit, CliError>,
) -> Result<Exit, CliError> {
    let bounds = if args.is_pictured() { Bounds::of_html() } else { Bounds::of_markdown() };
    let mut sheet = Sheet { review: Review::new(bounds), made: made_now(&[]) };
    if !args.is_review() {
        return plan(console, &mut sheet);
    }
    let mut heard = Heard { err: &mut *console.err, text: String::new(), said: Vec::new() };
    let exit = {
        let terminal = Terminal { colours_err: false, ..console.terminal };
        let mut console =
            Console { out: &mut *console.out, err: &mut heard, can_ask: console.can_ask, terminal };
        plan(&mut console, &mut sheet).unwrap_or_else(|error| {
            console.say_error(&error);
            sheet.review.fail();
            Exit::Failed
        })
    };
    let Sheet { mut review, made } = sheet;
    heard.said.iter().for_each(|text| review.say(text));
    let document = if args.is_pictured() { html(&review, &made) } else { markdown(&review) };
    console.out.write_all(document.as_bytes())?;
    Ok(exit)
}

/// Standard error, and what was said there.
struct Heard<'a> {
    err: &'a mut (dyn Write + Send),
    /// What is said now.
    text: String,
    said: Vec<String>,
}

impl Write for Heard<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.push_str(&String::from_utf8_lossy(bytes));
        // Where nobody listens, the review is none the worse for it.
        let _closed = self.err.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        self.said.extend(Some(text).filter(|text| !text.trim().is_empty()));
        self.err.flush()
    }
}

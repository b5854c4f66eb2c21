//! Texts become checked documents, or the list of all their mistakes.

use std::collections::BTreeSet;
use std::sync::Arc;

use vfctl_kinds::document::{API_VERSION, KIND, SriovConfig, violations};
use vfctl_kinds::path::{Related, SpecPath, Violation};

use crate::diagnostic::{Diagnostic, Fault, Place, quoted};
use crate::read::read;
use crate::source::{Source, Text};
use crate::suggest::did_you_mean;
use crate::yaml::{Node, Span, Value, parse};

/// How many mistakes are told at once.
const MOST_TOLD: usize = 200;

/// Documents that keep every rule.
#[derive(Debug, Clone)]
pub struct SpecSet {
    /// The documents, in the order of the sources.
    pub documents: Vec<Document>,
}

/// One document and where it stands.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it says.
    pub config: SriovConfig,
    /// The name of the text that it stands in.
    pub file: String,
    text: Arc<Text>,
    tree: Node,
}

impl SpecSet {
    /// Returns the documents' contents, in order.
    pub fn configs(&self) -> Vec<&SriovConfig> {
        self.documents.iter().map(|document| &document.config).collect()
    }

    /// Returns the place of a value in the document of that number, or of the nearest value around it where the
    /// text does not give it; `None` where there is no such document.
    pub fn place(&self, document: usize, path: &SpecPath) -> Option<Place> {
        self.documents.get(document).map(|document| document.place(path))
    }
}

impl Document {
    /// Returns the place of a value, or of the nearest value around it where the text does not give it.
    pub fn place(&self, path: &SpecPath) -> Place {
        self.text.place(self.tree.find_nearest(path))
    }
}

/// A document as far as it could be read.
struct Draft {
    source: usize,
    config: SriovConfig,
    tree: Node,
}

/// Reads and checks the documents of all sources together.
///
/// # Errors
/// Returns every mistake in order of place, at least one.
pub fn load(sources: &[Source]) -> Result<SpecSet, Vec<Diagnostic>> {
    let (mut drafts, mut faults) = (Vec::new(), Vec::new());
    for (source, Source { text, .. }) in sources.iter().enumerate() {
        let (documents, mut found) = parse(source, text);
        if documents.is_empty() && found.is_empty() {
            let help = format!("a spec begins with `apiVersion: {API_VERSION}` and `kind: {KIND}`");
            found.push(Fault::new(top(source), "there is no document here", help));
        }
        faults.append(&mut found);
        for mut tree in documents {
            if let Some(fault) = other_kind(&tree) {
                faults.push(fault);
                continue;
            }
            faults.extend(wrong_header(&tree));
            let (config, mut found) = read(&mut tree);
            faults.append(&mut found);
            drafts.extend(config.map(|config| Draft { source, config, tree }));
        }
    }
    if sources.is_empty() {
        faults.push(Fault::new(top(0), "no spec was given", "name a file or folder with specs"));
    }
    let configs: Vec<&SriovConfig> = drafts.iter().map(|draft| &draft.config).collect();
    faults.extend(
        violations(&configs)
            .into_iter()
            .filter_map(|(document, violation)| locate(&drafts, document, violation)),
    );

    let texts: Vec<Arc<Text>> = sources.iter().map(|source| Arc::new(Text::of(source))).collect();
    if faults.is_empty() {
        let document = |Draft { source, config, tree }| {
            let text = Arc::clone(texts.get(source)?);
            Some(Document { config, file: text.name().to_owned(), text, tree })
        };
        return Ok(SpecSet { documents: drafts.into_iter().filter_map(document).collect() });
    }
    faults.sort_by_key(|fault| fault.span);
    // What an alias repeats is wrong only once.
    let mut told = BTreeSet::new();
    faults.retain(|fault| told.insert((fault.span, fault.message.clone())));
    if let Some(first_hidden) = faults.get(MOST_TOLD).map(|fault| fault.span) {
        let hidden = faults.len() - MOST_TOLD;
        faults.truncate(MOST_TOLD);
        faults.push(Fault::new(
            first_hidden,
            format!("{hidden} more from here on are not shown"),
            "fix these first",
        ));
    }
    let none = Text::of(&Source { name: String::new(), text: String::new() });
    let place = |span: Span| texts.get(span.source).map_or(&none, Arc::as_ref).place(span);
    Err(faults.into_iter().map(|fault| fault.named(place)).collect())
}

/// Returns the first place of a source.
fn top(source: usize) -> Span {
    Span { source, start: 0, end: 0 }
}

/// Returns what is wrong where the document is of another kind altogether, so that its fields need no look.
fn other_kind(tree: &Node) -> Option<Fault> {
    let kind = tree.as_map()?.entries.iter().find(|entry| entry.key == "kind")?;
    let text = kind.value.as_text()?;
    let is_ours = text == KIND || text.is_empty() || did_you_mean(text, &[KIND]).is_some();
    let message = format!("this is a document of kind {}", quoted(text));
    let help = format!("keep only documents of kind `{KIND}` here");
    (!is_ours).then(|| Fault::new(kind.value.span, message, help))
}

/// Returns what is wrong with `apiVersion` and `kind`.
fn wrong_header(tree: &Node) -> Vec<Fault> {
    let Value::Map(map) = &tree.value else { return Vec::new() };
    let wrong = |field: &str, wanted: &str| {
        let entry = map.entries.iter().find(|entry| entry.key == field)?;
        let text = entry.value.as_text().filter(|text| *text != wanted && !text.is_empty())?;
        let message = format!("this version does not know {field} {}", quoted(text));
        Some(Fault::new(entry.value.span, message, format!("write `{field}: {wanted}`")))
    };
    [wrong("apiVersion", API_VERSION), wrong("kind", KIND)].into_iter().flatten().collect()
}

/// Returns the fault of a broken rule; `None` where it may only be broken because a mistake was taken out.
fn locate(drafts: &[Draft], document: usize, violation: Violation) -> Option<Fault> {
    let Violation { path, message, help, related } = violation;
    let draft = drafts.get(document)?;
    let (is_mended, span) = match draft.tree.find(&path) {
        Some((node, span)) => (node.is_mended(), span),
        None => (draft.tree.is_mended(), draft.tree.find_nearest(&path)),
    };
    let point = |Related { document, path, message }: Related| {
        drafts.get(document).map(|draft| (draft.tree.find_nearest(&path), message))
    };
    let related = related.into_iter().filter_map(point).collect();
    (!is_mended).then(|| Fault { related, ..Fault::new(span, message, help) })
}

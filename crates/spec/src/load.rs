//! Texts become checked documents, or the list of all their mistakes.

use std::collections::BTreeSet;
use std::sync::Arc;

use vfctl_kinds::document::{API_VERSION, KIND, SriovConfig, violations};
use vfctl_kinds::path::{ListsFor, Related, SpecPath, Violation};
use vfctl_kinds::suggest::did_you_mean;

use crate::diagnostic::{Diagnostic, Fault, Place, quoted};
use crate::foreign::{self, Checked, Linter, Reread};
use crate::host_values::HostLists;
use crate::read::read;
use crate::source::{Source, Text};
use crate::yaml::{Node, Span, Value, parse};

/// How many mistakes are told at once.
const MOST_TOLD: usize = 200;

/// Documents that keep every rule.
#[derive(Debug, Clone)]
pub struct SpecSet {
    /// The documents, in the order of the sources.
    pub documents: Vec<Document>,
    /// What was given and is not used.
    pub warnings: Vec<Diagnostic>,
}

/// One document and where it stands.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it says.
    pub config: SriovConfig,
    /// The name of the text that it stands in.
    pub file: String,
    texts: Arc<Vec<Text>>,
    tree: Node,
}

impl SpecSet {
    /// Returns the documents' contents, in order.
    pub fn configs(&self) -> Vec<&SriovConfig> {
        self.documents.iter().map(|document| &document.config).collect()
    }

    /// Returns whether any of the documents asks for objects of the cluster.
    pub fn asks_of_cluster(&self) -> bool {
        self.documents.iter().any(|document| document.config.asks_of_cluster())
    }

    /// Returns whether any of the documents selects nodes by labels, which are read of the cluster.
    pub fn selects_by_labels(&self) -> bool {
        self.documents.iter().any(|document| document.config.selects_by_labels())
    }

    /// Returns whether what any of the documents asks for has to be written to the cluster.
    pub fn writes_to_cluster(&self) -> bool {
        self.documents.iter().any(|document| document.config.writes_to_cluster())
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
        place(&self.texts, self.tree.find_nearest(path))
    }
}

/// Returns the place of a span in the text that it is of.
fn place(texts: &[Text], span: Span) -> Place {
    let none = || Text::of(&Source { name: String::new(), text: String::new() }).place(span);
    texts.get(span.source).map_or_else(none, |text| text.place(span))
}

/// A document as far as it could be read.
pub(crate) struct Draft {
    pub(crate) source: usize,
    pub(crate) config: SriovConfig,
    pub(crate) tree: Node,
}

/// Reads and checks the documents of all sources together.
///
/// # Errors
/// Returns every mistake in order of place, at least one.
pub fn load(sources: &[Source]) -> Result<SpecSet, Vec<Diagnostic>> {
    load_with(sources, &[])
}

/// Reads and checks the documents of all sources together, with values of hosts from texts of their own.
///
/// # Errors
/// Returns every mistake in order of place, at least one; those of values come after those of specs.
pub fn load_with(sources: &[Source], host_values: &[Source]) -> Result<SpecSet, Vec<Diagnostic>> {
    let Loaded { documents, faults, warnings, .. } = read_all(sources, host_values, None);
    if faults.is_empty() { Ok(SpecSet { documents, warnings }) } else { Err(faults) }
}

/// What became of the documents of all sources.
pub(crate) struct Loaded {
    /// The specs; none where there is a mistake.
    pub(crate) documents: Vec<Document>,
    /// Every mistake, in order of place.
    pub(crate) faults: Vec<Diagnostic>,
    /// What is no mistake, in order of place.
    pub(crate) warnings: Vec<Diagnostic>,
    /// Which documents of other tools were checked.
    pub(crate) checked: Checked,
}

/// Reads and checks the documents of all sources together. Those of other tools are linted where there is a linter for them,
/// and mistakes otherwise.
pub(crate) fn read_all(sources: &[Source], host_values: &[Source], mut linter: Option<Linter>) -> Loaded {
    let (mut drafts, mut faults) = (Vec::new(), Vec::new());
    for (source, Source { text, .. }) in sources.iter().enumerate() {
        if let Some(fault) = foreign::of_text(source, text) {
            faults.push(fault);
            continue;
        }
        let (mut documents, mut found) = parse(source, text);
        if let Some(linter) = linter.as_mut().filter(|_| !found.is_empty()) {
            match linter.reread(source, text) {
                Reread::Documents(read) => (documents, found) = (read, Vec::new()),
                Reread::Reported => continue,
                Reread::Nothing => {}
            }
        }
        if documents.is_empty() && found.is_empty() {
            let help = format!("a spec begins with `apiVersion: {API_VERSION}` and `kind: {KIND}`");
            found.push(Fault::new(top(source), "there is no document here", help));
        }
        faults.append(&mut found);
        for mut tree in documents {
            let unlinted = linter.as_mut().map(|linter| linter.document(&tree, text));
            let others: Vec<Fault> = match &unlinted {
                Some(unlinted) => unlinted.iter().filter_map(|tree| other_kind(tree)).collect(),
                None => other_kind(&tree).into_iter().collect(),
            };
            if !others.is_empty() || unlinted.is_some_and(|unlinted| unlinted.is_empty()) {
                faults.extend(others);
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
    let values = host_values.iter().map(|source| source.text.as_str());
    let mut wrong_values = Vec::new();
    let mut lists = HostLists::read(sources.len(), values, &mut wrong_values);
    lists.merge_into(&mut drafts, &mut wrong_values);
    if wrong_values.is_empty() {
        // Where values are missing because they are wrong, the rules would say so once more.
        let configs: Vec<&SriovConfig> = drafts.iter().map(|draft| &draft.config).collect();
        let lists_for = if host_values.is_empty() { ListsFor::EveryHost } else { ListsFor::SomeHost };
        let violations = violations(&configs, lists_for).into_iter();
        faults.extend(violations.filter_map(|(document, violation)| locate(&drafts, document, violation)));
    }
    faults.append(&mut wrong_values);
    if !faults.is_empty() {
        // A misspelt name is often why a list is missing.
        faults.append(&mut lists.misspelt(&drafts));
    }

    let mut warnings = if faults.is_empty() { lists.unused(&drafts) } else { Vec::new() };
    let linted = linter.map(Linter::into_faults);
    let checked = linted.map_or_else(Checked::default, |(mistakes, warned, checked)| {
        faults.extend(mistakes);
        warnings.extend(warned);
        checked
    });

    let texts: Arc<Vec<Text>> = Arc::new(sources.iter().chain(host_values).map(Text::of).collect());
    if !faults.is_empty() {
        drafts.clear();
    }
    let document = |Draft { source, config, tree }| {
        let file = texts.get(source)?.name().to_owned();
        Some(Document { config, file, texts: Arc::clone(&texts), tree })
    };
    Loaded {
        documents: drafts.into_iter().filter_map(document).collect(),
        faults: in_order(faults, &texts),
        warnings: in_order(warnings, &texts),
        checked,
    }
}

/// Returns what is told of these: each once, in order of place, and not without end.
fn in_order(mut faults: Vec<Fault>, texts: &[Text]) -> Vec<Diagnostic> {
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
    faults.into_iter().map(|fault| fault.named(|span| place(texts, span))).collect()
}

/// Returns the first place of a source.
fn top(source: usize) -> Span {
    Span { source, start: 0, end: 0 }
}

/// Returns what is wrong where the document is of another kind altogether, so that its fields need no look.
fn other_kind(tree: &Node) -> Option<Fault> {
    if let Some(fault) = foreign::of_tree(tree) {
        return Some(fault);
    }
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

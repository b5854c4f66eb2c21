//! Parser events become trees. What YAML allows and a spec has no use for is refused here, each with a reason.

use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError};

use super::node::{Entry, Map, Node, Scalar, Span, Style, Value};
use crate::diagnostic::{Fault, quoted};

/// How deep lists and maps may lie in one another; the deepest sensible spec has about ten levels.
const DEEPEST: usize = 64;

/// How many values a text may hold, those that aliases repeat included.
const MOST_NODES: usize = 500_000;

/// Returns the documents of a text and what is wrong with it as YAML. Documents before a syntax error are
/// returned; what follows it is not looked at.
pub(crate) fn parse(source: usize, text: &str) -> (Vec<Node>, Vec<Fault>) {
    let mut builder = Builder { source, length: text.len(), ..Builder::default() };
    let options = granit_parser::options! {
        strict_indentation: true,
        disallow_directives: true,
        emit_comments: false,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                let span = builder.span(span.start, span.end);
                if builder.take(event, span).is_break() {
                    break;
                }
            }
            Err(error) => {
                builder.syntax(&error);
                break;
            }
        }
    }
    (builder.documents, builder.faults)
}

/// What is built while events come in.
#[derive(Default)]
struct Builder {
    source: usize,
    length: usize,
    documents: Vec<Node>,
    faults: Vec<Fault>,
    /// The lists and maps that are open, outermost first.
    open: Vec<Open>,
    /// Finished values by the number of their anchor, with the number of nodes in them and their height.
    anchors: BTreeMap<usize, (Node, Size)>,
    /// How many nodes there are so far.
    nodes: usize,
}

/// How many nodes a value has, and how many levels.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    height: usize,
}

/// A list or map that is not finished.
struct Open {
    span: Span,
    anchor: usize,
    size: Size,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        map: Map,
        /// Where each key was first given.
        seen: BTreeMap<String, Span>,
        /// The key that waits for its value; `Some(None)` where the value of a refused key is to be dropped.
        key: Option<Option<(String, Span)>>,
    },
}

type Flow = std::ops::ControlFlow<()>;

impl Builder {
    /// Returns a place of ours; it lies within the text, whatever the parser says.
    fn span(&self, start: Marker, end: Marker) -> Span {
        let offset = |marker: Marker| marker.byte_offset().unwrap_or(0).min(self.length);
        let start = offset(start);
        Span { source: self.source, start, end: offset(end).max(start) }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Flow {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
                let scalar = Scalar { text: text.into_owned(), style };
                self.finish(
                    Node { value: Value::Scalar(scalar), span, is_cut: false },
                    anchor,
                    Size { nodes: 1, height: 1 },
                )
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.start(span, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.start(
                    span,
                    anchor,
                    Content::Map { map: Map::default(), seen: BTreeMap::new(), key: None },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some((_, size)) if self.open.len() + size.height > DEEPEST => self.too_much(span),
                // What it adds is counted when it is put in its place.
                Some((node, size)) => {
                    let (node, size) = (node.clone(), *size);
                    self.finish(node, 0, size)
                }
                None => {
                    let message = "this alias stands inside the value that it repeats";
                    self.faults.push(Fault::new(span, message, "write the value out"));
                    Flow::Break(())
                }
            },
            // Other events carry no value; which there are depends on the parser's features.
            _ => Flow::Continue(()),
        }
    }

    fn refuse_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            let help = "take the `!` word away; fields know their types, and quotes make a text";
            self.faults.push(Fault::new(span, "YAML tags are not supported", help));
        }
    }

    fn too_much(&mut self, span: Span) -> Flow {
        let message = format!("the text holds more than {MOST_NODES} values or {DEEPEST} levels");
        self.faults.push(Fault::new(span, message, "split the document, and write aliases out"));
        Flow::Break(())
    }

    fn start(&mut self, span: Span, anchor: usize, content: Content) -> Flow {
        if self.open.len() >= DEEPEST {
            return self.too_much(span);
        }
        self.open.push(Open { span, anchor, size: Size::default(), content });
        Flow::Continue(())
    }

    fn end(&mut self, end: Span) -> Flow {
        let Some(Open { span, anchor, size, content }) = self.open.pop() else { return Flow::Break(()) };
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map { map, .. } => Value::Map(map),
        };
        let span = Span { end: end.end.max(span.start), ..span };
        // A collection is one node more than its parts, which were counted when they were finished.
        let whole = Size { nodes: size.nodes + 1, height: size.height + 1 };
        self.nodes = self.nodes.saturating_sub(size.nodes);
        self.finish(Node { value, span, is_cut: false }, anchor, whole)
    }

    /// Puts a finished value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, size: Size) -> Flow {
        self.nodes = self.nodes.saturating_add(size.nodes);
        if self.nodes > MOST_NODES {
            return self.too_much(node.span);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(parent) = self.open.last_mut() else {
            // An empty document, such as after a closing `---`, says nothing.
            if !matches!(&node.value, Value::Scalar(s) if s.says_nothing()) {
                self.documents.push(node);
            }
            self.anchors.clear();
            self.nodes = 0;
            return Flow::Continue(());
        };
        parent.size.nodes = parent.size.nodes.saturating_add(size.nodes);
        parent.size.height = parent.size.height.max(size.height);
        match &mut parent.content {
            Content::List(items) => items.push(node),
            Content::Map { map, seen, key } => match key.take() {
                Some(Some((key, key_span))) => map.entries.push(Entry { key, key_span, value: node }),
                Some(None) => {}
                None => *key = Some(accept_key(node, seen, &mut self.faults)),
            },
        }
        Flow::Continue(())
    }

    fn syntax(&mut self, error: &ScanError) {
        let span = self.span(*error.marker(), *error.marker());
        let message = format!("this is not YAML: {}", error.kind());
        self.faults.push(Fault::new(span, message, syntax_help(error.kind())));
    }
}

/// Returns the key and its place, or `None` where it is refused, which is said.
fn accept_key(
    node: Node,
    seen: &mut BTreeMap<String, Span>,
    faults: &mut Vec<Fault>,
) -> Option<(String, Span)> {
    let span = node.pointer();
    let Value::Scalar(Scalar { text, style }) = node.value else {
        faults.push(Fault::new(
            span,
            "a list or map stands where a key is expected",
            "write a word and a colon",
        ));
        return None;
    };
    if style == Style::Plain && text == "<<" {
        let help = "write the values out, or repeat a whole value with an alias";
        faults.push(Fault::new(span, "merge keys (`<<`) are not supported: YAML 1.2 has none", help));
        return None;
    }
    if let Some(first) = seen.get(&text) {
        let mut fault = Fault::new(span, format!("{} is given twice", quoted(&text)), "keep one of the two");
        fault.related.push((*first, "first given here".to_owned()));
        faults.push(fault);
        return None;
    }
    seen.insert(text.clone(), span);
    Some((text, span))
}

/// Returns what usually mends a syntax error of this kind.
fn syntax_help(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => "indent with blanks: YAML allows no tabs there",
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidMappingValueWhitespace => {
            "indent with equal blanks, and quote texts that contain `: `"
        }
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::ExpectedBlockSequenceEntry => {
            "begin the keys of one map in the same column, and close quotes and brackets before"
        }
        ErrorKind::UnclosedQuotedScalar => "close the quotes",
        ErrorKind::UnclosedFlowCollection { .. } => "close the bracket",
        ErrorKind::UnknownAnchor => "an alias needs an anchor (`&name`) before it in the same document",
        ErrorKind::DirectiveDisallowed => "take the line that begins with `%` away",
        ErrorKind::RecursionLimitExceeded => "the deepest spec has about ten levels",
        ErrorKind::UnexpectedCharacter { .. } => "quote texts that begin with a special character",
        _ => "compare the indentation, quotes and brackets of this line with those of the lines before",
    }
}

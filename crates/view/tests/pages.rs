//! Pages and drawings: whole, without anything that runs or loads, and with names of others as mere text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use vfctl_model::HostName;
use vfctl_plan::{Made, Row, RowSort, ScopePlan, ScopeRows, SpecFile, Standing, Summary, TextHash};
use vfctl_port::HostFacts;
use vfctl_view::{Bounds, HostView, Picture, Pool, Pools, Review, discovered, html, svg};

const HOSTILE: &str = "</title></style></svg><script>alert(1)</script><img src=x onerror='a()'>\"&amp;\u{202e}\u{7}\n|`-->]]></code></li></details>";

fn name() -> HostName {
    "<b>\"'&x".parse().expect("a name")
}

fn facts() -> HostFacts {
    let text = serde_json::json!({
        "system": {
            "kernel": HOSTILE, "arguments": [], "iommu": {"groups": 3, "kinds": [HOSTILE]}, "modules": [],
            "linkManagers": [{"name": HOSTILE, "remedy": HOSTILE}],
        },
        "links": {},
        "unread": [HOSTILE],
        "physicalFunctions": {
            "pci/0000:3b:00.0": {
                "driver": "iavf", "model": HOSTILE, "totalVfs": 8, "vfCount": 2, "vfOffset": 16, "vfStride": 1, "unread": [HOSTILE],
                "netdev": {"name": "<u>'\"", "mac": "02:00:00:00:00:01", "mtu": 1500, "up": true, "carrier": true},
                "vfs": {
                    "0": {
                        "pci": "0000:3b:02.0", "driver": "iavf", "attributes": {}, "offeredAs": HOSTILE,
                        "uses": [{"use": "namespace", "name": HOSTILE}, {"use": "pod", "pod": HOSTILE}],
                    },
                    "1": {"pci": "0000:3b:02.1", "attributes": {}},
                },
            },
        },
    });
    serde_json::from_value(text).expect("facts")
}

fn picture() -> Picture {
    let devices = ["0000:3b:02.0".parse().expect("an address")].into();
    let pool = Pool { resource: HOSTILE.to_owned(), devices, networks: vec![HOSTILE.to_owned()] };
    Picture::of(&name(), &facts(), None, Pools::Known(vec![pool]))
}

fn rows() -> ScopeRows {
    let row = |sort, depth| Row { sort, depth, content: HOSTILE.to_owned() };
    let sorts = [
        RowSort::Lane,
        RowSort::Phase,
        RowSort::Created,
        RowSort::Changed,
        RowSort::Removed,
        RowSort::Disruption,
        RowSort::Command,
        RowSort::Error,
        RowSort::Held,
        RowSort::Note,
        RowSort::More,
        RowSort::Summary,
    ];
    let rows = sorts.into_iter().enumerate().map(|(depth, sort)| row(sort, depth)).collect();
    let summary = Summary {
        standing: Standing::Changes,
        changed: true,
        needs_consent: true,
        ..ScopePlan::default().summary()
    };
    ScopeRows { documents: HOSTILE.to_owned(), rows, exact: TextHash::default(), summary }
}

fn made() -> Made {
    let specs = vec![SpecFile { file: HOSTILE.to_owned(), sha256: String::new() }];
    Made { vfctl: "1".to_owned(), time: "now".to_owned(), specs }
}

/// Returns the names of all elements; fails where one is not closed, or an attribute has no quotes.
fn elements(page: &str) -> Vec<String> {
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("`<{tag}` has no end"));
        if tag.starts_with("!DOCTYPE") {
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed in another order");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default().to_owned();
        if !tag.ends_with('/') && !matches!(name.as_str(), "meta" | "link") {
            open.push(name.clone());
        }
        seen.push(name);
    }
    assert_eq!(open, [""; 0], "left open");
    seen
}

/// Checks that a document is whole, runs and loads nothing.
fn check(document: &str) {
    let known = [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "body",
        "header",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "section",
        "article",
        "div",
        "figure",
        "figcaption",
        "ul",
        "li",
        "a",
        "b",
        "code",
        "span",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "pre",
        "svg",
        "desc",
        "g",
        "rect",
        "text",
    ];
    for element in elements(document) {
        assert!(known.contains(&element.as_str()), "<{element}>");
    }
    let without_namespace = document.replace("http://www.w3.org/2000/svg", "");
    for loads in ["http:", "https:", "//", "url(", "@import", " src=", "javascript:", " on"] {
        let tags = without_namespace.split('<').map(|part| part.split_once('>').map_or(part, |(tag, _)| tag));
        assert!(!tags.into_iter().any(|tag| tag.contains(loads)), "{loads}");
    }
    assert!(!document.contains(['\u{202e}', '\u{7}']));
    assert!(document.contains("&lt;script&gt;alert(1)"), "the text itself is shown");
}

#[test]
fn a_review_as_a_page_is_whole_and_runs_nothing() {
    let mut review = Review::new(Bounds::of_html());
    review.host(&name(), rows(), Some(picture()));
    review.host(&"second".parse().expect("a name"), rows(), None);
    review.cluster(rows());
    review.say(&format!("error: {HOSTILE}\n  fix: {HOSTILE}\n"));
    review.say(HOSTILE);
    let page = html(&review, &made());
    check(&page);
    assert!(page.contains("2 hosts like &lt;b&gt;"), "{page}");
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\""));
}

#[test]
fn what_is_discovered_as_page_and_drawing_is_whole_and_runs_nothing() {
    let hosts = [
        (HostView::of(&name(), &facts(), &vfctl_kinds::pf::pf_columns()), picture()),
        (HostView::of(&name(), &facts(), &vfctl_kinds::pf::pf_columns()), picture()),
    ];
    let page = discovered(&hosts, HOSTILE);
    check(&page);
    for label in ["v1t", "v1d", "v2t", "v2d"] {
        assert_eq!(page.matches(&format!("id=\"{label}\"")).count(), 1, "{label} is one element's");
    }
    check(&svg(&[picture(), picture()]));
    elements(&svg(&[]));
}

#[test]
fn a_page_of_many_plans_is_bounded_and_counts_what_is_left_out() {
    let mut review = Review::new(Bounds::of_html());
    for host in 0..5_000 {
        let plan = ScopeRows { documents: format!("of {host}"), ..rows() };
        review.host(&format!("host-{host}").parse().expect("a name"), plan, Some(picture()));
    }
    let page = html(&review, &made());
    assert!(page.len() < 6_000_000, "{}", page.len());
    assert_eq!((page.matches("<article").count(), page.matches("<svg").count()), (200, 200));
    assert!(page.contains("… and 4800 more plans, of 4800 hosts"), "the plans");
    assert!(page.contains("… and 3000 more plans, of 3000 hosts"), "the table");
}

#[test]
fn a_page_shows_what_blocks_plans_before_all_rows() {
    let mut review = Review::new(Bounds::of_html());
    let summary = Summary { standing: Standing::Blocked, changed: false, blocked: true, ..rows().summary };
    review.host(&name(), ScopeRows { summary, ..rows() }, Some(picture()));
    let page = html(&review, &made());
    check(&page);
    let (alarm, _) = page.split_once("At a glance").expect("a table");
    assert!(
        alarm.contains("<h2>Blocked plans</h2>") && alarm.contains("<li class=\"bad\">&lt;/title&gt;"),
        "{alarm}"
    );
    assert!(!page.contains("--allow-disruption"), "nothing of it is applied\n{page}");
}

#[test]
fn a_page_cuts_changes_before_errors_and_names_a_command_that_is_one() {
    let mut review = Review::new(Bounds::of_html());
    let long = |number: usize| Row {
        depth: 3,
        sort: RowSort::Changed,
        content: format!("{number} {}", "x".repeat(500)),
    };
    for host in ["a", "b;c"] {
        let mut plan = rows();
        plan.rows.splice(0..0, (0..500).map(long));
        plan.documents = host.to_owned();
        review.host(&host.parse().expect("a name"), plan, None);
    }
    let page = html(&review, &made());
    for name in ["a", "NAME"] {
        let said =
            format!("the text of <code class=\"long\">vfctl plan --facts … --limit {name}</code> shows all.");
        assert_eq!(page.matches(&said).count(), 1, "{page}");
    }
    assert_eq!(page.matches("<b aria-hidden=\"true\">!</b>").count(), 2, "whom each disrupts");
    assert!(page.contains("destroy VFs or disrupt their users: apply needs <code>--allow-disruption</code>"));
}

//! Reviews as Markdown: bounded, ordered, and honest about what is left out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use vfctl_plan::{Row, RowSort, ScopePlan, ScopeRows, Standing, Summary, TextHash};
use vfctl_view::{Bounds, Review, markdown};

fn row(depth: usize, sort: RowSort, content: &str) -> Row {
    Row { depth, sort, content: content.to_owned() }
}

/// Returns what is said of a host with changes; where it disrupts, the second row says so.
fn rows(changes: &[&str], disrupts: bool) -> ScopeRows {
    let mut rows = vec![row(1, RowSort::Lane, "eth0")];
    rows.extend(disrupts.then(|| row(4, RowSort::Disruption, "disrupts vf 0: port of bridge br0")));
    rows.extend(changes.iter().map(|change| row(3, RowSort::Changed, change)));
    rows.push(row(0, RowSort::Summary, "Plan: 1 step, 1 change on 1 PF."));
    let summary = Summary {
        standing: Standing::Changes,
        changed: true,
        needs_consent: disrupts,
        ..ScopePlan::default().summary()
    };
    ScopeRows { documents: "workers".to_owned(), rows, exact: TextHash::default(), summary }
}

fn review(plans: impl IntoIterator<Item = (String, ScopeRows)>) -> Review {
    let mut review = Review::new(Bounds::of_markdown());
    for (name, rows) in plans {
        review.host(&name.parse().expect("a name"), rows, None);
    }
    review
}

/// Returns the numbers in the one line that begins so.
fn numbers(text: &str, begin: &str, word: &str) -> Vec<usize> {
    let mut lines = text.lines().filter(|line| line.starts_with(begin) && line.contains(word));
    let line = lines.next().unwrap_or_else(|| panic!("no line {begin} {word} in\n{text}"));
    line.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn ten_thousand_hosts_in_twenty_groups_are_twenty_entries() {
    let plans = (0..10_000).map(|host| {
        let changes = [format!("vf 0-{}: trust: off -> on", host % 20)];
        (format!("host-{host:05}"), rows(&changes.each_ref().map(String::as_str), host % 20 == 7))
    });
    let text = markdown(&review(plans));
    assert!(text.chars().count() < 60_000);
    assert_eq!(text.matches("500 hosts like").count(), 20 + 1 + 20, "table, disrupted, details\n{text}");
    let first =
        text.lines().find(|line| line.starts_with("| ") && line.contains("500 hosts")).expect("a row");
    assert!(first.contains("<code>host-00007</code>"), "{first}");
    assert!(text.contains("**10000 hosts: 10000 with changes.** ⚠️"), "{text}");
    assert!(text.contains("needs `--allow-disruption` for 500 hosts."), "{text}");
    assert!(!text.contains("more rows") && !text.contains("more plans"), "nothing is cut\n{text}");
}

#[test]
fn what_has_no_room_is_counted() {
    let long = "x".repeat(500);
    let plans = (0..3_000).map(|host| {
        let changes: Vec<String> = (0..40).map(|change| format!("{host} {change} {long}")).collect();
        (
            format!("host-{host:05}"),
            rows(&changes.iter().map(String::as_str).collect::<Vec<_>>(), host % 2 == 0),
        )
    });
    let text = markdown(&review(plans));
    assert!(text.chars().count() <= 60_000, "{}", text.chars().count());
    let in_table = text.lines().filter(|line| line.contains("| <code>workers</code> |")).count();
    assert_eq!(numbers(&text, "…", "more rows, of"), [3_000 - in_table; 2]);
    let disrupted = text.lines().filter(|line| line.ends_with("</code>:")).count();
    assert_eq!(numbers(&text, "…", "more plans that destroy"), [1_500 - disrupted; 2]);
    let detailed = text.matches("<details>").count();
    assert!(disrupted > 20 && detailed > 10, "{disrupted} {detailed}");
    assert_eq!(numbers(&text, "…", "and the details of"), [3_000 - detailed; 2]);
    // Of the first plan there is one row of the port, one of the disruption and 40 changes.
    let first = text.split("<details>").nth(1).expect("details");
    let shown = first.lines().filter(|line| line.contains("eth0") || line.starts_with(['!', '~'])).count();
    assert_eq!(numbers(first, "…", "more lines").first(), Some(&(42 - shown)), "{first}");
}

#[test]
fn one_plan_may_take_all_the_room() {
    let changes: Vec<String> = (0..5_000).map(|change| format!("change {change}")).collect();
    let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
    let text = markdown(&review([("a".to_owned(), rows(&changes, false))]));
    assert!(text.chars().count() <= 60_000);
    let shown = text.lines().filter(|line| line.starts_with('~')).count();
    assert!(shown > 500, "{shown}");
    assert_eq!(numbers(&text, "…", "more lines").first(), Some(&(5_000 - shown)));
    assert!(text.contains("; the text of <code>vfctl plan</code> shows all."), "{text}");
}

#[test]
fn texts_of_others_are_no_markup() {
    let hostile = "</details>\n```\n<script>alert(1)</script> @all [x](y) ![z](w) | a";
    let name = "<b>|`@all`[x](y)";
    let mut review = review([(name.to_owned(), rows(&[hostile], true))]);
    review.say(&format!("error: {hostile}\n  fix: ```\n# x\n"));
    review.say(&format!("warning: {hostile}"));
    let text = markdown(&review);
    let mut fence: Option<String> = None;
    for line in text.lines() {
        match &fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = Some(line.trim_end_matches("diff").to_owned()),
            None => {
                assert!(!line.contains("<script") && !line.contains("<b>") && !line.contains('@'), "{line}");
                assert!(!line.contains("](") && line.matches('|').count() <= 4, "{line}");
            }
        }
    }
    assert_eq!((fence, text.matches("<details>").count()), (None, 1), "{text}");
}

#[test]
fn nothing_to_review_says_so() {
    assert_eq!(markdown(&Review::new(Bounds::of_markdown())), "## vfctl plan\n\n**No changes.**\n");
}

/// Returns a plan with these rows before the last, and how it stands.
fn plan_of(rows: Vec<Row>, standing: Standing, needs_consent: bool) -> ScopeRows {
    let blocked = standing == Standing::Blocked;
    let end = if blocked { "Plan blocked by 1 error. Nothing will be changed." } else { "Plan: 1 step." };
    let rows = rows.into_iter().chain([row(0, RowSort::Summary, end)]).collect();
    let (changed, summary) = (!blocked, ScopePlan::default().summary());
    let summary = Summary { standing, changed, blocked, needs_consent, ..summary };
    ScopeRows { documents: "workers".to_owned(), rows, exact: TextHash::default(), summary }
}

/// Returns what a verbose plan says of a port: many changes, each with its command.
fn many_changes(port: &str) -> Vec<Row> {
    let change = |number: usize| {
        let change =
            row(3, RowSort::Changed, &format!("vf {}: attribute {}: off -> on", number / 3, number % 3));
        let command =
            format!("ip link set dev {port} vf {} attribute on  # workers.yaml:{number}:11", number / 3);
        [change, row(4, RowSort::Command, &command)]
    };
    [row(1, RowSort::Lane, port)].into_iter().chain((0..192).flat_map(change)).collect()
}

/// Returns the part of a review that begins with this heading.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, part) =
        text.split_once(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("no {heading} in\n{text}"));
    part.split("\n### ").next().unwrap_or_default()
}

#[test]
fn what_blocks_a_plan_and_whom_it_disrupts_is_never_cut_for_the_sake_of_changes() {
    let victims = |rows: &mut Vec<Row>| {
        rows.push(row(1, RowSort::Lane, "eth1"));
        rows.extend((0..4).map(|vf| row(4, RowSort::Disruption, &format!("disrupts vf {vf}: tenant"))));
    };
    let mut blocked = many_changes("eth0");
    victims(&mut blocked);
    blocked.push(row(1, RowSort::Error, "no PF matches port-9"));
    blocked.push(row(2, RowSort::More, "fix: name another"));
    let plans = [("a".to_owned(), plan_of(blocked, Standing::Blocked, true))];
    let text = markdown(&review(plans));
    let outside = section(&text, "Blocked plans");
    assert!(
        outside.contains("error: no PF matches port-9") && outside.contains("fix: name another"),
        "{text}"
    );
    assert!(
        !outside.contains("eth") && !outside.contains("more lines"),
        "the error is the host's\n{outside}"
    );
    let details = section(&text, "Details");
    for kept in ["error: no PF matches port-9", "eth1\n!       disrupts vf 0: tenant", "vf 0: attribute 0"] {
        assert!(details.contains(kept), "{kept} is missing in\n{details}");
    }
    // What others take does not hide whom the sixth plan disrupts.
    let disrupting = (0..40).map(|host| {
        let mut rows = many_changes(&format!("eth0-of-{host}"));
        victims(&mut rows);
        (format!("host-{host}"), plan_of(rows, Standing::Changes, true))
    });
    let text = markdown(&review(disrupting));
    let outside = section(&text, "Destroyed VFs and disrupted users");
    assert_eq!(outside.matches("disrupts vf 3: tenant").count(), 40, "{outside}");
    assert!(!outside.contains("more") && !outside.contains("eth0"), "{outside}");
    let details = section(&text, "Details");
    assert_eq!(details.matches("disrupts vf 3: tenant").count(), 40, "{details}");
    assert!(details.matches("attribute 0").count() >= 40, "each has some of its changes\n{details}");
}

#[test]
fn long_names_of_many_equal_hosts_leave_room_for_their_details() {
    let name = |group: usize, host: usize| format!("worker-{group:03}-{host:05}.rack-17.site-3.example.com");
    assert_eq!(name(0, 0).len(), 43);
    let plans = (0..40).flat_map(|group| {
        (0..25).map(move |host| (name(group, host), rows(&[&format!("vf 0: vlan: none -> {group}")], false)))
    });
    let text = markdown(&review(plans));
    assert_eq!(text.matches("<details>").count(), 40, "{text}");
    assert!(!text.contains("the details of"), "{text}");
    let of_first = text.split("<details>").nth(1).expect("details");
    let named = of_first.matches("<code>worker-000-").count() - 1;
    assert!((2..20).contains(&named), "{named}");
    assert!(
        of_first.contains(&format!("</code>, and {} more\n", 25 - named)),
        "a count is no name\n{of_first}"
    );
}

#[test]
fn a_plan_without_room_does_not_hide_those_after_it() {
    let names = std::iter::once("&".repeat(253)).chain((0..99).map(|host| format!("host-{host}")));
    let plans = names.enumerate().map(|(number, name)| {
        let change = format!("vf 0: vlan: none -> {number} {}", "x".repeat(300));
        (name, rows(&[&change], true))
    });
    let text = markdown(&review(plans));
    assert!(section(&text, "Details").matches("<details>").count() > 20, "{text}");
    assert!(section(&text, "Destroyed VFs and disrupted users").matches("host-").count() > 20, "{text}");
}

#[test]
fn consent_is_asked_for_where_a_plan_is_applied_and_in_the_words_of_apply() {
    let destroyed = || vec![row(1, RowSort::Lane, "eth0"), row(4, RowSort::Disruption, "destroys vf 0-3")];
    let both = || {
        let mut rows = destroyed();
        rows.extend([row(1, RowSort::Lane, "eth1"), row(2, RowSort::Error, "no such driver")]);
        rows
    };
    let blocked = markdown(&review([("a".to_owned(), plan_of(both(), Standing::Blocked, true))]));
    assert!(!blocked.contains("--allow-disruption") && !blocked.contains("⚠️"), "{blocked}");
    assert!(!blocked.contains("### Destroyed"), "{blocked}");
    let outside = section(&blocked, "Blocked plans");
    assert!(
        outside.contains("  eth1\n    error: no such driver") && !outside.contains("destroys"),
        "{outside}"
    );
    let plans = [
        ("a".to_owned(), plan_of(both(), Standing::Blocked, true)),
        ("b".to_owned(), plan_of(destroyed(), Standing::Changes, true)),
    ];
    let text = markdown(&review(plans));
    let said = "⚠️ Apply would destroy VFs or disrupt their users: it needs `--allow-disruption` for 1 host.";
    assert!(text.contains(said), "{text}");
    assert!(!text.contains("sers are disrupted") && !text.contains("Who is"), "nobody uses them\n{text}");
}

#[test]
fn an_error_without_room_does_not_hide_the_next() {
    let mut review = review([]);
    let hostile = ["\u{7}".repeat(3_000), "`".repeat(5_000), "x".repeat(9_000), "the last".to_owned()];
    for message in hostile {
        review.say(&format!("error: {message}\n"));
    }
    let errors = markdown(&review);
    let errors = section(&errors, "Errors");
    assert!(errors.contains("error: \\u{7}\\u{7}") && errors.contains("error: xxx"), "{errors}");
    assert!(errors.contains("error: the last\n"), "{errors}");
    assert!(!errors.contains('\u{7}') && errors.chars().count() <= 6_000, "{errors}");
}

#[test]
fn the_command_that_shows_all_is_one_that_a_shell_may_be_given() {
    let plans = ["worker-1.a", "$(reboot)", "-rf", "a,b*"].map(|name| {
        let mut rows = many_changes(name);
        rows.push(row(1, RowSort::Note, &"x".repeat(13_000)));
        (name.to_owned(), plan_of(rows, Standing::Changes, false))
    });
    let text = markdown(&review(plans));
    let commands: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("the text of <code>")?.1.strip_suffix("</code> shows all."))
        .collect();
    let of = |name: &str| format!("vfctl plan --facts &#8230; --limit {name}");
    assert_eq!(commands, [of("worker-1.a"), of("NAME"), of("NAME"), of("NAME")], "{text}");
}

#[test]
fn no_text_of_others_leaves_its_place() {
    let long = "w".repeat(2_000);
    let hostile = [
        "a|b</code></summary></details>|`c`",
        "line 1\n+ line 2\n```\n</details>\n| a | b |\n\n# c",
        "\r\u{85}\u{2028}x\u{0}\u{1b}[2J",
        long.as_str(),
        "~~~\n\t```````\n",
    ];
    // What hosts and documents are called, what a row says, and why there is no plan.
    for (number, text) in hostile.into_iter().enumerate() {
        let name: String =
            text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '/').take(60).collect();
        for standing in [Standing::Changes, Standing::Blocked] {
            let said = vec![
                row(1, RowSort::Lane, text),
                row(3, RowSort::Changed, text),
                row(4, RowSort::Disruption, text),
                row(1, RowSort::Error, text),
                row(2, RowSort::More, text),
            ];
            let mut plan = plan_of(said, standing, true);
            text.clone_into(&mut plan.documents);
            let other = ScopeRows { documents: "other".to_owned(), ..plan.clone() };
            let mut review =
                review([(name.clone(), plan.clone()), (format!("b{name}"), plan), ("c".to_owned(), other)]);
            review.say(&format!("error: {text}\n  fix: {text}\n"));
            review.say(text);
            review.host_without_plan();
            let shown = markdown(&review);
            let (mut outside, mut fence) = (Vec::new(), None);
            for line in shown.lines() {
                match fence {
                    Some(end) if line == end => fence = None,
                    Some(_) => {}
                    None if line.starts_with("```") => fence = line.strip_suffix("diff"),
                    None => outside.push(line),
                }
            }
            assert_eq!(fence, None, "{number}: a fence has no end\n{shown}");
            let outside = outside.join("\n");
            // Two plans: two rows of a table with three cells each, two folds, and no line that is none of ours.
            let table: Vec<&str> = outside.lines().filter(|line| line.starts_with('|')).collect();
            assert_eq!(table.len(), 4, "{number}\n{outside}");
            assert!(table.iter().all(|line| line.matches('|').count() == 4), "{number}\n{outside}");
            for part in ["<details>", "</details>", "<summary>", "</summary>"] {
                assert_eq!(outside.matches(part).count(), 2, "{number} {part}\n{outside}");
            }
            assert_eq!(outside.matches("<code>").count(), outside.matches("</code>").count(), "{outside}");
            let begins = ["##", "**4 hosts", "|", "⚠️ ", "2 hosts", "<code>", "<details>", "</details>"];
            for line in outside.lines().filter(|line| !line.is_empty()) {
                assert!(begins.iter().any(|begin| line.starts_with(begin)), "{number}: {line}");
                assert!(
                    !line.contains(['`', '\r', '\u{85}', '\u{2028}', '\u{1b}']) || line.contains("--allow"),
                    "{line}"
                );
            }
            // A row is one line of its fence: none that looks like another row.
            assert!(!section(&shown, "Details").lines().any(|line| line.starts_with("+ line 2")), "{shown}");
        }
    }
}

//! What a shell and `man` know of vfctl.

use std::fs;
use std::process::Command;

use crate::place::Place;

/// Returns the commands that the help lists.
fn commands(place: &Place) -> Vec<String> {
    let help = place.vfctl("--help").out;
    let (_, list) = help.split_once("\nCommands:\n").expect("commands");
    let names = list.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    names.map(|line| line.split_whitespace().next().expect("a name").to_owned()).collect()
}

#[test]
fn completions_of_every_shell_know_every_command() {
    let place = Place::new();
    let commands = commands(&place);
    assert!(commands.len() > 12, "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = place.vfctl(&format!("completions {shell}"));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for command in &commands {
            assert!(ran.out.contains(command), "{shell} does not know {command}");
        }
    }
    assert_eq!(place.vfctl("completions csh").code, 1);
}

#[test]
fn bash_completes_commands_options_and_formats() {
    let place = Place::new();
    fs::write(place.path("vfctl.bash"), place.vfctl("completions bash").out).expect("write the script");
    for (line, found) in [
        ("vfctl disc", "discover"),
        ("vfctl plan --host", "--host-values"),
        ("vfctl validate -o sar", "sarif"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let script = format!(
            "source ./vfctl.bash; COMP_WORDS=({line}); COMP_CWORD={}; _vfctl vfctl {} {}; echo \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
            words.last().expect("a word"),
            words[words.len() - 2],
        );
        let ran = Command::new("bash").args(["-c", &script]).current_dir(place.folder.path()).output();
        let ran = ran.expect("run bash");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(said.trim(), found, "{line}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[test]
fn every_command_has_a_man_page_with_its_examples_and_exit_codes() {
    let place = Place::new();
    let ran = place.vfctl("man man/man1");
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    assert_eq!(place.vfctl("man").out, place.read("man/man1/vfctl.1"));
    let mut pages = vec!["vfctl".to_owned()];
    pages.extend(commands(&place).iter().filter(|name| *name != "help").map(|name| format!("vfctl-{name}")));
    for page in &pages {
        let text = place.read(&format!("man/man1/{page}.1"));
        for section in [
            ".SH NAME\n",
            ".SH SYNOPSIS\n",
            ".SH DESCRIPTION\n",
            ".SH OPTIONS\n",
            ".SH EXAMPLES\n.TP\n",
            ".SH \"EXIT STATUS\"\n.TP\n",
        ] {
            assert!(text.contains(section), "{page}: no {section} in\n{text}");
        }
    }
    let files = fs::read_dir(place.path("man/man1")).expect("the folder").count();
    assert_eq!(files, pages.len(), "what is hidden has no page");
}

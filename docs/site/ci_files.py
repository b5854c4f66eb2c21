"""Runs the files for continuous integration that documents offer, as their services would, in a repository of specs and facts, and
holds SARIF logs against the schema of the standard.

What installs vfctl is left out: the program is in the PATH. `gh` and `curl` are stubs that keep what they are given.

usage: ci_files.py FOLDER VFCTL SCHEMA
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

# A host whose VFs are disrupted by its spec, one without disruption, and one that differs on VFs that others hold alone.
DISRUPTED, QUIET = "cloud-host-macs", "drift-one-vlan"
HELD = "../crates/cli/tests/reports/values-of-vfs-that-others-hold"
# What GitHub runs a workflow for if it does not say, and what changes the labels.
USUAL, LABELS = {"opened", "synchronize", "reopened"}, {"labeled", "unlabeled"}
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
STUB = '#!/bin/sh\necho "$@" >>"$STUBS/calls"\nfor word; do [ ! -f "$word" ] || cat "$word" >>"$STUBS/given"; done\n[ -t 0 ] || cat >>"$STUBS/given"\n'


class Repository:
    """A repository with one spec and the facts of its host, and what CI finds around it."""

    def __init__(self, folder, examples, vfctl, example):
        self.folder = Path(folder)
        for name in ("specs", "facts", "bin"):
            (self.folder / name).mkdir()
        shutil.copy(examples / example / "spec.yaml", self.folder / "specs/spec.yaml")
        shutil.copy(examples / example / "facts.json", self.folder / "facts/host.json")
        (self.folder / "bin/vfctl").symlink_to(vfctl)
        for name in ("gh", "curl"):
            stub = self.folder / "bin" / name
            stub.write_text(STUB)
            stub.chmod(0o755)

    def break_spec(self):
        """Plants a mistake."""
        spec = self.folder / "specs/spec.yaml"
        spec.write_text(spec.read_text().replace("match:", "mtach:", 1))

    def run(self, script, **variables):
        """Runs a script; returns its exit code and what it printed."""
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(self.folder), "STUBS": str(self.folder), **variables}
        ran = subprocess.run([*BASH, script], cwd=self.folder, env=environment, capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=60)
        return ran.returncode, ran.stdout + ran.stderr

    def given(self):
        """Returns what the stubs were given."""
        given = self.folder / "given"
        return given.read_text() if given.exists() else ""


def is_wanted(condition, repository, labels, has_failed):
    """Evaluates a step's `if`, as far as the workflow uses GitHub's expressions."""
    expression = condition.removeprefix("${{").removesuffix("}}").strip() or "true"
    # Without a word on failures, a step needs that none has failed before it.
    is_open = not has_failed or re.search(r"\b(always|cancelled|failure|success)\(", expression)
    python = expression.replace("github.event.pull_request.labels.*.name", "labels")
    python = re.sub(r"!(?!=)", " not ", python).replace("&&", " and ").replace("||", " or ")
    known = {
        "true": True,
        "labels": labels,
        "contains": lambda names, name: name in names,
        "cancelled": lambda: False,
        "hashFiles": lambda name: "hash" if (repository.folder / name).exists() else "",
    }
    return bool(is_open and eval(python.strip(), {"__builtins__": {}}, known))


def github(repository, text, labels=()):
    """Runs the steps of the workflow on a pull request with these labels; returns the exit code of each that ran, and what all printed."""
    [job] = yaml.safe_load(text)["jobs"].values()
    codes, said = {}, ""
    summary = repository.folder / "summary.md"
    for step in job["steps"]:
        if "run" not in step or step["name"] == "Install vfctl":
            continue
        assert "${{" not in step["run"], f"{step['name']}: take values from the environment"
        if not is_wanted(step.get("if", ""), repository, labels, any(codes.values())):
            continue
        codes[step["name"]], printed = repository.run(step["run"], GITHUB_STEP_SUMMARY=str(summary), PULL_REQUEST="7")
        said += printed
    return codes, said


def github_types(text):
    """Returns what of a pull request starts the workflow."""
    # YAML 1.1 takes the key `on` for true.
    return set(yaml.safe_load(text)[True]["pull_request"].get("types", USUAL))


def gitlab(repository, text):
    """Runs the scripts of the jobs; returns the exit code of each, and what all printed."""
    codes, said = {}, ""
    for name, job in yaml.safe_load(text).items():
        variables = {name: "1" for name in re.findall(r"\$(CI_\w+|REVIEW_TOKEN)", text)}
        codes[name], printed = repository.run("\n".join(job["script"]), **variables)
        said += printed
    return codes, said


def pre_commit(repository, text):
    """Runs the hook on the files that it is for."""
    [hook] = yaml.safe_load(text)["repos"][0]["hooks"]
    names = [str(path.relative_to(repository.folder)) for path in repository.folder.rglob("*") if path.is_file()]
    chosen = [name for name in names if re.search(hook["files"], name)]
    assert chosen == ["specs/spec.yaml"], chosen
    return repository.run(f"{hook['entry']} {' '.join(chosen)}")


def sarif(repository, schema, documents):
    """Returns the exit code of `validate -o sarif`, and what of its log the schema does not take."""
    code, said = repository.run(f"vfctl validate {documents} -o sarif 2>/dev/null")
    errors = jsonschema.Draft7Validator(schema).iter_errors(json.loads(said))
    return code, "\n".join(f"{error.json_path}: {error.message}" for error in errors)


def check(folder, examples, vfctl, schema):
    """Yields what was tried and whether it was so."""
    files = {path.stem: path.read_text() for path in folder.iterdir()}

    def repository(example):
        return Repository(tempfile.mkdtemp(dir=scratch), examples, vfctl, example)

    with tempfile.TemporaryDirectory() as scratch:
        code, said = repository(HELD).run("vfctl plan specs/ --facts facts/")
        yield "the host of which VFs are held ends with 4", code == 4, f"{code} {said}"
        quiet = repository(QUIET)
        codes, said = github(quiet, files["github"])
        yield "github, a change without disruption passes", set(codes.values()) == {0}, f"{codes} {said}"
        yield "github, the comment names the change", "vlan" in quiet.given(), quiet.given()
        yield "github, so does the summary", "vlan" in (quiet.folder / "summary.md").read_text(), ""
        for label, is_approved in [("bug", False), ("disruption-approved", True)]:
            codes, said = github(repository(DISRUPTED), files["github"], [label])
            failed = [name for name, code in codes.items() if code]
            wanted = [] if is_approved else ["Refuse disruptions that are not approved"]
            yield f"github, a disruption with the label {label} {'passes' if is_approved else 'is refused'}", failed == wanted, f"{codes} {said}"
        types = github_types(files["github"])
        yield "github, it runs again when a label comes or goes", types == USUAL | LABELS, str(types)
        codes, said = github(repository(HELD), files["github"])
        yield "github, VFs that others hold are no failure", set(codes.values()) == {0}, f"{codes} {said}"
        broken = repository(QUIET)
        broken.break_spec()
        codes, said = github(broken, files["github"])
        marked = re.search(r"^::error .*file=specs/spec\.yaml.*line=\d+", said, re.M)
        yield "github, a mistake is marked at its line", bool(marked) and codes["Check the specs"] == 1, f"{codes} {said}"

        codes, said = gitlab(repository(HELD), files["gitlab"])
        yield "gitlab, VFs that others hold are no failure", set(codes.values()) == {0}, f"{codes} {said}"
        quiet = repository(QUIET)
        codes, said = gitlab(quiet, files["gitlab"])
        yield "gitlab, a change passes", set(codes.values()) == {0}, f"{codes} {said}"
        note = json.loads(quiet.given() or "{}").get("body", "")
        yield "gitlab, the note names the change", "vlan" in note, quiet.given()
        broken = repository(QUIET)
        broken.break_spec()
        codes, said = gitlab(broken, files["gitlab"])
        report = (broken.folder / "validate.xml").read_text()
        yield "gitlab, a mistake is a failed test", codes["sriov-validate"] == 1 and "<failure" in report, f"{codes} {report}"

        code, said = pre_commit(repository(QUIET), files["pre-commit-config"])
        yield "pre-commit, a valid spec passes", code == 0, said
        broken = repository(QUIET)
        broken.break_spec()
        code, said = pre_commit(broken, files["pre-commit-config"])
        yield "pre-commit, a mistake is refused", code == 1 and "match" in said, said

        for claim, repository_of, documents, expected in [
            ("of mistakes", broken, "specs/", 1),
            ("without findings", quiet, "specs/", 0),
            ("of a failure", quiet, "none/", 1),
        ]:
            code, said = sarif(repository_of, schema, documents)
            yield f"sarif, a log {claim} is as the standard says", (code, said) == (expected, ""), f"{code} {said}"
        errors = list(jsonschema.Draft7Validator(schema).iter_errors({"version": "2.1.0", "runs": [{"tool": {}}]}))
        yield "sarif, what is not as the standard says is found", len(errors) == 1, str(errors)


def main(folder, vfctl, schema):
    examples = Path(__file__).resolve().parents[2] / "examples"
    good = bad = 0
    for claim, is_so, said in check(folder, examples, vfctl.resolve(), json.loads(schema.read_text())):
        good, bad = good + is_so, bad + (not is_so)
        print(f"{'ok' if is_so else 'FAILED'}: {claim}" + ("" if is_so else f"\n{said}"))
    print(f"{good} claims hold, {bad} do not")
    return 1 if bad or not good else 0


sys.exit(main(*map(Path, sys.argv[1:4])))

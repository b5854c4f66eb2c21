# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""Runs vfctl and reads the document that it prints. What cannot be understood is an error, never a success."""

from __future__ import annotations

import json
import os
import stat
import tempfile

from ansible.module_utils.common.text.converters import to_native

from ansible_collections.vfctl.sriov.plugins.module_utils.document import Document
from ansible_collections.vfctl.sriov.plugins.module_utils.mistakes import boolean_mistakes, number_mistakes

# The exit codes of vfctl.
SAME, ERROR, CHANGES, REBOOT, HELD = range(5)

# Where vfctl may be as well: not each user and each sudo has these in the search path.
FOLDERS = ["/usr/local/sbin", "/usr/local/bin"]

INPUT_OPTIONS = dict(
    spec=dict(type="raw"),
    src=dict(type="path"),
    remote_src=dict(type="bool", default=False),
    host_values=dict(type="dict"),
    host_name=dict(type="str"),
)

PROGRAM_OPTIONS = dict(
    executable=dict(type="path", default="vfctl"),
    state_dir=dict(type="path"),
)


class Failure(Exception):
    """What a module ends with: a text for people, and errors for programs."""

    def __init__(self, message, errors=None, **results):
        super().__init__(message)
        self.message = message
        self.errors = errors or []
        self.results = results


class Program:
    """The installed vfctl."""

    def __init__(self, module):
        self._module = module
        self._executable = self._found(module.params["executable"])
        self._documents = {}
        self.warnings = []

    def _found(self, executable):
        if os.path.sep in executable:
            if os.access(executable, os.X_OK):
                return executable
        else:
            # What is named in opt_dirs would be looked at before the search path.
            found = self._module.get_bin_path(executable) or self._module.get_bin_path(executable, opt_dirs=FOLDERS)
            if found:
                return found
        raise Failure("%s is not installed on this host; the role vfctl.sriov.vfctl installs it" % executable)

    def run(self, command, arguments, keep=None):
        """Runs a command with `--json`; returns its exit code and its document. A plan is also written to the file `keep`."""
        code, out, err = self._execute([command, "--json"] + arguments)
        try:
            document = json.loads(out)
        except ValueError:
            document = None
        if not isinstance(document, dict) or not str(document.get("format", "")).startswith("vfctl.dev/"):
            raise Failure(
                "vfctl %s ended with %d and printed no document: %s" % (command, code, (err or out).strip()[:2000] or "nothing"),
                exit_code=code,
            )
        self.warnings += warnings_of(err)
        if keep and document["format"].startswith("vfctl.dev/plan/"):
            write_private(keep, out)
        return code, document

    def text(self, command, arguments):
        """Runs a command and returns the text that it prints for people."""
        code, out, err = self._execute([command, "--color", "never"] + arguments)
        if code != 0:
            raise Failure("vfctl %s ended with %d: %s" % (command, code, err.strip()[:2000]), exit_code=code)
        return out

    def _execute(self, arguments):
        if self._module.params["state_dir"]:
            arguments = arguments + ["--state-dir", self._module.params["state_dir"]]
        return self._module.run_command([self._executable] + arguments, environ_update={"LC_ALL": "C.UTF-8"})

    def host_name(self):
        """Returns the name that vfctl knows this host by."""
        if self._module.params["host_name"]:
            return self._module.params["host_name"]
        code, facts = self.run("discover", [])
        names = list(facts.get("hosts", {}))
        if code != SAME or len(names) != 1:
            raise Failure("vfctl discover does not say what this host is called", failures(self, facts), exit_code=code)
        return names[0]

    def inputs(self):
        """Returns the arguments that name the specs and the values of hosts."""
        params = self._module.params
        arguments = []
        if params["spec"] is not None:
            arguments += self._specs(params["spec"])
        elif params["src"]:
            if not os.path.exists(params["src"]):
                raise Failure("%s does not exist on this host" % params["src"])
            arguments.append(params["src"])
        if params["host_values"]:
            refuse(number_mistakes(params["host_values"], unknown), "host_values")
            document = Document({self.host_name(): params["host_values"]}, depth=1)
            arguments += ["--host-values", self._file("host_values", document)]
        return arguments

    def _specs(self, spec):
        if isinstance(spec, str):
            path = os.path.join(self._module.tmpdir, "spec.yaml")
            write(path, spec)
            self._documents[path] = ("spec", None)
            return [path]
        documents = spec if isinstance(spec, list) else [spec]
        if not documents or not all(isinstance(document, dict) for document in documents):
            raise Failure("spec must be a document, a list of documents, or the text of a file")
        schema = json.loads(self.text("schema", ["spec"]))
        paths = []
        for number, document in enumerate(documents):
            name = "spec[%d]" % number if isinstance(spec, list) else "spec"
            refuse(number_mistakes(document, unknown) + boolean_mistakes(document, schema), name)
            paths.append(self._file(name, Document(document)))
        return paths

    def _file(self, name, document):
        path = os.path.join(self._module.tmpdir, "%s.yaml" % name)
        write(path, document.text)
        self._documents[path] = (name, document)
        return path

    def finding(self, found):
        """Returns an error, a warning or a finding of vfctl, with a place that the user knows."""
        finding = {"message": found["message"]}
        for key in ("help", "details"):
            if found.get(key):
                finding[key] = found[key]
        origin = found.get("origin") or found.get("place") or {}
        if not origin:
            return finding
        name, document = self._documents.get(origin["file"], (None, None))
        if document is not None:
            # `origin` has the path, `place` only the line.
            path = document.path(origin["line"])
            finding["path"] = "%s.%s" % (name, path) if path else name
        else:
            place = "%s:%d" % (name or origin["file"], origin["line"])
            finding["place"] = "%s:%d" % (place, origin["column"]) if "column" in origin else place
            if origin.get("path"):
                finding["path"] = origin["path"]
        return finding


def write(path, text):
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure("%s cannot be written: %s" % (path, to_native(error.strerror)))


def write_private(path, text):
    """Writes a file that only its owner can read. It takes the place of another file or of a link, which is not followed."""
    try:
        if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode) and not os.path.islink(path):
            raise Failure("%s cannot be written: it is not a file" % path)
        handle, part = tempfile.mkstemp(prefix=".vfctl-", dir=os.path.dirname(path) or ".")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(part, path)
        except OSError:
            os.unlink(part)
            raise
    except OSError as error:
        raise Failure("%s cannot be written: %s" % (path, to_native(error.strerror)))


def unknown(dummy):
    """The text of a value on a host, where nothing is known of the file that it comes from."""
    return None


def refuse(mistakes, name):
    """Fails if there are mistakes; their paths begin with the name of the option."""
    for mistake in mistakes:
        mistake["path"] = "%s.%s" % (name, mistake["path"]) if mistake["path"] else name
    if mistakes:
        raise Failure("%s has values that Ansible did not read as they were meant" % name, mistakes)


def failures(program, document):
    """Returns the errors of a document in which a command says why it failed."""
    return [program.finding(error) for error in document.get("errors", [])]


def warnings_of(diagnostics):
    """Returns the warnings among what vfctl printed on standard error, each with its fix."""
    warnings = []
    within = False
    for line in diagnostics.splitlines():
        if line.startswith("warning: "):
            warnings.append(line[len("warning: "):])
            within = True
        elif within and line.startswith("  "):
            warnings[-1] += ("; " if line.startswith("  fix: ") else " ") + line.strip()
        else:
            within = False
    return warnings


def spelled(finding):
    """Returns a finding as one line: path, place, what is wrong, how to fix it."""
    where = finding.get("path", "")
    if finding.get("place"):
        where = "%s (%s)" % (where, finding["place"]) if where else finding["place"]
    text = "%s: %s" % (where, finding["message"]) if where else finding["message"]
    text += "".join("; " + detail for detail in finding.get("details", []))
    return text + ("; fix: " + finding["help"] if finding.get("help") else "")


def ended(module, program, failure):
    """Ends a module that failed."""
    message = "\n".join([failure.message] + [spelled(error) for error in failure.errors])
    results = dict(changed=False, errors=failure.errors)
    results.update(failure.results)
    for warning in program.warnings if program else []:
        module.warn(to_native(warning))
    module.fail_json(msg=message, summary=failure.message, **results)

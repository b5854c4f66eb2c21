# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""What happens on the controller before a module runs: values are checked where they were written, files are copied."""

from __future__ import annotations

import os
import re

import yaml
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

try:
    # Where a value was written. There is no public name for it yet.
    from ansible._internal._datatag._tags import Origin
except ImportError:
    Origin = None

from ansible_collections.vfctl.sriov.plugins.module_utils.document import walk
from ansible_collections.vfctl.sriov.plugins.module_utils.mistakes import number_mistakes
from ansible_collections.vfctl.sriov.plugins.module_utils.program import spelled

# A value without quotes ends here.
BARE = re.compile(r"[^\s,\]}#]+")
# A text begins here, so a number with this place comes from a template in it.
TEXT = re.compile(r"[\"'|>]")
# An anchor or a tag before a value.
NODE = re.compile(r"(?:[&!]\S*\s+)*")
# Below this, a number has one meaning, however it was written.
OCTAL = 8


class InputsAction(ActionBase):
    """Runs the module of the same name with values that were read as they were written, and files that are on the host."""

    module = ""
    file_options = ("src",)

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        places = {}
        mistakes = []
        unsure = []
        for name in ("spec", "host_values"):
            value = arguments.get(name)
            if isinstance(value, (dict, list)):
                texts = Texts(self._loader)
                places.update(_places(value, name))
                mistakes += _mistakes(value, name, places, texts)
                unsure += texts.unsure(value, name)
        if mistakes:
            summary = "the task has values that Ansible did not read as they were meant"
            return dict(result, failed=True, changed=False, errors=mistakes, summary=summary, msg=_lines(summary, mistakes))
        copied = {}
        try:
            if not _true(arguments.get("remote_src")):
                for option in self.file_options:
                    if arguments.get(option):
                        arguments[option] = self._copied(option, arguments[option], copied)
                        arguments["remote_src"] = True
            done = self._execute_module(self.module, module_args=arguments, task_vars=task_vars)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        result.update(_with_places(_renamed(done, copied), places))
        if unsure:
            result["warnings"] = [_doubt(unsure)] + list(result.get("warnings") or [])
        return result

    def _copied(self, option, given, copied):
        """Copies a file or a folder of specs to the host; returns its path there, and notes what each was called here."""
        if not isinstance(given, str):
            raise AnsibleError("%s must be the path of one file or folder, and is no text; for several files name their folder" % option)
        source = self._find_needle("files", given)
        if self._connection._shell.tmpdir is None:
            self._make_tmp_path()
        shell = self._connection._shell
        folder = shell.join_path(shell.tmpdir, option)
        self._low_level_execute_command("mkdir -p %s" % shell.quote(folder), sudoable=False)
        if os.path.isdir(source):
            names = sorted(name for name in os.listdir(source) if name.endswith((".yaml", ".yml")) and not name.startswith("."))
            if not names:
                raise AnsibleError("%s has no *.yaml or *.yml" % source)
            files = [(os.path.join(source, name), shell.join_path(folder, name)) for name in names]
            there = folder
            copied[folder] = given
        else:
            there = shell.join_path(folder, os.path.basename(source))
            files = [(source, there)]
        for here, remote in files:
            # Decrypts what is in a vault.
            self._transfer_file(self._loader.get_real_file(here), remote)
            copied[remote] = os.path.join(given, os.path.basename(here)) if there == folder else given
        self._fixup_perms2([shell.tmpdir, folder] + [remote for dummy, remote in files])
        return there


class Texts:
    """The texts that numbers were read from."""

    def __init__(self, loader):
        """`loader` reads files, also those in a vault.

        Fails if this version of Ansible does not say where values were written: each number would be taken as it is.
        """
        if Origin is None:
            raise AnsibleError(
                "this version of ansible-core does not say where a value was written, so numbers that were not written as decimals "
                "cannot be recognized; give the spec as a file with `src`, as text, or use ansible-core 2.19"
            )
        self._loader = loader
        self._files = {}

    def written(self, value):
        """Returns the text that a number was read from, or None if its place is not known or something else is there."""
        origin = Origin.get_tag(value)
        line = self._line(origin)
        if line is None:
            return None
        if not origin.col_num:
            # An inventory in INI format, where a number is what Python takes for one.
            return str(value) if re.search(r"(?<![\w.])%s(?![\w.])" % re.escape(str(value)), line) else None
        found = BARE.match(_from(line, origin))
        try:
            if found and yaml.safe_load(found.group()) == value:
                return found.group()
        except (ValueError, yaml.YAMLError):
            pass
        return None

    def unsure(self, value, name):
        """Returns path and value of the numbers that a reader of YAML made, and whose text is not known."""
        return [(_joined(name, path), each) for path, each in walk(value) if self._is_unsure(each)]

    def _is_unsure(self, value):
        if isinstance(value, bool) or not isinstance(value, int) or value < OCTAL or self.written(value) is not None:
            return False
        origin = Origin.get_tag(value)
        # What was computed has no place, or that of its template. JSON has no line, and no other way to write a number.
        if origin is None or not origin.line_num:
            return False
        line = self._line(origin)
        return line is None or not origin.col_num or not TEXT.match(_from(line, origin))

    def _line(self, origin):
        """Returns the line of a file, or None if it is not known."""
        if origin is None or not origin.path or not origin.line_num:
            return None
        if origin.path not in self._files:
            try:
                self._files[origin.path] = self._loader.get_text_file_contents(origin.path).splitlines()
            except AnsibleError:
                self._files[origin.path] = []
        lines = self._files[origin.path]
        return lines[origin.line_num - 1] if origin.line_num <= len(lines) else None


def _from(line, origin):
    """Returns what a line has from a place on, without anchors and tags."""
    text = line[origin.col_num - 1:]
    return text[NODE.match(text).end():]


def _true(value):
    return str(value).lower() in ("true", "yes", "on", "1", "y", "t")


def _places(value, name):
    """Returns the place of each value by its path; a value without one has that of what it is in."""
    places = {}
    for path, each in walk(value):
        origin = Origin.get_tag(each)
        path = _joined(name, path)
        if origin is not None and origin.path:
            places[path] = ":".join(str(part) for part in (origin.path, origin.line_num, origin.col_num) if part)
        else:
            above = path.rpartition("[" if path.endswith("]") else ".")[0]
            if above in places:
                places[path] = places[above]
    return places


def _joined(name, path):
    if not path:
        return name
    return name + path if path.startswith("[") else "%s.%s" % (name, path)


def _mistakes(value, name, places, texts):
    mistakes = number_mistakes(value, texts.written)
    for mistake in mistakes:
        mistake["path"] = _joined(name, mistake["path"])
        if mistake["path"] in places:
            mistake["place"] = places[mistake["path"]]
    return mistakes


def _doubt(unsure):
    numbers = ", ".join("%s: %d" % each for each in unsure)
    return (
        "it is not known how these numbers were written, and whether they are meant: %s. YAML reads 0100 as 64, and 1:40 as 100. "
        "Give the spec as a file with `src`, or as text without from_yaml; vfctl reads numbers as decimals" % numbers
    )


def _renamed(value, copied):
    """Returns a result in which files are called as the task called them."""
    if isinstance(value, dict):
        return {key: _renamed(each, copied) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, copied) for each in value]
    if isinstance(value, str):
        for there, here in sorted(copied.items(), reverse=True):
            value = value.replace(there, here)
    return value


def _with_places(result, places):
    """Returns a result whose errors say where in the playbook a value was written."""
    errors = result.get("errors") or []
    for error in errors:
        if "place" not in error and error.get("path") in places:
            error["place"] = places[error["path"]]
    if result.get("failed") and "summary" in result:
        result["msg"] = _lines(result["summary"], errors)
        # Holds the module's own text, which Ansible would show instead.
        result.pop("exception", None)
    return result


def _lines(summary, errors):
    return "\n".join([summary] + [spelled(error) for error in errors])

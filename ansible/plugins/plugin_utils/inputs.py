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
    # Where a value was written. There is no public name for it yet; without it, places are not known.
    from ansible._internal._datatag._tags import Origin
except ImportError:
    Origin = None

from ansible_collections.vfctl.sriov.plugins.module_utils.document import walk
from ansible_collections.vfctl.sriov.plugins.module_utils.mistakes import number_mistakes
from ansible_collections.vfctl.sriov.plugins.module_utils.program import spelled

# A value without quotes ends here.
BARE = re.compile(r"[^\s,\]}#]+")


class InputsAction(ActionBase):
    """Runs the module of the same name with values that were read as they were written, and files that are on the host."""

    module = ""
    file_options = ("src",)

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        places = {}
        mistakes = []
        for name in ("spec", "host_values"):
            value = arguments.get(name)
            if isinstance(value, (dict, list)):
                places.update(_places(value, name))
                mistakes += _mistakes(value, name, places)
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
        return result

    def _copied(self, option, given, copied):
        """Copies a file or a folder of specs to the host; returns its path there, and notes what each was called here."""
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


def _true(value):
    return str(value).lower() in ("true", "yes", "on", "1", "y", "t")


def _places(value, name):
    """Returns the place of each value by its path; a value without one has that of what it is in."""
    places = {}
    for path, each in walk(value):
        origin = Origin.get_tag(each) if Origin is not None else None
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


def _mistakes(value, name, places):
    mistakes = number_mistakes(value, _written)
    for mistake in mistakes:
        mistake["path"] = _joined(name, mistake["path"])
        if mistake["path"] in places:
            mistake["place"] = places[mistake["path"]]
    return mistakes


def _written(value):
    """Returns the text that a number was read from, or None if its place is not known or something else is there."""
    origin = Origin.get_tag(value) if Origin is not None else None
    if origin is None or not origin.path or not origin.line_num or not origin.col_num:
        return None
    try:
        with open(origin.path, encoding="utf-8") as file:
            line = file.read().splitlines()[origin.line_num - 1]
        found = BARE.match(line[origin.col_num - 1:])
        if found and yaml.safe_load(found.group()) == value:
            return found.group()
    except (OSError, ValueError, IndexError, yaml.YAMLError):
        pass
    return None


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

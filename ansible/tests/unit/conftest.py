# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""Runs the modules with the real vfctl: on the facts of the examples, which only plan can use, and on the simulator."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import shlex

import pytest
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args

from ansible_collections.vfctl.sriov.tests.unit.lab import VFCTL, Lab, script


@pytest.fixture
def run():
    """Runs a module in this process; returns its result, as Ansible gets it."""

    def runs(name, check_mode=False, diff=False, **arguments):
        module = importlib.import_module("ansible_collections.vfctl.sriov.plugins.modules.%s" % name)
        arguments["_ansible_check_mode"] = check_mode
        arguments["_ansible_diff"] = diff
        arguments["_ansible_remote_tmp"] = "/tmp"
        # What an earlier run in this process has warned of.
        warnings._global_warnings.clear()
        printed = io.StringIO()
        with patch_module_args(arguments), contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
            module.main()
        result = json.loads(printed.getvalue())
        assert bool(end.value.code) == result.get("failed", False)
        return result

    return runs


@pytest.fixture
def recorded(tmp_path):
    """Returns an executable that is vfctl on the host whose facts a file has. It cannot apply."""

    def make(facts):
        return script(
            tmp_path / "recorded",
            'case $1 in plan|discover) exec %s "$@" --facts %s;; apply) echo "not on recorded facts" >&2; exit 99;; esac\nexec %s "$@"\n'
            % (shlex.quote(VFCTL), shlex.quote(str(facts)), shlex.quote(VFCTL)),
        )

    return make


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


@pytest.fixture
def says(tmp_path):
    """Returns an executable that prints a document and ends with a code, whatever it is asked; for what vfctl never says."""

    def make(**commands):
        lines = []
        for command, (code, document) in commands.items():
            file = tmp_path / ("%s.json" % command)
            file.write_text(document if isinstance(document, str) else json.dumps(document))
            lines.append("%s) cat %s; exit %d;;" % (command, shlex.quote(str(file)), code))
        return script(tmp_path / "says", "case $1 in %s esac\nexec %s \"$@\"\n" % (" ".join(lines), shlex.quote(VFCTL)))

    return make

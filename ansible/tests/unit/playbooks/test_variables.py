# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""Each variable that a playbook asks for is explained in the comment at its top."""

from __future__ import annotations

import pathlib
import re

import pytest

PLAYBOOKS = pathlib.Path(__file__).parents[3] / "playbooks"
# A playbook, and those whose tasks or variables are its own as well.
PARTS = {"rollout": [], "canary": ["rollout"], "drift": [], "site": []}
VARIABLE = re.compile(r"\b(?:(?:rollout|canary|drift|site)_[a-z_]+|vfctl_host_(?:values|name))\b")


def without_comments(path):
    return "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))


def asked_for(text):
    """Returns the variables that are read and not set: by a play, a task or a registered result."""
    set_here = re.findall(r"^ *(?:register: )?(\w+)(?::|$)", text, re.MULTILINE)
    return set(VARIABLE.findall(text)) - set(set_here)


def explained(name):
    header = re.match(r"---\n((?:#.*\n)*)", (PLAYBOOKS / (name + ".yml")).read_text()).group(1)
    return set(re.findall(r"^# (\w+) {2,}\S", header, re.MULTILINE))


def test_there_are_these_playbooks():
    assert {path.stem for path in PLAYBOOKS.glob("*.yml")} == set(PARTS)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_each_variable_is_explained(name):
    text = without_comments(PLAYBOOKS / (name + ".yml"))
    if name == "rollout":
        text += "".join(without_comments(path) for path in (PLAYBOOKS / "tasks").glob("*.yml"))
    known = explained(name).union(*(explained(other) for other in PARTS[name]))
    asked = asked_for(text)
    # Those that another variable stands in for, such as rollout_cluster for drift_cluster, are named with it.
    header = (PLAYBOOKS / (name + ".yml")).read_text()
    missing = {each for each in asked - known if "(%s)" % each not in header}
    assert asked and not missing, missing


def test_no_variable_is_explained_that_is_not_asked_for():
    everything = "".join(without_comments(path) for path in PLAYBOOKS.rglob("*.yml"))
    for name in PARTS:
        assert explained(name) <= set(VARIABLE.findall(everything)), name

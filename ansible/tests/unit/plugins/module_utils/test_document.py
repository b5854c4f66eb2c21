# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json

from ansible_collections.vfctl.sriov.plugins.module_utils.document import Document, walk

VALUE = {"a": [1, {"b": "off", "c.d": {}}], "e": None, "f": [], "g": {"h": False}}


def test_the_text_is_the_value():
    assert json.loads(Document(VALUE).text) == VALUE


def test_each_line_has_a_path():
    document = Document(VALUE)
    paths = {line.strip(): document.path(number) for number, line in enumerate(document.text.splitlines(), 1)}
    assert paths['"b": "off",'] == "a[1].b"
    assert paths['"h": false'] == "g.h"
    assert paths["1,"] == "a[0]"
    assert document.path(0) == document.path(1000) == ""


def test_levels_that_the_user_did_not_write_are_not_in_paths():
    document = Document({"host.example": {"macs": ["x"]}}, depth=1)
    assert [document.path(number) for number in range(1, 5)] == ["", "", "macs", "macs[0]"]


def test_walk_names_everything():
    assert [path for path, dummy in walk(VALUE)] == ["", "a", "a[0]", "a[1]", "a[1].b", "a[1].c.d", "e", "f", "g", "g.h"]

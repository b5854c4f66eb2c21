# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""What PyYAML makes of texts without quotes: each is read by it here, as Ansible does."""

from __future__ import annotations

import datetime

import pytest
import yaml

from ansible_collections.vfctl.sriov.plugins.module_utils.mistakes import number_mistakes

TRAPS = [
    ("52:54:00:12:34:56", int, 'quote it: "52:54:00:12:34:56"'),
    ("1:00:00:00:00:00", int, '"01:00:00:00:00:00"'),
    ("0000:03:00.0", float, 'quote it: "0000:03:00.0"'),
    ("0123", int, "write 123, or 83 if octal is meant"),
    ("0x10", int, "write 16"),
    ("0b11", int, "write 3"),
    ("1_000", int, "write 1000"),
    ("+5", int, "write 5"),
    ("12:30", int, "write 750"),
    ("9000.0", float, 'quote it: "9000.0"'),
    (".inf", float, 'quote it: ".inf"'),
    ("2020-01-01", datetime.date, 'quote it: "2020-01-01"'),
]


@pytest.mark.parametrize("text, kind, fix", TRAPS)
def test_what_was_read_as_another_value_is_refused(text, kind, fix):
    value = yaml.safe_load(text)
    assert isinstance(value, kind)
    mistake, = number_mistakes({"a": [value]}, lambda dummy: text)
    assert mistake["path"] == "a[0]" and fix in mistake["help"] and text in mistake["message"]


@pytest.mark.parametrize("text, fix", [("52:54:00:12:34:56", "52:54:00:12:34:56"), ("0000:03:00.0", "0000:03:00.0"), (".nan", ""), ("2020-01-01", "")])
def test_some_are_found_without_the_text(text, fix):
    mistake, = number_mistakes({"a": yaml.safe_load(text)}, lambda dummy: None)
    assert fix in mistake["help"]


@pytest.mark.parametrize("text", ["0", "8", "4094", "9000", "100000", "777599999"])
def test_decimals_are_numbers(text):
    value = yaml.safe_load(text)
    assert number_mistakes({"a": value}, lambda dummy: text) == []
    assert number_mistakes({"a": value}, lambda dummy: None) == []


@pytest.mark.parametrize("text", ["02:00:00:00:10:00x", '"52:54:00:12:34:56"', "0000:3b:00.0", "08", "y", "off", "~", "[]"])
def test_other_values_are_left_to_vfctl(text):
    assert number_mistakes({"a": yaml.safe_load(text)}, lambda dummy: text) == []


@pytest.mark.parametrize("text", ["on: 1", "8: 1", "~: 1"])
def test_names_of_fields_are_texts(text):
    mistake, = number_mistakes(yaml.safe_load(text), lambda value: "1")
    assert "the name of a field" in mistake["message"]

# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""What is known of numbers on the controller, with files as Ansible reads them."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.filter.core import from_yaml

from ansible_collections.vfctl.sriov.plugins.plugin_utils import inputs

SECRETS = [("default", VaultSecret(b"a password"))]
FILE = """\
decimal: 100
octal: 0100
anchor: &vlan 0100
alias: *vlan
list: [9, 1:40]
small: 7
"""


@pytest.fixture
def loader():
    made = DataLoader()
    made.set_vault_secrets(SECRETS)
    return made


def test_this_version_of_ansible_says_where_values_were_written():
    assert inputs.Origin is not None


def test_without_that_values_are_refused(monkeypatch, loader):
    monkeypatch.setattr(inputs, "Origin", None)
    with pytest.raises(AnsibleError, match="does not say where a value was written"):
        inputs.Texts(loader)


@pytest.mark.parametrize("encrypted", [False, True])
def test_numbers_are_recognized_also_in_a_vault(loader, tmp_path, encrypted):
    file = tmp_path / "vars.yml"
    file.write_bytes(VaultLib(SECRETS).encrypt(FILE) if encrypted else FILE.encode())
    values = loader.load_from_file(str(file))
    texts = inputs.Texts(loader)
    assert [texts.written(values[name]) for name in ("decimal", "octal", "anchor", "alias", "small")] == ["100", "0100", "0100", "0100", "7"]
    assert [texts.written(each) for each in values["list"]] == ["9", "1:40"]
    assert texts.unsure(values, "spec") == []


def test_numbers_whose_text_is_not_known_are_named(loader, tmp_path):
    values = from_yaml(FILE)
    texts = inputs.Texts(loader)
    assert [texts.written(values[name]) for name in ("decimal", "octal")] == [None, None]
    named = [("spec.decimal", 100), ("spec.octal", 64), ("spec.anchor", 64), ("spec.alias", 64), ("spec.list[0]", 9), ("spec.list[1]", 100)]
    assert texts.unsure(values, "spec") == named
    # A file that is not what it was.
    file = tmp_path / "vars.yml"
    file.write_text(FILE)
    values = loader.load_from_file(str(file), cache="none")
    file.write_text("# Another.\n" + FILE)
    assert ("spec.octal", 64) in inputs.Texts(loader).unsure(values, "spec")


def test_numbers_that_no_reader_of_yaml_made_are_not_named(loader, tmp_path):
    file = tmp_path / "tasks.yml"
    file.write_text('vlan: "{{ vlan | int }}"\nfolded: >-\n  {{ vlan }}\n')
    template = loader.load_from_file(str(file))
    computed = [inputs.Origin.get_tag(each).tag(100) for each in template.values()]
    inventory = tmp_path / "inventory"
    inventory.write_text("host vlan=100 other=0x40\n")
    ini = inputs.Origin(path=str(inventory), line_num=1)
    json = inputs.Origin(description="JSON").tag(100)
    texts = inputs.Texts(loader)
    assert texts.unsure([100, json, ini.tag(100)] + computed, "spec") == []
    assert texts.unsure([ini.tag(64)], "spec") == [("spec[0]", 64)]

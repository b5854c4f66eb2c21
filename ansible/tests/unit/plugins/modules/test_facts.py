# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pytest

from ansible_collections.vfctl.sriov.tests.unit.lab import REPOSITORY


def test_facts_are_those_of_the_host(run, recorded):
    result = run("facts", executable=recorded(REPOSITORY / "examples/drift-one-vlan/facts.json"))
    facts = result["ansible_facts"]["vfctl"]
    assert facts["host"] == "db-3" and not result["changed"]
    assert facts["physicalFunctions"]["pci/0000:81:00.0"]["vfCount"] == 4
    assert facts["physicalFunctions"]["pci/0000:81:00.0"]["vfs"]["2"]["attributes"]["vlan"] == "220"


def test_the_spec_of_the_host_has_an_empty_plan(run, lab):
    text = run("facts", executable=lab.executable, spec=True)["spec_text"]
    result = run("config", check_mode=True, spec=text, executable=lab.executable)
    assert not result["changed"] and result["state"] == "converged"


@pytest.mark.parametrize("code, answer", [(1, '{"format": "vfctl.dev/errors/v1", "errors": [{"message": "no such host"}]}'), (0, "")])
def test_a_host_that_cannot_be_read_is_a_failure(run, says, code, answer):
    result = run("facts", executable=says(discover=(code, answer)))
    assert result["failed"] and "ansible_facts" not in result


def test_facts_of_several_hosts_are_no_facts(run, recorded):
    result = run("facts", executable=recorded(REPOSITORY / "examples/fleet/facts.json"))
    assert result["failed"] and "hosts" in result["msg"]

# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json

from ansible_collections.vfctl.sriov.tests.unit.lab import REPOSITORY, VFCTL, spec


def test_a_good_spec(run):
    result = run("validate", src=str(REPOSITORY / "examples/fleet/spec.yaml"), executable=VFCTL)
    assert not result.get("failed") and result["errors"] == [] and not result["changed"]


def test_every_mistake_has_its_place(run):
    file = REPOSITORY / "examples/mistakes/device-plugin.yaml"
    result = run("validate", src=str(file), executable=VFCTL)
    assert result["failed"] and len(result["errors"]) == 5
    assert result["errors"][0]["place"] == "%s:12:11" % file
    assert result["msg"].startswith("5 mistakes\n")


def test_mistakes_of_a_document_have_its_path(run):
    document = spec("eth0", {"count": 1, "groups": [{"vfs": "0", "vlan": 5000}]})
    document["spec"]["physicalFunctions"][0]["mtu"] = "9000"
    result = run("validate", spec=document, executable=VFCTL)
    paths = [error["path"] for error in result["errors"]]
    assert paths == ["spec.spec.physicalFunctions[0].vfs.groups[0].vlan", "spec.spec.physicalFunctions[0].mtu"]


def test_a_word_that_became_a_boolean(run):
    document = spec("eth0", {"count": 1, "all": {"trust": False, "linkState": True, "driver": False}})
    result = run("validate", spec=document, executable=VFCTL)
    assert [error["path"] for error in result["errors"]] == [
        "spec.spec.physicalFunctions[0].vfs.all.linkState",
        "spec.spec.physicalFunctions[0].vfs.all.driver",
    ]


def test_a_number_that_was_an_address(run):
    document = spec("eth0", {"count": 1, "all": {"macAddress": {"first": 41135085296}}})
    result = run("validate", spec=document, executable=VFCTL)
    assert result["errors"][0]["help"] == 'quote it: "52:54:00:12:34:56"'
    assert result["errors"][0]["path"] == "spec.spec.physicalFunctions[0].vfs.all.macAddress.first"


def test_texts_stay_texts(run, tmp_path):
    document = spec("0123", {"count": 1, "all": {"macAddress": {"first": "52:54:00:12:34:56"}, "driver": "no", "trust": "off"}})
    assert not run("validate", spec=document, executable=VFCTL).get("failed")


def test_a_later_answer_is_no_success(run, says):
    wrong = {"format": "vfctl.dev/errors/v1", "errors": [{"message": "wrong"}]}
    for code, answer in ((0, json.dumps(wrong)), (1, '{"format": "vfctl.dev/errors/v1", "errors": []}'), (0, '{"format": "vfctl.dev/plan/v1"}')):
        assert run("validate", spec=spec("eth0", {"count": 1}), executable=says(validate=(code, answer)))["failed"]

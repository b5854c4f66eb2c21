# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
import stat
import subprocess

import pytest

from ansible_collections.vfctl.sriov.plugins.module_utils import program
from ansible_collections.vfctl.sriov.tests.unit.lab import REPOSITORY, VFCTL, script, spec

EXAMPLES = sorted(path.parent.name for path in (REPOSITORY / "examples").glob("*/plan.txt") if (path.parent / "facts.json").exists())


def texts(errors):
    return "\n".join(error["message"] for error in errors)


def test_there_are_examples():
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize("example", EXAMPLES)
def test_check_mode_says_what_the_plan_of_each_example_says(run, recorded, example):
    folder = REPOSITORY / "examples" / example
    facts, file = folder / "facts.json", folder / "spec.yaml"
    plan = subprocess.run([VFCTL, "plan", file, "--facts", facts, "--json"], check=False, capture_output=True, text=True)
    expected = json.loads(plan.stdout)
    result = run("config", check_mode=True, src=str(file), executable=recorded(facts), held="ignore")
    assert result["exit_code"] == plan.returncode
    if plan.returncode == 1:
        assert result["failed"] and not result["changed"]
        assert result["errors"]
        return
    assert result["changed"] == expected["summary"]["changed"]
    assert result["needs_consent"] == expected["summary"]["needsConsent"]
    scopes = list(expected["hosts"].values()) + ([expected["cluster"]] if expected.get("cluster") else [])
    assert len(result["steps"]) == sum(scope["summary"]["steps"] for scope in scopes)
    assert sum(len(step["changes"]) for step in result["steps"]) == sum(scope["summary"]["changes"] for scope in scopes)
    assert len(result["held"]) == sum(scope["summary"]["held"] for scope in scopes)
    if result["steps"]:
        shown = subprocess.run([VFCTL, "plan", file, "--facts", facts], check=False, capture_output=True, text=True, cwd=folder)
        assert result["plan_text"].splitlines()[0] == shown.stdout.splitlines()[0]


def test_drift_is_one_row_of_the_diff(run, recorded):
    folder = REPOSITORY / "examples/drift-one-vlan"
    given = dict(check_mode=True, src=str(folder / "spec.yaml"), executable=recorded(folder / "facts.json"))
    assert "diff" not in run("config", **given)
    result = run("config", diff=True, **given)
    heading = "ens5f0np0 (pci/0000:81:00.0, ice) as databases/storage\n"
    assert result["diff"] == [
        {
            "before_header": "db-3 now",
            "after_header": "db-3 as specified",
            "before": heading + "  vf 2 vlan: 220\n",
            "after": heading + "  vf 2 vlan: 120\n",
        }
    ]
    assert result["state"] == "changes" and result["host"] == "db-3"


def test_settings_that_are_restored_are_not_in_the_diff(run, recorded):
    folder = REPOSITORY / "examples/dpdk-e810"
    result = run("config", check_mode=True, diff=True, src=str(folder / "spec.yaml"), executable=recorded(folder / "facts.json"))
    assert "vf 0-7 trust: on" in result["diff"][0]["after"]
    assert "driversAutoprobe" not in result["diff"][0]["after"]
    assert any(step["property"] == "driversAutoprobe" for step in result["steps"])


def test_victims_are_named(run, recorded):
    folder = REPOSITORY / "examples/grow-in-use"
    result = run("config", check_mode=True, src=str(folder / "spec.yaml"), executable=recorded(folder / "facts.json"))
    assert result["changed"] and result["needs_consent"]
    assert [victim["vf"] for victim in result["victims"]] == [0, 1, 2]
    assert result["victims"][2]["holder"]["kind"] == "master"
    warning, = result["warnings"]
    assert "without allow_disruption this plan fails" in str(warning) and "port of bridge br-lan" in str(warning)


def test_what_is_applied_is_found_by_the_second_run(run, lab):
    want = spec("eth0", {"count": 2, "all": {"vlan": 100, "trust": True}})
    planned = run("config", check_mode=True, spec=want, executable=lab.executable)
    assert planned["changed"] and lab.vfctl("discover").stdout.count("0/7") == 3
    first = run("config", spec=want, executable=lab.executable)
    assert first["changed"] and first["state"] == "converged" and not first["reboot_required"]
    assert first["report"]["done"] == first["report"]["planned"] > 0
    second = run("config", spec=want, executable=lab.executable)
    assert not second["changed"] and second["state"] == "converged" and second["steps"] == []
    lab.hand("set eth0 vf 1 vlan 200")
    drift = run("config", check_mode=True, diff=True, spec=want, executable=lab.executable)
    assert drift["changed"] and "vf 1 vlan: 200" in drift["diff"][0]["before"]
    repaired = run("config", spec=want, executable=lab.executable)
    assert repaired["changed"] and repaired["report"]["done"] == 1


def test_disruption_takes_consent(run, lab):
    run("config", spec=spec("eth0", {"count": 2}), executable=lab.executable)
    lab.hand("netns eth0 vf 1 tenant")
    gone = spec("eth0", {"count": 0})
    refused = run("config", spec=gone, executable=lab.executable)
    assert refused["failed"] and not refused["changed"] and refused["exit_code"] == 1
    assert "set allow_disruption to allow this" in refused["msg"]
    assert refused["victims"][0]["holder"] == {"kind": "namespace", "namespace": "tenant"}
    allowed = run("config", spec=gone, executable=lab.executable, allow_disruption=True)
    assert allowed["changed"] and allowed["state"] == "converged"


@pytest.mark.parametrize("held", ["fail", "warn", "ignore"])
def test_vfs_that_others_hold(run, lab, held):
    run("config", spec=spec("eth0", {"count": 2, "all": {"vlan": 100}}), executable=lab.executable)
    lab.hand("netns eth0 vf 1 tenant")
    lab.hand("set eth0 vf 1 vlan 200")
    lab.hand("set eth0 vf 0 vlan 300")
    want = spec("eth0", {"count": 2, "all": {"vlan": 100}})
    for changed in (True, False):
        result = run("config", spec=want, executable=lab.executable, held=held)
        assert result["changed"] == changed
        assert "vf 1: vlan is 200, not 100" in texts(result["held"])
        assert result["exit_code"] == 4
        assert result.get("failed", False) == (held == "fail")
        assert bool(result.get("warnings")) == (held == "warn")
        if held != "fail":
            assert result["state"] == "held"


def test_what_the_kernel_refuses_is_a_failure_that_has_changed_something(run, lab):
    want = spec("eni1np1", {"count": 2, "all": {"vlan": 100}})
    want["spec"]["physicalFunctions"].append({"name": "other", "match": {"interface": "eni2np1"}, "vfs": {"count": 2}})
    lab.hand("fault createVfs on eni1np1 refuse ENOSPC")
    result = run("config", spec=want, executable=lab.executable)
    assert result["failed"] and result["changed"]
    assert "ENOSPC" in result["msg"] and "not tried" in result["msg"] and "eni1np1" in result["msg"]
    assert result["report"]["notTried"] == 2
    lab.hand("fault createVfs on eni1np1 none")
    assert run("config", spec=want, executable=lab.executable)["changed"]


def test_a_value_that_is_not_kept_is_a_failure(run, lab):
    run("config", spec=spec("eth0", {"count": 2}), executable=lab.executable)
    lab.hand("fault setVfAttribute on eth0 lie")
    result = run("config", spec=spec("eth0", {"count": 2, "all": {"vlan": 100}}), executable=lab.executable)
    assert result["failed"] and "expected" in result["msg"]


def test_a_host_that_no_document_concerns(run, lab):
    want = spec("eth0", {"count": 2}, nodes={"names": ["other-*"]})
    result = run("config", spec=want, executable=lab.executable)
    assert result["failed"] and "no document of the spec concerns this host" in result["msg"]
    result = run("config", spec=want, executable=lab.executable, require_host=False)
    assert result["state"] == "notConcerned" and not result["changed"]
    assert "`nodes.names` has `other-*`" in str(result["warnings"])


def test_a_blocked_plan_changes_nothing(run, lab):
    before = lab.vfctl("discover", "--json").stdout
    result = run("config", spec=spec("eth9", {"count": 2}), executable=lab.executable)
    assert result["failed"] and not result["changed"]
    assert "the plan is blocked" in result["msg"] and "spec.spec.physicalFunctions[0].match: `fast` matches no PF" in result["msg"]
    assert lab.vfctl("discover", "--json").stdout == before


def test_values_of_the_host(run, lab):
    want = spec("eth0", {"count": 2, "all": {"macAddress": {"list": {"fromHost": "macs"}}}})
    macs = ["02:00:00:00:00:01", "02:00:00:00:00:02"]
    assert run("config", spec=want, host_values={"macs": macs}, executable=lab.executable)["changed"]
    assert not run("config", spec=want, host_values={"macs": macs}, executable=lab.executable)["changed"]
    result = run("config", spec=want, host_values={"macs": macs[:1]}, executable=lab.executable)
    assert result["failed"] and "host_values.macs: 1 addresses for 2 VFs" in result["msg"]
    result = run("config", spec=want, host_values={"macs": [41135085296]}, executable=lab.executable)
    assert result["failed"] and '"52:54:00:12:34:56"' in result["msg"]


def test_a_text_is_read_by_vfctl_itself(run, lab):
    text = json.dumps(spec("eth0", {"count": 2}))
    assert run("config", spec=text, executable=lab.executable)["changed"]
    result = run("config", spec=text.replace('"count": 2', '"count": 02'), executable=lab.executable)
    assert result["failed"] and "spec:1:" in result["msg"] and "leading zeros" in result["msg"]


def test_several_documents(run, lab):
    want = [spec("eth0", {"count": 1}), spec("eth1", {"count": 1}, name="b")]
    assert run("config", spec=want, executable=lab.executable)["changed"]
    want[1]["spec"]["physicalFunctions"][0]["vfs"]["cuont"] = 1
    result = run("config", spec=want, executable=lab.executable)
    assert "spec[1].spec.physicalFunctions[0].vfs.cuont: no such field" in result["msg"]


def test_only_a_part(run, lab):
    result = run("config", spec=spec("eth0", {"count": 1}), only=["host"], executable=lab.executable)
    assert result["changed"] and result["state"] == "converged"


def test_a_reviewed_plan_is_applied_once(run, lab, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(spec("eth0", {"count": 2})))
    plan = str(tmp_path / "reviewed.json")
    assert lab.vfctl("plan", str(tmp_path / "spec.json"), "--out", plan).returncode == 2
    shown = run("config", check_mode=True, plan_file=plan, executable=lab.executable)
    assert shown["changed"] and "check mode does not find out whether the plan is stale" in str(shown["warnings"])
    assert run("config", plan_file=plan, executable=lab.executable)["state"] == "converged"
    again = run("config", plan_file=plan, executable=lab.executable)
    assert again["failed"] and "plan is stale" in again["msg"]


def test_a_plan_that_was_written_is_applied_as_it_was_shown(run, lab, tmp_path):
    plan = str(tmp_path / "kept.json")
    want = spec("eth0", {"count": 2})
    shown = run("config", check_mode=True, spec=want, plan_out=plan, executable=lab.executable)
    applied = run("config", plan_file=plan, executable=lab.executable)
    assert applied["changed"] and applied["steps"] == shown["steps"] and applied["plan_text"] == shown["plan_text"]
    run("config", check_mode=True, spec=spec("eth0", {"count": 3}), plan_out=plan, executable=lab.executable)
    lab.hand("netns eth0 vf 1 tenant")
    stale = run("config", plan_file=plan, allow_disruption=True, executable=lab.executable)
    assert stale["failed"] and "plan is stale" in stale["msg"] and lab.vfctl("discover").stdout.count("2/7") == 1
    result = run("config", spec=want, plan_out=str(tmp_path / "nosuch/plan.json"), executable=lab.executable)
    assert result["failed"] and "nosuch/plan.json cannot be written: No such file" in result["msg"]


def test_the_file_of_a_plan_is_its_owners_alone(run, lab, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not to be changed")
    link = tmp_path / "link.json"
    link.symlink_to(elsewhere)
    readable = tmp_path / "readable.json"
    readable.write_text("{}")
    readable.chmod(0o666)
    for path in (link, readable, tmp_path / "new.json"):
        assert not run("config", check_mode=True, spec=spec("eth0", {"count": 2}), plan_out=str(path), executable=lab.executable).get("failed")
        assert path.lstat().st_mode == stat.S_IFREG | 0o600
        assert run("config", check_mode=True, plan_file=str(path), executable=lab.executable)["changed"]
    assert elsewhere.read_text() == "not to be changed"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    result = run("config", check_mode=True, spec=spec("eth0", {"count": 2}), plan_out=str(pipe), executable=lab.executable)
    assert result["failed"] and "pipe cannot be written: it is not a file" in result["msg"] and pipe.is_fifo()


def test_where_no_plan_was_made_the_file_of_a_plan_stays(run, lab, tmp_path):
    plan = tmp_path / "plan.json"
    run("config", check_mode=True, spec=spec("eth0", {"count": 2}), plan_out=str(plan), executable=lab.executable)
    before = plan.read_text()
    result = run("config", check_mode=True, spec=spec("eth0", {"cuont": 2}), plan_out=str(plan), executable=lab.executable)
    assert result["failed"] and plan.read_text() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_empty_plan_is_stale_after_a_change(run, lab, tmp_path):
    want = spec("eth0", {"count": 2, "all": {"vlan": 100}})
    run("config", spec=want, executable=lab.executable)
    (tmp_path / "spec.json").write_text(json.dumps(want))
    plan = str(tmp_path / "reviewed.json")
    assert lab.vfctl("plan", str(tmp_path / "spec.json"), "--out", plan).returncode == 0
    shown = run("config", check_mode=True, plan_file=plan, executable=lab.executable)
    assert shown["state"] == "unchecked" and not shown["changed"] and shown["steps"] == []
    same = run("config", plan_file=plan, executable=lab.executable)
    assert same["state"] == "converged" and not same["changed"]
    lab.hand("set eth0 vf 1 vlan 200")
    stale = run("config", plan_file=plan, executable=lab.executable)
    assert stale["failed"] and "plan is stale" in stale["msg"] and not stale["changed"]


def plan_of_two(host, folder, **vfs):
    """Writes a plan for the simulated host and for another that differs in name only; each has its own document."""
    folder.mkdir()
    facts = json.loads(host.vfctl("discover", "--json").stdout)
    facts["hosts"]["other"] = facts["hosts"]["lab"]
    (folder / "facts.json").write_text(json.dumps(facts))
    documents = [spec("eth0", each, name=name, nodes={"names": [name]}) for name, each in vfs.items()]
    names = []
    for document in documents:
        names.append(str(folder / ("%s.yaml" % document["metadata"]["name"])))
        with open(names[-1], "w", encoding="utf-8") as file:
            json.dump(document, file)
    plan = str(folder / "plan.json")
    made = subprocess.run([VFCTL, "plan", *names, "--facts", folder / "facts.json", "--out", plan], check=False, capture_output=True, text=True)
    assert made.returncode == 2, made.stderr
    return plan


def test_results_of_a_plan_for_two_hosts_are_of_this_host(run, lab, tmp_path):
    run("config", spec=spec("eth0", {"count": 2}), executable=lab.executable)
    lab.hand("netns eth0 vf 1 tenant")
    plan = plan_of_two(lab, tmp_path / "two", lab={"count": 2, "groups": [{"vfs": "0", "vlan": 100}]}, other={"count": 3})
    shown = run("config", check_mode=True, plan_file=plan, executable=lab.executable)
    assert shown["host"] == "lab" and shown["changed"] and not shown["needs_consent"]
    assert "warnings" not in shown or "without allow_disruption" not in str(shown["warnings"])
    assert "other" not in shown["plan_text"] and "vlan" in shown["plan_text"]
    applied = run("config", plan_file=plan, executable=lab.executable)
    assert applied["changed"] and applied["state"] == "converged"


def test_a_plan_for_two_hosts_in_which_this_one_needs_consent(run, lab, tmp_path):
    run("config", spec=spec("eth0", {"count": 2}), executable=lab.executable)
    lab.hand("netns eth0 vf 1 tenant")
    plan = plan_of_two(lab, tmp_path / "two", lab={"count": 3}, other={"count": 2, "groups": [{"vfs": "0", "vlan": 100}]})
    shown = run("config", check_mode=True, plan_file=plan, executable=lab.executable)
    assert shown["needs_consent"] and "tenant" in shown["plan_text"] and "vlan" not in shown["plan_text"]
    refused = run("config", plan_file=plan, executable=lab.executable)
    assert refused["failed"] and not refused["changed"]


def test_a_plan_for_two_hosts_that_does_not_concern_this_one(run, lab, tmp_path):
    plan = plan_of_two(lab, tmp_path / "two", other={"count": 2})
    for check_mode in (True, False):
        result = run("config", check_mode=check_mode, plan_file=plan, executable=lab.executable)
        assert result["failed"] and "no document of the spec concerns this host" in result["msg"]
    result = run("config", check_mode=True, plan_file=plan, executable=lab.executable, require_host=False)
    assert result["state"] == "notConcerned"


def test_a_plan_of_another_host_is_refused(run, lab, tmp_path):
    folder = REPOSITORY / "examples/drift-one-vlan"
    plan = str(tmp_path / "plan.json")
    subprocess.run([VFCTL, "plan", folder / "spec.yaml", "--facts", folder / "facts.json", "--out", plan], check=False, capture_output=True)
    result = run("config", plan_file=plan, executable=lab.executable)
    assert result["failed"] and "the plan is for db-3, and this host is lab" in result["msg"]


def test_a_plan_that_is_blocked_says_why(run, lab, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(spec("eth0", {"count": 8})))
    plan = str(tmp_path / "plan.json")
    assert lab.vfctl("plan", str(tmp_path / "spec.json"), "--out", plan).returncode == 1
    for check_mode in (True, False):
        result = run("config", check_mode=check_mode, plan_file=plan, executable=lab.executable)
        assert result["failed"] and "the plan is blocked" in result["msg"]
        assert "8 VFs are more than the 7" in texts(result["errors"]) and "8 VFs are more than the 7" in result["msg"]


def test_a_plan_file_already_says_what_it_takes_over(run, tmp_path):
    for force in (True, False):
        result = run("config", plan_file=str(tmp_path / "plan.json"), force_conflicts=force, executable=VFCTL)
        assert result["failed"] and "mutually exclusive: plan_file|force_conflicts" in result["msg"]


def test_a_file_that_is_no_plan(run, lab, tmp_path):
    file = tmp_path / "plan.json"
    file.write_text("{}")
    result = run("config", plan_file=str(file), executable=lab.executable)
    assert result["failed"] and "is not a plan" in result["msg"]


@pytest.fixture
def searched(monkeypatch, tmp_path):
    """Returns folders of the search path, in order; each has a vfctl that says where it is."""
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
        script(folder / "vfctl-of-the-test", "echo %s >>%s; exec %s \"$@\"\n" % (folder, tmp_path / "ran", VFCTL))
    monkeypatch.setenv("PATH", "%s:%s:%s" % (folders[0], folders[1], os.environ["PATH"]))
    return folders


def test_the_search_path_comes_before_other_folders(run, searched, monkeypatch, tmp_path):
    first, second = searched
    # What is in /usr/local/sbin comes last, though it is a folder of programs as well.
    monkeypatch.setattr(program, "FOLDERS", [str(second)])
    run("validate", spec=spec("eth0", {"count": 1}), executable="vfctl-of-the-test")
    assert set((tmp_path / "ran").read_text().split()) == {str(first)}
    (tmp_path / "ran").unlink()
    monkeypatch.setenv("PATH", os.environ["PATH"].replace("%s:%s:" % (first, second), ""))
    run("validate", spec=spec("eth0", {"count": 1}), executable="vfctl-of-the-test")
    assert set((tmp_path / "ran").read_text().split()) == {str(second)}


def test_vfctl_is_missing(run):
    result = run("config", spec=spec("eth0", {}), executable="/nonexistent/vfctl")
    assert result["failed"] and "is not installed on this host" in result["msg"]


def document(kind, **fields):
    return dict({"format": "vfctl.dev/%s/v1" % kind}, **fields)


def plan_of(standing, **summary):
    host = {"summary": dict({"standing": standing, "needsConsent": False}, **summary), "documents": ["a"], "stages": []}
    changed = standing == "changes"
    return document("plan", hosts={"lab": host}, summary={"changed": changed, "blocked": standing == "blocked", "needsConsent": False})


def report_of(result, changed=True, **fields):
    counts = {"planned": 1, "done": 1, "refused": 0, "unknown": 0, "notTried": 0, "unmet": 0}
    return document("report", result=result, changed=changed, blocked=False, needsConsent=False, summary=counts, lanes=[], **fields)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("cluster, code", [("same", 0), ("changes", 2)])
def test_a_cluster_that_is_concerned_does_not_stand_for_the_host(run, says, cluster, code, check_mode):
    plan = plan_of("notConcerned")
    plan["cluster"] = plan_of(cluster)["hosts"]["lab"]
    executable = says(plan=(code, plan), apply=(0, report_of("converged")))
    result = run("config", check_mode=check_mode, spec=spec("eth0", {"count": 1}), executable=executable)
    assert result["failed"] and not result["changed"] and "no document of the spec concerns this host" in result["msg"]
    result = run("config", check_mode=check_mode, spec=spec("eth0", {"count": 1}), executable=executable, require_host=False)
    assert not result.get("failed") and result["changed"] == (cluster == "changes")
    assert cluster == "changes" or result["state"] == "notConcerned"


def test_an_apply_that_is_killed_may_have_changed_something(run, says, tmp_path):
    plan = tmp_path / "a.json"
    plan.write_text(json.dumps(plan_of("changes")))
    killed = script(tmp_path / "killed", "case $1 in plan) cat %s; exit 2;; apply) kill -KILL $$;; esac\nexec %s \"$@\"\n" % (plan, VFCTL))
    result = run("config", spec=spec("eth0", {"count": 1}), executable=killed)
    assert result["failed"] and result["changed"] and "the host may be changed in part" in result["msg"]
    assert result["exit_code"] == -9
    garbled = says(plan=(2, plan_of("changes")), apply=(0, "[]"))
    assert run("config", spec=spec("eth0", {"count": 1}), executable=garbled)["changed"]


def test_apply_waits_for_the_lock_as_long_as_it_is_asked_to(run, says, tmp_path):
    executable = says(plan=(2, plan_of("changes")), apply=(0, report_of("converged")))
    noted = script(tmp_path / "noted", 'echo "$@" >>%s; exec %s "$@"\n' % (tmp_path / "asked", executable))
    want = spec("eth0", {"count": 1})
    assert run("config", spec=want, executable=noted)["changed"] and "--wait" not in (tmp_path / "asked").read_text()
    assert run("config", spec=want, executable=noted, wait="5m")["changed"]
    commands = [line for line in (tmp_path / "asked").read_text().splitlines() if "--wait=5m" in line]
    assert [line.split()[0] for line in commands] == ["apply"]


@pytest.mark.parametrize("wait", ["", "5", "30s", "1h"])
def test_a_time_to_wait(run, lab, wait):
    assert run("config", spec=spec("eth0", {"count": 1}), executable=lab.executable, wait=wait)["changed"]


@pytest.mark.parametrize("wait", ["soon", "-1s", "5 m", "1d", "999999", "5m\n"])
def test_what_is_no_time_to_wait_is_refused_before_a_plan_is_made(run, says, wait):
    executable = says(plan=(2, plan_of("changes")), apply=(0, report_of("converged")))
    result = run("config", spec=spec("eth0", {"count": 1}), executable=executable, wait=wait)
    assert result["failed"] and not result["changed"] and "wait must be a time" in result["msg"] and "exit_code" not in result


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_cluster_that_is_not_reached_is_a_failure(run, says, check_mode):
    errors = document("errors", errors=[{"message": "the spec asks for pools, and no cluster is reached", "help": "name a kubeconfig"}])
    executable = says(plan=(1, errors), apply=(0, report_of("converged")))
    result = run("config", check_mode=check_mode, spec=spec("eth0", {"count": 1}), executable=executable)
    assert result["failed"] and not result["changed"] and result["exit_code"] == 1
    assert result["summary"] == "vfctl made no plan" and result["errors"][0]["help"] == "name a kubeconfig"
    assert "no cluster is reached; fix: name a kubeconfig" in result["msg"]


def test_an_apply_that_did_not_begin_has_changed_nothing(run, says):
    errors = document("errors", errors=[{"message": "another vfctl is running"}])
    result = run("config", spec=spec("eth0", {"count": 1}), executable=says(plan=(2, plan_of("changes")), apply=(1, errors)))
    assert result["failed"] and not result["changed"] and "another vfctl is running" in result["msg"]


def test_done_but_a_reboot_is_required(run, says):
    executable = says(plan=(2, plan_of("changes")), apply=(3, report_of("converged")))
    result = run("config", spec=spec("eth0", {"count": 1}), executable=executable)
    assert not result.get("failed") and result["changed"] and result["reboot_required"]
    assert "only after a reboot" in str(result["warnings"])


@pytest.mark.parametrize(
    "code, answer, says_what",
    [
        (0, report_of("failed"), "ended with 0, and its report says failed"),
        (0, report_of("held"), "ended with 0, and its report says held"),
        (4, report_of("converged"), "ended with 4, and its report says converged"),
        (2, report_of("converged"), "apply converged: the host is not as specified"),
        (130, report_of("interrupted"), "apply interrupted"),
        (101, "", "ended with 101 and printed no document"),
        (0, "", "ended with 0 and printed no document"),
        (0, "[]", "ended with 0 and printed no document"),
        (0, document("errors", errors=[]), "printed no report"),
    ],
)
def test_what_vfctl_never_says_is_no_success(run, says, code, answer, says_what):
    executable = says(plan=(2, plan_of("changes")), apply=(code, answer))
    result = run("config", spec=spec("eth0", {"count": 1}), executable=executable)
    assert result["failed"] and says_what in result["msg"]


@pytest.mark.parametrize(
    "code, answer, says_what",
    [
        (0, plan_of("changes"), "ended with 0, and its plan says 2"),
        (2, plan_of("same"), "ended with 2, and its plan says 0"),
        (3, plan_of("same"), "ended with 3, and its plan says 0"),
        (0, plan_of("blocked"), "the plan is blocked"),
        (0, plan_of("a word of a later version"), "the plan is blocked"),
        (1, plan_of("same"), "the plan is blocked"),
        (130, "", "printed no document"),
        (0, document("errors", errors=[]), "made no plan"),
    ],
)
def test_a_plan_and_an_exit_code_that_do_not_agree_are_no_success(run, says, code, answer, says_what):
    result = run("config", check_mode=True, spec=spec("eth0", {"count": 1}), executable=says(plan=(code, answer)))
    assert result["failed"] and says_what in result["msg"]

#!/usr/bin/python
# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: config
short_description: Bring the SR-IOV ports of a host to the state of a spec
version_added: "0.1.0"
description:
  - Plans with V(vfctl plan) what differs from the spec, applies exactly that plan with V(vfctl apply), and reports what was done.
    vfctl reads every value again after it was written.
  - In check mode it only plans. With C(--diff) it shows the values before and after.
  - vfctl must be installed on the host; the role P(vfctl.sriov.vfctl#role) installs it.
author:
  - The authors of vfctl (!UNKNOWN)
extends_documentation_fragment:
  - vfctl.sriov.program
  - vfctl.sriov.inputs
  - vfctl.sriov.cluster
options:
  plan_file:
    description:
      - A plan that C(vfctl plan --out) wrote, on the controller unless O(remote_src=true). If it has the plans of several hosts, the
        host takes its own.
      - The plan is applied as it is. vfctl refuses it if the host has changed since, so a second run of the same plan fails.
        That also applies to a plan without changes.
      - In check mode the module shows what the plan says; it does not check whether it is stale. If the plan has no changes, RV(state)
        is V(unchecked).
    type: path
  plan_out:
    description:
      - Write the plan to this file on the host, also in check mode, for the O(plan_file) of a later task with O(remote_src=true), which
        applies exactly what this task shows.
      - Only its owner can read it. It takes the place of a file or of a link with this name. If no plan was made, nothing is written.
    type: path
  allow_disruption:
    description:
      - Allow changes that destroy VFs or disrupt their users. Without it such a plan fails, and RV(victims) names the users.
      - In check mode such a plan does not fail; RV(needs_consent) is V(true), with a warning.
    type: bool
    default: false
  only:
    description:
      - Plan only these parts. V(host) is this machine, V(node) is what it says of itself in the cluster, V(shared) is networks and
        components. By default, all of them.
    type: list
    elements: str
    choices: [host, node, shared]
  force_conflicts:
    description: Take over objects of the cluster that were not made by vfctl. A plan in O(plan_file) already says whether it does.
    type: bool
  held:
    description:
      - What to do if VFs that others hold, such as pods, differ from the spec. vfctl never changes them.
      - V(fail) fails after everything else was applied, V(warn) warns, V(ignore) only returns them in RV(held).
    type: str
    choices: [fail, warn, ignore]
    default: fail
  require_host:
    description:
      - Fail if no document of the spec concerns this host, before anything is changed. With V(false) the module only warns.
      - Documents that concern only the cluster do not count.
    type: bool
    default: true
  wait:
    description:
      - How long to wait for the lock if another vfctl holds it, in seconds or with a unit, such as V(30s), V(5m) or V(1h). By default the
        module fails at once.
    type: str
requirements:
  - vfctl on the host
  - root on the host, except for check mode
attributes:
  async:
    description: Can be used with C(async).
    support: none
  check_mode:
    description: Plans, and changes nothing.
    support: full
  diff_mode:
    description: Shows each value before and after.
    support: full
notes:
  - The exit code 3 of vfctl, done but a reboot is required, is reserved by vfctl and not in use yet. The module returns
    RV(reboot_required=true) for it, with a warning.
seealso:
  - module: vfctl.sriov.validate
  - module: vfctl.sriov.facts
"""

EXAMPLES = r"""
- name: Four VFs in VLAN 120
  vfctl.sriov.config:
    spec:
      apiVersion: vfctl.dev/v1alpha1
      kind: SriovConfig
      metadata: {name: storage}
      spec:
        physicalFunctions:
          - name: storage
            match: {interface: ens5f0np0}
            vfs:
              count: 4
              all:
                macAddress: {first: "02:db:03:00:00:00"}
                vlan: 120

- name: A spec in a file, with the MAC addresses of this host from the inventory
  vfctl.sriov.config:
    src: sriov.yaml
    host_values:
      vnicMacs: "{{ vnic_macs }}"

- name: What was reviewed, and nothing else
  vfctl.sriov.config:
    plan_file: "plans/{{ inventory_hostname }}.json"
    allow_disruption: true

- name: Plan, and keep the plan
  vfctl.sriov.config:
    src: sriov.yaml
    plan_out: /var/lib/vfctl/plan.json
  check_mode: true
  register: planned

- name: Apply exactly that, if it disrupts no user
  vfctl.sriov.config:
    plan_file: /var/lib/vfctl/plan.json
    remote_src: true
    allow_disruption: "{{ planned.victims == [] }}"
"""

RETURN = r"""
state:
  description:
    - How the host stands after the module. V(converged) is as the spec says.
    - Only in check mode, V(changes) means that there are changes, and V(unchecked) that O(plan_file) has none, and that it is not known
      whether it is stale.
  returned: success
  type: str
  choices: [converged, changes, held, notConcerned, unchecked]
host:
  description: The name that vfctl knows the host by.
  returned: if a plan of one host was made
  type: str
  sample: worker-1
steps:
  description: The steps of the plan, in order.
  returned: if a plan was made
  type: list
  elements: dict
  sample:
    - scope: worker-1
      thing: pci/0000:81:00.0
      title: ens5f0np0
      phase: configureVfs
      property: vlan
      impact: none
      changes: [{vf: 2, from: {id: 220}, to: {id: 120}, command: ip link set dev ens5f0np0 vf 2 vlan 120}]
victims:
  description: The users that the steps disrupt.
  returned: if a plan was made
  type: list
  elements: dict
held:
  description: What differs on VFs that others hold.
  returned: if a plan was made
  type: list
  elements: dict
notes:
  description: What the plan notes.
  returned: if a plan was made
  type: list
  elements: dict
needs_consent:
  description: Whether the plan of this host, or of the cluster, needs O(allow_disruption).
  returned: if a plan was made
  type: bool
reboot_required:
  description: Whether a reboot is required.
  returned: success
  type: bool
plan_text:
  description: The plan as V(vfctl plan) prints it, without those of other hosts.
  returned: if there are steps
  type: str
diff:
  description: Each value before and after, an entry for each host, without values that are restored.
  returned: with C(--diff), if there are steps
  type: list
  elements: dict
  sample:
    - before_header: worker-1 now
      after_header: worker-1 as specified
      before: |
        ens5f0np0 (pci/0000:81:00.0, ice) as fast
          vf 2 vlan: 220
      after: |
        ens5f0np0 (pci/0000:81:00.0, ice) as fast
          vf 2 vlan: 120
report:
  description: The counts of the report, of changes that were planned, done, refused, not tried and not verified.
  returned: if something was applied
  type: dict
summary:
  description: What went wrong, in one sentence. C(msg) has it with all of RV(errors).
  returned: failure
  type: str
errors:
  description: What went wrong, each with its message and, if known, path, place and help.
  returned: failure
  type: list
  elements: dict
exit_code:
  description: The last exit code of vfctl.
  returned: if vfctl was run
  type: int
"""

import json
import os
import re

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vfctl.sriov.plugins.module_utils.plan import diff_of, narrowed, scopes_of, steps_of, victims_of
from ansible_collections.vfctl.sriov.plugins.module_utils.program import (
    CHANGES,
    ERROR,
    HELD,
    INPUT_OPTIONS,
    PROGRAM_OPTIONS,
    REBOOT,
    SAME,
    Failure,
    Program,
    ended,
    failures,
    spelled,
    write,
)
from ansible_collections.vfctl.sriov.plugins.module_utils.report import troubles_of

STANDING = {"same": SAME, "notConcerned": SAME, "changes": CHANGES, "held": HELD, "blocked": ERROR}
TIME = re.compile(r"[0-9]{1,5}[smh]?\Z")
RESULTS = {SAME: ("converged", "notConcerned"), REBOOT: ("converged",), HELD: ("held",)}


class Run:
    """One run of the module: plan, apply the plan, and the results so far."""

    def __init__(self, module, program):
        self.module = module
        self.params = module.params
        self.program = program
        self.results = {}
        self.scopes = []
        self.left_out = False

    def main(self):
        if self.params["plan_file"]:
            path = self.params["plan_file"]
            code = self.reviewed(path)
        else:
            path = self.params["plan_out"] or os.path.join(self.module.tmpdir, "plan.json")
            code = self.planned(path)
        if self.left_out and self.params["require_host"]:
            raise self.failure("no document of the spec concerns this host; correct nodes.names, or set require_host to false")
        # A plan that was made elsewhere says nothing of the host of now: only apply finds out whether it is stale.
        if self.module.check_mode or not self.params["plan_file"] and code in (SAME, HELD):
            return self.standing(code)
        return self.applied(path)

    def planned(self, path):
        """Makes a plan and writes it to `path`."""
        arguments = self.program.inputs() + self.cluster()
        for part in self.params["only"] or []:
            arguments += ["--only", part]
        arguments += ["--force-conflicts"] if self.params["force_conflicts"] else []
        code, plan = self.program.run("plan", arguments, keep=path)
        self.results["exit_code"] = code
        if not plan["format"].startswith("vfctl.dev/plan/"):
            raise self.failure("vfctl made no plan", failures(self.program, plan))
        self.take(plan, path)
        expected = self.unblocked(code == ERROR, failures(self.program, plan))
        if code != expected:
            raise self.failure("vfctl plan ended with %d, and its plan says %d" % (code, expected))
        return code

    def reviewed(self, path):
        """Reads a plan that was made elsewhere."""
        if not os.path.exists(path):
            raise Failure("%s does not exist on this host" % path)
        code, plan = self.program.run("show", [path])
        if code != SAME or not plan["format"].startswith("vfctl.dev/plan/"):
            raise Failure("%s is not a plan" % path, failures(self.program, plan), exit_code=code)
        name = self.program.host_name()
        if name not in plan["hosts"]:
            raise Failure("the plan is for %s, and this host is %s" % (", ".join(plan["hosts"]) or "no host", name))
        own = os.path.join(self.module.tmpdir, "own.json")
        plan = narrowed(plan, name)
        write(own, json.dumps(plan))
        self.take(plan, own)
        self.results["exit_code"] = code
        if self.module.check_mode:
            self.module.warn("check mode does not find out whether the plan is stale")
        self.unblocked(plan["summary"]["blocked"], [])
        return CHANGES if self.results["steps"] else SAME

    def unblocked(self, is_blocked, errors):
        """Returns the exit code that a plan's standings stand for. Fails if they or the arguments say that it is blocked, with why."""
        standings = [STANDING.get(scope.plan["summary"]["standing"], ERROR) for scope in self.scopes]
        if is_blocked or errors or ERROR in standings:
            problems = [self.program.finding(each) for scope in self.scopes for each in scope.findings("problems")]
            raise self.failure("the plan is blocked, nothing was changed", errors + problems)
        return CHANGES if CHANGES in standings else HELD if HELD in standings else SAME

    def take(self, plan, path):
        """Puts what a plan says into the results. It is in the file `path`."""
        self.scopes = scopes_of(plan)
        standings = [each["summary"]["standing"] for each in plan["hosts"].values()]
        # Without the part `host` the plan has no host.
        self.left_out = bool(standings) and all(standing == "notConcerned" for standing in standings)
        hosts = list(plan["hosts"])
        finding = self.program.finding
        self.results.update(
            steps=steps_of(self.scopes),
            victims=victims_of(self.scopes),
            held=[finding(each) for scope in self.scopes for each in scope.findings("held")],
            notes=[finding(each) for scope in self.scopes for each in scope.findings("notes")],
            needs_consent=any(scope.plan["summary"]["needsConsent"] for scope in self.scopes),
        )
        if len(hosts) == 1:
            self.results["host"] = hosts[0]
        if self.results["steps"]:
            if self.module._diff:
                self.results["diff"] = diff_of(self.scopes)
            self.results["plan_text"] = self.program.text("show", [path])

    def standing(self, code):
        """Ends without an apply: nothing to do, or check mode."""
        if code == CHANGES:
            if self.results["needs_consent"] and not self.params["allow_disruption"]:
                self.module.warn("without allow_disruption this plan fails: " + self.disruption())
            return self.finished("changes", True)
        if self.left_out:
            return self.finished("notConcerned", False)
        if self.params["plan_file"]:
            return self.finished("unchecked", False)
        return self.finished("held" if code == HELD else "converged", False)

    def applied(self, path):
        arguments = [path, "--yes", "--progress", "none"] + self.cluster()
        arguments += ["--allow-disruption"] if self.params["allow_disruption"] else []
        arguments += ["--wait=" + self.params["wait"]] if self.params["wait"] else []
        try:
            code, report = self.program.run("apply", arguments)
        except Failure as failure:
            # It was killed, or worse. It cannot be known how far it came.
            self.results.update(failure.results)
            raise self.failure("%s; the host may be changed in part" % failure.message, failure.errors, True)
        self.results["exit_code"] = code
        if not report["format"].startswith("vfctl.dev/report/"):
            # Errors and the exit code 1 say that vfctl ended before the first change.
            refused = code == ERROR and report["format"].startswith("vfctl.dev/errors/")
            raise self.failure("vfctl apply printed no report", failures(self.program, report), not refused)
        self.results["report"] = report["summary"]
        changed = report["changed"]
        troubles = troubles_of(report)
        if code not in RESULTS:
            result = report["result"]
            message = "apply was refused, nothing was changed" if result == "refused" else "apply %s: the host is not as specified" % result
            if report["needsConsent"] and result == "refused":
                message += "; set allow_disruption to allow this"
            raise self.failure(message, troubles or [self.program.finding(each) for each in report.get("errors", [])], changed)
        if report["result"] not in RESULTS[code] or troubles:
            raise self.failure("vfctl apply ended with %d, and its report says %s" % (code, report["result"]), troubles, changed)
        self.results["held"] = [self.program.finding(each) for each in report.get("held", [])]
        self.results["reboot_required"] = code == REBOOT
        if code == REBOOT:
            self.module.warn("the host is as specified only after a reboot")
        return self.finished(report["result"], changed)

    def finished(self, state, changed):
        held = self.results["held"]
        if held or state == "held":
            texts = "; ".join(spelled(each) for each in held) or "vfctl does not say what"
            if self.params["held"] == "fail":
                raise self.failure("others hold VFs that differ from the spec", held, changed)
            if self.params["held"] == "warn":
                self.module.warn("others hold VFs that differ from the spec: " + texts)
        results = dict(self.results, state=state, changed=changed)
        results.setdefault("reboot_required", False)
        return results

    def cluster(self):
        arguments = []
        for option, flag in (("kubeconfig", "--kubeconfig"), ("context", "--context")):
            if self.params[option]:
                arguments += [flag, self.params[option]]
        return arguments

    def disruption(self):
        steps = ["%s %s" % (step["title"], step.get("consequence") or step["impact"]) for step in self.results["steps"] if step["impact"] != "none"]
        victims = [
            "%s%s: %s" % (victim["title"], " vf %d" % victim["vf"] if "vf" in victim else "", victim["user"]) for victim in self.results["victims"]
        ]
        return "; ".join(steps + victims)

    def failure(self, message, errors=None, changed=False):
        return Failure(message, errors, **dict(self.results, changed=changed))


def main():
    module = AnsibleModule(
        argument_spec=dict(
            plan_file=dict(type="path"),
            plan_out=dict(type="path"),
            allow_disruption=dict(type="bool", default=False),
            only=dict(type="list", elements="str", choices=["host", "node", "shared"]),
            # Without a default, which would count as given beside plan_file.
            force_conflicts=dict(type="bool"),
            held=dict(type="str", choices=["fail", "warn", "ignore"], default="fail"),
            require_host=dict(type="bool", default=True),
            wait=dict(type="str"),
            kubeconfig=dict(type="path"),
            context=dict(type="str"),
            **INPUT_OPTIONS,
            **PROGRAM_OPTIONS
        ),
        mutually_exclusive=[
            ("spec", "src", "plan_file"),
            ("plan_file", "plan_out"),
            ("plan_file", "host_values"),
            ("plan_file", "only"),
            ("plan_file", "force_conflicts"),
        ],
        required_one_of=[("spec", "src", "plan_file")],
        supports_check_mode=True,
    )
    program = None
    try:
        # vfctl would refuse another word after the plan, as if apply had not answered.
        if module.params["wait"] and not TIME.match(module.params["wait"]):
            raise Failure("wait must be a time such as 30, 30s, 5m or 1h, and is %s" % module.params["wait"])
        program = Program(module)
        results = Run(module, program).main()
    except Failure as failure:
        ended(module, program, failure)
    for warning in program.warnings:
        module.warn(warning)
    module.exit_json(**results)


if __name__ == "__main__":
    main()

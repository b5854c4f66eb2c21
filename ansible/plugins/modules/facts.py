#!/usr/bin/python
# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: facts
short_description: Read the SR-IOV ports of a host, their VFs and their users
version_added: "0.1.0"
description:
  - Runs V(vfctl discover) and returns what it reads as facts of the host, in the format of C(vfctl schema facts).
  - It changes nothing. An ordinary user can run it, as far as the kernel allows.
author:
  - The authors of vfctl (!UNKNOWN)
extends_documentation_fragment:
  - vfctl.sriov.program
options:
  spec:
    description: Also return a spec that describes the host as it is, in RV(spec_text).
    type: bool
    default: false
requirements:
  - vfctl on the host
attributes:
  check_mode:
    description: It changes nothing, with or without check mode.
    support: full
  facts:
    description: Returns facts.
    support: full
seealso:
  - module: vfctl.sriov.config
"""

EXAMPLES = r"""
- name: Read the ports
  vfctl.sriov.facts:

- name: Show how many VFs each port has
  ansible.builtin.debug:
    msg: "{{ item.key }}: {{ item.value.vfCount | default(0) }} of {{ item.value.totalVfs | default(0) }}"
  loop: "{{ ansible_facts.vfctl.physicalFunctions | dict2items }}"
  loop_control:
    label: "{{ item.key }}"
"""

RETURN = r"""
ansible_facts:
  description: The facts of this host.
  returned: success
  type: dict
  contains:
    vfctl:
      description:
        - What C(vfctl discover -o json) prints of this host, such as C(system) and C(physicalFunctions), an entry for each port by its
          address, and C(host), the name that vfctl knows it by.
      type: dict
      sample:
        host: worker-1
        physicalFunctions:
          pci/0000:81:00.0: {driver: ice, totalVfs: 128, vfCount: 4}
spec_text:
  description: The host as a spec, whose plan is empty.
  returned: if O(spec=true)
  type: str
summary:
  description: What went wrong, in one sentence. C(msg) has it with all of RV(errors).
  returned: failure
  type: str
errors:
  description: What went wrong, each with its message and, if known, its help.
  returned: failure
  type: list
  elements: dict
exit_code:
  description: The exit code of vfctl.
  returned: failure, if vfctl was run
  type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vfctl.sriov.plugins.module_utils.program import PROGRAM_OPTIONS, SAME, Failure, Program, ended, failures


def read(module, program):
    code, facts = program.run("discover", [])
    if code != SAME or not facts["format"].startswith("vfctl.dev/facts/"):
        raise Failure("vfctl discover ended with %d" % code, failures(program, facts), exit_code=code)
    if len(facts["hosts"]) != 1:
        raise Failure("vfctl discover printed the facts of %d hosts" % len(facts["hosts"]), exit_code=code)
    (name, host), = facts["hosts"].items()
    results = {"ansible_facts": {"vfctl": dict(host, host=name)}}
    if module.params["spec"]:
        results["spec_text"] = program.text("discover", ["-o", "spec"])
    return results


def main():
    module = AnsibleModule(argument_spec=dict(spec=dict(type="bool", default=False), **PROGRAM_OPTIONS), supports_check_mode=True)
    program = None
    try:
        program = Program(module)
        results = read(module, program)
    except Failure as failure:
        ended(module, program, failure)
    for warning in program.warnings:
        module.warn(warning)
    module.exit_json(changed=False, **results)


if __name__ == "__main__":
    main()

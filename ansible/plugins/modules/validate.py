#!/usr/bin/python
# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
module: validate
short_description: Check specs without looking at any host
version_added: "0.1.0"
description:
  - Runs V(vfctl validate) and fails if the specs have mistakes. Every mistake is reported with its place and a fix.
  - It reads no host, so it can run once on the controller before anything is changed. It also checks what device plugins and pod networks
    read, as V(vfctl validate) does.
author:
  - The authors of vfctl (!UNKNOWN)
extends_documentation_fragment:
  - vfctl.sriov.program
  - vfctl.sriov.inputs
options:
  plugin_version:
    description: Check configurations of sriov-network-device-plugin by the rules of this version, such as V(v3.5.1).
    type: str
requirements:
  - vfctl where the module runs
attributes:
  async:
    description: Can be used with C(async).
    support: none
  check_mode:
    description: It changes nothing, with or without check mode.
    support: full
notes:
  - If the module runs on another host than the spec is for, O(host_values) needs O(host_name).
seealso:
  - module: vfctl.sriov.config
"""

EXAMPLES = r"""
- name: Check the specs on the controller, before any host is changed
  vfctl.sriov.validate:
    src: specs/
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
errors:
  description: The mistakes, each with its message and, if known, path, place and help.
  returned: always
  type: list
  elements: dict
  sample:
    - message: no such value `true`
      help: "values here: `auto`, `enable`, `disable`, `default`"
      place: site.yml:15:21
      path: spec.spec.physicalFunctions[0].vfs.all.linkState
mistake_warnings:
  description: What is not used or not needed, in the same form.
  returned: always
  type: list
  elements: dict
summary:
  description: How many mistakes there are, or why vfctl could not be run. C(msg) has it with all of RV(errors).
  returned: failure
  type: str
exit_code:
  description: The exit code of vfctl.
  returned: if vfctl was run
  type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vfctl.sriov.plugins.module_utils.program import (
    INPUT_OPTIONS,
    PROGRAM_OPTIONS,
    SAME,
    Failure,
    Program,
    ended,
    failures,
    spelled,
)


def check(module, program):
    arguments = program.inputs()
    if module.params["plugin_version"]:
        arguments += ["--plugin-version", module.params["plugin_version"]]
    code, document = program.run("validate", arguments)
    errors = failures(program, document)
    warnings = [program.finding(each) for each in document.get("warnings", [])]
    if code != SAME or errors or not document["format"].startswith("vfctl.dev/errors/"):
        message = "%d mistake%s" % (len(errors), "" if len(errors) == 1 else "s")
        raise Failure(message if errors else "vfctl validate ended with %d" % code, errors, exit_code=code, mistake_warnings=warnings)
    # Those of the document are the same as those on standard error, with places.
    program.warnings = [spelled(warning) for warning in warnings]
    return dict(errors=[], mistake_warnings=warnings, exit_code=code)


def main():
    module = AnsibleModule(
        argument_spec=dict(plugin_version=dict(type="str"), **INPUT_OPTIONS, **PROGRAM_OPTIONS),
        mutually_exclusive=[("spec", "src")],
        required_one_of=[("spec", "src")],
        supports_check_mode=True,
    )
    program = None
    try:
        program = Program(module)
        results = check(module, program)
    except Failure as failure:
        ended(module, program, failure)
    for warning in program.warnings:
        module.warn(warning)
    module.exit_json(changed=False, **results)


if __name__ == "__main__":
    main()

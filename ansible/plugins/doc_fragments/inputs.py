# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  spec:
    description:
      - The spec, as a document, as a list of documents, or as the text of a file.
      - A text is read by vfctl itself. A document was read by Ansible, whose YAML reader turns some texts without quotes into other
        values. C(52:54:00:12:34:56) becomes the number 41135085296, C(0000:03:00.0) becomes 180.0, C(0123) becomes 83, and C(off)
        becomes V(false). Such values are refused, with the line that they come from and how to write them. Switches such as
        C(trust) take V(true) and V(false).
      - Exactly one of O(spec), O(src) and, in M(vfctl.sriov.config), O(vfctl.sriov.config#module:plan_file) is required.
    type: raw
  src:
    description:
      - A spec file, or a folder of them, whose C(*.yaml) and C(*.yml) are read as one. On the controller, where it is looked for in
        C(files), unless O(remote_src=true). vfctl reads it as it is; it is not a template.
    type: path
  remote_src:
    description: Whether paths are on the host and not on the controller.
    type: bool
    default: false
  host_values:
    description:
      - Lists of MAC addresses of this host by their names, as under C(hosts) in a spec, which names them with C(fromHost).
    type: dict
  host_name:
    description: The name of the host that O(host_values) belong to. By default the name that vfctl knows the host by.
    type: str
"""

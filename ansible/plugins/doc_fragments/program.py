# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  executable:
    description: The path of vfctl on the host, or its name in the search path and, if it is not there, in C(/usr/local/sbin) or C(/usr/local/bin).
    type: path
    default: vfctl
  state_dir:
    description: The folder for vfctl's lock and journals. By default C(/var/lib/vfctl).
    type: path
"""

# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description: The kubeconfig of the cluster, a path on the host.
    type: path
  context:
    description: The context of the kubeconfig. By default its current one.
    type: str
"""

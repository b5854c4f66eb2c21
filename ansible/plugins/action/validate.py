# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from ansible_collections.vfctl.sriov.plugins.plugin_utils.inputs import InputsAction


class ActionModule(InputsAction):
    module = "vfctl.sriov.validate"

# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""What the tests run: vfctl, and a simulated host. The environment says where: VFCTL_BIN, VFCTL_SIM, VFCTL_REPOSITORY."""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess

VFCTL = os.environ["VFCTL_BIN"]
SIM = os.environ["VFCTL_SIM"]
REPOSITORY = pathlib.Path(os.environ["VFCTL_REPOSITORY"])


class Lab:
    """A simulated host."""

    def __init__(self, folder):
        self.world = folder / "world.json"
        self._sim("new", str(REPOSITORY / "testbed/fixtures/lab.facts.json"))
        self.executable = script(folder / "vfctl", 'exec %s --world %s vfctl "$@"\n' % (shlex.quote(SIM), shlex.quote(str(self.world))))

    def hand(self, words):
        """Does what somebody else would do."""
        self._sim("hand", *words.split())

    def vfctl(self, *arguments):
        return subprocess.run([self.executable, *arguments], check=False, capture_output=True, text=True)

    def _sim(self, *arguments):
        subprocess.run([SIM, "--world", str(self.world), *arguments], check=True, capture_output=True)


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def spec(port, vfs, name="a", **body):
    """Returns a document that asks for VFs of one port."""
    pf = {"name": "fast", "match": {"interface": port}, "vfs": vfs}
    return {
        "apiVersion": "vfctl.dev/v1alpha1",
        "kind": "SriovConfig",
        "metadata": {"name": name},
        "spec": dict(body, physicalFunctions=[pf]),
    }

"""The container image: built from its Dockerfile, and started by testcontainers on the examples.

VFCTL_BIN is the binary that goes into the image, VFCTL_ARCHIVE the image of a release, as an archive. Docker must answer.
"""

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.image import DockerImage

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
# A tar that fails once it has written something, where it is to write the last archive.
BROKEN_TAR = '#!/bin/sh\ncase "$*" in *--owner=0*) echo cut; exit 2 ;; esac\nexec {tar} "$@"\n'
TAG = "vfctl-test:latest"
# What docker itself puts into a container that runs.
OF_DOCKER = {".dockerenv", "dev", "etc", "proc", "sys"}


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The image that the Dockerfile makes of the binary."""
    context = tmp_path_factory.mktemp("context")
    shutil.copy(HERE / "Dockerfile", context)
    shutil.copy(os.environ["VFCTL_BIN"], context / "vfctl")
    with DockerImage(path=str(context), tag=TAG, clean_up=True) as image:
        yield str(image)


@pytest.fixture(scope="session")
def released():
    """The image of the release archive."""
    client = DockerClient().client
    [image] = client.images.load(Path(os.environ["VFCTL_ARCHIVE"]).read_bytes())
    yield image.tags[0]
    client.images.remove(image.id, force=True)


@pytest.fixture(params=["built", "released"])
def image(request):
    """Each of the two."""
    return request.getfixturevalue(request.param)


def run(image, *words):
    """Runs vfctl on the examples; returns its exit code, standard output and standard error."""
    container = DockerContainer(image, network_mode="none", working_dir="/examples")
    container.with_volume_mapping(str(EXAMPLES), "/examples", "ro").with_command(list(words))
    with container:
        wrapped = container.get_wrapped_container()
        code = wrapped.wait(timeout=60)["StatusCode"]
        out, err = (wrapped.logs(stdout=out, stderr=not out).decode() for out in (True, False))
    return code, out, err


def test_validate_takes_a_valid_spec(image):
    assert run(image, "validate", "fleet/spec.yaml") == (0, "Valid: 1 document.\n", "")


def test_validate_reports_every_mistake(image):
    code, out, err = run(image, "validate", "mistakes/spec.yaml")
    wanted = (EXAMPLES / "mistakes/diagnostics.txt").read_text().replace("--> spec.yaml", "--> mistakes/spec.yaml")
    assert (code, out, err) == (1, "", wanted)


@pytest.mark.parametrize("example", ["cloud-host-macs", "dpdk-e810", "cluster-eight-vfs"])
def test_plan_is_that_of_the_example(image, example):
    code, out, err = run(image, "plan", f"{example}/spec.yaml", "--facts", f"{example}/facts.json")
    assert (code, out, err) == (2, (EXAMPLES / example / "plan.txt").read_text(), "")


def test_there_is_nothing_but_vfctl(image):
    client = DockerClient().client
    container = client.containers.create(image, ["--version"])
    try:
        exported = tarfile.open(fileobj=io.BytesIO(b"".join(container.export())))
        names = {name.split("/")[0] for name in exported.getnames()}
    finally:
        container.remove()
    assert names - OF_DOCKER == {"vfctl"}


def test_archive_that_cannot_be_written_is_an_error(tmp_path):
    stub = tmp_path / "tar"
    stub.write_text(BROKEN_TAR.format(tar=shutil.which("tar")))
    stub.chmod(0o755)
    command = ["sh", str(HERE / "archive.sh"), os.environ["VFCTL_BIN"], "test", str(tmp_path / "image.tar.gz")]
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(command, env=environment, check=False).returncode == 2

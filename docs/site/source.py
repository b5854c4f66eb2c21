"""Copies the documents of the repository, and what they link to, into the folder that mkdocs reads.

A link to a folder is one to its README.md there, or to a list of its files: a site has no folders to look at.

usage: source.py REPOSITORY FOLDER
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

# What the site has of the repository. Each document's links may lead to these.
PARTS = [
    "README.md", "CHANGELOG.md", "LICENSE", "docs", "examples", "schemas", "packaging/systemd", "ansible",
    "testbed/README.md", "testbed/MATRIX.md", "testbed/topologies",
]
# What only builds the site, or tests what is beside the documents.
NOT = ["docs/site", "ansible/tests"]
LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)\s]*)?(\))")


def listed(repository):
    """Returns the paths of all files of these parts that git knows or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PARTS]
    names = subprocess.run(command, cwd=repository, check=True, capture_output=True).stdout.decode().split("\0")
    within = [name for name in names if name and not any(name.startswith(f"{part}/") for part in NOT)]
    return sorted(name for name in set(within) if (repository / name).is_file())


def with_index(folder):
    """Makes a list of a folder's files where it has no README.md."""
    index = folder / "README.md"
    if not index.exists():
        names = sorted(entry.name for entry in folder.iterdir() if entry.name != index.name)
        index.write_text(f"# {folder.name}\n\n" + "".join(f"- [{name}]({name})\n" for name in names), encoding="utf-8")


def resolved(page, text):
    """Returns a document whose links to folders lead to their README.md."""

    def target(link):
        before, path, anchor, after = link.groups()
        found = page.parent / path
        if "://" in path or not found.is_dir():
            return link[0]
        with_index(found)
        return f"{before}{path.rstrip('/')}/README.md{anchor or ''}{after}"

    return LINK.sub(target, text)


def main(repository, folder):
    shutil.rmtree(folder, ignore_errors=True)
    names = listed(repository)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(repository / name, folder / name)
    for name in names:
        if name.endswith(".md"):
            page = folder / name
            page.write_text(resolved(page, page.read_text(encoding="utf-8")), encoding="utf-8")


main(Path(sys.argv[1]), Path(sys.argv[2]))

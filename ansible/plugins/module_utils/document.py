# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""Specs that were given as values, written as text that vfctl reads, with the path of each line.

Every text is quoted, so vfctl takes it literally. Each line of the text holds one value, so a place that vfctl names
leads back to the path of the value in the task.
"""

from __future__ import annotations

import json


class Document:
    """The text of one document, and the path of each of its lines."""

    def __init__(self, value, depth=0):
        """`depth` is how many levels the user did not write; they are not part of paths."""
        self._lines = []
        self._paths = []
        self._depth = depth
        self._write(value, "", "", "", 0)

    @property
    def text(self):
        return "\n".join(self._lines) + "\n"

    def path(self, line):
        """Returns the path of the value in this line, counted from 1, or an empty text."""
        return self._paths[line - 1] if 0 < line <= len(self._paths) else ""

    def _line(self, text, path):
        self._lines.append(text)
        self._paths.append(path)

    def _write(self, value, path, before, after, level):
        indent = before[: len(before) - len(before.lstrip())] + " "
        if isinstance(value, dict) and value:
            self._line(before + "{", path)
            last = len(value) - 1
            for number, (key, each) in enumerate(value.items()):
                start = "%s%s: " % (indent, json.dumps(str(key)))
                below = child(path, key) if level >= self._depth else ""
                self._write(each, below, start, "," if number < last else "", level + 1)
            self._line(indent[:-1] + "}" + after, path)
        elif isinstance(value, list) and value:
            self._line(before + "[", path)
            last = len(value) - 1
            for number, each in enumerate(value):
                self._write(each, child(path, number), indent, "," if number < last else "", level + 1)
            self._line(indent[:-1] + "]" + after, path)
        else:
            self._line(before + json.dumps(value) + after, path)


def child(path, key):
    """Returns the path of what stands below `path` under this key or number."""
    if isinstance(key, int) and not isinstance(key, bool):
        return "%s[%d]" % (path, key)
    return "%s.%s" % (path, key) if path else str(key)


def walk(value, path=""):
    """Yields the path and the value of all that is in `value`, from the outside in."""
    yield path, value
    if isinstance(value, dict):
        for key, each in value.items():
            yield from walk(each, child(path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from walk(each, child(path, number))

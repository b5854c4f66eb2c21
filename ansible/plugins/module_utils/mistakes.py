# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""Values that Ansible's YAML reader turned into something else than what was written, such as a MAC address into a number.

A mistake is a dictionary as vfctl's own: `message`, `help`, and `path` or `place`.
"""

from __future__ import annotations

from ansible_collections.vfctl.sriov.plugins.module_utils.document import walk

# `1:00:00:00:00:00`, the smallest number that a MAC address without quotes is read as.
FIRST_MAC = 60**5


def number_mistakes(document, written):
    """Returns what is wrong with the numbers of a document, and with other values that no spec has.

    `written(value)` returns the text that a number was read from, or None if that is not known.
    """
    found = []
    for path, value in walk(document):
        if isinstance(value, dict):
            found += [_key(path, key) for key in value if not isinstance(key, str)]
            continue
        mistake = _scalar(path, value, written)
        if mistake:
            found.append(mistake)
    return found


def boolean_mistakes(document, schema):
    """Returns the booleans that stand where the schema of specs has none."""
    found = []
    _compare(document, [schema], schema, "", found)
    return found


def _key(path, key):
    return {
        "path": path,
        "message": "the name of a field is %s, not a text" % _spelled(key),
        "help": "quote it: YAML readers take on, off, yes, no and numbers for values",
    }


def _scalar(path, value, written):
    if value is None or isinstance(value, (bool, str, list)):
        return None
    text = written(value)
    if isinstance(value, int):
        if text is not None and text == str(int(value)):
            return None
        if value >= FIRST_MAC:
            return _number(path, value, text, 'quote it: "%s"' % _base_60(value, 6))
        if text is None:
            return None
        fix = "write %d" % value
        if text.isdigit():
            fix = "write %s, or %d if octal is meant" % (text.lstrip("0") or "0", value)
        return _number(path, value, text, '%s; if it is a text, quote it: "%s"' % (fix, text))
    if isinstance(value, float):
        fix = 'quote it: "%s"' % (text or "…")
        if text is None and value.is_integer() and value >= 0:
            fix = "quote PCI addresses; this may have been 0000:%s.0" % _base_60(int(value), 2)
        return _number(path, value, text, fix)
    return {
        "path": path,
        "message": "%s is read as a value of type %s" % (text or value, type(value).__name__),
        "help": 'quote it: "%s"' % (text or value),
    }


def _number(path, value, text, fix):
    if text is None:
        message = "%s is not a number that a spec can have: a text without quotes was read as a number" % _spelled(value)
    else:
        message = "%s is read as the number %s" % (text, _spelled(value))
    return {"path": path, "message": message, "help": fix}


def _base_60(value, parts):
    """Returns the text that YAML reads as this number of base 60."""
    digits = []
    for dummy in range(parts - 1):
        value, digit = divmod(value, 60)
        digits.append(digit)
    return ":".join("%02d" % digit for digit in [value] + digits[::-1])


def _spelled(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _compare(value, schemas, root, path, found):
    """Walks a value and all schemas that may hold for it."""
    schemas = _expanded(schemas, root)
    if isinstance(value, bool):
        if schemas and not any(_takes_booleans(schema) for schema in schemas):
            found.append(
                {
                    "path": path,
                    "message": "%s is a boolean, and this field takes no booleans" % _spelled(value),
                    "help": "quote the word that is meant: YAML readers take on, off, yes and no for booleans",
                }
            )
    elif isinstance(value, dict):
        for key, each in value.items():
            below = [under for schema in schemas for under in _below(schema, key)]
            _compare(each, below, root, "%s.%s" % (path, key) if path else str(key), found)
    elif isinstance(value, list):
        below = [schema["items"] for schema in schemas if isinstance(schema.get("items"), dict)]
        for number, each in enumerate(value):
            _compare(each, below, root, "%s[%d]" % (path, number), found)


def _expanded(schemas, root):
    """Returns the schemas with references and alternatives resolved."""
    done = []
    todo = list(schemas)
    while todo:
        schema = todo.pop()
        if not isinstance(schema, dict):
            continue
        done.append(schema)
        if "$ref" in schema:
            todo.append(root["$defs"][schema["$ref"].rsplit("/", 1)[1]])
        for word in ("anyOf", "oneOf", "allOf"):
            todo += schema.get(word, [])
    return done


def _below(schema, key):
    properties = schema.get("properties", {})
    if key in properties:
        return [properties[key]]
    others = list(schema.get("patternProperties", {}).values()) + [schema.get("additionalProperties")]
    return [other for other in others if isinstance(other, dict)]


def _takes_booleans(schema):
    types = schema.get("type", [])
    return "boolean" in types or any(isinstance(each, bool) for each in schema.get("enum", []) + [schema.get("const")])

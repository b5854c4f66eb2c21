# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""What the report of an apply says went wrong, as one list."""

from __future__ import annotations


def troubles_of(report):
    """Returns each operation that failed or was not tried, each value that is not as it should be, and each other trouble."""
    troubles = [{"message": refusal} for refusal in report.get("refusals", [])]
    for lane in report.get("lanes", []):
        for op in lane["ops"]:
            trouble = _op(op)
            if trouble:
                troubles.append(dict(trouble, path=_named(lane, op["op"])))
        for unmet in lane.get("unmet", []):
            troubles.append({"message": "expected %s, found %s" % (unmet["claim"], unmet["found"]), "path": lane["title"]})
        for trouble in lane.get("troubles", []):
            troubles.append({"message": str(trouble), "path": lane["title"]})
    return troubles


def _op(op):
    outcome = op["outcome"]
    if outcome == "done":
        return None
    if outcome == "notTried":
        trouble = {"message": "not tried" + (": " + op["because"] if op.get("because") else "")}
    elif "refused" in outcome:
        refused = outcome["refused"]
        trouble = {"message": refused["cause"] + (" (%s)" % refused["detail"] if refused.get("detail") else "")}
    else:
        trouble = {"message": "no answer: %s" % outcome["unknown"]}
    if op.get("hint"):
        trouble["help"] = op["hint"]
    return trouble


def _named(lane, op):
    """Returns which operation on what, such as `eni1np1 vf 1 setVfAttribute vlan`."""
    action = op["action"]
    if isinstance(action, dict):
        (name, value), = action.items()
        attribute = value.get("attribute") if isinstance(value, dict) else None
        action = "%s %s" % (name, attribute) if attribute else name
    vf = " vf %d" % op["vf"] if op.get("vf") is not None else ""
    return "%s%s %s" % (lane["title"], vf, action)

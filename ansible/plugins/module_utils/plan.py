# Copyright: the authors of vfctl
# SPDX-License-Identifier: Apache-2.0
"""What a plan says, in the shape that results and diffs have."""

from __future__ import annotations

import json


class Scope:
    """The plan of a host or of the cluster."""

    def __init__(self, name, plan):
        self.name = name
        self.plan = plan

    @property
    def lanes(self):
        return [lane for stage in self.plan.get("stages", []) for lane in stage["lanes"]]

    def findings(self, kind):
        """Returns the findings of this kind: `problems`, `held` or `notes`."""
        found = list((self.plan.get("findings") or {}).get(kind, []))
        for lane in self.lanes:
            found += (lane.get("findings") or {}).get(kind, [])
        return found

    def steps(self):
        for lane in self.lanes:
            for phase in lane["phases"]:
                for step in phase["steps"]:
                    yield lane, step


def scopes_of(plan):
    """Returns the plans in a document: those of its hosts, and that of the cluster."""
    scopes = [Scope(name, each) for name, each in sorted(plan.get("hosts", {}).items())]
    return scopes + ([Scope("cluster", plan["cluster"])] if plan.get("cluster") else [])


def narrowed(plan, name):
    """Returns the plan of one host and of the cluster out of a plan for several hosts, with the summary that follows from it."""
    plan = {key: value for key, value in plan.items() if key != "errors"}
    plan["hosts"] = {name: plan["hosts"][name]}
    summaries = [scope.plan["summary"] for scope in scopes_of(plan)]
    own = plan["hosts"][name]["summary"]
    tally = dict.fromkeys(plan["summary"]["hosts"], 0)
    tally.update({own["standing"]: 1, "needConsent": int(own["needsConsent"])})
    plan["summary"] = {key: any(summary[key] for summary in summaries) for key in ("changed", "blocked", "needsConsent")}
    plan["summary"]["hosts"] = tally
    return plan


def steps_of(scopes):
    """Returns every step, without what only vfctl needs to make it."""
    steps = []
    for scope in scopes:
        for lane, step in scope.steps():
            shown = {
                "scope": scope.name,
                "thing": lane["thing"],
                "title": lane["title"],
                "phase": step["phase"],
                "property": step["property"],
                "impact": step["impact"],
                "changes": [_change(change) for change in step["changes"]],
            }
            if step.get("consequence"):
                shown["consequence"] = step["consequence"]
            steps.append(shown)
    return steps


def _change(change):
    shown = {"to": change["to"], "command": change["command"]}
    if "from" in change:
        shown["from"] = change["from"]
    vf = change["op"].get("vf")
    if vf is not None:
        shown["vf"] = vf
    return shown


def victims_of(scopes):
    """Returns the users that the steps disrupt."""
    victims = []
    for scope in scopes:
        for lane, step in scope.steps():
            for victim in step.get("victims", []):
                shown = {
                    "scope": scope.name,
                    "thing": lane["thing"],
                    "title": lane["title"],
                    "user": victim["user"],
                    "holder": victim["holder"],
                    "blocks": bool(victim.get("blocks")),
                }
                if victim.get("vf") is not None:
                    shown["vf"] = victim["vf"]
                victims.append(shown)
    return victims


def diff_of(scopes):
    """Returns the values before and after, for `--diff`: one entry for each host, without values that are restored."""
    diffs = []
    for scope in scopes:
        before, after = [], []
        for lane in scope.lanes:
            rows = _rows(lane)
            if rows:
                before.append(lane["heading"])
                after.append(lane["heading"])
                before += ["  %s: %s" % (name, old) for name, old, dummy in rows]
                after += ["  %s: %s" % (name, new) for name, dummy, new in rows]
        if before:
            diffs.append(
                {
                    "before_header": "%s now" % scope.name,
                    "after_header": "%s as specified" % scope.name,
                    "before": "\n".join(before) + "\n",
                    "after": "\n".join(after) + "\n",
                }
            )
    return diffs


def _rows(lane):
    """Returns the first and the last value of each property that a lane changes; equal ones of neighbouring VFs as one row."""
    values = {}
    for phase in lane["phases"]:
        for step in phase["steps"]:
            for change in step["changes"]:
                op = change["op"]
                subject = next((op[key] for key in ("object", "node", "module") if op.get(key)), "")
                key = (step["property"], subject, op.get("vf"))
                old = _value(change["from"]) if "from" in change else "unknown"
                values[key] = (values[key][0] if key in values else old, _value(change["to"]))
    rows = []
    for (name, subject, vf), (old, new) in values.items():
        if old == new:
            continue
        last = rows[-1] if rows else None
        if last and vf is not None and last[:2] == [name, subject] and last[3] == vf - 1 and last[4:] == [old, new]:
            last[3] = vf
        else:
            rows.append([name, subject, vf, vf, old, new])
    return [(_row_name(*row[:4]), row[4], row[5]) for row in rows]


def _row_name(name, subject, first, last):
    if first is None:
        return ("%s %s" % (subject, name)).strip()
    return "vf %s %s" % (first if first == last else "%d-%d" % (first, last), name)


def _value(value):
    """Returns a value as the plan's text has it."""
    if value in (None, "00:00:00:00:00:00"):
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and set(value) == {"id", "qos", "protocol"}:
        return _vlan(**value)
    if isinstance(value, dict) and set(value) == {"min", "max"}:
        bounds = ["%s %s" % (name, value[name]) for name in ("min", "max") if value[name]]
        return " ".join(bounds) or "unlimited"
    return json.dumps(value, sort_keys=True)


def _vlan(id, qos, protocol):
    if not id and not qos:
        return "none"
    text = str(id) + (" qos %s" % qos if qos else "")
    return text if protocol == "802.1Q" else "%s %s" % (text, protocol)

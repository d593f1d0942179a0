"""An export row as an OCSF event (schema 1.9, class API Activity 6003), for a SIEM.

OCSF's own attributes are used where it has them; the row itself is whole in `unmapped`, and CONTRACT's columns stand at
the top as well, where `time` is OCSF's (milliseconds since 1970).
"""

from datetime import datetime
from typing import Any

OCSF_VERSION = "1.9.0"
_CLASS, _CATEGORY = 6003, 6  # API Activity, Application Activity
_ACTIVITY = {"admin": (99, "Administer"), "decision": (1, "Create"), "screen": (2, "Read")}
_ACTION = {"allow": (1, "Allowed"), "refuse": (2, "Denied"), "hold": (99, "Held")}
_SEVERITY = {"allow": (1, "Informational"), "hold": (3, "Medium"), "refuse": (2, "Low"), None: (1, "Informational")}


def event(row: dict[str, Any]) -> dict[str, Any]:
    """The OCSF event of a row (guard/record/rows.py)."""
    activity_id, activity = _ACTIVITY.get(str(row["kind"]).split(".")[0], (99, str(row["kind"])))
    action_id, action = _ACTION.get(row["outcome"], (0, "Unknown"))
    severity_id, severity = _SEVERITY[row["outcome"]]
    at = datetime.fromisoformat(row["time"])
    actor = {"app_uid": row.get("key_id") or "unknown", "app_name": row["tenant"] or "erased"}
    return {
        "activity_id": activity_id,
        "activity_name": activity,
        "category_uid": _CATEGORY,
        "category_name": "Application Activity",
        "class_uid": _CLASS,
        "class_name": "API Activity",
        "type_uid": _CLASS * 100 + activity_id,
        "severity_id": severity_id,
        "severity": severity,
        "action_id": action_id,
        "action": action,
        "status_id": 1,
        "status": "Success",
        "time": int(at.timestamp() * 1000),
        "metadata": {
            "version": OCSF_VERSION,
            "uid": row["decision_id"],
            "sequence": row["index"],
            "correlation_uid": row.get("request_id"),
            "tenant_uid": row["tenant"],
            "product": {"name": "Likeness Guard", "vendor_name": "Likeness Guard"},
        },
        "actor": actor,
        "api": {"operation": row.get("route") or row["kind"]},
        "src_endpoint": {"name": row["tenant"] or "erased"},
        "policy": {"uid": row["policy_revision"], "name": row["rule"]},
        "index": row["index"],
        "decision_id": row["decision_id"],
        "tenant": row["tenant"],
        "outcome": row["outcome"],
        "stage": row["stage"],
        "rule": row["rule"],
        "unmapped": row,
    } | ({"prompt": row["prompt"]} if "prompt" in row else {})

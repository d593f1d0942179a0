"""A row as an OCSF event (schema 1.9, class API Activity 6003 with the profile Security Control), for a SIEM.

OCSF's own attributes are used where it has them; the row itself is whole in `unmapped`. `time` is OCSF's: milliseconds since 1970.
"""

from datetime import datetime
from typing import Any

OCSF_VERSION = "1.9.0"
_CLASS, _CATEGORY = 6003, 6  # API Activity, Application Activity
_OTHER = 99
_ACTIVITY = {"admin": (_OTHER, "Administer"), "decision": (1, "Create"), "screen": (2, "Read")}
_ACTION = {"allow": (1, "Allowed"), "refuse": (2, "Denied"), "hold": (_OTHER, "Held")}
_DISPOSITION = {"allow": (1, "Allowed"), "refuse": (2, "Blocked"), "hold": (14, "Delayed")}
COLUMNS = ("index", "decision_id", "tenant", "outcome", "stage", "rule", "prompt")
_SEVERITY = {"allow": (1, "Informational"), "hold": (3, "Medium"), "refuse": (2, "Low"), None: (1, "Informational")}


def event(row: dict[str, Any]) -> dict[str, Any]:
    """The OCSF event of a row (guard/record/rows.py); valid by the schema, to which a test holds it."""
    activity_id, activity = _ACTIVITY.get(str(row["kind"]).split(".")[0], (_OTHER, str(row["kind"])))
    action_id, action = _ACTION.get(row["outcome"], (0, "Unknown"))
    disposition_id, disposition = _DISPOSITION.get(row["outcome"], (0, "Unknown"))
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
        "type_name": f"API Activity: {activity if activity_id != _OTHER else 'Other'}",
        "severity_id": severity_id,
        "severity": severity,
        "action_id": action_id,
        "action": action,
        "disposition_id": disposition_id,
        "disposition": disposition,
        "status_id": 1,
        "status": "Success",
        "time": int(at.timestamp() * 1000),
        "metadata": _stated(
            {
                "version": OCSF_VERSION,
                "profiles": ["security_control"],
                "uid": row["decision_id"],
                "sequence": row["index"],
                "correlation_uid": row.get("request_id"),
                "tenant_uid": row["tenant"],
                "product": {"name": "Likeness Guard", "vendor_name": "Likeness Guard"},
            }
        ),
        "actor": actor,
        "api": {"operation": row.get("route") or row["kind"]},
        "src_endpoint": {"name": row["tenant"] or "erased"},
        "policy": _stated({"uid": row["policy_revision"], "name": row["rule"]}),
        "unmapped": row,
    }


def exported(row: dict[str, Any]) -> dict[str, Any]:
    """The same for an export, where every format has these columns at the top: the one thing in it that OCSF does not know."""
    return event(row) | {column: row[column] for column in COLUMNS if column in row}


def _stated(attributes: dict[str, Any]) -> dict[str, Any]:
    """Without those that have no value: the schema knows no null."""
    return {name: value for name, value in attributes.items() if value is not None}

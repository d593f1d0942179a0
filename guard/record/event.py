"""What is recorded about one thing that happened: a leaf that is never pruned and a body that can be erased. Pure.

A leaf is a JSON object of these members (RFC 8785, so in this order of bytes; nothing else, no float, no integer over 2^53):

    body         SHA-256(salt || vault body), hex        policy        policy revision
    id           `dec_` or `evt_` and 128 random bits    registry      registry revision
    index        dense, from 0                           request       the guard's random request id, or null
    kind         `decision`, `screen`, `admin.*` ...     rule_class    public class of the rule, or null
    mode         `enforce`, `shadow` ... or null         stage         `input`, `output` or null
    nonce        128 random bits, hex                    subject_tags  HMAC(subject tag key, nonce), hex, sorted
    outcome      `allow`, `hold`, `refuse` or null       tenant_tag    HMAC(tenant tag key, nonce), hex
    time         RFC 3339 UTC, never before its          v             1
                 predecessor's

`index` and `time` are the recorder's; the rest comes with the `Draft`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from guard.record import vault

VERSION = 1
DECISION_KINDS = ("decision", "screen")
SYSTEM_TENANT = "_guard"  # owner of events that no tenant caused; reserved, the registry gives it to nobody
_MAX_INTEGER = 2**53 - 1  # RFC 8785 section 3.2.2.3: beyond it JSON numbers are not exact
_TOKENS = re.compile(r"[A-Za-z0-9._:@/+\-\n]{0,900}", re.ASCII)
_ID_BYTES, _NONCE_BYTES = 16, 16
_END = b',"v":%d}' % VERSION


class Labels(NamedTuple):
    """By what an event is found; kept in erasable side tables, never in the leaf."""

    kind: str
    tenant: str
    subject_ids: tuple[str, ...] = ()
    outcome: str | None = None
    stage: str | None = None
    rule: str | None = None
    request_id: str | None = None

    def as_json(self) -> dict[str, object]:
        """As `event_queue` keeps them."""
        return {
            "kind": self.kind,
            "tenant": self.tenant,
            "subject_ids": self.subject_ids,
            "outcome": self.outcome,
            "stage": self.stage,
            "rule": self.rule,
            "request_id": self.request_id,
        }


@dataclass(frozen=True, slots=True)
class GrantUse:
    """One use of a counted grant; `id` is how it is given back."""

    directive_id: str
    max_uses: int
    id: str


class Draft(NamedTuple):
    """An event ready to be recorded: sealed, and complete but for its index and time. A tuple, since it is made for every request.

    Args:
        id: the public id (`X-Guard-Decision` of a decision).
        skeleton: canonical JSON of the leaf without `index` and `time`.
        sealed: the encrypted vault body.
        wrapped_key: its key, wrapped (guard/record/vault.py).
        labels: by what it is found.
        reserve: uses of grants this decision rests on, reserved in the transaction that records it.
        otherwise: what is recorded instead when one of them is spent; must be there when `reserve` is.
    """

    id: str
    skeleton: bytes
    sealed: bytes
    wrapped_key: bytes
    labels: Labels
    reserve: tuple[GrantUse, ...] = ()
    otherwise: "Draft | None" = None


def make_draft(
    kind: str,
    *,
    tenant: str,
    tenant_key: bytes,
    entropy: Callable[[int], bytes],
    body: Mapping[str, object],
    subjects: Mapping[str, bytes] | None = None,
    stage: str | None = None,
    mode: str | None = None,
    outcome: str | None = None,
    rule: str | None = None,
    rule_class: str | None = None,
    policy_revision: str = "",
    registry_revision: int = 0,
    request_id: str | None = None,
    now_ms: int | None = None,
    reserve: Sequence[GrantUse] = (),
    otherwise: Draft | None = None,
) -> Draft:
    """Seals an event. `tenant`, `rule`, `subject_ids` are added to the body, so that the commitment covers them too.

    Args:
        kind: `decision`, `screen`, or a name of an audit event such as `admin.opt_out.create`.
        tenant: whose event it is (`SYSTEM_TENANT` when nobody's).
        tenant_key: the tenant's data key, 32 bytes.
        entropy: gives that many random bytes (`os.urandom`).
        body: what happened, as JSON values; personal data belongs here and nowhere else.
        subjects: subject id -> data key of everybody it concerns; any one of them erased erases the body.
        stage: `input`, `output`, or None.
        mode: `enforce`, `shadow` ..., or None.
        outcome: `allow`, `hold`, `refuse`, or None.
        rule: the operator's name of the rule; kept out of the leaf.
        rule_class: the rule's public class.
        policy_revision: revision of the policy in force.
        registry_revision: revision of the registry it was decided on.
        request_id: the guard's own random id of the request; must not be the caller's text.
        now_ms: milliseconds since 1970; ids that begin with the time lie side by side in the database's index, which makes
            recording cheaper (docs/adr/0052-recorder.md). None: an id that is random throughout.
        reserve: uses of counted grants that this decision needs.
        otherwise: the decision if one of them is spent.

    Raises:
        ValueError: a leaf member that is not a plain token or integer (it would be kept for ever), or `reserve` without `otherwise`.
    """
    tokens = f"{kind}\n{stage}\n{mode}\n{outcome}\n{rule_class}\n{policy_revision}\n{request_id}"
    if not _TOKENS.fullmatch(tokens) or tokens.count("\n") != 6 or not 0 <= registry_revision <= _MAX_INTEGER:
        raise ValueError(f"a leaf holds plain tokens and integers only, not {tokens.splitlines()!r} and {registry_revision!r}")
    if reserve and otherwise is None:
        raise ValueError("a decision that needs a counted grant must come with the decision for a spent one")
    keys = subjects or {}
    ids = sorted(keys)
    random = entropy(_ID_BYTES + _NONCE_BYTES + vault.SALT_BYTES + vault.KEY_BYTES)
    event_id = ordered_id("dec_" if kind in DECISION_KINDS else "evt_", now_ms, random[:_ID_BYTES])
    nonce, salt, record_key = random[16:32], random[32:48], random[48:80]
    salted = salt + orjson.dumps({**body, "tenant": tenant, "rule": rule, "subject_ids": ids}, option=orjson.OPT_SORT_KEYS)
    skeleton = {
        "body": vault.commitment(salted),
        "id": event_id,
        "kind": kind,
        "mode": mode,
        "nonce": nonce.hex(),
        "outcome": outcome,
        "policy": policy_revision,
        "registry": registry_revision,
        "request": request_id,
        "rule_class": rule_class,
        "stage": stage,
        "subject_tags": sorted(vault.tag(keys[i], nonce) for i in ids),
        "tenant_tag": vault.tag(tenant_key, nonce),
        "v": VERSION,
    }
    return Draft(
        event_id,
        orjson.dumps(skeleton, option=orjson.OPT_SORT_KEYS),
        vault.seal(salted, record_key, event_id),
        vault.wrap(record_key, [tenant_key, *(keys[i] for i in ids)], event_id, nonce),
        Labels(kind, tenant, tuple(ids), outcome, stage, rule, request_id),
        tuple(reserve),
        otherwise,
    )


def ordered_id(prefix: str, now_ms: int | None, random: bytes) -> str:
    """An id of 32 hex digits: the time (12) and 80 random bits, as in UUIDv7, or 128 random bits."""
    return prefix + (random.hex() if now_ms is None else f"{now_ms:012x}{random[6:].hex()}")


def leaf_bytes(skeleton: bytes, index: int, time: str) -> bytes:
    """The canonical bytes of a leaf: the draft's skeleton with its place in the log.

    The skeleton is canonical, so the two members are spliced in where their names sort; parsing and writing it again
    would cost three times as much. A test compares this with RFC 8785 for every shape of skeleton.
    """
    after_id = skeleton.find(b',"kind":')
    if after_id < 0 or not skeleton.endswith(_END):
        raise ValueError(f"not a skeleton that make_draft made: {skeleton[:60]!r}")
    return b'%b,"index":%d%b,"time":"%b"%b' % (skeleton[:after_id], index, skeleton[after_id : -len(_END)], time.encode(), _END)

#!/usr/bin/env python3
"""Checks an exported archive of a Likeness Guard log, offline. Read it: it is one file and needs nothing but `cryptography`.

    python verify.py ARCHIVE.zip --key LOG.key [--checkpoint OLDER.note]... [--witness WITNESS.key]

Exit status 0: the archive is what the log's key signed, and
  1. every event of its range is there, in order, once, unchanged (its leaf hash leads to the signed checkpoint);
  2. the rows are exactly the events that the stated filter covers (checked on every event, by keyed tags);
  3. each row says what its event says, and where the body is shown it is the body that was committed to;
  4. the log extends every older checkpoint given, so nothing was rewritten since then;
  5. where a witness's key is given, it cosigned a checkpoint that the log extends: up to there somebody else has watched.
Exit status 1: one line names the first thing that is wrong. Exit status 2: it was called wrongly.
What this cannot show stands in docs/explanation/what-is-proved.md.
"""

import argparse
import base64
import csv
import hashlib
import hmac
import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SCHEMA_VERSION = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"
SKELETONS, LEAF_HASHES = "skeletons.jsonl", "leaf_hashes.bin"
ROWS = {"jsonl": "decisions.jsonl", "ocsf": "decisions.jsonl", "csv": "decisions.csv", "parquet": "decisions.parquet"}
MAX_MANIFEST_BYTES = 64_000_000  # proofs are a few KB; nothing may be inflated without bound before a signature is checked
SPARE_BYTES = 16_000_000  # how far a member is read beyond its signed size, to be able to name what was added
DECISIONS = ("decision", "screen")
SAME = {  # column of a row: member of the leaf
    "index": "index",
    "time": "time",
    "decision_id": "id",
    "kind": "kind",
    "stage": "stage",
    "mode": "mode",
    "outcome": "outcome",
    "rule_class": "rule_class",
    "policy_revision": "policy",
    "registry_revision": "registry",
    "request_id": "request",
}
FROM_BODY = ("tenant", "rule", "subject_ids", "route", "model", "key_id")

Json = dict[str, Any]


class Wrong(Exception):
    """What is wrong with the archive, in one line."""


@dataclass(frozen=True)
class Key:
    """A log's public key, or a witness's (`kind` 4), `name+hash+base64` (C2SP signed-note, tlog-cosignature)."""

    name: str
    public: bytes
    kind: bytes = b"\x01"

    @property
    def hash(self) -> bytes:
        """The four bytes that name it."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    @property
    def id(self) -> str:
        """`name+hash`."""
        return f"{self.name}+{self.hash.hex()}"

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Tree:
    """What a checkpoint states."""

    origin: str
    size: int
    root: bytes


@dataclass
class Report:
    """What was found in a good archive."""

    events: int = 0
    rows: int = 0
    erased: int = 0
    tree_size: int = 0
    key_id: str = ""
    witnessed: str | None = None
    remarks: list[str] = field(default_factory=list)


# -- the tree (RFC 6962, section 2.1) ------------------------------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


class Roots:
    """The Merkle tree hash over complete subtrees given from left to right."""

    def __init__(self) -> None:
        self._stack: list[tuple[int, bytes]] = []

    def add(self, height: int, known: bytes) -> None:
        """The next 2^height leaves, by the hash of their subtree."""
        stack = self._stack
        while stack and stack[-1][0] == height:
            known = hashlib.sha256(b"\x01" + stack.pop()[1] + known).digest()
            height += 1
        stack.append((height, known))

    def root(self) -> bytes:
        """The hash over everything so far."""
        if not self._stack:
            return hashlib.sha256().digest()
        known = self._stack[-1][1]
        for _, left in reversed(self._stack[:-1]):
            known = hashlib.sha256(b"\x01" + left + known).digest()
        return known


def cover(low: int, high: int) -> list[int]:
    """The heights of the fewest complete subtrees that make up leaves low..high-1."""
    heights = []
    while low < high:
        height = (high - low).bit_length() - 1
        if low:
            height = min((low & -low).bit_length() - 1, height)
        heights.append(height)
        low += 1 << height
    return heights


def extends(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2: whether the tree of `new` leaves begins with the tree of `old` leaves."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == hashlib.sha256().digest()
    if not 0 < old < new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = hashlib.sha256(b"\x01" + c + fr).digest(), hashlib.sha256(b"\x01" + c + sr).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = hashlib.sha256(b"\x01" + sr + c).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


# -- keys and checkpoints (C2SP signed-note, tlog-checkpoint) ------------------------------------------------------------


def read_keys(text: str, kind: bytes = b"\x01") -> list[Key]:
    """Verifier keys, one a line: a log's, or (`kind` 4) those of witnesses."""
    keys = []
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            name, known, encoded = line.split("+", 2)
            blob = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise Wrong(f"the key given is not name+hash+base64: {line[:80]!r}") from error
        key = Key(name, blob[1:], kind)
        if blob[:1] != kind or len(blob) != 33 or key.hash.hex() != known:
            raise Wrong(f"the key given is not an Ed25519 verifier key of type {kind[0]}, or its hash is not its own: {line[:80]!r}")
        keys.append(key)
    if not keys:
        raise Wrong("the key given is empty")
    return keys


def _signatures(note: str, keys: Sequence[Key]) -> Iterator[tuple[str, Key, bytes]]:
    """The text of a note and what each of these keys put under it: name and hash fit, the signature is still to be checked."""
    text, _, signatures = note.rstrip("\n").rpartition("\n\n")
    for line in signatures.split("\n"):
        match = re.fullmatch(r"— (\S+) (\S+)", line)
        try:
            blob = base64.b64decode(match[2], validate=True) if match else b""
        except ValueError:
            blob = b""
        yield from ((text, key, blob[4:]) for key in keys if match and (match[1], blob[:4]) == (key.name, key.hash))


def read_checkpoint(note: str, keys: Sequence[Key], what: str) -> Tree:
    """The tree that a note states, if one of the keys signed it."""
    text, gap, _ = note.rstrip("\n").rpartition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) < 3 or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1], re.ASCII):
        raise Wrong(f"{what} is not a checkpoint")
    for signed, key, signature in _signatures(note, keys):
        if not key.signed((signed + "\n").encode(), signature):
            raise Wrong(f"{what} was changed: its signature is not by {key.id}")
        return Tree(lines[0], int(lines[1]), _hash(lines[2], what))
    raise Wrong(f"{what} is not signed by the key given ({', '.join(key.id for key in keys)})")


def cosigned_at(note: str, witnesses: Sequence[Key]) -> tuple[str, int] | None:
    """Which of the witnesses cosigned the note, and when (seconds since 1970, by its clock); None when none did."""
    for text, key, stamped in _signatures(note, witnesses):
        at = int.from_bytes(stamped[:8])
        if len(stamped) != 72 or not key.signed(f"cosignature/v1\ntime {at}\n{text}\n".encode(), stamped[8:]):
            raise Wrong(f"the cosignature by {key.id} was changed")
        return key.id, at
    return None


def _hash(encoded: object, what: str) -> bytes:
    try:
        known = base64.b64decode(str(encoded), validate=True)
    except ValueError as error:
        raise Wrong(f"{what} holds something that is not base64") from error
    if len(known) != 32:
        raise Wrong(f"{what} holds a hash of {len(known)} bytes")
    return known


# -- the zip -------------------------------------------------------------------------------------------------------------


class Member(io.RawIOBase):
    """A member being read, counted and hashed, and never more of it than its signed size and a bit."""

    def __init__(self, archive: zipfile.ZipFile, described: Json) -> None:
        self.name: str = described["name"]
        self._described = described
        self._source = archive.open(self.name)
        self._digest = hashlib.sha256()
        self._size = 0

    def readable(self) -> bool:
        """For io.BufferedReader."""
        return True

    def readinto(self, buffer: Any) -> int:
        """For io.BufferedReader."""
        try:
            data = self._source.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise Wrong(f"{self.name} was changed or cut short: {error}") from error
        self._digest.update(data)
        self._size += len(data)
        if self._size > self._described["size_bytes"] + SPARE_BYTES:
            raise Wrong(f"{self.name} is far longer than the {self._described['size_bytes']} bytes that {MANIFEST} gives it")
        buffer[: len(data)] = data
        return len(data)

    def finish(self, rows: int | None) -> None:
        """Everything was read: it must be what the manifest describes."""
        while self.readinto(bytearray(1 << 16)):
            pass
        if self._size != self._described["size_bytes"] or self._digest.hexdigest() != self._described["sha256"]:
            raise Wrong(f"{self.name} was changed: its SHA-256 is not the one in {MANIFEST}")
        if rows is not None and rows != self._described["row_count"]:
            raise Wrong(f"{self.name} has {rows} rows, where {MANIFEST} says {self._described['row_count']}")


def open_manifest(archive: zipfile.ZipFile, keys: Sequence[Key] | None, report: Report) -> tuple[Json, list[Key]]:
    """The signed manifest, and the keys to believe; the archive has exactly the members that it names."""
    names = [info.filename for info in archive.infolist()]
    for name in names:
        if names.count(name) > 1:
            raise Wrong(f"{name} is in the archive more than once")
    for info in archive.infolist():
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 0x1:
            raise Wrong(f"{info.filename} is packed in a way that no export uses")
    for name in (MANIFEST, SIGNATURE):
        if name not in names:
            raise Wrong(f"{name} is missing")
    text, signature = _read_small(archive, MANIFEST, MAX_MANIFEST_BYTES), _read_small(archive, SIGNATURE, 1000)
    try:
        manifest: Json = json.loads(text)
        stated, embedded = str(manifest["key_id"]), str(manifest["verifier_key"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Wrong(f"{MANIFEST} was changed: it is not the JSON of a manifest") from error
    if keys is None:
        keys = read_keys(embedded)
        report.remarks.append(
            f"no key was given: signatures were checked with the archive's own key; compare {embedded} with the operator's"
        )
    signer = next((key for key in keys if key.id == stated), None)
    if signer is None:
        raise Wrong(f"wrong key: the archive says it is signed by {stated}, the key given is {', '.join(key.id for key in keys)}")
    try:
        raw = base64.b64decode(signature.strip(), validate=True)
    except ValueError as error:
        raise Wrong(f"{SIGNATURE} was changed: it is not base64") from error
    if not signer.signed(text, raw):
        raise Wrong(f"{MANIFEST} or {SIGNATURE} was changed: the signature is not by {signer.id}")
    report.key_id = signer.id
    _check_members(manifest, names)
    return manifest, list(keys)


def _check_members(manifest: Json, names: list[str]) -> None:
    if manifest.get("schema_version") != SCHEMA_VERSION or manifest.get("format") not in ROWS:
        raise Wrong(f"{MANIFEST} is of a version or format that this program does not know")
    described = [entry["name"] for entry in manifest["files"]]
    wanted = {ROWS[manifest["format"]], SKELETONS}
    if len(described) != len(set(described)) or not wanted <= set(described) <= wanted | {LEAF_HASHES}:
        raise Wrong(f"{MANIFEST} describes other files than an export has: {', '.join(described)}")
    for name in described:
        if name not in names:
            raise Wrong(f"{name} is missing")
    for name in names:
        if name not in {*described, MANIFEST, SIGNATURE}:
            raise Wrong(f"{name} does not belong into the archive")


def _read_small(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as file:
        text = file.read(most + 1)
    if len(text) > most:
        raise Wrong(f"{name} has more than {most} bytes")
    return text


# -- rows ----------------------------------------------------------------------------------------------------------------


def read_rows(archive: zipfile.ZipFile, member: Member, wanted: str, report: Report) -> Iterator[Json] | None:
    """The rows in the order of the file; None when this machine cannot read the format."""
    if wanted == "parquet":
        return _parquet_rows(archive, member, report)
    lines: io.BufferedReader = io.BufferedReader(member, 1 << 18)
    return _csv_rows(lines) if wanted == "csv" else _json_rows(lines, member.name, ocsf=wanted == "ocsf")


def _json_rows(lines: io.BufferedReader, name: str, *, ocsf: bool) -> Iterator[Json]:
    for number, line in enumerate(lines, 1):
        try:
            found = json.loads(line)
            row = found["unmapped"] if ocsf else found
            if ocsf and any(found[column] != row[column] for column in ("index", "decision_id", "tenant", "outcome", "stage", "rule")):
                raise Wrong(f"{name} line {number} was changed: the event and its `unmapped` differ")
            row["index"] = int(row["index"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Wrong(f"{name} line {number} was changed: it is not a row") from error
        yield row


def _csv_rows(lines: io.BufferedReader) -> Iterator[Json]:
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.TextIOWrapper(lines, "utf-8-sig", newline=""))
    try:
        columns = next(reader, [])
        for cells in reader:
            if len(cells) != len(columns):
                raise Wrong(f"decisions.csv row {reader.line_num} was changed: it has {len(cells)} cells, not {len(columns)}")
            plain = [cell.removeprefix("'") for cell in cells]
            row: Json = dict(zip(columns, plain, strict=True))
            for column in ("index", "registry_revision"):
                row[column] = int(row[column])
            for column in ("subject_ids", "hits"):
                if column in row:
                    row[column] = json.loads(row[column])
            yield row
    except (ValueError, KeyError, csv.Error) as error:
        raise Wrong(f"decisions.csv row {reader.line_num} was changed: {error}") from error


def _parquet_rows(archive: zipfile.ZipFile, member: Member, report: Report) -> Iterator[Json] | None:
    """Parquet is read from its end, so the member is hashed first and then read again."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        report.remarks.append("the rows of decisions.parquet were not read (pyarrow is not installed), only its signed hash was checked")
        return None
    member.finish(None)

    def rows() -> Iterator[Json]:
        try:
            with archive.open(member.name) as file:
                for batch in pq.ParquetFile(file).iter_batches(2_000):
                    for row in batch.to_pylist():
                        row["time"] = row["time"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                        if "hits" in row:
                            row["hits"] = json.loads(row["hits"])
                        yield row
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Wrong(f"decisions.parquet was changed: {str(error).splitlines()[0]}") from error

    return rows()


def check_row(row: Json, leaf: Json, manifest: Json, report: Report) -> None:
    """A row must say what its leaf says, and show the body that the leaf commits to."""
    index, wanted = leaf["index"], manifest["filter"]
    for column, name in SAME.items():
        if column in row and (row[column] or None) != (leaf[name] or None):
            raise Wrong(f"event {index} was changed: {column} is {row[column]!r} in its row and {leaf[name]!r} in the log")
    content = row.get("content")
    if content == "damaged":
        raise Wrong(f"event {index}: its body was already damaged in the log when the export was made")
    if content == "erased":
        report.erased += 1
    if wanted["tenant"] is not None and row["tenant"] not in (wanted["tenant"], None, ""):
        raise Wrong(f"event {index} was changed: its tenant is {row['tenant']!r} in an export of {wanted['tenant']!r}")
    if manifest["redaction"] != "none" or content != "kept":
        return
    body = str(row["body"])
    if hashlib.sha256(bytes.fromhex(row["salt"]) + body.encode()).hexdigest() != leaf["body"]:
        raise Wrong(f"event {index} was changed: its body is not the one that the log committed to")
    committed = json.loads(body)
    for column in FROM_BODY:
        if (row[column] or None) != (committed.get(column) or None):
            raise Wrong(f"event {index} was changed: {column} is {row[column]!r} in its row and {committed.get(column)!r} in its body")
    if (row["prompt"] or None) != (_prompt(committed) or None):
        raise Wrong(f"event {index} was changed: its prompt is not the one in its body")


def _prompt(body: Json) -> str | None:
    if isinstance(body.get("prompt"), str):
        return str(body["prompt"])
    texts = [text for text in body.get("texts") or [] if text.get("where") == "prompt"] or body.get("texts") or []
    return "\n".join(text["text"] for text in texts) if texts else None


# -- events --------------------------------------------------------------------------------------------------------------


def read_leaf_hashes(archive: zipfile.ZipFile, described: Json, tree: Tree, sizes: set[int]) -> tuple[bytes, dict[int, bytes]]:
    """All leaf hashes of the log, and the roots that the log had at these sizes."""
    member = Member(archive, described)
    hashes = io.BufferedReader(member, 1 << 20).read()
    member.finish(len(hashes) // 32)
    if len(hashes) != tree.size * 32:
        raise Wrong(f"{LEAF_HASHES} holds {len(hashes) // 32} hashes, where the checkpoint counts {tree.size} events")
    roots, tops = Roots(), {0: Roots().root()}
    for n in range(tree.size):
        roots.add(0, hashes[n * 32 : n * 32 + 32])
        if n + 1 in sizes:
            tops[n + 1] = roots.root()
    if roots.root() != tree.root:
        raise Wrong(f"{LEAF_HASHES} does not lead to the signed checkpoint")
    return hashes, tops


def read_leaves(member: Member, manifest: Json, tree: Tree, hashes: bytes | None) -> Iterator[Json]:
    """The leaves of the range, each checked, after the whole range is checked against the checkpoint when exhausted."""
    span = manifest["range"]
    first, end = span["first_index"], span["end_index"]
    if not 0 <= first <= end <= tree.size:
        raise Wrong(f"{MANIFEST} names events {first} to {end} of a log of {tree.size}")
    low, high = max(0, first - 1), min(tree.size, end + 1)
    roots = Roots()
    _add_all(roots, cover(0, low), manifest["proofs"]["before"])
    expected, last = low, ""
    for line in io.BufferedReader(member, 1 << 18):
        leaf = _leaf(line, expected, member.name)
        digest = leaf_hash(line[:-1])
        if leaf["index"] != expected or expected >= high:
            raise Wrong(f"{member.name}: event {leaf['index']} stands where event {expected} belongs (dropped, added or moved)")
        if hashes is not None and hashes[expected * 32 : expected * 32 + 32] != digest:
            raise Wrong(f"event {expected} was changed in {member.name}: its hash is not the one in the log")
        if leaf["time"] < last:
            raise Wrong(f"event {expected} is earlier than the one before it")
        roots.add(0, digest)
        last = leaf["time"]
        _check_time(leaf, first, end, span)
        if first <= expected < end:
            yield leaf
        expected += 1
    if expected != high:
        raise Wrong(f"event {expected} is missing from {member.name}, which ends before it (dropped)")
    member.finish(high - low)
    _add_all(roots, cover(high, tree.size), manifest["proofs"]["after"])
    if roots.root() != tree.root:
        raise Wrong("the events do not lead to the signed checkpoint: some event was changed, or the proof was")


def _leaf(line: bytes, expected: int, name: str) -> Json:
    try:
        leaf: Json = json.loads(line)
        canonical = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        if canonical != line or not isinstance(leaf["index"], int) or not isinstance(leaf["time"], str):
            raise Wrong(f"event {expected} was changed in {name}: the line is not a canonical leaf")
        bytes.fromhex(leaf["nonce"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Wrong(f"event {expected} was changed in {name}: the line is not a canonical leaf") from error
    return leaf


def _check_time(leaf: Json, first: int, end: int, span: Json) -> None:
    at, index = leaf["time"], leaf["index"]
    late, early = span["to"] is not None and at >= span["to"], span["from"] is not None and at < span["from"]
    if first <= index < end and (late or early):
        raise Wrong(f"event {index} of {at} lies outside the time that the export states")
    if (index < first and not early) or (index >= end and not late):
        raise Wrong(f"event {index} of {at} lies in the time that the export states, but outside its range: it was hidden")


def _add_all(roots: Roots, heights: list[int], encoded: list[str]) -> None:
    if len(heights) != len(encoded):
        raise Wrong(f"{MANIFEST} proves the range with {len(encoded)} hashes where {len(heights)} belong")
    for height, known in zip(heights, encoded, strict=True):
        roots.add(height, _hash(known, MANIFEST))


def filter_of(manifest: Json) -> Callable[[Json], bool]:
    """Whether the stated filter covers a leaf."""
    wanted, tag_keys = manifest["filter"], manifest["filter_tag_keys"]
    keys: dict[str, bytes] = {}
    for kind, value in (("tenant", wanted["tenant"]), ("subject", wanted["subject_id"])):
        if value is not None:
            keys[kind] = bytes.fromhex(tag_keys[kind])

    def covers(leaf: Json) -> bool:
        if wanted["outcome"] is not None and (leaf["outcome"] != wanted["outcome"] or leaf["kind"] not in DECISIONS):
            return False
        if wanted["stage"] is not None and leaf["stage"] != wanted["stage"]:
            return False
        tags = {kind: hmac.digest(key, bytes.fromhex(leaf["nonce"]), "sha256").hex() for kind, key in keys.items()}
        return tags.get("tenant", leaf["tenant_tag"]) == leaf["tenant_tag"] and (
            "subject" not in tags or tags["subject"] in leaf["subject_tags"]
        )

    return covers


def match_rows(leaves: Iterator[Json], rows: Iterator[Json] | None, manifest: Json, report: Report) -> None:
    """Walks leaves and rows side by side: each leaf that the filter covers has its row, and there is no other."""
    covers, name = filter_of(manifest), ROWS[manifest["format"]]
    before = -1
    for leaf in leaves:
        report.events += 1
        if rows is None or not covers(leaf):
            continue
        row = next(rows, None)
        if row is None or row["index"] != leaf["index"]:
            raise Wrong(_misplaced(row, next(rows, None) if row else None, leaf["index"], before, name))
        check_row(row, leaf, manifest, report)
        before = leaf["index"]
        report.rows += 1
    extra = next(rows, None) if rows is not None else None
    if extra is not None:
        repeated = extra["index"] == before
        raise Wrong(
            f"event {extra['index']} is in {name} twice (duplicated)" if repeated else f"event {extra['index']} was added to {name}"
        )


def _misplaced(row: Json | None, following: Json | None, expected: int, before: int, name: str) -> str:
    if row is None:
        return f"event {expected} is covered by the filter but missing from {name} (dropped or hidden)"
    if row["index"] == before:
        return f"event {before} is in {name} twice (duplicated)"
    if following is not None and following["index"] == expected:
        moved = row["index"] > expected
        return f"event {row['index']} stands before event {expected} in {name} (" + ("reordered)" if moved else "added)")
    if row["index"] > expected:
        return f"event {expected} is covered by the filter but missing from {name} (dropped or hidden)"
    return f"event {row['index']} does not belong where it stands in {name} (added or reordered)"


# -- all of it -----------------------------------------------------------------------------------------------------------


def check_witnessed(manifest: Json, witnesses: Sequence[Key], report: Report) -> None:
    """The newest checkpoint that a witness cosigned must be by one of the witnesses trusted; that the log extends it is checked as ever."""
    note = manifest.get("witnessed")
    if not witnesses:
        if note is not None:
            report.remarks.append("a checkpoint of this log was cosigned; give the witness's key by --witness to have that checked")
        return
    ids = ", ".join(key.id for key in witnesses)
    if note is None or (found := cosigned_at(note, witnesses)) is None:
        raise Wrong(f"no checkpoint in the archive is cosigned by the witness given ({ids})")
    at = datetime.fromtimestamp(found[1], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    report.witnessed = f"{found[0]} cosigned the first {note.split(chr(10))[1]} events at {at}"


def check_older(notes: Sequence[str], tree: Tree, manifest: Json, keys: Sequence[Key], tops: dict[int, bytes] | None) -> None:
    """The log must extend each older checkpoint."""
    for note in notes:
        old = read_checkpoint(note, keys, "the older checkpoint")
        if old.origin != tree.origin:
            raise Wrong(f"the older checkpoint is of another log: {old.origin!r}, not {tree.origin!r}")
        if old.size > tree.size:
            raise Wrong(
                f"the older checkpoint counts {old.size} events, the archive's only {tree.size}: the log was cut, or it is newer than the archive"
            )
        if tops is not None:
            same = tops[old.size] == old.root
        elif old.size == tree.size:
            same = old.root == tree.root
        else:
            known = next((entry for entry in manifest["proofs"]["consistency"] if entry["size"] == old.size), None)
            if known is None:
                raise Wrong(
                    f"the archive has no proof for the older checkpoint of size {old.size}; export again, naming it in consistent_with"
                )
            same = extends(old.size, old.root, tree.size, tree.root, [_hash(each, MANIFEST) for each in known["proof"]])
        if not same:
            raise Wrong(f"the log was forked: its first {old.size} events are not those of the older checkpoint")


def verify(path: Path, keys: Sequence[Key] | None = None, older: Sequence[str] = (), witnesses: Sequence[Key] = ()) -> Report:
    """Checks the archive; raises Wrong with the first thing that is wrong."""
    report = Report()
    try:
        with path.open("rb") as file:
            _verify(file, keys, older, witnesses, report)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError, OverflowError) as error:
        raise Wrong(f"not a whole zip archive (truncated or changed): {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Wrong(f"{MANIFEST} does not describe an export: {type(error).__name__} {error}") from error
    return report


def _verify(file: IO[bytes], keys: Sequence[Key] | None, older: Sequence[str], witnesses: Sequence[Key], report: Report) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            _verify_members(archive, keys, older, witnesses, report)
    except OSError as error:  # an offset that a changed byte made impossible
        raise Wrong(f"not a whole zip archive (truncated or changed): {error}") from error


def _verify_members(
    archive: zipfile.ZipFile, keys: Sequence[Key] | None, older: Sequence[str], witnesses: Sequence[Key], report: Report
) -> None:
    manifest, trusted = open_manifest(archive, keys, report)
    check_witnessed(manifest, witnesses, report)
    if manifest.get("witnessed") is not None and (keys is not None or witnesses):
        older = [*older, manifest["witnessed"]]
    described = {entry["name"]: entry for entry in manifest["files"]}
    tree = read_checkpoint(manifest["checkpoint"], trusted, "the archive's checkpoint")
    report.tree_size = tree.size
    hashes, tops = None, None
    if LEAF_HASHES in described:
        sizes = {int(note.split("\n", 2)[1]) for note in older if re.match(r"[^\n]*\n[0-9]{1,19}\n", note)}
        hashes, tops = read_leaf_hashes(archive, described[LEAF_HASHES], tree, sizes)
    check_older(older, tree, manifest, trusted, tops)
    skeletons, shown = Member(archive, described[SKELETONS]), Member(archive, described[ROWS[manifest["format"]]])
    rows = read_rows(archive, shown, manifest["format"], report)
    match_rows(read_leaves(skeletons, manifest, tree, hashes), rows, manifest, report)
    shown.finish(report.rows if rows is not None else None)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Check an exported archive of a Likeness Guard log, offline.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--key", type=Path, help="the log's public key, as /admin/v1/log/key gives it")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="an older checkpoint that you kept")
    parser.add_argument("--witness", type=Path, help="the public keys of witnesses of which one must have cosigned")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    given = parser.parse_args(arguments)
    try:
        key_text = given.key.read_text() if given.key else None
        older = [path.read_text() for path in given.checkpoint]
        witness_text = given.witness.read_text() if given.witness else None
        given.archive.open("rb").close()
    except (OSError, UnicodeError) as error:
        what = (
            f"{error.filename} cannot be read: {error.strerror}"
            if isinstance(error, OSError)
            else f"a key or checkpoint is not text: {error}"
        )
        print(what, file=sys.stderr)
        return 2
    try:
        witnesses = read_keys(witness_text, b"\x04") if witness_text is not None else []
        report = verify(given.archive, read_keys(key_text) if key_text is not None else None, older, witnesses)
    except (Wrong, OSError) as error:
        print(json.dumps({"ok": False, "problem": str(error)}) if given.json else f"WRONG: {error}")
        return 1
    if given.json:
        print(json.dumps({"ok": True, **vars(report)}))
        return 0
    print(
        f"OK: {report.events} events, {report.rows} rows, {report.erased} of them erased; log of {report.tree_size}, signed by {report.key_id}"
    )
    if report.witnessed is not None:
        print(f"witnessed: {report.witnessed}")
    for remark in report.remarks:
        print(f"note: {remark}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

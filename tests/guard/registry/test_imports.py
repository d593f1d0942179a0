"""Imports: all lines or none, each refusal with its line."""

import orjson
import pytest

from guard.registry.lines import read_lines
from guard.registry.store import Registry
from guard.registry.values import By, ImportReport, OptOut, RefusedLine, Requester, SubjectData
from guard.types import AliasKind, Channel, DirectiveStatus


def jsonl(*bodies: object) -> bytes:
    return b"\n".join(body if isinstance(body, bytes) else orjson.dumps(body) for body in bodies)


def person(name: str, **more: object) -> dict[str, object]:
    return {"subject": {"name": name, **more}}


def test_every_line_is_active_at_once(registry: Registry, by: By, auditor) -> None:
    report = registry.import_opt_outs(
        jsonl(person("Jane Roe"), b"", {**person("John Doe"), "requester": {"role": "agent"}, "scopes": ["sexual"]}), by
    )
    assert report == ImportReport(2, (), 1, False)
    records = registry.records(None)[1]
    assert [(r.no, r.name, r.directives[0].status, r.directives[0].authority, r.directives[0].scopes) for r in records] == [
        (1, "Jane Roe", DirectiveStatus.ACTIVE, "staff", ("all",)),
        (2, "John Doe", DirectiveStatus.ACTIVE, "agent", ("sexual",)),
    ]
    (change,) = auditor.changes
    assert (change.action, dict(change.details), dict(change.subjects)) == ("registry.import", {"imported": 2}, {})


def test_an_imported_person_is_like_any_other(registry: Registry, by: By) -> None:
    registry.import_opt_outs(jsonl(person("Jane Roe", aliases=["Janey Roe"])), by)
    (subject,) = registry.list_subjects().items
    (case,) = registry.list_cases().items
    assert (subject.name, [a.text for a in subject.aliases], case.status, case.subject_id) == (
        "Jane Roe",
        ["Janey Roe"],
        "active",
        subject.id,
    )
    with pytest.raises(Exception, match="likely registered"):
        registry.create_opt_out(OptOut(SubjectData("janey roe")), by)
    assert registry.erase_subject(subject.id, by).protection_ended == (case.directive_id,)


def test_a_bad_line_keeps_all_out(registry: Registry, by: By) -> None:
    content = jsonl(
        person("Jane Roe"), b"{", person("--"), person("John Doe", aliases=["!!"]), {"subject": {"name": "X Y"}, "scopes": ["everything"]}
    )
    report = registry.import_opt_outs(content, by)
    assert (report.imported, [(line.line, line.name) for line in report.refused]) == (
        0,
        [(2, None), (3, "--"), (4, "John Doe"), (5, "X Y")],
    )
    assert [word in line.reason for line, word in zip(report.refused, ("JSON", "'--'", "'!!'", "everything"), strict=True)] == [True] * 4
    assert (registry.records(None), registry.keyring.get_all("subject")) == ((0, [], []), {})


def test_a_dry_run_changes_nothing(registry: Registry, by: By) -> None:
    assert registry.import_opt_outs(jsonl(person("Jane Roe")), by, dry_run=True) == ImportReport(1, (), 0, True)
    assert registry.import_opt_outs(jsonl(person("--")), by, dry_run=True).refused[0].line == 1
    assert registry.records(None) == (0, [], [])


def test_a_likely_duplicate_is_imported(registry: Registry, by: By) -> None:
    registry.create_opt_out(OptOut(SubjectData("Jane Roe")), by)
    assert registry.import_opt_outs(jsonl(person("Jane Roe"), person("Jane Roe")), by).imported == 2


def test_one_id_in_two_lines_is_a_mistake(registry: Registry, by: By) -> None:
    report = registry.import_opt_outs(
        jsonl(person("Jane Roe", external_ids={"wikidata": "Q1"}), person("J Roe", external_ids={"wikidata": "Q1"})), by
    )
    assert report.refused == (RefusedLine(2, "J Roe", "has the same external id as line 1"),)


def test_progress(registry: Registry, by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.registry.imports._CHUNK", 2)
    seen: list[tuple[int, int]] = []
    registry.import_opt_outs(jsonl(*(person(f"Person Number{n}") for n in range(5))), by, progress=lambda *step: seen.append(step))
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_an_empty_file(registry: Registry, by: By) -> None:
    assert registry.import_opt_outs(b"\n\n", by) == ImportReport(0, (), 0, False)


# -- reading lines (no database) -----------------------------------------------------------------------------------------


def test_a_whole_line() -> None:
    body = {
        "subject": {
            "name": " Jane Roe ",
            "kind": "minor",
            "aliases": ["JR", {"text": "Джейн Роу", "kind": "transliteration", "lang": "ru"}],
            "external_ids": {"wikidata": "Q1"},
            "occupations": ["baker"],
            "born": 1980,
        },
        "requester": {"role": "guardian", "name": "Ann", "contact": "ann@example.org"},
        "evidence": [{"kind": "letter", "ref": "scan", "sha256": "AB" * 32}],
        "scopes": ["likeness"],
        "exemptions": ["news"],
        "modalities": ["prompt"],
        "jurisdictions": ["de"],
        "effective_from": "2026-01-01T01:00:00+01:00",
        "expires_at": None,
    }
    (line,) = read_lines(orjson.dumps(body))
    made = line.opt_out
    assert made is not None
    assert (made.subject.name, made.subject.born, made.subject.aliases[1].kind) == ("Jane Roe", "1980", AliasKind.TRANSLITERATION)
    assert (made.requester, made.evidence[0].sha256) == (Requester("guardian", "Ann", "ann@example.org"), "ab" * 32)
    directive = made.directive
    assert (directive.scopes, directive.exemptions, directive.channels, directive.jurisdictions) == (
        ("likeness",),
        ("news",),
        (Channel.PROMPT,),
        ("DE",),
    )
    assert directive.effective_from is not None
    assert (directive.effective_from.isoformat(), directive.expires_at) == ("2026-01-01T00:00:00+00:00", None)


REFUSED = [
    pytest.param(b"[]", "must be an object", id="a list"),
    pytest.param(b'{"subject":{}}', "subject.name: is missing", id="no name"),
    pytest.param(b'{"subject":{"name":" "}}', "subject.name: is empty", id="an empty name"),
    pytest.param(b'{"subject":{"name":"A B"},"typo":1}', "typo: is no field", id="an unknown field"),
    pytest.param(b'{"subject":{"name":"A B","aliases":[{"text":"x","kind":"generated"}]}}', "made by the guard", id="a generated alias"),
    pytest.param(b'{"subject":{"name":"A B"},"effective_from":"2026-01-01T00:00:00"}', "with an offset", id="a time without zone"),
    pytest.param(b'{"subject":{"name":"A B"},"expires_at":"2026-13-01T00:00:00Z"}', "expires_at", id="a time that does not exist"),
    pytest.param(b'{"subject":{"name":"A B"},"expires_at":1767225600}', "is not an RFC 3339 time", id="a number for a time"),
    pytest.param(
        b'{"subject":{"name":"A B"},"effective_from":"2026-01-02T00:00:00Z","expires_at":"2026-01-01T00:00:00Z"}',
        "must be later",
        id="ends before it begins",
    ),
    pytest.param(b'{"subject":{"name":"A B"},"jurisdictions":["EEA","Norway"]}', "must be an ISO 3166 code", id="a place that is no code"),
    pytest.param(b'{"subject":{"name":"\xff"}}', "is not JSON", id="no UTF-8"),
]


@pytest.mark.parametrize(("content", "reason"), REFUSED)
def test_lines_that_are_refused(content: bytes, reason: str) -> None:
    (line,) = read_lines(content)
    assert line.opt_out is None
    assert reason in (line.reason or "")


def test_csv() -> None:
    content = (
        "\ufeffname,kind,aliases,external_ids.wikidata,requester.role,scopes,expires_at\r\n"
        'Jane Roe,minor,"JR | Jane, the baker",Q1,guardian,sexual|likeness,2027-01-01T00:00:00Z\r\n'
        '"Doe, John",,,,,,\r\n'
        ",,,,,,\r\n"
    ).encode()
    first, second = (line.opt_out for line in read_lines(content, csv_format=True))
    assert first is not None
    assert second is not None
    assert ([a.text for a in first.subject.aliases], first.subject.external_ids) == (["JR", "Jane, the baker"], {"wikidata": "Q1"})
    assert (first.requester.role, first.directive.scopes) == ("guardian", ("sexual", "likeness"))
    assert second == OptOut(SubjectData("Doe, John"))


CSV_REFUSED = [
    pytest.param(b"name,typo\nJane Roe,x\n", "typo", id="an unknown column"),
    pytest.param(b"name\nJane,Roe\n", "another number of columns", id="too many cells"),
    pytest.param(b"name,kind\nJane\n", "another number of columns", id="too few cells"),
    pytest.param(b"name\n\xff\n", "is not UTF-8", id="no UTF-8"),
    pytest.param(b'name\n"Jane\n', "is not CSV", id="an open quote"),
]


@pytest.mark.parametrize(("content", "reason"), CSV_REFUSED)
def test_csv_that_is_refused(content: bytes, reason: str) -> None:
    (line,) = read_lines(content, csv_format=True)
    assert (line.opt_out, reason in (line.reason or "")) == (None, True)

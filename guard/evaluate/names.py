"""`guard evaluate names`: how many disguised names are found, how many honest prompts are refused, and how fast.

Runs on the operator's own people and prompts; nothing leaves the machine. A name counts as found when a strong hit of
that very person with the role likeness (so: a refusal under the default policy) comes back; a prompt counts as falsely
refused when anyone is found that way in it.
"""

import json
import random
import re
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from guard.evaluate.names_attacks import ATTACKS, GROUPS
from guard.evaluate.names_floods import FLOOD_CHARACTERS, floods
from guard.evaluate.names_labels import labelled_roles
from guard.evaluate.names_people import Half, People, invented, load
from guard.evaluate.names_rates import Rate, Report
from guard.evaluate.names_report import page
from guard.evaluate.names_roles import CARRIERS, NATIVE_CARRIERS, SENTENCES, SEPARATORS
from guard.match.names import NameIndex, build
from guard.match.names.ingest import expand
from guard.types import Alias, AliasKind, Role, Strength, SubjectKind, SubjectRecord, Text

PROMPT_CHARACTERS = 300
SCRIPT_TARGETS = {
    "Cyrillic": 0.85,
    "Greek": 0.85,
    "Arabic": 0.85,
    "Hebrew": 0.85,
    "Devanagari": 0.85,
    "Thai": 0.0,
    "kana": 0.6,
    "Hangul": 0.6,
    "Han": 0.3,
}


def record_of(number: int, name: str, aliases: Sequence[Alias] = ()) -> SubjectRecord:
    """A registered person as the registry would hand it to the index."""
    return SubjectRecord(number, f"sub_{number}", name, SubjectKind.PUBLIC_FIGURE, tuple(expand(name, aliases)))


def _stopped(index: NameIndex, texts: Sequence[str], number: int) -> tuple[bool, bool]:
    """Whether the person is refused, and whether they are seen at all."""
    hits = [hit for hit in index.search([Text(f"texts[{at}]", text) for at, text in enumerate(texts)]) if hit.subject_no == number]
    return any(hit.strength is Strength.STRONG and hit.role is Role.LIKENESS for hit in hits), bool(hits)


def _carried(texts: Sequence[str], carrier: str) -> list[str]:
    if len(texts) == 1:
        return [carrier.format(texts[0])]
    head, _, tail = carrier.partition("{}")
    return [f"{head}{texts[0]}", *texts[1:-1], f"{texts[-1]}{tail}"]


def _trial(name: str, group: str, target: float, cases: Iterable[tuple[int, Sequence[str]]], index: NameIndex) -> Rate:
    hits = trials = seen = 0
    misses: list[str] = []
    for number, texts in cases:
        stopped, noticed = _stopped(index, texts, number)
        trials += 1
        hits += stopped
        seen += noticed
        if not stopped and len(misses) < 12:
            misses.append(" ⏎ ".join(texts) + ("" if not noticed else "  [seen, not refused]"))
    return Rate(name, hits, trials, target, group, False, seen, tuple(misses))


def _attack_cases(attack: str, people: Sequence[tuple[int, str]], per_class: int, rng: random.Random) -> list[tuple[int, Sequence[str]]]:
    cases: list[tuple[int, Sequence[str]]] = []
    for number, name in people:
        texts = ATTACKS[attack](name, rng)
        if texts:
            cases.append((number, _carried(texts, rng.choice(CARRIERS))))
        if len(cases) >= per_class:
            break
    return cases


def script_people(people: People, per_class: int, rng: random.Random) -> dict[str, list[tuple[str, str]]]:
    """For each script, names put together from two tokens, in Latin letters and in that script."""
    out: dict[str, list[tuple[str, str]]] = {}
    for script, rows in people.pairs.items():
        made: list[tuple[str, str]] = []
        for _ in range(per_class):
            (first, native_first), (last, native_last) = rng.sample(rows, 2)
            made.append((f"{first.title()} {last.title()}", f"{native_first}{SEPARATORS.get(script, ' ')}{native_last}"))
        out[script] = made
    return out


def base_prompt(identifier: str) -> str:
    """The prompt that this one is a translation of, as the ids of the prompt files say."""
    return re.sub(r"_[a-z]{2}(-[A-Z]{2})?(?=-)", "", identifier)


def read_prompts(path: Path) -> list[tuple[str, str]]:
    """(base prompt, text) of every prompt of a JSON Lines file without those that `people_named.jsonl` beside it lists."""
    labels = path.parent / "people_named.jsonl"
    named = {json.loads(line)["id"] for line in labels.read_text("utf-8").splitlines()} if labels.exists() else set()
    named_bases = {base_prompt(identifier) for identifier in named}
    out: list[tuple[str, str]] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        leaf = json.loads(line)
        base = base_prompt(str(leaf.get("id", number)))
        if base not in named_bases:
            out.append((base, leaf.get("text") or leaf["prompt"]))
    return out


def _false_refusals(
    index: NameIndex, prompts: Sequence[tuple[str, str]], registered: int, report: Report, tick: Callable[[], None]
) -> None:
    bases: dict[str, bool] = {}
    held: dict[str, bool] = {}
    for base, text in prompts:
        tick()
        for hit in index.search([Text("prompt", text)]):
            if hit.role is not Role.LIKENESS:
                continue
            held[base] = held.get(base, False) or hit.strength is not Strength.WEAK
            if hit.strength is Strength.STRONG:
                bases[base] = True
                begin, end = hit.span
                around = text[max(0, begin - 30) : end + 30].replace("\n", " ")
                report.refused_prompts.append({"base": base, "alias": hit.alias, "view": hit.view, "text": hit.text, "around": around})
    total = len({base for base, _ in prompts})
    target = 0.001 if registered <= 20_000 else 0.002 if registered <= 200_000 else 0.005
    report.rates.append(Rate("prompts without people, refused", len(bases), total, target, "false refusals", at_most=True))
    report.rates.append(Rate("the same, refused or worth a look", sum(held.values()), total, 0.0, "false refusals", at_most=True))


def _latency(index: NameIndex, prompts: Sequence[tuple[str, str]], names: Sequence[str], report: Report) -> None:
    times: list[float] = []
    for _, text in prompts[:2000]:
        texts = [Text("prompt", text[:PROMPT_CHARACTERS])]
        began = time.process_time_ns()
        index.search(texts)
        times.append((time.process_time_ns() - began) / 1e6)
    report.latency_ms = {f"p{q}": round(float(np.percentile(times, q)), 4) for q in (50, 90, 99)} if times else {}
    for kind, flood in floods([text for _, text in prompts], names):
        began = time.process_time_ns()
        index.search([Text("prompt", flood)])
        name = f"{FLOOD_CHARACTERS:,} characters of {kind}"
        report.latency_ms[name] = round(max(report.latency_ms.get(name, 0.0), (time.process_time_ns() - began) / 1e6), 3)


def measure(
    people: People,
    prompts: Sequence[tuple[str, str]],
    registered: int = 10_000,
    per_class: int = 500,
    seed: int = 7,
    only: str | None = None,
    tick: Callable[[str], None] = lambda _: None,
    half: Half = Half.ALL,
) -> Report:
    """Build a registry of `registered` people around those given and measure everything on it.

    Args:
        people: real names (attacked) and native forms of name tokens.
        prompts: (base prompt, text) that name nobody.
        registered: how many people in all; invented ones fill up.
        per_class: people tried in each class.
        seed: of every choice made.
        only: a part of the name of the classes to run (for development); None runs all.
        tick: told the name of every class before it is run.
        half: the people and prompts to measure; all are registered all the same.
    """
    rng = random.Random(seed)
    real = list(people.names)
    rng.shuffle(real)
    prompts = [(base, text) for base, text in prompts if half.holds(base)]
    scripts = script_people(people.part(half), per_class, rng)
    records = [record_of(number, name) for number, name in enumerate(real)]
    attacked = [(number, name) for number, name in enumerate(real) if half.holds(name)]
    numbered: dict[str, list[tuple[int, str]]] = {}
    stored: dict[str, list[tuple[int, str]]] = {}
    for script, made in scripts.items():
        for place, (latin, native) in enumerate(made):
            aliases = (Alias(native, AliasKind.TRANSLITERATION, Strength.STRONG),) if place % 2 else ()
            (stored if place % 2 else numbered).setdefault(script, []).append((len(records), native))
            records.append(record_of(len(records), latin, aliases))
    tick("inventing people")
    for name in invented(people, max(0, registered - len(records)), seed):
        records.append(record_of(len(records), name))
    tick("building the index")
    began = time.process_time()
    arrays = build(records)
    report = Report(len(records), len(arrays["names.subjects"]), build_s=round(time.process_time() - began, 2))
    size = sum(array.nbytes for name, array in arrays.items() if not name.startswith("names.words"))
    report.bytes_per_alias = round(size / max(1, report.aliases), 1)
    del records
    index = NameIndex(arrays)
    for group, target, attacks in GROUPS:
        for attack in attacks:
            if only and only not in attack:
                continue
            tick(attack)
            report.rates.append(_trial(attack, group, target, _attack_cases(attack, attacked, per_class, rng), index))
    for script in scripts:
        for label, cases, target in ((f"{script}, stored", stored, 0.995), (f"{script}, not stored", numbered, SCRIPT_TARGETS[script])):
            if only and only not in label:
                continue
            tick(label)
            carried = [(number, [rng.choice(NATIVE_CARRIERS[script]).format(native)]) for number, native in cases.get(script, [])]
            report.rates.append(_trial(label, "other scripts", target, carried, index))
    if not only or only in "roles":
        tick("roles")
        _roles(index, attacked[:per_class], report)
    if prompts and (not only or only in "prompts"):
        tick("honest prompts")
        _false_refusals(index, prompts, registered, report, lambda: None)
    if prompts:
        tick("latency")
        _latency(index, prompts, real, report)
    report.peak_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return report


def _roles(index: NameIndex, people: Sequence[tuple[int, str]], report: Report) -> None:
    right: dict[Role, list[int]] = {role: [0, 0] for role in Role}
    misses: list[str] = []
    place = 0
    for language, role, sentences in SENTENCES:
        for sentence in sentences:
            for _ in range(8):
                number, name = people[place % len(people)]
                place += 1
                text = sentence.format(name)
                roles = {hit.role for hit in index.search([Text("prompt", text)]) if hit.subject_no == number}
                right[role][0] += roles == {role}
                right[role][1] += 1
                if roles != {role} and len(misses) < 40:
                    misses.append(f"{language} {role}: {text} -> {sorted(roles)}")
    for role, (hits, trials) in right.items():
        report.rates.append(Rate(f"role {role}", hits, trials, 0.0, "roles"))
    report.rates.append(
        Rate("role, all", sum(a for a, _ in right.values()), sum(b for _, b in right.values()), 0.9, "roles", misses=tuple(misses))
    )


def _labelled(prompts: Path, half: Half, report: Report) -> None:
    counts, wrong = labelled_roles(prompts, half, base_prompt, record_of)
    for language, (right, found) in sorted(counts.items()):
        report.rates.append(Rate(f"labelled mentions, {language}", right, found, 0.0, "roles"))
    if counts:
        right, found = (sum(column) for column in zip(*counts.values(), strict=True))
        report.rates.append(Rate("labelled mentions, all", right, found, 0.9, "roles", misses=tuple(wrong[:40])))


def print_table(report: Report, console: Console | None = None) -> None:
    """The report as a table for people."""
    console = console or Console()
    table = Table(title=f"{report.registered:,} people, {report.aliases:,} aliases")
    for column in ("class", "found", "95 % interval", "seen", "n", "target", ""):
        table.add_column(column, justify="left" if column == "class" else "right")
    group = None
    for rate in report.rates:
        if rate.group != group:
            table.add_section()
            table.add_row(f"[bold]{rate.group}[/bold]")
            group = rate.group
        low, high = rate.interval
        target = "" if not rate.target else f"{'<=' if rate.at_most else '>='} {rate.target:.1%}"
        mark = "" if not rate.target else "[green]met[/green]" if rate.met else "[red]short[/red]"
        seen = f"{rate.seen / rate.trials:.1%}" if rate.trials and not rate.at_most and rate.group != "roles" else ""
        table.add_row(rate.name, f"{rate.value:.1%}", f"{low:.1%} - {high:.1%}", seen, str(rate.trials), target, mark)
    console.print(table)
    console.print(f"build {report.build_s} s; {report.bytes_per_alias} bytes an alias; peak {report.peak_mb} MB; CPU in ms:")
    for name, value in report.latency_ms.items():
        console.print(
            f"  {f'a {PROMPT_CHARACTERS}-character prompt, {name}' if name.startswith('p') and name[1:].isdigit() else name}: {value}"
        )


def run(
    people: Path,
    prompts: Path | None,
    registered: int = 10_000,
    per_class: int = 500,
    as_json: bool = False,
    html: Path | None = None,
    only: str | None = None,
    half: Half = Half.ALL,
    seed: int = 7,
) -> int:
    """Measure, print, and write the page; 0 when every target is met, else 1."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("reading", total=None)
        report = measure(
            load(people),
            read_prompts(prompts) if prompts else [],
            registered,
            per_class,
            seed,
            only,
            lambda name: progress.update(task, description=name),
            half,
        )
        if prompts and (not only or only in "labelled roles"):
            _labelled(prompts, half, report)
    if as_json:
        print(report.to_json())
    else:
        print_table(report)
    if html:
        html.write_text(page(report), "utf-8")
    return 0 if all(rate.met for rate in report.rates) else 1

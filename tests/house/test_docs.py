"""The pages agree with the code, with each other, and with what a reader can run."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
GENERATED = runpy.run_path(str(ROOT / "docs" / "generate.py"))["PAGES"]


@pytest.mark.parametrize("page", GENERATED)
def test_a_generated_page_is_what_the_code_says(page: str) -> None:
    assert (ROOT / "docs" / page).read_text() == GENERATED[page](), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = page if not path else (page.parent / path).resolve()
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    }


def test_every_page_is_of_one_of_the_kinds() -> None:
    kinds = set(runpy.run_path(str(ROOT / "docs" / "generate.py"))["KINDS"])
    assert {page.parent.name for page in (ROOT / "docs").glob("*/*.md")} <= kinds
    assert {page.name for page in (ROOT / "docs").glob("*.md")} == {"index.md"}


def test_every_term_of_the_glossary_is_defined_once() -> None:
    text = (ROOT / "docs" / "reference" / "glossary.md").read_text()
    terms = [
        term.strip(" .").lower()
        for bold in re.findall(r"^\*\*(.+?)\*\*|(?<=\. )\*\*(.+?)\*\*", text, re.MULTILINE)
        for term in "".join(bold).split(",")
    ]
    assert sorted(terms) == sorted(set(terms))


def test_decisions_are_numbered_once_and_have_their_three_parts() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert len({page.name[:4] for page in pages}) == len(pages)
    assert [
        page.name for page in pages if not all(f"\n## {part}" in page.read_text() for part in ("Context", "Decision", "Consequences"))
    ] == []

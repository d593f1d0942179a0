"""Links to pictures: what they show, for how long, and what the directory gives away."""

import asyncio
from pathlib import Path

import pytest

from guard.errors import UnavailableError
from guard.links import Kept, Link, Links, Release
from tests.guard.extract.pictures import drawn

PNG = drawn("png")
RELEASE = Release("acme", 7, "policy-1", "news", None)


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(tmp_path: Path, clock: Clock) -> Links:
    return Links(tmp_path / "pictures", "https://guard.example", 60, 10_000, clock)


def kept(links: Links, data: bytes = PNG) -> Link:
    made = links.make({"data[0].url": data})
    asyncio.run(links.keep(made, {"data[0].url": data}, RELEASE))
    return made["data[0].url"]


def name(link: Link) -> str:
    return link.url.rpartition("/")[2]


def test_a_link_leads_to_its_picture_for_a_while(links: Links, clock: Clock) -> None:
    link = kept(links)
    assert link.url.startswith("https://guard.example/pictures/")
    assert link.url.endswith(".png")
    assert asyncio.run(links.read(name(link))) == Kept("image/png", PNG, 60, RELEASE)
    clock.now += 59
    assert asyncio.run(links.read(name(link))) == Kept("image/png", PNG, 1, RELEASE)
    clock.now += 1
    assert asyncio.run(links.read(name(link))) is None


def test_nobody_who_reads_the_directory_sees_a_picture_or_learns_a_link(links: Links) -> None:
    link = kept(links)
    [file] = links.directory.iterdir()
    assert PNG[8:40] not in file.read_bytes()
    assert (file.stat().st_mode & 0o777, links.directory.stat().st_mode & 0o777) == (0o600, 0o700)
    assert name(link)[9:52] not in file.name


@pytest.mark.parametrize(
    "bad",
    ["", "x", "../../etc/passwd", "%2e%2e", "{later}", "{other}", "{file}"],
    ids=["empty", "short", "a way up", "an encoded way up", "a later end", "another secret", "the file's own name"],
)
def test_what_was_never_handed_out_leads_nowhere(bad: str, links: Links) -> None:
    link = kept(links)
    own, file = name(link), next(links.directory.iterdir()).name
    later = f"{link.expires_at + 9:08x}{own[8:]}"
    other = own[:9] + ("B" if own[9] == "A" else "A") + own[10:]
    asked = bad.replace("{later}", later).replace("{other}", other).replace("{file}", file)
    assert asyncio.run(links.read(asked)) is None


def test_a_file_in_place_of_another_does_not_open(links: Links) -> None:
    first, second = kept(links), kept(links, drawn("jpeg"))
    (links.directory / second.file_name).write_bytes((links.directory / first.file_name).read_bytes())
    assert asyncio.run(links.read(name(second))) is None


def test_what_is_over_goes_and_the_oldest_make_room(links: Links, clock: Clock) -> None:
    first = kept(links, PNG + bytes(3_000))
    clock.now += 10
    second = kept(links, PNG + bytes(3_000))
    clock.now += 10
    third = kept(links, PNG + bytes(3_000))
    assert {file.name for file in links.directory.iterdir()} == {second.file_name, third.file_name}
    assert asyncio.run(links.read(name(first))) is None
    clock.now += 55
    links.sweep()
    assert {file.name for file in links.directory.iterdir()} == {third.file_name}


def test_what_is_too_large_gets_no_link(links: Links) -> None:
    assert links.make({"data[0].url": bytes(6_000), "data[1].url": bytes(6_000)}) == {}


def test_a_link_that_cannot_be_kept_is_our_own_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnavailableError):
        kept(Links(tmp_path / "file" / "pictures", "https://guard.example", 60, 10_000))

"""The reference page of routes says what the route table does."""

from pathlib import Path

from guard.extract.coverage import page, places
from guard.extract.openai_images import EDITS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "routes.md"


def test_the_page_is_what_the_route_table_says() -> None:
    assert PAGE.read_text() == page(), "run `python -m guard.extract.coverage > docs/reference/routes.md`"


def test_places_are_told_by_what_is_done_with_them() -> None:
    found = places(EDITS)
    assert found["picture"] == ["images[].image_url", "mask.image_url", "markup.image_url"]
    assert found["stored state"] == ["images[].file_id", "mask.file_id", "markup.file_id"]
    assert found["refused"] == ["svg"]
    assert found["text"] == ["prompt", "user", "safety_identifier"]

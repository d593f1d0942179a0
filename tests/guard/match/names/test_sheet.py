"""A text and its readings in one: each stretch is told from which reading it is, and none is of two."""

from guard.match.names.sheet import Sheet


def test_a_plain_text_is_its_own_only_reading() -> None:
    sheet = Sheet.of("a lighthouse at dawn")
    assert (sheet.text, sheet.readings, sheet.leet) == ("a lighthouse at dawn", (), None)
    assert sheet.piece(2, 12) == (None, 2, 12)


def test_every_reading_is_found_again_and_none_runs_into_the_next() -> None:
    original = "%54om and T0m"
    sheet = Sheet.of(original)
    names = [view.name for view in sheet.readings]
    assert names == ["decoded", "leet"]
    view = sheet.readings[0]
    begin = sheet.text.index(view.text, len(original))
    assert sheet.piece(begin, begin + 3) == (view, 0, 3)
    assert sheet.piece(begin, begin + len(view.text)) == (view, 0, len(view.text))
    assert sheet.piece(begin, len(sheet.text)) is None
    assert sheet.piece(len(original) - 1, begin + 1) is None


def test_a_reading_of_leet_begins_where_it_says() -> None:
    sheet = Sheet.of('"big" and "T4yl0r"')
    assert [view.name for view in sheet.readings] == ["quoted parts", "leet"]
    assert sheet.leet is not None
    assert sheet.text[sheet.leet :] == sheet.readings[1].text


def test_no_name_is_put_together_from_stretches_that_do_not_follow_each_other() -> None:
    sheet = Sheet.of(f"%54om {'and a boat ' * 20} %53wift")
    (view,) = (view for view in sheet.readings if view.name == "decoded")
    begin, parting = sheet.text.index(view.text), view.text.index("\n")
    assert sheet.piece(begin, begin + parting) == (view, 0, parting)
    assert sheet.piece(begin + parting + 1, begin + len(view.text)) == (view, parting + 1, len(view.text))
    assert sheet.piece(begin, begin + len(view.text)) is None

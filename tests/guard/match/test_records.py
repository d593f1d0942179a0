"""Subjects as bytes and back."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from guard.match import records
from guard.types import Alias, Directive, SubjectRecord, Template

words_ = st.text(max_size=12).filter(lambda text: text.isprintable())
times_ = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
records_ = st.builds(
    SubjectRecord,
    no=st.integers(1, 2**31),
    id=words_,
    name=words_,
    aliases=st.lists(st.builds(Alias, text=words_, lang=st.none() | words_), max_size=3).map(tuple),
    templates=st.lists(st.builds(Template, id=words_, encoder=words_, vector=st.binary(max_size=16)), max_size=2).map(tuple),
    directives=st.lists(
        st.builds(
            Directive,
            id=words_,
            version=st.integers(1, 9),
            scopes=st.lists(words_, max_size=2).map(tuple),
            effective_from=times_,
            expires_at=times_,
            max_uses=st.none() | st.integers(0, 9),
        ),
        max_size=3,
    ).map(tuple),
    exclusions=st.lists(words_, max_size=2).map(tuple),
    data_key=st.binary(max_size=32),
)


@given(records_)
def test_a_record_survives(record: SubjectRecord) -> None:
    assert records.loads(records.dumps(record)) == record


@given(records_)
def test_the_essence_is_what_matchers_do_not_need(record: SubjectRecord) -> None:
    kept = records.essence(record)
    assert (kept.aliases, kept.templates) == ((), ())
    assert (kept.no, kept.id, kept.name, kept.directives, kept.data_key) == (
        record.no,
        record.id,
        record.name,
        record.directives,
        record.data_key,
    )

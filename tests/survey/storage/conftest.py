"""A store of either kind of database."""

from collections.abc import Iterator

import pytest

from mixdream.survey.storage.store import Store


@pytest.fixture
def store(db: str) -> Iterator[Store]:
    with Store(db, create=True) as opened:
        yield opened

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import torch

from mixdream.ahead import ahead


def test_things_come_in_the_order_of_the_items_whatever_takes_longest() -> None:
    last_is_made = threading.Event()

    def make(number: int) -> int:
        if number == 0:
            assert last_is_made.wait(10)
        if number == 2:
            last_is_made.set()
        return number

    assert list(ahead(make, range(3), threads=3)) == [0, 1, 2]


def test_no_more_is_begun_than_there_are_threads_and_one() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            asked.append(number)
            yield number

    with closing(ahead(str, items(), threads=2)) as made:
        assert asked == []
        assert next(made) == "0"
        assert asked == [0, 1, 2]
    assert asked == [0, 1, 2]


def test_after_an_error_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def make(number: int) -> int:
        begun.append(number)
        return 1 // (1 - number)

    made = ahead(make, range(100), threads=1)
    assert next(made) == 1
    with pytest.raises(ZeroDivisionError):
        next(made)
    assert len(begun) <= 3
    assert list(made) == []


def test_torch_computes_in_one_thread_there_and_as_before_here() -> None:
    before = torch.get_num_threads()
    assert set(ahead(lambda _: torch.get_num_threads(), range(8), threads=2)) == {1}
    assert torch.get_num_threads() == before

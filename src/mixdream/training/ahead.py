"""One ahead: what is needed next is made in a thread while what came before is used."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Made = TypeVar("Made")


def ahead(make: Callable[[int], Made], first: int, last: int) -> Generator[Made]:
    """Yield ``make(first)`` to ``make(last - 1)``, in this order; closed, it ends with the one that is begun.

    Numpy, soxr and torch let go of the interpreter while they compute, so that two cores have work.

    >>> list(ahead(lambda number: number**2, 2, 5))
    [4, 9, 16]
    """
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as beside:
        coming = beside.submit(make, first) if first < last else None
        for number in range(first, last):
            assert coming is not None
            made = coming.result()
            coming = beside.submit(make, number + 1) if number + 1 < last else None
            yield made

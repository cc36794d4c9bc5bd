"""Ahead: what is needed next is made in threads while what came before is used."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Made = TypeVar("Made")


def ahead(make: Callable[[Item], Made], items: Iterable[Item], threads: int | None = None) -> Generator[Made]:
    """Yield ``make(item)`` of each item, in order, with one more begun than there are threads.

    Unless given, there are as many threads as cores. Numpy, soxr and torch let go of the interpreter while
    they compute; in each thread torch computes with that one alone, so what is made is the same whatever the
    number of cores. Closed, or after an error, it ends with those that are begun.

    >>> list(ahead(lambda number: number**2, range(2, 5)))
    [4, 9, 16]
    """
    threads = threads or os.cpu_count() or 1
    coming: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as beside:
        try:
            for item in items:
                coming.append(beside.submit(make, item))
                if len(coming) > threads:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for each in coming:
                each.cancel()

"""What all tests of corpora share."""

from collections.abc import Iterator

import pytest

from mixdream.corpus import folder


@pytest.fixture(scope="package", autouse=True)
def small_corpora() -> Iterator[None]:
    """New corpora of 8 kHz, mono, unless told otherwise: most questions are the same, and answered sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "RATE_HZ", 8000)
        patch.setattr(folder, "CHANNELS", 1)
        yield

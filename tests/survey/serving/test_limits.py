from hypothesis import given
from hypothesis import strategies as st

from mixdream.survey.serving.limits import Buckets, Rate, network_of
from tests.clock import Clock
from tests.texts import CHARACTERS


def test_a_burst_then_the_steady_rate() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(burst=5, per_s=2)
    assert [buckets.wait_s("one", "a", rate) for _ in range(5)] == [0] * 5
    assert buckets.wait_s("one", "a", rate) == 0.5
    assert buckets.wait_s("one", "b", rate) == 0
    assert buckets.wait_s("two", "a", rate) == 0
    clock.now_s = 0.5
    assert buckets.wait_s("one", "a", rate) == 0
    assert buckets.wait_s("one", "a", rate) == 0.5


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 10), st.floats(0.1, 5))
def test_never_more_than_burst_and_rate_allow(pauses_s: list[float], burst: int, per_s: float) -> None:
    clock = Clock()
    buckets = Buckets(clock)
    allowed = 0
    for pause_s in pauses_s:
        clock.now_s += pause_s
        allowed += buckets.wait_s("", "a", Rate(burst, per_s)) == 0
        assert allowed <= burst + per_s * clock.now_s + 1e-6


def test_memory_is_bounded_and_holds_no_address() -> None:
    buckets = Buckets(Clock())
    for i in range(20_100):
        buckets.wait_s("address", f"10.0.{i // 256}.{i % 256}", Rate(5, 1))
    assert len(buckets._left) == 20_000
    assert not [key for key in buckets._left if b"10.0." in key]


@given(st.text(CHARACTERS, max_size=50))
def test_any_name_is_a_client(name: str) -> None:
    assert isinstance(network_of(name), str)


def test_ports_make_no_other_client() -> None:
    for addresses in (
        ("192.0.2.1", "192.0.2.1:1", "192.0.2.1:65535"),
        ("2001:db8::1", "[2001:db8::1]:80", "[2001:db8::1]"),
    ):
        assert len({network_of(address) for address in addresses}) == 1


def test_a_network_of_the_sixth_version_is_one_client() -> None:
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::"
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"

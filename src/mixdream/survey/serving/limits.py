"""How much a client may ask: token buckets in memory, one set in each worker process."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

_KEYS = 20_000  # remembered at most; the least recent are forgotten


@dataclass(frozen=True)
class Rate:
    """Requests that are allowed at once, and each second after that."""

    burst: float
    per_s: float


SESSION = Rate(burst=100, per_s=10)
"""Requests of one listener."""
ADDRESS = Rate(burst=2000, per_s=100)
"""Requests of one address; a lecture hall may have one."""
STARTS = Rate(burst=200, per_s=2)
"""Sessions begun from one address."""


class Buckets:
    """Counts requests by key and says when there were too many.

    Keys are hashed under a secret that dies with the process: no address is ever kept.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(16)
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def wait_s(self, kind: str, key: str, rate: Rate) -> float:
        """Count a request; 0 when it may go on, else the seconds until the next one may."""
        name = blake2b(f"{kind} {key}".encode("utf-8", "replace"), key=self._secret, digest_size=16).digest()
        moment = self._clock()
        left, seen = self._left.pop(name, (rate.burst, moment))
        left = min(rate.burst, left + (moment - seen) * rate.per_s)
        allowed = left >= 1
        self._left[name] = (left - allowed, moment)
        if len(self._left) > _KEYS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / rate.per_s


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the 64 bits of an IPv6 address that name a network.

    Some proxies name the port, too.

    >>> network_of("203.0.113.7:4711"), network_of("2001:db8::1:2:3"), network_of("[2001:db8::5]:4711")
    ('203.0.113.7', '2001:db8::', '2001:db8::')
    """
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)

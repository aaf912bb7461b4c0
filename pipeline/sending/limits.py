"""How often one visitor may do something, remembered in memory only, and under a hash that ends with the process."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections import deque
from dataclasses import dataclass, field

MOST_VISITORS = 10_000


@dataclass(slots=True)
class Limit:
    """So many times in so many seconds, for each visitor."""

    times: int
    within_s: float
    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)
    _seen: dict[bytes, deque[float]] = field(default_factory=dict, repr=False)

    def is_spent(self, visitor: str) -> bool:
        """Tell whether a visitor has had all their turns."""
        turns = self._seen.get(self._name(visitor))
        return turns is not None and len(turns) == self.times and turns[0] > time.monotonic() - self.within_s

    def take(self, visitor: str) -> bool:
        """Tell whether a visitor may, and count that they did."""
        if self.is_spent(visitor):
            return False
        now = time.monotonic()
        if len(self._seen) > MOST_VISITORS:
            self._seen = {known: turns for known, turns in self._seen.items() if turns[-1] > now - self.within_s}
        self._seen.setdefault(self._name(visitor), deque(maxlen=self.times)).append(now)
        return True

    def _name(self, visitor: str) -> bytes:
        return hashlib.blake2b(visitor.encode(), key=self._salt, digest_size=16).digest()


def visitor_of(host: str) -> str:
    """Return who counts as one visitor: an address, or the 2^64 of IPv6 that one connection is given (RFC 6177)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))

"""How often one visitor may do something, remembered in memory only, and under a hash that ends with the process."""

from __future__ import annotations

import hashlib
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

    def take(self, visitor: str) -> bool:
        """Tell whether a visitor may, and count that they did."""
        name = hashlib.blake2b(visitor.encode(), key=self._salt, digest_size=16).digest()
        now = time.monotonic()
        if len(self._seen) > MOST_VISITORS:
            self._seen = {known: turns for known, turns in self._seen.items() if turns[-1] > now - self.within_s}
        turns = self._seen.setdefault(name, deque(maxlen=self.times))
        if len(turns) == self.times and turns[0] > now - self.within_s:
            return False
        turns.append(now)
        return True

"""A document that kills every worker that tries it."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from pipeline.running.afar import make_afar
from pipeline.running.making import Made, Order, Shop
from pipeline.running.store import Store

DEADLY = "blog/gift"


def make_or_die(order: Order, shop: Shop, run: str, store: Store) -> tuple[tuple[Made, ...], Mapping[str, float]]:
    if order.binding.id == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return make_afar(order, shop, run, store)

"""Answers to the last few questions about the board: as long as nothing happens, every tab asks the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection

from llm_service.core.query import Query, select
from llm_service.core.shapes import ColumnJson, Facets
from llm_service.core.tasks import Card

KEPT = 16

Selected = tuple[dict[str, ColumnJson], Facets]


class BoardPages:
    """Selects, unless the same was asked at the same point of the stream. Answers are shared: do not change them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seq = -1
        self._known: OrderedDict[Query, Selected] = OrderedDict()

    def select(self, seq: int, cards: Collection[Card], query: Query) -> Selected:
        """The pages and facets of `query` over `cards`, which are the board at `seq`."""
        with self._lock:
            if seq != self._seq:
                self._seq = seq
                self._known.clear()
            known = self._known.get(query)
        if known is not None:
            return known
        made = select(cards, query)
        with self._lock:
            if seq == self._seq:
                self._known[query] = made
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return made

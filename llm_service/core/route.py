"""What one REST route is, for the tables that are served, documented and tested."""

from __future__ import annotations

from typing import Any, NamedTuple


class Param(NamedTuple):
    """A query or path parameter."""

    name: str
    about: str
    place: str = "query"
    required: bool = False


class Route(NamedTuple):
    """One method of one path; `shape` is what a 200 answers with, None for a page; `body` what it is sent."""

    method: str
    path: str
    shape: Any
    about: str
    params: tuple[Param, ...] = ()
    errors: tuple[int, ...] = ()
    public: bool = False
    body: Any = None

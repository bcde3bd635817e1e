"""The JSON of handing invocations in."""

from __future__ import annotations

from typing import Required

from typing_extensions import TypedDict


class InvocationRow(TypedDict, total=False):
    """One call of a model. Counts never overlap: all input is `input_tokens` and the cache fields, all output is
    `output_tokens`, of which `reasoning_tokens` is a part. Telling an `invocation_id` twice counts it once.
    """

    model: Required[str]
    invocation_id: str
    timestamp: str
    tool: str
    provider: str
    agent: str
    task: str
    session: str
    project: str
    node: str
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    web_searches: int
    latency_ms: float
    status: str
    error: str
    tier: str
    cost_usd: float


class InvocationRows(TypedDict):
    """What is handed in; the bare list is taken too."""

    rows: list[InvocationRow]


class RefusedRow(TypedDict):
    """A row that was not taken: its place in what was handed in, from 0."""

    index: int
    invocation_id: str | None
    reason: str


class Ingested(TypedDict):
    """What became of the rows, said after they are written: `duplicate` were known already."""

    accepted: int
    duplicate: int
    refused: list[RefusedRow]

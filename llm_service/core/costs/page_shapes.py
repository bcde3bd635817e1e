"""The JSON of the Costs page: what a range cost, in buckets and in tables, and the invocations one by one."""

from __future__ import annotations

from typing_extensions import TypedDict

CostSpan = TypedDict("CostSpan", {"from": str, "to": str, "width": str, "timezone": str})
"""The time an answer is about: whole buckets of `width` (hour, day or week), the first at `from`, all before `to`."""


class Series(TypedDict):
    """One value over the buckets; an empty name was not given. `other` sums everything beyond the eight dearest."""

    name: str
    other: bool
    cost_usd: list[float]
    tokens: list[int]


class TokenSeries(TypedDict):
    """Tokens over the buckets. `input` holds no cache, `output` holds `reasoning`."""

    input: list[int]
    output: list[int]
    cache_read: list[int]
    cache_write: list[int]
    reasoning: list[int]


class LatencySeries(TypedDict):
    """Milliseconds over the buckets, null where nothing was measured.

    Percentiles are read in proportion from a histogram with the bounds 50, 100, 250, 500 ms, 1, 2.5, 5, 10, 30, 60
    and 300 s; what took longer than 300 s counts as 300 s there.
    """

    mean_ms: list[float | None]
    p50_ms: list[float | None]
    p95_ms: list[float | None]


class ErrorSeries(TypedDict):
    """Invocations over the buckets, and those of them that did not succeed."""

    invocations: list[int]
    errors: list[int]


class CostSums(TypedDict):
    """Sums. `input_tokens` holds no cache, `output_tokens` holds the reasoning, `total_tokens` has each token once.

    `cost_usd` is without the unpriced invocations, which are counted beside it.
    """

    invocations: int
    errors: int
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    total_tokens: int
    cost_usd: float
    unpriced_invocations: int
    unpriced_tokens: int


class CostRow(CostSums):
    """What one model, agent, project, tool or node did in a range; an empty name was not given."""

    name: str


class CostPage(TypedDict):
    """`GET /api/costs`. A bucket in which nothing happened is 0 in sums and null in times.

    `buckets` are the starts. Tables hold the 200 dearest; `more` says how many values of each are not in them.
    """

    range: CostSpan
    by: str
    buckets: list[str]
    series: list[Series]
    tokens: TokenSeries
    latency: LatencySeries
    errors: ErrorSeries
    models: list[CostRow]
    agents: list[CostRow]
    projects: list[CostRow]
    tools: list[CostRow]
    nodes: list[CostRow]
    more: dict[str, int]
    totals: CostSums


class KeptInvocation(TypedDict):
    """One invocation as it was kept.

    `cost_usd` is what counts: what the source reported, else our estimate, null where neither is known. `price` names
    the list the estimate was made with. `counted` is false where the same use was also seen through a better door.
    """

    invocation_id: str
    timestamp: str
    model: str
    tool: str
    door: str
    provider: str | None
    agent: str | None
    task: str | None
    session: str | None
    project: str | None
    node: str | None
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    total_tokens: int
    web_searches: int
    latency_ms: int | None
    status: str
    error: str | None
    tier: str | None
    cost_usd: float | None
    reported_usd: float | None
    estimated_usd: float | None
    price: str | None
    counted: bool


class InvocationPage(TypedDict):
    """`GET /api/telemetry/invocations`: newest first.

    One answer looks at a bounded number of rows, so a page may hold fewer than asked, or none, and still have a
    `next`. `searched_to` is how far back it looked; null, as `next`, when there is nothing older.
    """

    rows: list[KeptInvocation]
    next: str | None
    searched_to: str | None

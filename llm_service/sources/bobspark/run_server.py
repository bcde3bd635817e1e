"""One BobSpark server as far as runs go: its paths, and its times by our clock."""

from __future__ import annotations

from llm_service.clients.errors import BadAnswer
from llm_service.clients.event_stream import EventStream, open_stream
from llm_service.clients.web import Client, segment
from llm_service.core.bobspark.run_rows import RunDetailRow, RunRows, run_detail, run_rows, started_id
from llm_service.core.runs.shapes import RunStatus

LEAST_SKEW_S = 5.0
"""A server's clock that differs by less is taken as right: its Date header has whole seconds and took its time."""
_STEADY_S = 2.0


class RunServer:
    """Safe on any thread; methods raise `ClientError`."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = client.name
        self._ahead_s = 0.0

    @property
    def ahead_s(self) -> float:
        """How far the server's clock is ahead of ours; the same number as long as it does not really change."""
        now_s = self.client.skew_s or 0.0
        if abs(now_s - self._ahead_s) > _STEADY_S:
            self._ahead_s = now_s if abs(now_s) >= LEAST_SKEW_S else 0.0
        return self._ahead_s

    def list(self, limit: int) -> RunRows:
        """The newest runs; some servers give them all, whatever the limit."""
        answer = self.client.get("/api/runs", {"limit": limit})
        rows = run_rows(answer.value, self.ahead_s)
        if rows is None:
            raise BadAnswer(f"{self.name}: GET {self.client.upstream.url}/api/runs answered with no list of runs")
        return rows

    def detail(self, run_id: str) -> RunDetailRow:
        """A run with its stored events."""
        return run_detail(self.client.get(self._path(run_id)).value, self.ahead_s)

    def stream(self, run_id: str, last_event_id: str) -> EventStream:
        """The run's stream from now on."""
        return open_stream(self.client, f"{self._path(run_id)}/stream", last_event_id=last_event_id)

    def submit(self, body: dict[str, object]) -> tuple[str, RunStatus]:
        """Start a run; its id and the state it is in."""
        answer = self.client.post("/api/runs", body)
        run_id = started_id(answer.value)
        if run_id is None:
            raise BadAnswer(
                f"{self.name}: POST {self.client.upstream.url}/api/runs was taken ({answer.status}) and named no run",
                answer.status,
            )
        row = run_detail(answer.value, self.ahead_s).row
        return run_id, row.status if row is not None else "unknown"

    def cancel(self, run_id: str) -> None:
        """Ask for a run to be cancelled; whether it is, its stream and its row tell."""
        self.client.delete(self._path(run_id))

    def _path(self, run_id: str) -> str:
        return f"/api/runs/{segment(run_id)}"

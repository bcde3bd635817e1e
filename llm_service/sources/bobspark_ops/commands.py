"""Commands to a coordinator. What a server refuses is said in its own words; nothing is tried twice by itself."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from llm_service.clients.errors import ClientError, NotThere, Unreachable
from llm_service.clients.web import segment
from llm_service.core.no_such_source import NoSuchSource
from llm_service.core.operations.command_shapes import CancelAnswer, Cancelled, CommandDone
from llm_service.sources.bobspark_ops.queue_watch import ACTIVE, waiting_rows
from llm_service.sources.bobspark_ops.site import Site, site_of

APART_S = 0.1
"""Between two cancellations: these servers start the next run at each, and their own page waits as long."""


class Commands:
    """Safe on any thread."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let nobody wait any more for a long row of cancellations."""
        self._stopping.set()

    def cancel(self, keys: Sequence[str] | None, source: str | None) -> CancelAnswer:
        """Cancel runs that wait: those named, else all of one source, else all. Never one that has begun.

        A server whose queue cannot be read has its reason in the answer. Raises `NoSuchSource`.
        """
        wanted = self._by_source(keys, source)
        results: list[Cancelled] = []
        for name, own in wanted.items():
            results += self._cancel_at(name, own)
        done = sum(result["ok"] for result in results)
        return {"results": results, "cancelled": done, "failed": len(results) - done}

    def _by_source(self, keys: Sequence[str] | None, source: str | None) -> dict[str, list[str] | None]:
        """Ids by server; None for all that wait there."""
        if keys is None:
            return {site_of(self._sites, source).name: None} if source is not None else dict.fromkeys(self._sites)
        wanted: dict[str, list[str] | None] = {}
        for key in dict.fromkeys(keys):
            name, _, run_id = key.partition(":")
            if source is not None and name != source:
                raise NoSuchSource(f"{key} is not a run of {source}")
            ids = wanted.setdefault(site_of(self._sites, name).name, [])
            assert ids is not None
            ids.append(run_id)
        return wanted

    def _cancel_at(self, name: str, wanted: list[str] | None) -> list[Cancelled]:
        site = self._sites[name]
        try:
            waiting = [row.id for row in waiting_rows(site.client)]
        except ClientError as error:
            told = f"{error.sentence}; nothing was cancelled there"
            return [_failed(f"{name}:{run_id}", told) for run_id in wanted or ("*",)]
        results = []
        asked = 0
        for run_id in waiting if wanted is None else wanted:
            if run_id not in waiting:
                results.append(_failed(f"{name}:{run_id}", "it no longer waits: it has begun or ended meanwhile"))
                continue
            if asked and self._stopping.wait(APART_S):
                results.append(_failed(f"{name}:{run_id}", "the dashboard is stopping"))
                continue
            asked += 1
            results.append(_cancel_one(site, run_id))
        if asked:
            site.soon("queue")
        return results

    def add_node(self, source: str, node: str, job: str) -> CommandDone:
        """Let a machine help with the active job. Raises `NoSuchSource`, `ClientError`."""
        site = site_of(self._sites, source)
        site.client.post(f"{ACTIVE}/add-node", {"node": node, "job_id": job})
        site.soon("active-job")
        return {"ok": True, "source": source, "text": f"{node} now works on {job}."}

    def switch(self, source: str, job: str, node: str, *, pause: bool) -> CommandDone:
        """Pause a machine's part in a job, or let it go on. Raises `NoSuchSource`, `ClientError`."""
        site = site_of(self._sites, source)
        deed = "pause" if pause else "resume"
        site.client.put(f"/api/coordinator/jobs/{segment(job)}/nodes/{segment(node)}/{deed}")
        site.soon("active-job")
        return {"ok": True, "source": source, "text": f"{node} {'pauses' if pause else 'goes on'}."}


def _cancel_one(site: Site, run_id: str) -> Cancelled:
    key = f"{site.name}:{run_id}"
    try:
        site.client.delete(f"/api/runs/{segment(run_id)}")
    except NotThere:
        return _failed(key, "the server no longer knows this run")
    except Unreachable as error:
        maybe = "; whether it was cancelled is not known" if error.maybe_done else ""
        return _failed(key, f"{error.sentence}{maybe}")
    except ClientError as error:
        return _failed(key, error.sentence)
    return {"key": key, "ok": True, "error": None}


def _failed(key: str, error: str) -> Cancelled:
    return {"key": key, "ok": False, "error": error}

"""Asks one watched server, and only that: what could lead a request elsewhere or hold it for ever is shut off.

No redirect is followed, and none is even read. requests' adapter is used without its session, so that no proxy, no
.netrc and no cookie gets in. Every connection goes to an address that was judged (`addresses`). Bodies have a bound,
and every wait has an end.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import requests
from urllib3.exceptions import HTTPError

from llm_service.clients import answers
from llm_service.clients.addresses import ForbiddenAddress, JudgedAdapter, OpenSockets
from llm_service.clients.answers import Asked
from llm_service.clients.errors import Refused, Unreachable
from llm_service.clients.failures import Crossed, Timeouts, failure_of
from llm_service.logs import register_secret
from llm_service.upstreams import Upstream

MAX_BYTES = 32 * 1024 * 1024
TEXT_BYTES = 1024 * 1024
Params = Mapping[str, str | int | float | None]


class Answer(NamedTuple):
    """A 2xx: `value` is its JSON (None without a body); `skew_s` how far the server's clock is ahead of ours."""

    value: Any
    status: int
    skew_s: float | None


class Opened(NamedTuple):
    """A response whose headers have come; who has it closes it."""

    response: requests.Response
    asked: Asked


def segment(text: str) -> str:
    """One part of a path from a foreign id, which then cannot lead elsewhere, whatever it holds."""
    return quote(text, safe="").replace(".", "%2E") if text.strip(".") == "" else quote(text, safe="")


class Client:
    """Made once for a server, used from any thread. All methods raise `ClientError` and nothing else."""

    def __init__(self, upstream: Upstream, timeouts: Timeouts = Timeouts()) -> None:  # noqa: B008 - a value
        self.upstream = upstream
        self.skew_s: float | None = None
        """As the last answer told it."""
        self._timeouts = timeouts
        self._sockets = OpenSockets(timeouts.headers_s)
        self._tls = ssl.create_default_context() if upstream.url.startswith("https:") else None
        """With the certificates that this machine trusts, so that a server inside a company can have one."""
        self._adapter = JudgedAdapter(self._sockets, self._tls)
        self._closed = False
        if upstream.token:
            register_secret(upstream.token)

    @property
    def name(self) -> str:
        return self.upstream.name

    def get(self, path: str, params: Params | None = None, *, max_bytes: int = MAX_BYTES) -> Answer:
        return self._ask("GET", path, params=params, max_bytes=max_bytes)

    def post(self, path: str, body: object = None) -> Answer:
        return self._ask("POST", path, body=body)

    def put(self, path: str, body: object = None) -> Answer:
        return self._ask("PUT", path, body=body)

    def delete(self, path: str) -> Answer:
        return self._ask("DELETE", path)

    def text(self, path: str, params: Params | None = None, *, max_bytes: int = TEXT_BYTES) -> str:
        """A plain text; what is no UTF-8 in it is replaced."""
        end_s = time.monotonic() + self._timeouts.whole_s
        with self.open("GET", path, params=params, accept="text/plain, */*").response as response:
            asked = self._asked("GET", path)
            answers.judge(response, asked, end_s)
            return answers.read_body(response, asked, max_bytes, end_s).decode("utf-8", "replace")

    def close(self) -> None:
        """End every request and every stream of this server, whoever waits for it."""
        self._closed = True
        self._sockets.close()
        self._adapter.close()

    def open(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        accept: str = "application/json",
        headers: Mapping[str, str | bytes] | None = None,
        alone: bool = False,
    ) -> Opened:
        """Send a request and return when its headers are there, whatever the status.

        `alone`: over a connection of its own, as a stream is that keeps it for long.
        """
        asked = self._asked(method, path)
        if not path.startswith("/"):
            raise Refused(asked.said("is no path of this server"), 400)
        sent = self._prepared(method, path, params, body, {"Accept": accept, **(headers or {})}, asked)
        began_s = time.time()
        response = self._sent_once(sent, asked) if alone or asked.writes else self._sent_again(sent, asked)
        skew_s = answers.clock_skew(response, began_s, time.time())
        self.skew_s = skew_s if skew_s is not None else self.skew_s
        return Opened(response, asked)

    def _ask(
        self, method: str, path: str, *, params: Params | None = None, body: object = None, max_bytes: int = MAX_BYTES
    ) -> Answer:
        end_s = time.monotonic() + self._timeouts.whole_s
        response, asked = self.open(method, path, params=params, body=body)
        with response:
            answers.judge(response, asked, end_s)
            value = answers.read_json(answers.read_body(response, asked, max_bytes, end_s), response, asked)
        return Answer(value, response.status_code, self.skew_s)

    def _asked(self, method: str, path: str) -> Asked:
        return Asked(self.name, method, f"{self.upstream.url}{path}", self.upstream.token)

    def _prepared(
        self,
        method: str,
        path: str,
        params: Params | None,
        body: Any,
        headers: Mapping[str, str | bytes],
        asked: Asked,
    ) -> requests.PreparedRequest:
        all_headers = {"User-Agent": "llm-service", "Accept-Encoding": "identity", **headers}
        if self.upstream.token:
            all_headers["Authorization"] = f"Bearer {self.upstream.token}".encode()
        try:
            return requests.Request(
                method, f"{self.upstream.url}{path}", headers=all_headers, params=dict(params or {}), json=body
            ).prepare()
        except (requests.RequestException, ValueError) as error:
            raise Refused(asked.said("cannot be sent: its address or a header is not allowed"), 400) from error

    def _sent_again(self, sent: requests.PreparedRequest, asked: Asked) -> requests.Response:
        """Servers close kept connections when they like, which may cross with our asking: a GET gets one more try."""
        try:
            return self._send(self._adapter, sent, asked)
        except Crossed:
            pass
        try:
            return self._send(self._adapter, sent, asked)
        except Crossed as crossed:
            raise Unreachable(crossed.sentence) from crossed

    def _sent_once(self, sent: requests.PreparedRequest, asked: Asked) -> requests.Response:
        """Over a connection of its own, so that the failure of an old one never leaves open what was done."""
        sent.headers["Connection"] = "close"
        try:
            return self._send(JudgedAdapter(self._sockets, self._tls), sent, asked)
        except Crossed as crossed:
            raise Unreachable(crossed.sentence, maybe_done=asked.writes) from crossed

    def _send(self, adapter: JudgedAdapter, sent: requests.PreparedRequest, asked: Asked) -> requests.Response:
        if self._closed:
            raise Unreachable(asked.said("was not asked: the dashboard is stopping"))
        limits = self._timeouts
        try:
            return adapter.send(sent, stream=True, timeout=(limits.connect_s, limits.read_s))
        except (requests.RequestException, HTTPError, OSError, ValueError, ForbiddenAddress) as error:
            raise failure_of(error, asked, limits) from error

"""Tells alerts to a webhook: one POST of JSON each, on a thread of its own, so that nothing ever waits for it.

The address is a secret (whoever has it can write into somebody's chat), so it stands in no log, error or answer; only
its host does. Rules against being sent elsewhere (TRUST SEC-15): http and https only, no user in the address, no
redirect followed, no proxy or .netrc of the environment, the name resolved once and the very address that was judged
connected to, link-local and metadata addresses never.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import queue
import socket
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from llm_service.background import Background
from llm_service.core.budgets.shapes import WebhookState
from llm_service.logs import register_secret

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
PAUSES_S = (1.0, 4.0, 15.0)
"""Waits before the second, third and fourth try."""
WAITING = 200
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_METADATA = (ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200"))


class NotDelivered(Exception):
    """A try that failed; the text never holds the address, `again` says whether another try makes sense."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


class Webhook(Background):
    """Takes alerts with `offer`, which never waits. Without an address it takes none."""

    def __init__(self, url: str | None, *, pauses_s: Sequence[float] = PAUSES_S) -> None:
        super().__init__("webhook")
        self._url = url
        self._pauses_s = pauses_s
        self._queue: queue.Queue[Mapping[str, Any] | None] = queue.Queue(WAITING)
        self.delivered = 0
        self.failed = 0
        self.problem = ""
        if url:
            _hide(url)

    @property
    def configured(self) -> bool:
        return self._url is not None

    def start(self) -> None:
        if self.configured:
            super().start()

    def _wake_up(self) -> None:
        """Give up waiting tries; what could not be told by then is lost, the alerts themselves are kept."""
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            pass  # the thread looks at `_stopping` after each of them

    def offer(self, payload: Mapping[str, Any]) -> None:
        """Tell this soon. Where too many wait already it is counted as failed."""
        if not self.configured:
            return
        try:
            self._queue.put_nowait(payload)
        except queue.Full:
            self._give_up("too many alerts wait to be sent")

    def state(self) -> WebhookState:
        """How it goes, for the page."""
        return {
            "configured": self.configured,
            "delivered": self.delivered,
            "failed": self.failed,
            "problem": self.problem,
        }

    def _run(self) -> None:
        while not self._stopping.is_set():
            payload = self._queue.get()
            if payload is None:
                return
            try:
                self._deliver(payload)
            except Exception as error:  # noqa: BLE001 - told without its text, which may hold the address
                self.failures += 1
                self._give_up(f"unexpected {type(error).__name__}")

    def _deliver(self, payload: Mapping[str, Any]) -> None:
        assert self._url is not None
        body = json.dumps(payload).encode()
        reason = ""
        for pause_s in (0.0, *self._pauses_s):
            if self._stopping.wait(pause_s):
                break
            try:
                post(self._url, body)
            except NotDelivered as error:
                reason = str(error)
                if not error.again:
                    break
            else:
                self.delivered += 1
                self.problem = ""
                return
        self._give_up(reason or "the dashboard is stopping")

    def _give_up(self, reason: str) -> None:
        self.failed += 1
        host = urlsplit(self._url or "").hostname
        self.problem = f"The webhook at {host} was not told of an alert: {reason}."
        log.warning("the webhook at %s was not told of an alert: %s", host, reason)


def post(url: str, body: bytes) -> None:
    """One try. Raises `NotDelivered`; returns when the other side answered 2xx."""
    import requests  # 6 MB and 60 ms, only where there is a webhook

    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolve(host, port)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", _pinned(host))
        literal = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
        headers = {"Host": parts.netloc, "Content-Type": "application/json", "User-Agent": "llm-service"}
        try:
            # Streamed: an endless answer is nobody's business, the status is all that counts.
            answer = session.post(
                target, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, stream=True
            )
        except requests.Timeout:
            raise NotDelivered(f"it did not answer within {TIMEOUT_S:g} s", again=True) from None
        except requests.exceptions.SSLError:
            raise NotDelivered("its certificate is not accepted", again=False) from None
        except requests.RequestException:
            raise NotDelivered("the connection failed", again=True) from None
        with answer:
            _judge(answer.status_code)


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise NotDelivered(f"it answered {status}, a redirect, which is not followed", again=False)
    raise NotDelivered(f"it answered {status}", again=status in _TRY_AGAIN)


def _resolve(host: str, port: int) -> str:
    """The address to connect to. One look-up decides, so that no second answer can differ from the one judged."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotDelivered("its name cannot be resolved", again=True) from None
    for *_, address in found:
        if _forbidden(str(address[0])):
            raise NotDelivered("its address is link-local or a metadata service, which is never asked", again=False)
    return str(found[0][4][0])


def _forbidden(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    ip = mapped or parsed
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in _METADATA


def _pinned(host: str) -> Any:
    """An adapter that connects to a number and asks for, and checks, the certificate of the name."""
    from requests.adapters import HTTPAdapter

    class Pinned(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs, server_hostname=host)

    return Pinned()


def _hide(url: str) -> None:
    """Mask the address, and the part of it that opens something, in everything logged."""
    parts = urlsplit(url)
    for text in (url, parts.path.strip("/"), parts.query, *parts.path.split("/")):
        # Short words of a path are ordinary ones, which would be masked everywhere.
        if len(text) >= 16 or text == url:
            register_secret(text)

"""The webhook against a real server: what is sent, retried and refused, and that its address stays secret."""

from __future__ import annotations

import http.server
import json
import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from llm_service import logs
from llm_service.telemetry import webhook as webhook_module
from llm_service.telemetry.webhook import NotDelivered, Webhook, post
from tests.kit.waiting import wait_until

PATH = "/hooks/T0123456789/B0123456789-very-secret"
ALERT = {"event": "budget.alert", "text": "Day: 80 % reached.", "alert": {"id": 7}}
QUICK = (0.01, 0.01, 0.01)


@dataclass
class Hook:
    """A server that answers with the statuses it is told, the last one for ever."""

    server: http.server.ThreadingHTTPServer
    statuses: list[int] = field(default_factory=lambda: [200])
    got: list[dict] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{PATH}"


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append({"path": self.path, "headers": dict(self.headers), "body": json.loads(body)})
            status = made.statuses.pop(0) if len(made.statuses) > 1 else made.statuses[0]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{made.server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            made.got.append({"path": self.path, "redirected": True})
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            pass

    made = Hook(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def started() -> Iterator[list[Webhook]]:
    made: list[Webhook] = []
    yield made
    for each in made:
        each.stop()
        assert not each.alive


def begin(started: list[Webhook], url: str) -> Webhook:
    made = Webhook(url, pauses_s=QUICK)
    started.append(made)
    made.start()
    return made


def test_an_alert_is_one_post_of_json(hook: Hook, started: list[Webhook]) -> None:
    webhook = begin(started, hook.url)
    webhook.offer(ALERT)
    wait_until(lambda: webhook.delivered == 1, "the delivery")
    (got,) = hook.got
    assert got["body"] == ALERT
    assert got["path"] == PATH
    assert got["headers"]["Content-Type"] == "application/json"
    assert got["headers"]["Host"] == f"127.0.0.1:{hook.server.server_port}"
    assert webhook.state() == {"configured": True, "delivered": 1, "failed": 0, "problem": ""}


def test_a_server_in_trouble_is_asked_again_and_told_once(hook: Hook, started: list[Webhook]) -> None:
    hook.statuses = [503, 429, 200]
    webhook = begin(started, hook.url)
    webhook.offer(ALERT)
    wait_until(lambda: webhook.delivered == 1, "the delivery")
    assert len(hook.got) == 3
    assert webhook.failed == 0


def test_after_four_tries_it_is_given_up_and_seen_and_the_next_alert_is_tried_anew(
    hook: Hook, started: list[Webhook]
) -> None:
    hook.statuses = [500, 500, 500, 500, 200]
    webhook = begin(started, hook.url)
    webhook.offer(ALERT)
    wait_until(lambda: webhook.failed == 1, "the failure")
    assert webhook.state()["problem"] == "The webhook at 127.0.0.1 was not told of an alert: it answered 500."
    webhook.offer(ALERT)
    wait_until(lambda: webhook.delivered == 1, "the delivery")
    assert webhook.state()["problem"] == ""


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_not_tried_again(hook: Hook, started: list[Webhook], status: int) -> None:
    hook.statuses = [status]
    webhook = begin(started, hook.url)
    webhook.offer(ALERT)
    wait_until(lambda: webhook.failed == 1, "the failure")
    assert [got["path"] for got in hook.got] == [PATH]
    assert "redirect, which is not followed" in webhook.problem


def test_a_refusal_is_not_tried_again(hook: Hook, started: list[Webhook]) -> None:
    hook.statuses = [404]
    webhook = begin(started, hook.url)
    webhook.offer(ALERT)
    wait_until(lambda: webhook.failed == 1, "the failure")
    assert len(hook.got) == 1


def test_neither_netrc_nor_a_proxy_of_the_environment_is_used(
    hook: Hook, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password not-for-you\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    post(hook.url, b"{}")
    assert "Authorization" not in hook.got[0]["headers"]


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "2852039166", "0.0.0.0"]
)
def test_link_local_and_metadata_addresses_are_never_asked(host: str) -> None:
    with pytest.raises(NotDelivered, match="link-local or a metadata service") as refused:
        post(f"http://{host}/x", b"{}")
    assert not refused.value.again


def test_a_name_is_resolved_once_and_that_address_is_asked(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def changing(host: str, *rest: object, **more: object) -> list:
        if host == "hook.example":
            asked.append(host)
            assert len(asked) == 1, "a second answer could be another one"
            host = "127.0.0.1"
        return real(host, *rest, **more)

    monkeypatch.setattr(webhook_module.socket, "getaddrinfo", changing)
    post(hook.url.replace("127.0.0.1", "hook.example"), b"{}")
    assert hook.got[0]["headers"]["Host"].startswith("hook.example:")


def test_nobody_waits_for_a_webhook_that_hangs(started: list[Webhook]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(15)
        webhook = begin(started, f"http://127.0.0.1:{deaf.getsockname()[1]}{PATH}")
        for _ in range(webhook_module.WAITING + 2):
            webhook.offer(ALERT)
        assert webhook.failed >= 1
        assert "too many alerts wait" in webhook.problem
        connection, _ = deaf.accept()
        webhook._stopping.set()
        connection.close()


def test_its_address_is_in_no_log(started: list[Webhook], caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"http://127.0.0.1:{port}{PATH}?key=also-a-very-secret-one"
    with caplog.at_level(logging.DEBUG):
        webhook = begin(started, url)
        webhook.offer(ALERT)
        wait_until(lambda: webhook.failed == 1, "the failure")
    record = logging.LogRecord("x", logging.INFO, "", 0, f"calling {url}", None, None)
    logs.MaskingFilter().filter(record)
    ours = [line.getMessage() for line in caplog.records if line.name.startswith("llm_service")]
    assert ours == ["the webhook at 127.0.0.1 was not told of an alert: the connection failed"]
    assert "very-secret" not in webhook.problem + record.getMessage()


def test_without_an_address_there_is_no_thread_and_nothing_is_kept() -> None:
    webhook = Webhook(None)
    webhook.start()
    webhook.offer(ALERT)
    webhook.stop()
    assert webhook.state() == {"configured": False, "delivered": 0, "failed": 0, "problem": ""}

"""The port: the one that was asked for, the next free one, and never one that somebody holds."""

from __future__ import annotations

import os
import socket

import pytest

from llm_service.dashboard.listening import listen
from llm_service.dashboard.port_holder import port_holder
from llm_service.errors import PortBusy, SettingsError
from tests.security.site import small_site
from tests.security.wire import ask, connect, head, read_answer


def test_a_given_port_that_is_busy_says_who_holds_it():
    with listen("127.0.0.1", 0, port_given=True) as held:
        port = held.getsockname()[1]
        with pytest.raises(PortBusy) as caught:
            listen("127.0.0.1", port, port_given=True)
        assert str(port) in str(caught.value)
        assert f"pid {os.getpid()}" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 3
    assert port_holder(port) is None


@pytest.mark.parametrize("first_host", ["127.0.0.1", "0.0.0.0"])
def test_two_servers_never_share_a_port(first_host: str):
    with listen(first_host, 0, port_given=True) as held:
        port = held.getsockname()[1]
        for host in ("127.0.0.1", "0.0.0.0", "localhost"):
            with pytest.raises(PortBusy):
                listen(host, port, port_given=True)


def free_run(length: int) -> int:
    """A port followed by enough free ones."""
    for start in range(42_000, 60_000, 50):
        try:
            for port in range(start, start + length):
                listen("127.0.0.1", port, port_given=True).close()
        except PortBusy:
            continue
        return start
    raise AssertionError("no free ports at all")


def test_a_default_port_that_is_busy_moves_on_and_gives_up_after_ten():
    start = free_run(12)
    held = [listen("127.0.0.1", start, port_given=False)]
    try:
        for step in range(1, 11):
            held.append(listen("127.0.0.1", start, port_given=False))
            assert held[-1].getsockname()[1] == start + step
        with pytest.raises(PortBusy, match=f"{start} to {start + 10}"):
            listen("127.0.0.1", start, port_given=False)
    finally:
        for listener in held:
            listener.close()


def test_a_port_whose_last_connections_linger_can_be_used_at_once():
    with small_site() as site:
        port = site.port
        connection = connect(port)
        connection.sendall(head("GET", "/health", [("Host", "localhost")]))
        assert read_answer(connection).status == 200
    # The server closed first, so the kernel keeps its side of the connection for a minute.
    assert connection.recv(1) == b""
    connection.close()
    with small_site(port=port) as site:
        assert ask(port, "/health").status == 200


def test_a_host_that_can_never_work_is_a_settings_error():
    for host in ("no-such-host.invalid", "203.0.113.7", "not a host"):
        with pytest.raises(SettingsError):
            listen(host, 0, port_given=True)


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_the_ipv6_loopback_is_served_where_there_is_one_and_refused_in_one_line_where_not():
    if not has_ipv6():
        with pytest.raises(SettingsError):
            listen("::1", 0, port_given=True)
        return
    with small_site(host="::1") as site, connect(site.port, "::1") as connection:
        connection.sendall(head("GET", "/api/tasks", [("Host", f"[::1]:{site.port}"), site.bearer]))
        assert read_answer(connection).status == 200


def test_a_machine_without_ipv6_is_fine(monkeypatch: pytest.MonkeyPatch):
    real = socket.getaddrinfo

    def both(host: str, port: int, **more: object) -> list:
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)), *real("127.0.0.1", port, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with listen("localhost", 0, port_given=True) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"

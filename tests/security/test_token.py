"""Nothing but a fixed set of paths answers without the token, the cookie or a login code."""

from __future__ import annotations

import threading
import time

import pytest
import requests
import socketio as client_library

from llm_service.dashboard import guard
from llm_service.dashboard.auth import CODE_LIFE_S, Auth
from llm_service.errors import SettingsError
from tests.security.site import TOKEN, Site, small_site
from tests.security.wire import ask, eventually, open_websocket

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB"]
HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


def every_path(site: Site) -> list[str]:
    """Every route of the application, its variables filled in, and what lies beside the routes."""
    paths = [rule.rule.replace("<path:filename>", "main.js") for rule in site.app.url_map.iter_rules()]
    paths = [path.replace("<path:id>", "x").replace("<id>", "x") for path in paths]
    beside = ["/nowhere", "/api", "/health/", "/%2fhealth", "/static/../health", "/login/x", "/static/login.html"]
    return [*paths, *beside, HANDSHAKE, "/socket.io/?EIO=4&transport=polling&sid=x", "/socket.io"]


def test_every_route_and_method_outside_the_public_set_asks_for_a_login(site: Site):
    site.app.config["TRAP"].clear()
    asked = [path for path in every_path(site) if path not in guard.PUBLIC]
    assert len(asked) > 10
    for path in asked:
        for method in METHODS:
            answer = ask(site.port, path, method=method)
            assert (method, path, answer.status) == (method, path, 401)
            assert answer.header("WWW-Authenticate") == "Bearer"
    assert site.app.config["TRAP"] == []
    assert not site.sessions


def test_the_public_set_is_small_and_known():
    assert {
        "/health",
        "/login",
        "/favicon.ico",
        "/favicon.svg",
        "/static/login.css",
        "/static/login.js",
    } == guard.PUBLIC


@pytest.mark.parametrize(
    "credentials",
    [
        [("Authorization", "Bearer wrong")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer")],
        [("Authorization", TOKEN)],
        [("Authorization", f"Basic {TOKEN}")],
        [("Authorization", f"Bearer {TOKEN}x")],
        [("Authorization", f"Bearer {TOKEN[:-1]}")],
        [("Authorization", f"Bearer {TOKEN.upper()}")],
        [("Authorization", "Bearer \xff\xfe")],
        [("Authorization", f"Bearer {TOKEN}, Bearer {TOKEN}")],
        [("Cookie", f"llm_service_1={TOKEN}")],  # the cookie is not the token
        [("Cookie", "llm_service_1=")],
        [("Cookie", "llm_service_1")],
        [("Cookie", "; ;=;llm_service_1=a=b")],
        [("X-Token", TOKEN)],
    ],
)
def test_a_wrong_credential_is_no_credential(site: Site, credentials: list[tuple[str, str]]):
    assert ask(site.port, "/api/tasks", headers=credentials).status == 401
    assert ask(site.port, HANDSHAKE, headers=credentials).status == 401


def test_who_sends_a_wrong_token_is_told_another_thing_than_who_sends_none(site: Site):
    said = [ask(site.port, "/api/tasks", headers=sent).body.decode() for sent in ([], [("Authorization", "Bearer x")])]
    assert "this needs a login" in said[0]
    assert "the token that was sent is not this server's" in said[1]
    assert TOKEN not in said[1]


def test_the_token_in_the_query_is_not_taken(site: Site):
    assert ask(site.port, f"/api/tasks?token={TOKEN}").status == 401


def test_the_token_and_the_cookie_open_every_door(site: Site):
    for credential in (site.bearer, site.cookie, ("Authorization", f"bearer  {TOKEN}")):
        assert ask(site.port, "/api/tasks", headers=[credential]).status == 200
        assert ask(site.port, "/static/login.html", headers=[credential]).status == 200


def test_a_cookie_of_the_same_name_set_by_another_program_does_not_lock_us_out(site: Site):
    name, value = site.cookie
    assert ask(site.port, "/api/tasks", headers=[(name, f"llm_service_1=planted; {value}")]).status == 200


def test_a_refused_handshake_leaves_no_session(site: Site):
    for _ in range(20):
        assert ask(site.port, HANDSHAKE).status == 401
        connection, answer = open_websocket(site.port, [])
        connection.close()
        assert answer.startswith(b"HTTP/1.1 401 ")
    assert len(site.sessions) == 0


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_the_real_client_gets_in_with_the_token_and_not_without(transport: str):
    # The client waits for the poll under way before it leaves, hence the quick pings.
    with small_site(ping_s=0.3, ping_timeout_s=2) as site:
        stranger = client_library.Client(reconnection=False)
        with pytest.raises(client_library.exceptions.ConnectionError):
            stranger.connect(site.url, namespaces=["/dashboard"], transports=[transport])
        # The library sends its `headers` with the first polling request only; a session's go with each.
        with requests.Session() as session:
            session.headers.update([site.bearer])
            friend = client_library.Client(reconnection=False, http_session=session)
            welcome = threading.Event()
            friend.on("connection_ack", lambda _, seen=welcome: seen.set(), namespace="/dashboard")
            friend.connect(
                site.url,
                namespaces=["/dashboard"],
                transports=[transport],
                headers=dict([site.bearer]),
                wait_timeout=30,
            )
            try:
                assert welcome.wait(10), "no connection_ack came"
            finally:
                friend.disconnect()
        eventually(lambda: not site.sessions, "a session stayed after its client left")


def test_without_a_token_the_door_is_open_but_the_other_walls_stand():
    with small_site(token=None) as site:
        assert ask(site.port, "/api/tasks").status == 200
        assert ask(site.port, "/api/tasks", host="evil.example").status == 421
        assert ask(site.port, "/api/tasks", headers=[("Origin", "http://evil.example")]).status == 403
        assert ask(site.port, "/login").status == 303


def test_rotating_ends_every_cookie_code_and_token():
    with small_site() as site:
        code, cookie, bearer = site.auth.new_code(), site.cookie, site.bearer
        site.auth.rotate("another-long-token")
        assert ask(site.port, "/api/tasks", headers=[cookie]).status == 401
        assert ask(site.port, "/api/tasks", headers=[bearer]).status == 401
        assert ask(site.port, f"/login?code={code}").status == 401
        assert ask(site.port, "/api/tasks", headers=[site.cookie]).status == 200


def test_two_instances_on_one_host_keep_their_logins_apart():
    with small_site(instance="a") as first, small_site(instance="b") as second:
        jar = ("Cookie", "; ".join(site.cookie[1] for site in (first, second)))
        assert first.cookie[1] not in second.cookie[1]
        for site, other in ((first, second), (second, first)):
            assert ask(site.port, "/api/tasks", headers=[jar]).status == 200
            assert ask(site.port, "/api/tasks", headers=[other.cookie]).status == 401
            stolen = f"{site.auth.cookie_name}={other.auth.cookie_value()}"
            assert ask(site.port, "/api/tasks", headers=[("Cookie", stolen)]).status == 401


def test_one_viewer_too_many_is_told_so_and_the_others_stay():
    with small_site(max_clients=2) as site:
        for _ in range(2):
            assert ask(site.port, HANDSHAKE, headers=[site.bearer]).status == 200
        for path in (HANDSHAKE, HANDSHAKE + "&sid="):
            refused = ask(site.port, path, headers=[site.bearer])
            assert refused.status == 503
            assert refused.json()["error"].startswith("too many viewers")
        connection, answer = open_websocket(site.port, [site.bearer])
        connection.close()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert len(site.sessions) == 2
        sid = next(iter(site.sessions))
        pong = ask(site.port, f"{HANDSHAKE}&sid={sid}", method="POST", headers=[site.bearer], body=b"3")
        assert pong.status == 200
        assert ask(site.port, "/api/tasks", headers=[site.bearer]).status == 200


def test_a_code_works_once_and_for_fifteen_minutes():
    now = [0.0]
    auth = Auth(TOKEN, "llm_service_1", lambda: now[0])
    code, old = auth.new_code(), auth.new_code()
    assert auth.redeem(code)
    assert not auth.redeem(code)
    now[0] = CODE_LIFE_S - 1
    fresh = auth.new_code()
    now[0] = CODE_LIFE_S
    assert not auth.redeem(old)
    assert auth.redeem(fresh)
    assert not auth.redeem("")
    assert not auth.redeem("\ud800")


def test_codes_are_bounded_and_one_code_is_redeemed_by_one_of_many_threads():
    auth = Auth(TOKEN, "llm_service_1", time.monotonic)
    first = auth.new_code()
    codes = [auth.new_code() for _ in range(200)]
    assert not auth.redeem(first)
    wins = []
    racers = [threading.Thread(target=lambda: wins.append(auth.redeem(codes[-1]))) for _ in range(20)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(10)
    assert sorted(wins) == [False] * 19 + [True]


@pytest.mark.parametrize("token", ["", "short", "with a space", "nön-ascii-token", "line\nbreak-token"])
def test_a_token_that_cannot_be_kept_or_sent_stops_the_start(token: str):
    with pytest.raises(SettingsError, match="token"):
        Auth(token, "llm_service_1", time.monotonic)


def test_a_login_outlives_a_restart():
    before = Auth(TOKEN, "llm_service_1", time.monotonic).cookie_value()
    assert before == Auth(TOKEN, "llm_service_1", time.monotonic).cookie_value()
    assert TOKEN not in before

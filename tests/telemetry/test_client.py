"""The Python API as programs use it: in processes of their own, beside a real dashboard, one that dies, and none."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.kit.server import Server
from tests.kit.waiting import wait_until


class Programs:
    """Runs programs of a user whose dashboards keep their state at the usual place."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.spool = Path(server.environ["XDG_STATE_HOME"]) / "llm-service" / "spool"

    def start(self, code: str, cwd: Path | None = None, **environ: str) -> subprocess.Popen[str]:
        """Begin `code`, with `telemetry` imported; in the folder that the dashboard watches, unless told."""
        text = "from llm_service import telemetry\nimport os, sys, time, json\n" + textwrap.dedent(code)
        return subprocess.Popen(
            [sys.executable, "-c", text], cwd=cwd or self.server.root, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**self.server.environ, "LLM_SERVICE_STATE_DIR": str(self.server.state_dir), **environ},
        )  # fmt: skip

    def run(self, code: str, cwd: Path | None = None, **environ: str) -> str:
        """What it printed; it must end well and say nothing on stderr."""
        out, err = self.start(code, cwd, **environ).communicate(timeout=60)
        assert err == ""
        return out

    def kept(self, column: str = "model") -> list:
        """What the dashboard's database holds."""
        path = self.server.state_dir / "telemetry.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'invocations'").fetchone():
                return []  # it is being made
            return [row[0] for row in db.execute(f"SELECT {column} FROM invocations ORDER BY id")]

    def spooled(self) -> list[dict]:
        """The rows on disk. At an end that takes long some may be there twice; they are counted once."""
        rows = []
        for path in sorted(self.spool.glob("*.jsonl")):
            with suppress(FileNotFoundError):  # the dashboard has taken it in
                rows += [json.loads(line) for line in path.read_text().splitlines()[1:]]
        return list({row["invocation_id"]: row for row in reversed(rows)}.values())[::-1]


@pytest.fixture
def programs(make_server: Callable[..., Server]) -> Programs:
    server = make_server()
    server.root.mkdir(parents=True, exist_ok=True)
    return Programs(server)


def test_a_row_recorded_at_the_very_end_of_a_program_arrives(programs: Programs) -> None:
    programs.server.start()
    programs.run(
        "telemetry.record(model='m', input_tokens=3, agent='anna', node='spark', cost_usd=0.5, latency_ms=1.5)"
    )
    # A program that has no time left for the network leaves it on disk, where the dashboard looks each second.
    wait_until(programs.kept, "the row")
    assert programs.kept("json_array(model, tool, door, agent, node, input_tokens, latency_ms, cost_nano)") == [
        '["m","python","api","anna","spark",3,2,500000000]'
    ]
    wait_until(lambda: not programs.spooled(), "an empty spool")


def test_a_flush_waits_until_all_is_with_the_dashboard(programs: Programs) -> None:
    programs.server.start()
    out = programs.run(
        """
        for n in range(1500):
            telemetry.record(model="m", input_tokens=n)
        print(json.dumps([telemetry.flush(50), telemetry.counts()]))
        """
    )
    told = {"delivered": 1500, "spooled": 0, "refused": 0, "dropped": 0, "waiting": 0}
    assert json.loads(out) == [True, told]
    assert sum(programs.kept("input_tokens")) == sum(range(1500))


def test_without_a_dashboard_rows_wait_on_disk_until_one_starts(programs: Programs) -> None:
    programs.run("for n in range(300): telemetry.record(model=f'm{n}')")
    assert len(programs.spooled()) == 300
    programs.server.start()
    wait_until(lambda: len(programs.kept()) == 300, "the rows in the database")
    wait_until(lambda: not list(programs.spool.iterdir()), "an empty spool")
    assert len(set(programs.kept())) == 300


def test_a_dashboard_killed_while_a_program_sends_has_every_row_once_after_its_return(programs: Programs) -> None:
    programs.server.start()
    program = programs.start(
        """
        for n in range(1, 2001):
            telemetry.record(model="m", input_tokens=n)
            if n % 10 == 0:
                print(n, flush=True)
                time.sleep(0.005)
        """
    )
    assert program.stdout is not None
    for stop in (400, 900, 1400):
        while int(program.stdout.readline()) < stop:
            pass
        programs.server.kill()
        programs.server.start()
    _, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (0, "")
    wait_until(lambda: len(programs.kept()) == 2000 and not programs.spooled(), "all rows, once")
    assert sorted(programs.kept("input_tokens")) == list(range(1, 2001))


def test_a_program_that_is_killed_loses_no_more_than_its_last_moment(programs: Programs) -> None:
    program = programs.start(
        """
        telemetry.record(model="early")
        telemetry.flush()
        print("said", flush=True)
        sys.stdin.read()
        """
    )
    assert program.stdout is not None
    program.stdout.readline()
    program.send_signal(signal.SIGKILL)
    program.communicate()
    assert [row["model"] for row in programs.spooled()] == ["early"]


def test_a_bad_row_is_logged_once_counted_and_never_raised(programs: Programs) -> None:
    code = """
    for _ in range(3):
        assert telemetry.record(modle="m") is None
    telemetry.record(model="m", input_tokens=-1)
    telemetry.record(model=float("nan"))
    telemetry.record()
    telemetry.call(nonsense=object()).__exit__(None, None, None)
    print(telemetry.counts()["refused"])
    """
    out, err = programs.start(code).communicate(timeout=60)
    assert out == "7\n"
    assert err.count("'modle' is no field; did you mean model") == 1
    assert "input_tokens is -1" in err
    assert "Traceback" not in err
    assert programs.spooled() == []


def test_the_timer_measures_and_an_exception_goes_on_its_way(programs: Programs) -> None:
    programs.run(
        """
        import asyncio
        with telemetry.call(model="good", agent="a") as call:
            call.tokens(input_tokens=1, output_tokens=2)
            call.tokens(output_tokens=5)
            time.sleep(0.02)
        assert call.invocation_id
        for error in (ValueError("my prompt"), TimeoutError(), KeyboardInterrupt()):
            try:
                with telemetry.call(model="bad"):
                    raise error
            except BaseException as caught:
                assert caught is error
        async def main():
            async with telemetry.call(model="async") as call:
                call.set(status="timeout", latency_ms=7)
        asyncio.run(main())
        """
    )
    good, *bad, last = programs.spooled()
    assert (good["input_tokens"], good["output_tokens"], good["agent"]) == (1, 5, "a")
    assert 20 <= good["latency_ms"] < 5_000
    assert [(row["status"], row["error"]) for row in bad] == [
        ("error", "ValueError"), ("timeout", "TimeoutError"), ("error", "KeyboardInterrupt"),
    ]  # fmt: skip
    assert (last["status"], last["latency_ms"]) == ("timeout", 7)


def test_forked_children_send_their_own_rows_and_no_others(programs: Programs) -> None:
    programs.server.start()
    programs.run(
        """
        import multiprocessing
        def child(n):
            telemetry.record(model=f"child-{n}")
        telemetry.record(model="parent-before")
        forked = os.fork()
        if not forked:
            telemetry.record(model="forked")
            telemetry.flush()
            os._exit(0)
        os.waitpid(forked, 0)
        many = [multiprocessing.get_context("fork").Process(target=child, args=(n,)) for n in range(3)]
        [process.start() for process in many]
        [process.join() for process in many]
        telemetry.record(model="parent-after")
        """
    )
    wait_until(lambda: len(programs.kept()) >= 6 and not programs.spooled(), "the rows of all")
    assert sorted(programs.kept()) == [
        "child-0", "child-1", "child-2", "forked", "parent-after", "parent-before",
    ]  # fmt: skip


def test_many_threads_record_at_once(programs: Programs) -> None:
    programs.run(
        """
        import threading
        def work(who):
            for n in range(500):
                telemetry.record(model="m", invocation_id=f"{who}-{n}")
        threads = [threading.Thread(target=work, args=(who,)) for who in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        """
    )
    assert len({row["invocation_id"] for row in programs.spooled()}) == 4_000


@pytest.mark.parametrize("module", ["llm_service.telemetry.delivery", "stringprep"])  # the latter for encodings.idna
def test_a_fork_in_the_middle_of_an_import_costs_no_row(programs: Programs, module: str) -> None:
    programs.server.start()
    programs.run(
        """
        class Slow:
            def find_spec(self, name, path=None, target=None):
                if name == os.environ["SLOW_MODULE"]:
                    begun.set()
                    time.sleep(0.5)
        import threading
        begun = threading.Event()
        sys.meta_path.insert(0, Slow())
        telemetry.record(model="parent")
        begun.wait(10)
        forked = os.fork()
        if not forked:
            telemetry.record(model="child")
            telemetry.flush(20)
            os._exit(0)
        os.waitpid(forked, 0)
        telemetry.flush(20)
        """,
        SLOW_MODULE=module,
    )
    assert sorted(programs.kept()) == ["child", "parent"]


def test_a_sending_that_fails_as_nobody_expects_costs_no_row(programs: Programs) -> None:
    code = """
    from llm_service.telemetry import delivery
    def fail(self, rows):
        raise LookupError("unknown encoding: idna")
    delivery.Delivery.send = fail
    telemetry.record(model="kept")
    telemetry.flush(20)
    """
    _, err = programs.start(code, LLM_SERVICE_URL="http://127.0.0.1:9/").communicate(timeout=60)
    assert "sending failed; 1 rows are kept on disk" in err
    assert [row["model"] for row in programs.spooled()] == ["kept"]


def test_a_dashboard_that_does_not_answer_delays_nobody(programs: Programs) -> None:
    out = programs.run(
        """
        import socket
        deaf = socket.create_server(("127.0.0.1", 0))
        os.environ["LLM_SERVICE_URL"] = "http://127.0.0.1:%d/" % deaf.getsockname()[1]
        began = time.perf_counter()
        for _ in range(1000):
            telemetry.record(model="m")
        print(time.perf_counter() - began)
        """
    )
    assert float(out) < 10
    assert len(programs.spooled()) == 1000


def test_a_named_dashboard_gets_the_token_of_the_named_file(programs: Programs, tmp_path: Path) -> None:
    server = programs.server.start()
    token = tmp_path / "my-token"
    token.write_text(server.token)
    elsewhere = tmp_path / "nowhere"
    elsewhere.mkdir()
    named = {
        "LLM_SERVICE_URL": server.url,
        "LLM_SERVICE_TOKEN_FILE": str(token),
        "LLM_SERVICE_STATE_DIR": str(elsewhere),
    }
    programs.run("telemetry.record(model='named'); telemetry.flush(20)", cwd=elsewhere, **named)
    assert programs.kept() == ["named"]
    token.write_text("not-the-token-0123456789")
    code = "telemetry.record(model='wrong'); telemetry.flush(20); print(telemetry.counts()['spooled'])"
    assert programs.run(code, cwd=elsewhere, **named) == "1\n"
    wait_until(lambda: programs.kept() == ["named", "wrong"], "the dashboard's own look at the spool")


def test_the_token_of_a_dashboard_here_is_not_sent_elsewhere(programs: Programs) -> None:
    programs.server.start()
    out = programs.run(
        """
        import socket, threading
        stranger = socket.create_server(("127.0.0.1", 0))
        os.environ["LLM_SERVICE_URL"] = "http://127.0.0.1:%d" % stranger.getsockname()[1]
        telemetry.record(model="m")
        line = stranger.accept()[0]
        print(line.recv(65536).decode())
        """
    )
    assert "POST /api/telemetry/invocations" in out
    assert "Authorization" not in out


@pytest.mark.parametrize("url", ["nonsense", "127.0.0.1:8080", "file:///etc/passwd", "http://:8080", "http://h:port/"])
def test_what_is_no_address_is_told_in_the_log_and_the_rows_are_kept(programs: Programs, url: str) -> None:
    code = """
    import logging
    logging.basicConfig(level="INFO")
    telemetry.record(model="kept")
    telemetry.flush()
    """
    _, err = programs.start(code, LLM_SERVICE_URL=url).communicate(timeout=60)
    assert "rows are kept on disk" in err
    assert "Traceback" not in err
    assert [row["model"] for row in programs.spooled()] == ["kept"]


def test_switched_off_it_does_nothing(programs: Programs) -> None:
    code = "telemetry.record(model='m'); print(telemetry.flush(), telemetry.counts()['waiting'])"
    assert programs.run(code, LLM_SERVICE_TELEMETRY="0") == "True 0\n"
    assert not programs.spool.exists()


def test_importing_it_is_light(programs: Programs) -> None:
    heavy = ["sqlite3", "sqlite_utils", "flask", "werkzeug", "pydantic", "requests", "genai_prices", "click", "yaml"]
    heavy += ["platformdirs", "http.client", "ssl", "asyncio", "multiprocessing", "llm_service.instance"]
    out = programs.run(f"print([name for name in {heavy} if name in sys.modules])")
    assert out == "[]\n"
    out = programs.run("telemetry.record(model='m'); telemetry.flush(); print(len(sys.modules) < 260)")
    assert out == "True\n"


def test_rows_that_come_faster_than_they_can_go_are_counted_not_kept_for_ever(programs: Programs) -> None:
    code = """
    from llm_service.telemetry import client
    client.MOST_WAITING = 100
    import threading
    threading.Thread.start = lambda thread: (_ for _ in ()).throw(RuntimeError("can't start new thread"))
    for _ in range(150):
        telemetry.record(model="m")
    print(telemetry.counts())
    """
    out, err = programs.start(code).communicate(timeout=60)
    assert "'dropped': 50, 'waiting': 100" in out
    assert err.count("some are dropped") == 1


def test_what_a_thread_could_not_be_had_for_is_on_disk_at_the_end(programs: Programs) -> None:
    programs.run(
        """
        import threading
        threading.Thread.start = lambda thread: (_ for _ in ()).throw(RuntimeError("can't start new thread"))
        telemetry.record(model="threadless")
        """
    )
    assert [row["model"] for row in programs.spooled()] == ["threadless"]


def test_recording_costs_the_caller_little(programs: Programs) -> None:
    began_s = time.monotonic()
    programs.run("for _ in range(10_000): telemetry.record(model='m', input_tokens=1)")
    assert time.monotonic() - began_s < 60
    assert len(programs.spooled()) == 10_000

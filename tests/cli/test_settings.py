"""Layers of settings, and the one line that says what is wrong with one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_service.errors import SettingsError
from llm_service.settings import TABLE, Given, resolve, warnings


def user_file(project: Path, text: str) -> Path:
    path = project.parent / "config/llm-service/llm-service.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def shown(said) -> dict[str, dict]:
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_each_layer_beats_the_one_below_it(command, project: Path) -> None:
    def port(*flags: str, **environ: str) -> tuple[int, str]:
        entry = shown(command("config", "show", "--origin", "--json", *flags, **environ))["port"]
        return entry["value"], entry["origin"]

    assert port() == (8080, "default")
    user = user_file(project, "port = 1\n")
    assert port() == (1, f"{user}:1, key port")
    (project / "llm-service.toml").write_text("\nport = 2\n")
    assert port() == (2, f"{project}/llm-service.toml:2, key port")
    assert port(LLM_SERVICE_PORT="3") == (3, "LLM_SERVICE_PORT")
    assert port("--port", "4", LLM_SERVICE_PORT="3") == (4, "--port")


def test_every_setting_is_shown_and_has_a_flag_a_variable_and_a_meaning(command) -> None:
    assert set(shown(command("config", "show", "--json"))) == set(TABLE)
    usage = command("dashboard", "start", "--help").out
    assert [row.flag for row in TABLE.values() if row.flag not in usage and not row.flagless] == []
    assert len({row.env for row in TABLE.values()}) == len(TABLE)
    assert all(row.help.endswith(".") for row in TABLE.values())


def test_a_table_for_people_says_value_and_origin(command) -> None:
    lines = command("config", "show", "--origin", LLM_SERVICE_WATCH="poll").out.splitlines()
    assert ["watch", '"poll"', "LLM_SERVICE_WATCH"] in [line.split() for line in lines]


def test_a_long_value_pushes_no_other_origin_off_the_screen(command) -> None:
    lines = command("config", "show", "--origin").out.splitlines()
    assert [line.split()[0] for line in lines if len(line) > 100] == ["alarms"]


def test_a_file_that_is_no_text_is_one_line_without_pythons_words(command, project: Path) -> None:
    file = project / "llm-service.toml"
    file.write_bytes(b"# \xff\n")
    said = command("config", "show")
    assert (said.code, said.err) == (2, f"llm-service: {file}: not UTF-8 text (at byte 3); save it as UTF-8\n")


def test_a_token_file_that_is_not_there_is_named_once(command) -> None:
    said = command("dashboard", "start", "--port", "0", "--no-browser", LLM_SERVICE_TOKEN_FILE="no-such-file")
    assert said.code == 2
    assert said.err.splitlines()[-1] == (
        "llm-service: LLM_SERVICE_TOKEN_FILE: cannot read no-such-file (No such file or directory);"
        " name a file that holds the token"
    )


def test_the_project_file_is_found_above_but_not_beyond_the_repository(command, project: Path, monkeypatch) -> None:
    (project.parent / "llm-service.toml").write_text("port = 1\n")
    (project / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(project / "deep/er")
    assert shown(command("config", "show", "--json"))["port"] == 8080
    (project / "llm-service.toml").write_text("port = 2\n")
    assert shown(command("config", "show", "--json"))["port"] == 2


def test_paths_in_a_file_start_at_the_file_and_a_tilde_at_home(command, project: Path, monkeypatch) -> None:
    (project / "llm-service.toml").write_text('watch_dir = "board"\n')
    user_file(project, 'log_file = "~/log.txt"\n')
    (project / "deep").mkdir()
    monkeypatch.chdir(project / "deep")
    values = shown(command("config", "show", "--json"))
    assert values["watch_dir"] == str(project / "board")
    assert values["log_file"] == str(project.parent / "log.txt")


BAD = [
    ("port", "80x", "a whole number from 0 to 65535"),
    ("port", "65536", "a whole number from 0 to 65535"),
    ("port", "-1", "a whole number from 0 to 65535"),
    ("host", "http://a", "a host name or an IP address"),
    ("host", "127.1", "a host name or an IP address"),
    ("host", "a b", "a host name or an IP address"),
    ("host", "a:80", "a host name or an IP address"),
    ("watch", "inotify", "auto or native or poll"),
    ("browser", "maybe", "true or false"),
    ("max_clients", "0", "a whole number from 1 to 10000"),
    ("rescan_s", "nan", "seconds from 0.5 to 3600"),
    ("log_level", "loud", "debug or info or warning or error"),
    ("allowed_host", "https://a", "host names without scheme and port"),
    ("allowed_host", "*", "host names without scheme and port"),
    ("cors_origin", "[]", "origins like https://name:port"),
    ("cors_origin", "null", "origins like https://name:port"),
    ("cors_origin", "https://a/", "origins like https://name:port"),
    ("cors_origin", "https://*.a", "origins like https://name:port"),
    ("cors_origin", "https://me@a", "origins like https://name:port"),
    ("cors_origin", "ftp://a", "origins like https://name:port"),
    ("cors_origin", "https://a:99999", "origins like https://name:port"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), BAD)
def test_a_bad_value_is_one_line_with_name_value_allowed_and_origin(command, name, value, allowed) -> None:
    said = command("config", "show", **{TABLE[name].env: value})
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    for part in (f"{name}:", repr(value), allowed, TABLE[name].env):
        assert part in said.err


def test_a_bad_flag_names_the_flag(command) -> None:
    said = command("dashboard", "start", "--port", "80x")
    assert said.code == 2
    assert said.err == (
        "llm-service: port: '80x' is not allowed; allowed: a whole number from 0 to 65535 (0: any free one)"
        " (from --port)\n"
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("port = 1\nprot = 2\n", ["prot is no setting", "did you mean port", "llm-service.toml:2"]),
        ("watch-dir = 'x'\n", ["did you mean watch_dir", "llm-service.toml:1"]),
        ("# x\n\n[dashboard]\nport = 1\n", ["dashboard is no setting", "llm-service.toml:3"]),
        ("port = true\n", ["port: True", "llm-service.toml:1, key port"]),
        ("port = \n", ["not valid TOML", "line 1"]),
        ("state_dir = 's'\n", ["state_dir cannot be set by a project's file"]),
        ("cors_origin = ['https://a.example']\n", ["cors_origin cannot be set by a project's file"]),
        ("allowed_host = ['a.example']\n", ["allowed_host cannot be set by a project's file"]),
        ("host = '0.0.0.0'\n", ["host cannot be set by a project's file"]),
        ("behind_proxy = true\n", ["behind_proxy cannot be set by a project's file"]),
        ("log_file = 'x.log'\n", ["log_file cannot be set by a project's file"]),
        ("token = false\n", ["token cannot be set by a project's file", "--no-token"]),
        ("insecure = true\n", ["insecure cannot be set by a project's file"]),
    ],
)
def test_a_bad_project_file_is_one_line_with_the_place(command, project: Path, text: str, parts: list[str]) -> None:
    (project / "llm-service.toml").write_text(text)
    said = command("config", "show")
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    for part in parts:
        assert part in said.err


@pytest.mark.parametrize("put", [Path.mkdir, lambda path: path.symlink_to("nowhere")], ids=["folder", "dead link"])
def test_settings_that_are_there_and_cannot_be_read_are_not_passed_over(command, project: Path, put) -> None:
    put(project / "llm-service.toml")
    said = command("config", "show")
    assert (said.code, said.err.startswith("llm-service: cannot read ")) == (2, True), said.err


def test_the_users_own_file_may_turn_the_token_off(command, project: Path) -> None:
    user_file(project, "token = false\n")
    assert shown(command("config", "show", "--json"))["token"] is False


def test_a_variable_that_looks_like_a_slip_is_refused_and_a_foreign_one_is_not(command) -> None:
    assert "did you mean LLM_SERVICE_PORT" in command("config", "show", LLM_SERVICE_PROT="1").err
    assert command("config", "show", LLM_SERVICE_SOMETHING_ELSE="1").code == 0
    assert command("config", "show", LLM_SERVICE_TOKEN="a" * 20, LLM_SERVICE_TOKEN_FILE="x").code == 0


def test_the_token_itself_is_never_shown(command) -> None:
    secret = "canary-canary-canary"
    said = command("--log-level", "debug", "config", "show", "--origin", LLM_SERVICE_TOKEN=secret)
    assert secret not in said.out + said.err


def test_the_variable_without_token_is_the_flags_twin(command) -> None:
    assert shown(command("config", "show", "--json", LLM_SERVICE_NO_TOKEN="1"))["token"] is False
    assert shown(command("config", "show", "--json", LLM_SERVICE_NO_TOKEN="0"))["token"] is True
    assert "LLM_SERVICE_NO_TOKEN" in command("config", "show", LLM_SERVICE_NO_TOKEN="x").err


EXPOSURE = [
    # host, token, behind_proxy, insecure → allowed, number of warnings
    ("127.0.0.1", True, False, False, True, 0),
    ("127.0.0.1", False, False, False, True, 1),
    ("::1", False, False, False, True, 1),
    ("localhost", False, False, False, True, 1),
    ("0.0.0.0", True, False, False, True, 2),
    ("0.0.0.0", True, True, False, True, 1),
    ("0.0.0.0", False, False, False, False, 0),
    ("0.0.0.0", False, True, True, False, 0),
    ("::", False, False, True, False, 0),
    ("192.168.1.5", False, False, False, False, 0),
    ("board.example", False, False, False, False, 0),
    ("127.0.0.1", True, True, False, True, 0),
    ("127.0.0.1", False, True, False, False, 0),
    ("127.0.0.1", False, True, True, True, 1),
]


@pytest.mark.parametrize(("host", "token", "proxy", "insecure", "allowed", "warned"), EXPOSURE)
def test_who_can_reach_a_board_without_a_token(host, token, proxy, insecure, allowed, warned) -> None:
    given = {"host": host, "token": token, "behind_proxy": proxy, "insecure": insecure}
    layer = {name: Given(value, f"--{name}") for name, value in given.items()}
    if allowed:
        assert len(warnings(resolve([layer]).settings)) == warned
    else:
        with pytest.raises(SettingsError, match=r"token: cannot be off \(from --token\).*keep the token"):
            resolve([layer])


def test_every_origin_is_let_in_only_on_loopback_and_on_purpose() -> None:
    star = {"cors_origin": Given(["*"], "--cors-origin")}
    for more in ({}, {"insecure": Given(True, "x"), "host": Given("0.0.0.0", "x")}):
        with pytest.raises(SettingsError, match=r"cors_origin: '\*' .*--cors-origin"):
            resolve([star | more])
    assert resolve([star | {"insecure": Given(True, "x")}]).settings.cors_origin == ("*",)


def test_an_empty_list_of_origins_is_refused_because_it_would_mean_everybody() -> None:
    with pytest.raises(SettingsError, match=r"cors_origin: \[\].*leave it out"):
        resolve([{"cors_origin": Given([], "user file")}])


def test_an_unusable_exposure_stops_the_start_with_exit_2(command) -> None:
    said = command("dashboard", "start", "--host", "0.0.0.0", "--no-token")
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)


def test_a_port_is_given_unless_it_is_the_default() -> None:
    assert resolve([]).settings.port_given is False
    assert resolve([{"port": Given(8080, "--port")}]).settings.port_given is True

"""What a start of each kind takes, checked before anything is sent, and the body that the server is sent.

A name of a field is ours; older and other names of the same thing are taken too. Every bound is documented in
docs/training.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from llm_service.core.training.refusals import BadStart

StartKind = Literal["finetune", "skill", "pipeline"]
KINDS: tuple[StartKind, ...] = ("finetune", "skill", "pipeline")
_SKILL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Check = Callable[[object], Any]
"""The value to use, or ValueError with what is wrong with it."""


class Field(NamedTuple):
    """One field: other names for it, how it is checked, what it is where it is left out, whether it must be there."""

    check: Check
    default: Any = None
    also: tuple[str, ...] = ()
    required: bool = False


class Start(NamedTuple):
    """A start that was found good. `target` names what may run only once; `path` and `body` are what is sent."""

    kind: StartKind
    source: str | None
    target: str
    path: str
    body: dict[str, Any]
    config: dict[str, Any]
    base_model: str | None = None


def whole(least: int, most: int) -> Check:
    """A whole number of a range."""

    def check(value: object) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least:,} to {most:,}")
        return value

    return check


def real(least: float, most: float, *, above: bool = False) -> Check:
    """A number of a range; `above`: more than `least`."""

    def check(value: object) -> float:
        number = float(value) if type(value) in (int, float) else math.nan  # type: ignore[arg-type]
        if not least <= number <= most or (above and number == least):
            raise ValueError(f"must be a number {'above' if above else 'from'} {least:g} to {most:g}")
        return number

    return check


def text(most: int) -> Check:
    """A text of one line."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > most or not value.strip().isprintable():
            raise ValueError(f"must be a text of one line, at most {most} characters")
        return value.strip()

    return check


def _skill_id(value: object) -> str:
    if not isinstance(value, str) or not _SKILL.fullmatch(value.strip()):
        raise ValueError("must be up to 100 letters, digits, dots, dashes and underscores")
    return value.strip()


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _version(value: object) -> int:
    if type(value) is not int or value not in (1, 2):
        raise ValueError("must be 1 or 2")
    return value


def _config(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > 40:
        raise ValueError("must be an object")
    for name, inner in value.items():
        if len(name) > 60 or not (inner is None or isinstance(inner, (str, int, float, bool, dict))):
            raise ValueError("may hold texts, numbers, true, false and one object of them")
    return value


_LEARNING_RATE = real(0, 1, above=True)
FINETUNE: dict[str, Field] = {
    "epochs": Field(whole(1, 1000), 3),
    "batch_size": Field(whole(1, 4096), 4),
    "learning_rate": Field(_LEARNING_RATE, 0.0002, ("lr",)),
    "base_model": Field(text(200), also=("model",)),
    "dataset_path": Field(text(1000), also=("dataset",)),
    "output_dir": Field(text(1000)),
    "rank": Field(whole(1, 1024), also=("lora_rank", "lora_r")),
}
SKILL: dict[str, Field] = {
    "skill_id": Field(_skill_id, also=("skill",), required=True),
    "epochs": Field(whole(1, 1000), 10),
    "learning_rate": Field(_LEARNING_RATE, 0.0002, ("lr",)),
    "lora_r": Field(whole(1, 1024), 16, ("rank", "lora_rank")),
}
PIPELINE: dict[str, Field] = {
    "version": Field(_version, 1),
    "model": Field(text(200), also=("model_name", "model_id", "base_model"), required=True),
    "backend": Field(text(60), "ollama", ("model_backend",)),
    "eval_suite": Field(text(200), also=("suite",), required=True),
    "target": Field(real(0, 1), 0.85),
    "max_iterations": Field(whole(1, 100), 5),
    "auto_advance": Field(_yes_or_no, True),
    "node": Field(text(60)),
    "lora_rank": Field(whole(1, 1024), 16, ("rank", "lora_r")),
    "epochs": Field(whole(1, 1000), 3),
    "learning_rate": Field(_LEARNING_RATE, 0.0002, ("lr",)),
    "datagen_count": Field(whole(1, 10_000), 100),
    "domain": Field(text(200)),
    "datagen_config": Field(_config),
}
OF_VERSION_2 = frozenset(
    (
        *("node", "lora_rank", "epochs", "learning_rate", "datagen_count", "domain", "datagen_config", "model_id"),
        *("target_score", "rank", "lora_r", "lr"),
    )
)
"""Fields that only the newer pipelines have: sending one of them means these."""


def read_start(body: Mapping[str, Any]) -> Start:
    """A checked start. Raises `BadStart` naming every field that is wrong."""
    kind = body.get("kind")
    if kind not in KINDS:
        raise BadStart({"kind": f"must be one of {', '.join(KINDS)}"})
    source = body.get("source")
    if source is not None and not isinstance(source, str):
        raise BadStart({"source": "must be the name of a watched server"})
    rest = {name: value for name, value in body.items() if name not in ("kind", "source")}
    if kind == "finetune":
        return _finetune(source, _read(rest, FINETUNE))
    if kind == "skill":
        return _skill(source, _read(rest, SKILL))
    return _pipeline(source, rest)


def _read(sent: Mapping[str, Any], table: Mapping[str, Field]) -> dict[str, Any]:
    """The values of the fields, defaults for what is left out or null."""
    names = {name: ours for ours, field in table.items() for name in (ours, *field.also)}
    wrong: dict[str, str] = {name[:60]: "is not known here" for name in sent if name not in names}
    found: dict[str, Any] = {}
    for ours, field in table.items():
        value = next((sent[name] for name in (ours, *field.also) if sent.get(name) is not None), None)
        if value is None:
            if field.required:
                wrong[ours] = "is missing"
            found[ours] = field.default
            continue
        try:
            found[ours] = field.check(value)
        except ValueError as error:
            wrong[ours] = str(error)
    if wrong:
        raise BadStart(wrong)
    return {name: value for name, value in found.items() if value is not None}


def _finetune(source: str | None, values: dict[str, Any]) -> Start:
    # "lr" is what the endpoint was built with, "learning_rate" what it was planned to be called; it may read either.
    body = {**values, "lr": values["learning_rate"]}
    return Start("finetune", source, "finetune", "/api/finetune/start", body, values, values.get("base_model"))


def _skill(source: str | None, values: dict[str, Any]) -> Start:
    skill = values["skill_id"]
    body = {name: value for name, value in values.items() if name != "skill_id"}
    return Start("skill", source, skill, f"/api/train-skill/{skill}", body, values)


def _pipeline(source: str | None, sent: dict[str, Any]) -> Start:
    sent = _one_target(sent)
    values = _read({name: value for name, value in sent.items() if name != "_v2"}, PIPELINE)
    newer = values["version"] == 2 if sent.get("version") is not None else bool(sent.get("_v2"))
    body = _newer_body(values) if newer else _older_body(values)
    values["version"] = 2 if newer else 1
    target = f"{values['model']} · {values['eval_suite']}"
    return Start("pipeline", source, target, "/api/pipeline/start", body, values, values["model"])


def _one_target(sent: dict[str, Any]) -> dict[str, Any]:
    """`target_pass_rate` counts to 100, `target` and `target_score` to 1: the name says which."""
    newer = any(sent.get(name) is not None for name in OF_VERSION_2)
    rate, score = sent.get("target_pass_rate"), sent.get("target_score")
    rest = {name: value for name, value in sent.items() if name not in ("target_pass_rate", "target_score")}
    try:
        if rate is not None:
            rest["target"] = real(0, 100)(rate) / 100
        if score is not None:
            rest["target"] = real(0, 1)(score)
    except ValueError as error:
        raise BadStart({"target_pass_rate" if rate is not None else "target_score": str(error)}) from None
    return {**rest, "_v2": newer}


def _older_body(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "model_name": values["model"],
        "model_backend": values["backend"],
        "eval_suite": values["eval_suite"],
        "target_pass_rate": round(values["target"] * 100, 4),
        "max_iterations": values["max_iterations"],
        "auto_advance": values["auto_advance"],
    }


def _newer_body(values: Mapping[str, Any]) -> dict[str, Any]:
    taken = ("node", "eval_suite", "max_iterations", "lora_rank", "epochs", "learning_rate", "datagen_count", "domain")
    body = {name: values[name] for name in (*taken, "datagen_config") if name in values}
    return {"model_id": values["model"], "backend": values["backend"], "target_score": values["target"], **body}

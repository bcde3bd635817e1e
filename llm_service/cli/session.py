"""What the commands of one run share: the environment, and whether the user asked for details of a failure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from llm_service.cli.layers import gather
from llm_service.settings import Resolved, Settings


@dataclass(slots=True)
class Session:
    """Made once in `main`; commands get it with `pass_session`."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    log_level: str | None = None
    debug: bool = False

    def resolve(self, flags: Mapping[str, object]) -> Resolved:
        """All settings, with ``--log-level`` before the command counting like one after it."""
        if self.log_level is not None:
            flags = {"log_level": self.log_level, **flags}
        resolved = gather(flags, self.environ, Path.cwd(), Path.home())
        self.debug = resolved.settings.log_level == "debug"
        return resolved

    def settings(self, flags: Mapping[str, object]) -> Settings:
        """The settings alone."""
        return self.resolve(flags).settings


pass_session = click.make_pass_decorator(Session, ensure=True)

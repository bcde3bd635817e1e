"""Adapters of several places as one list."""

from __future__ import annotations

from llm_service.core.training.adapters import finetune_history, merged

TOLD = {"id": "ft_1", "status": "completed", "final_loss": 0.21, "completed_at": "2026-11-21T10:00:00Z"}


def test_an_adapter_leads_to_its_job_also_while_that_still_counts_as_running() -> None:
    told = finetune_history("spark", [TOLD, {**TOLD, "id": "ft_0"}])
    found = {one["key"]: one["job"] for one in merged(told, [], {"spark:ft_1", "spark:ft_2"})}
    assert found == {"spark:ft_1": "spark:ft_1", "spark:ft_0": None}

"""What may stand in a cell of a CSV file: a spreadsheet runs what begins like a formula."""

from __future__ import annotations

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that make Excel, LibreOffice or Google Sheets read text as a formula (OWASP, "CSV Injection")."""


def cell(value: object) -> str:
    """`value` as the text of a cell: None is empty, a number stays a number, text that starts a formula gets a '."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    text = str(value)
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text

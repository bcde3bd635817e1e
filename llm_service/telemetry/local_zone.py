"""The name of the time zone that the setting `timezone` means."""

from __future__ import annotations


def zone_name(setting: str) -> str:
    """A name of the time zone database; for ``local`` this machine's, and UTC where the machine does not tell it."""
    if setting != "local":
        return setting
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    import tzlocal

    try:
        name = tzlocal.get_localzone_name()
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        return "UTC"
    return name

"""From when on: a date, a date-time, or an age. Pure."""

import re
from datetime import UTC, datetime, timedelta

from orchestrator.errors import ConfigurationError

_AGE = re.compile(r"([0-9]{1,6})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


def since_moment(text: str, now: datetime) -> datetime:
    """The moment that `--since` means; dates and times without a zone are UTC, as the history shows them.

    Raises ConfigurationError.
    """
    age = _AGE.fullmatch(text.strip().lower())
    try:
        if age:
            return now - timedelta(hours=int(age[1]) * _HOURS[age[2]])
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"--since {text!r} is no moment: give a date (2026-11-01), a date and time (2026-11-01T08:30), or an age "
            "in hours, days or weeks (12h, 7d, 3w)"
        ) from None

"""The peak memory of this process."""

import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def own_peak_rss_bytes() -> int | None:
    """The kernel's high-water mark of this process; None where the system does not tell.

    On Linux VmHWM, not ru_maxrss: that one starts from the peak of the process that started this one.
    """
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return _peak_working_set_bytes()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024


def _peak_working_set_bytes() -> int | None:
    import psutil

    peak = getattr(psutil.Process().memory_info(), "peak_wset", None)
    return int(peak) if peak is not None else None

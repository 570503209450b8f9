"""A child process that ends when its parent does, by whatever means the parent ended.

The parent holds the write end of the child's standard input and never writes; the kernel closes it when the
parent is gone, SIGKILL included, and the child reads the end of file.
"""

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1
GRACE_S = 3.0


def end_with_parent(*, graceful: bool) -> None:
    """End this process when its standard input ends; `graceful` sends itself SIGTERM first.

    A process that cannot be relied on to run Python code (llama.cpp holds the interpreter's lock while it
    loads) asks with `graceful=False` for the kernel's own help too, where there is some (Linux). That help is
    tied to the thread that started the child, so it is used only by a child of the server's main thread.
    """
    if not graceful and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch, args=(graceful,), name="parent watch", daemon=True).start()


def _watch(graceful: bool) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    if graceful:
        threading.Timer(GRACE_S, os._exit, args=(1,)).start()
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        os._exit(0)

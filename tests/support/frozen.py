"""A process that stands still for a while, so that what comes meanwhile lies before it all at once."""
import contextlib
import os
import signal


@contextlib.contextmanager
def frozen(process):
    """Stops `process`, a child of this one: SIGSTOP reaches its threads one after the other, so all are waited for."""
    process.send_signal(signal.SIGSTOP)
    try:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        yield
    finally:
        process.send_signal(signal.SIGCONT)

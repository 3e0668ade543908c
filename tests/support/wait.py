"""Waiting for what happens a little later: events reach other services after the answer."""
import time


def eventually(check, timeout_s=30, every_s=0.1):
    """Calls `check` until it returns something true, and returns that. The last failure is told when time is up."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            value = check()
            if value:
                return value
            problem = f"still {value!r}"
        except Exception as error:  # told below if it does not go away
            problem = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {problem}")
        time.sleep(every_s)

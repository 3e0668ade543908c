"""What a process has of memory, by /proc."""


def _status_kib(pid, field):
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith(field)).split()[1])


def rss_kib(pid):
    return _status_kib(pid, "VmRSS")


def peak_rss_kib(pid):
    return _status_kib(pid, "VmHWM")


def has_sanitizer(pid):
    """AddressSanitizer maps terabytes, and keeps what was freed: its memory tells nothing."""
    return _status_kib(pid, "VmSize") > 1 << 30

"""Which of some files or sockets have something to read; select() knows descriptors below 1,024 alone."""
import select


def readable(*files, timeout_s):
    poll = select.poll()
    by_descriptor = {f if isinstance(f, int) else f.fileno(): f for f in files}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    return [by_descriptor[descriptor] for descriptor, _ in poll.poll(timeout_s * 1000)]

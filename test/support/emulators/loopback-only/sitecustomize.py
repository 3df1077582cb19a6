"""Python imports this when it starts: connecting to anything but loopback, or looking up its name, fails, and the attempt
is recorded in the file that ANAMO_TEST_LEAKS names."""

import ipaddress
import os
import sys


def is_loopback(host):
    if host in (None, "", "localhost", b"localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def refuse(event, args):
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if is_loopback(host):
        return
    with open(os.environ["ANAMO_TEST_LEAKS"], "a") as leaks:
        leaks.write(f"{sys.argv[:1]} {event} {host}\n")
    raise ConnectionRefusedError(f"only loopback may be contacted, not {host}")


sys.addaudithook(refuse)

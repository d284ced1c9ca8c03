"""Odoo's web server on one database."""

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

from steps import StepError, child

USUAL_PORT = 8069


class Server:
    def __init__(self, process, port):
        self.address = f"http://127.0.0.1:{port}"
        self.wait = process.wait
        self.alive = lambda: process.poll() is None

    def answers(self):
        try:
            return urllib.request.urlopen(f"{self.address}/web/health", timeout=30).status == 200
        except urllib.error.URLError:
            return False


def free_port(preferred=0):
    """Return ``preferred`` if nothing listens there, else a port that the system chooses."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            return free_port()
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(bench, database, log):
    """Run the server; yield it once it answers, end it with the block."""
    port = free_port(USUAL_PORT)
    command = bench.command(database, f"--http-port={port}")
    pipes = {"stdout": log.open("w"), "stderr": subprocess.STDOUT}
    with pipes["stdout"], child(*command, env=bench.environment, **pipes) as process:
        odoo = Server(process, port)
        while not odoo.answers():
            if not odoo.alive():
                raise StepError(f"Odoo did not start; {log} says why.")
            time.sleep(0.2)
        yield odoo

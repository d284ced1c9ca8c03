import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """A real HTTP server on this machine that keeps what it was sent, and answers as it is told.

    :ivar answers: (status, headers) of the next answers; 200 once they are used up
    :ivar delay: seconds before an answer
    :ivar received: list of (headers with names in lower case, body)
    """

    def __init__(self):
        self.answers = []
        self.delay = 0
        self.received = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['content-length'])).decode()
                receiver.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
                time.sleep(receiver.delay)
                status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header('content-length', '0')
                with contextlib.suppress(OSError):  # who asked may have gone
                    self.end_headers()

            def log_message(self, *args):
                """Nothing: Odoo's log is read for errors."""

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

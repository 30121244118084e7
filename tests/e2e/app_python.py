# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Python's own HTTP server as an app: app_python.py PORT LOG. Answers 204 to all and writes a line a
# request to the log: status and request line.
import http.server
import sys

log = open(sys.argv[2], "a", buffering=1, encoding="latin-1")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit():
            self.close_connection = True
            self.send_error(400)
            return
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().split(b";")[0], 16):
                self.rfile.read(size + 2)
            while self.rfile.readline().strip():
                pass
        else:
            self.rfile.read(int(length))
        self.send_response(204)
        self.end_headers()

    do_GET = do_POST = do_PUT = do_HEAD = answer

    def log_request(self, code="-", size="-"):
        log.write(f"{int(code)} {self.requestline}\n")

    def log_message(self, format, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

"""A small web application whose data also belongs to scripts: visitors post notes over HTTP, a script works on them.

python examples/osiris_app.py            # http://127.0.0.1:8080/
curl -d '{"title": "Milk", "text": "two bottles"}' http://127.0.0.1:8080/notes
curl http://127.0.0.1:8080/notes?search=milk
curl -X POST http://127.0.0.1:8080/tidy  # runs the script below on the same store
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, Field

import horus_runtime as hr

TIDY = """
// Runs with the rights of the engine: this store and nothing else.
let notes = osiris.model("notes");
osiris.transaction(|| {
    notes.where(#{done: false, title__icontains: "milk"}).update_all(#{done: true})
})
"""


class Note(BaseModel):
    id: str = ""
    title: str = Field(min_length=1, max_length=80, json_schema_extra={"search": True})
    text: str = Field(default="", json_schema_extra={"search": True})
    done: bool = False


class App(BaseHTTPRequestHandler):
    """One request; the server has the store, the notes and the engine."""

    server: Server

    def do_GET(self):
        address = urlsplit(self.path)
        if address.path != "/notes":
            return self.answer(404, {"error": "there are only /notes and /tidy"})
        words = parse_qs(address.query).get("search")
        notes = self.server.notes
        found = notes.search(words[0]) if words else notes.query().order("title").limit(100).all()
        return self.answer(200, [note.model_dump() for note in found])

    def do_POST(self):
        try:
            if self.path == "/tidy":
                return self.answer(200, {"changed": self.server.engine.eval_ast(self.server.tidy)})
            if self.path != "/notes":
                return self.answer(404, {"error": "there are only /notes and /tidy"})
            body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 100_000))
            return self.answer(201, self.server.notes.create(json.loads(body)).model_dump())
        except ValueError:
            return self.answer(400, {"error": "the body is not JSON"})
        except hr.HostFailure as failure:
            return self.answer(409 if failure.failure == "Conflict" else 422, failure.value)

    def answer(self, status, data):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server with a store: its threads share the one object."""

    def __init__(self, store, port):
        super().__init__(("127.0.0.1", port), App)
        self.notes = store.collection(Note, "notes")
        self.engine = hr.Engine.osiris(store)
        self.tidy = self.engine.compile(TIDY)


def main(path="notes.db", port=8080):
    with hr.osiris.Store(path) as store, Server(store, port) as server:
        print(f"http://127.0.0.1:{server.server_port}/")
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:2])

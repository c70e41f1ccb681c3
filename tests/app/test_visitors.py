"""No file of one visitor for another, seen from the wire."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from people3d.app.visitors import Visitors

FILE = "/tmp/uploads/abc/photo.jpg"


async def _gradio(scope, receive, send):
    """Names a file to whoever uploads, and echoes calls."""
    if scope["path"].endswith("/upload"):
        body = json.dumps([FILE]).encode()
    elif scope["path"].endswith("/queue/data"):
        body = b'data: {"output": {"path": "/tmp/results/x \\u00e4.json", "n": [{"path": null}]}}\n\n'
    else:
        body = (await receive()).get("body", b"") if scope["method"] == "POST" else b"contents"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def request_():
    """``request_(path, method, body, cookie, query)`` → status, headers, body."""
    app = Visitors(_gradio)

    def request(path, method="GET", body=b"", cookie="", query=b""):
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(b"cookie", cookie.encode())] if cookie else []
        scope = {"type": "http", "path": path, "method": method, "headers": headers, "query_string": query}
        with ThreadPoolExecutor(1) as thread:  # a browser test in this process may have left a loop running in ours
            thread.submit(asyncio.run, app(scope, receive, send)).result()
        return sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:])

    def come():
        cookie = request("/")[1][b"set-cookie"].decode()
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        return cookie.split(";")[0]

    request.come = come
    return request


def test_a_file_is_for_whom_it_was_named_to(request_):
    one, two = request_.come(), request_.come()
    assert one != two
    url = f"/gradio_api/file={FILE}"
    assert request_(url, cookie=one)[0] == 404
    assert request_("/gradio_api/upload", "POST", cookie=one)[2] == json.dumps([FILE]).encode()
    assert request_(url, cookie=one)[2] == b"contents"
    assert request_(url, cookie=two)[0] == 404
    assert request_(url)[0] == 404
    assert request_(url, cookie="people3d_visitor=made-up")[0] == 404


def test_results_are_named_in_streams(request_):
    one, two = request_.come(), request_.come()
    request_("/gradio_api/queue/data", cookie=one, query=b"session_hash=s1")
    assert request_("/gradio_api/file=/tmp/results/x ä.json", cookie=one)[0] == 200
    assert request_("/gradio_api/file=/tmp/results/x ä.json", cookie=two)[0] == 404


def test_a_call_may_not_name_anothers_file_or_session(request_):
    one, two = request_.come(), request_.come()
    request_("/gradio_api/upload", "POST", cookie=one)
    call = json.dumps({"data": [{"image": {"path": FILE}}], "session_hash": "s1"}).encode()
    assert request_("/gradio_api/queue/join", "POST", call, one)[2] == call
    assert request_("/gradio_api/queue/join", "POST", call, two)[0] == 403
    stolen = json.dumps({"data": [], "session_hash": "s1"}).encode()
    assert request_("/gradio_api/queue/join", "POST", stolen, two)[0] == 403
    assert request_("/gradio_api/queue/data", cookie=two, query=b"session_hash=s1")[0] == 403
    assert request_("/gradio_api/heartbeat/s1", cookie=two)[0] == 403
    secret = json.dumps({"data": [{"path": "/etc/passwd"}]}).encode()
    assert request_("/gradio_api/queue/join", "POST", secret, one)[0] == 403
    assert request_("/gradio_api/queue/join", "POST", b"no json", one)[0] == 403
    assert request_("/gradio_api/queue/join", "POST", b" " * (2**20 + 1), one)[0] == 413


def test_nothing_comes_from_other_hosts(request_):
    policy = request_("/")[1][b"content-security-policy"].decode()
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy

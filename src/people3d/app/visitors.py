"""No file of one visitor for another: each visitor may name only files that the server has named to him.

Gradio serves uploads and results to whoever knows their path. The paths cannot be guessed; here they are also of no use
to anybody else. A visitor is a cookie; the paths in what the server sends him are his, every other is refused, in
addresses as in what he sends. Nothing is fetched from other hosts either.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, unquote

_COOKIE = "people3d_visitor"
_PATHS = re.compile(rb'"path"\s*:\s*("(?:[^"\\]|\\.)*")')
_UPLOADED = re.compile(rb'"(?:[^"\\]|\\.)*"')
_MAX_VISITORS = 10_000  # the one who was longest away is forgotten
_MAX_BODY = 2**20  # of a call; uploads are no calls
_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; frame-ancestors 'self'; base-uri 'self'"
)


class Visitors:
    """An ASGI application around Gradio's."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._files: OrderedDict[str, set[str]] = OrderedDict()  # by visitor
        self._sessions: dict[str, str] = {}  # visitor by Gradio's session

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visitor, new = self._visitor(scope)
        path = unquote(scope["path"])
        if "/file=" in path and path.split("/file=", 1)[1] not in self._files[visitor]:
            await _refuse(send, 404)
            return
        uploads, answers = path.endswith("/upload"), "/gradio_api/" in path and "/file=" not in path
        query = {k: v[0] for k, v in parse_qs(scope["query_string"].decode("latin-1")).items()}
        if scope["method"] == "POST" and answers and not uploads:
            body = await _body(receive)
            if body is None or not self._may_send(visitor, body):
                await _refuse(send, 413 if body is None else 403)
                return
            receive = _replay(body, receive)
        session = query.get("session_hash") or (path.split("/heartbeat/")[1] if "/heartbeat/" in path else None)
        if session is not None and not self._owns(visitor, session):
            await _refuse(send, 403)
            return
        if answers:  # they are read on their way, so they must not be compressed
            headers = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
            scope = {**scope, "headers": headers}

        async def send_on(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                extra = [(b"content-security-policy", _POLICY.encode()), (b"referrer-policy", b"same-origin")]
                if new:
                    cookie = f"{_COOKIE}={visitor}; Path=/; HttpOnly; SameSite=Strict"
                    extra.append((b"set-cookie", cookie.encode()))
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            elif answers and message.get("body"):
                self._learn(visitor, message["body"], _UPLOADED if uploads else _PATHS)
            await send(message)

        await self._app(scope, receive, send_on)

    def _visitor(self, scope: dict[str, Any]) -> tuple[str, bool]:
        """Who it is, and whether he is new. Only names that were given here are believed."""
        sent = b"; ".join(value for key, value in scope["headers"] if key == b"cookie").decode("latin-1")
        try:
            cookie = SimpleCookie(sent).get(_COOKIE)
        except CookieError:
            cookie = None
        if cookie is not None and cookie.value in self._files:
            self._files.move_to_end(cookie.value)
            return cookie.value, False
        visitor = secrets.token_urlsafe(32)
        self._files[visitor] = set()
        while len(self._files) > _MAX_VISITORS:
            gone, _ = self._files.popitem(last=False)
            self._sessions = {k: v for k, v in self._sessions.items() if v != gone}
        return visitor, True

    def _learn(self, visitor: str, body: bytes, pattern: re.Pattern[bytes]) -> None:
        for match in pattern.finditer(body):
            path = json.loads(match[match.lastindex or 0])
            if path:
                self._files[visitor].add(path)

    def _may_send(self, visitor: str, body: bytes) -> bool:
        """Whether all files, and the session, that a call names are the visitor's."""
        try:
            call = json.loads(body) if body else {}
        except ValueError:
            return False
        named = set(_named(call))
        session = call.get("session_hash") if isinstance(call, dict) else None
        return named <= self._files[visitor] and (session is None or self._owns(visitor, str(session)))

    def _owns(self, visitor: str, session: str) -> bool:
        return self._sessions.setdefault(session, visitor) == visitor


def _named(value: Any) -> list[str]:
    """Every path in a call, however deep."""
    if isinstance(value, dict):
        own = [str(value["path"])] if value.get("path") else []
        return own + [path for inner in value.values() for path in _named(inner)]
    return [path for inner in value for path in _named(inner)] if isinstance(value, list) else []


async def _body(receive: Any) -> bytes | None:
    """The whole body of a call; None where it is too long."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MAX_BODY:
            return None
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Any) -> Any:
    sent = False

    async def again() -> dict[str, Any]:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(send: Any, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"not here, or not yours"})

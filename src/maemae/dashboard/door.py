"""The door of the dashboard: nothing behind it hears of a request that has no session."""

import html
import re
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from maemae.dashboard.entrance import Links
from maemae.dashboard.sessions import Lock, Sessions, TooMany
from maemae.i18n import _, language
from maemae.reading import host_of

COOKIE = "maemae_session"
FORM_COOKIE = "maemae_form"
DEVICE_COOKIE = "maemae_device"
DEVICE_DAYS = 400
"""As long as browsers keep a cookie."""

SOCKET = "/_nicegui_ws/"
_NONCE = re.compile(r"^[A-Za-z0-9_-]{20,64}$")
LARGEST_BODY = 64 * 1024
LARGEST_FORM = 4 * 1024

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer a form sends "Origin: null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


class _TooLarge(Exception):  # noqa: N818 - named for what happened
    pass


@dataclass
class Door:
    """Checks host, origin and session; serves the login form itself.

    Args:
        app: what is behind the door.
        sessions: who is in.
        lock: the password.
        links: that let in where there is no password.
        hosts: host names by which the dashboard may be addressed.
        secure: whether browsers reach it by TLS, so that cookies may travel by TLS only.
    """

    app: ASGIApp
    sessions: Sessions
    lock: Lock
    links: Links
    hosts: frozenset[str]
    secure: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let through."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            allowed = self._is_ours(scope) and self._same_origin(scope) and self._inside(scope)
            if allowed:
                await self.app(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
        else:
            await self._http(scope, receive, self._with_headers(send))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = self._turned_away(scope)
        if answer is None:
            answer = await self._own(request)
        if answer is None and not self._inside(scope):
            answer = _redirect("/login") if scope["method"] == "GET" else _plain(401)
        # Nothing behind the door takes anything but the polling transport of its socket.
        polling = scope["method"] == "POST" and scope["path"].startswith(SOCKET)
        if answer is None and scope["method"] not in ("GET", "HEAD") and not polling:
            answer = _plain(405)
        if answer is not None:
            await answer(scope, receive, send)
            return
        await self._through(scope, receive, send)

    async def _through(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = gone = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        async def heard() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        try:
            await self.app(scope, _bounded(heard, LARGEST_BODY), watched)
        except _TooLarge:
            if not started:
                await _plain(413)(scope, receive, send)
        except RuntimeError:
            # Starlette's way of noticing that the browser left before its answer was ready.
            if not gone:
                raise

    def _turned_away(self, scope: Scope) -> Response | None:
        if not self._is_ours(scope):
            return _plain(403)
        changes = scope["method"] not in ("GET", "HEAD")
        return _plain(403) if changes and not self._same_origin(scope) else None

    def _is_ours(self, scope: Scope) -> bool:
        return host_of(Headers(scope=scope).get("host", "")) in self.hosts

    def _same_origin(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        return origin.partition("://")[2] == headers.get("host", "-")

    def _inside(self, scope: Scope) -> bool:
        return self.sessions.touch(session_of(Headers(scope=scope).get("cookie", "")))

    # Its own pages.

    async def _own(self, request: Request) -> Response | None:
        match request.scope["path"]:
            case "/login":
                return await self._login(request)
            case "/enter":
                return self._by_link(request)
            case "/logout":
                return self._logout(request)
            case _:
                return None

    async def _login(self, request: Request) -> Response:
        if request.method != "POST":
            return self._form(request, 200)
        try:
            fields = await _fields(request)
        except _TooLarge:
            return _plain(413)
        except ValueError:  # more fields than a form of ours has
            return _plain(400)
        expected = _nonce_of(request)
        if not expected or not _equal(expected, fields.get("form", "")):
            return self._form(request, 403, _("The form has expired. Please try again."))
        try:
            client = request.client.host if request.client is not None else ""
            device = request.cookies.get(DEVICE_COOKIE, "")
            right = self.lock.opens_by_password(fields.get("password", ""), client, device)
        except TooMany:
            return self._form(request, 429, _("Too many wrong passwords. Wait a minute."))
        return self._enter() if right else self._form(request, 401, _("That password is wrong."))

    def _by_link(self, request: Request) -> Response:
        """Let a link in; whoever is in already has no need of it."""
        given = request.query_params.get("key", "")
        if self.lock.password_hash or not given or request.method != "GET":
            return _redirect("/login")
        if self._inside(request.scope):
            return _redirect("/")
        if self.links.use(given):
            return self._enter()
        used = _(
            "This link was used before or is too old: `maemae dashboard link` prints a new one."
        )
        return self._form(request, 403, used)

    def _logout(self, request: Request) -> Response:
        if request.method != "POST":
            return _plain(405)
        self.sessions.close(session_of(request.headers.get("cookie", "")))
        return _redirect("/login")

    def _enter(self) -> Response:
        answer = _redirect("/")
        answer.set_cookie(
            COOKIE, self.sessions.open(), httponly=True, secure=self.secure, samesite="strict"
        )
        if self.lock.password_hash:
            # Whoever was in is looked at however many wrong passwords others try.
            answer.set_cookie(
                DEVICE_COOKIE,
                self.lock.device(),
                httponly=True,
                secure=self.secure,
                samesite="strict",
                max_age=DEVICE_DAYS * 86_400,
                path="/login",
            )
        return answer

    def _form(self, request: Request, status: int, message: str = "") -> Response:
        # A browser that also asks for an icon is sent here twice: one nonce for both.
        nonce = _nonce_of(request) or secrets.token_urlsafe(24)
        answer = HTMLResponse(_page(nonce, message, bool(self.lock.password_hash)), status)
        answer.set_cookie(
            FORM_COOKIE, nonce, httponly=True, secure=self.secure, samesite="strict", max_age=600
        )
        return answer

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if self.secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not headers.get("cache-control"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        return sending


def session_of(cookies: str) -> str:
    """Return the session's secret out of a cookie header, blank where there is none."""
    return _cookie(cookies, COOKIE)


def _nonce_of(request: Request) -> str:
    found = _cookie(request.headers.get("cookie", ""), FORM_COOKIE)
    return found if _NONCE.match(found) else ""


def _cookie(cookies: str, name: str) -> str:
    """Return one of the cookies of a header, blank where it is not there or they are none."""
    try:
        found = SimpleCookie(cookies).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _equal(expected: str, given: str) -> bool:
    """Compare secrets; as bytes, for what strangers send need not be ASCII."""
    return secrets.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


async def _fields(request: Request) -> dict[str, str]:
    """Read a small form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise _TooLarge
    fields = parse_qs(body.decode("utf-8", errors="replace"), max_num_fields=10)
    return {name: values[0] for name, values in fields.items()}


def _bounded(receive: Receive, most: int) -> Receive:
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise _TooLarge
        return message

    return receiving


def _redirect(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303)


def _plain(status: int) -> PlainTextResponse:
    return PlainTextResponse(str(status), status)


def _page(nonce: str, message: str, has_password: bool) -> str:
    """Return the login page; it needs nothing from behind the door."""
    note = f'<p class="note" role="alert">{html.escape(message)}</p>' if message else ""
    ask = _("`maemae dashboard link` prints a link that opens this page once.")
    hint = "" if has_password or message else ask
    form = (
        f"""<form method="post" action="/login">
<input type="hidden" name="form" value="{nonce}">
<label for="password">{_("Password")}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required autofocus>
<button>{_("Log in")}</button></form>"""
        if has_password
        else f"<p>{html.escape(hint)}</p>"
    )
    return f"""<!doctype html><html lang="{language()}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>maemae</title>
<style>{_STYLE}</style></head><body><main><h1>maemae <small>매매</small></h1>{note}{form}
</main></body></html>"""


_STYLE = """
:root{color-scheme:light dark;font-family:system-ui,"Noto Sans KR",sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f4f5f7,#15181d)}
main{width:min(22rem,88vw);padding:2rem;border-radius:14px;background:light-dark(#fff,#1e232b);
box-shadow:0 6px 30px #0002}
h1{margin:0 0 1.2rem;font-size:1.5rem}small{opacity:.5;font-weight:400}
label{display:block;margin-bottom:.4rem}
input[type=password]{width:100%;box-sizing:border-box;padding:.7rem;font-size:1rem;
border:1px solid #8888;border-radius:8px;background:transparent;color:inherit}
button{margin-top:1rem;width:100%;padding:.75rem;font-size:1rem;border:0;border-radius:8px;
background:#1d4ed8;color:#fff;cursor:pointer}
.note{color:#b45309}
"""

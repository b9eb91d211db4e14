#!/usr/bin/env python3
"""Sends one HTTP request: parameters as JSON on stdin, one JSON document as the result on stdout.

Exit codes: 0 the answer's status is below 400; 1 it is not; 2 a parameter is wrong; 3 no complete answer came.
Only the standard library, and no syntax younger than Python 3.8.
"""

import base64
import errno
import http.client
import json
import math
import re
import signal
import socket
import ssl
import sys
import time
from urllib.error import URLError
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
AUTH_TYPES = ("none", "basic", "bearer")
MEBIBYTE = 1024 * 1024
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
HOST = re.compile(r"[0-9A-Za-z._~-]+|[0-9a-f.]*:[0-9a-f.:]+")
FRAMING = ("content-length", "transfer-encoding", "connection")
# What a request keeps when a redirect leads to another origin: anything else may be a credential.
KEPT_ACROSS_ORIGINS = ("accept", "accept-language", "content-type", "user-agent")


class Failure(Exception):
    """Ends the action: an exit code, a code for programs and a sentence for people."""

    def __init__(self, exit_code, code, message):
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code


def main():
    started = time.monotonic()
    result = {
        "success": False,
        "status_code": None,
        "url": None,
        "headers": {},
        "body": None,
        "body_encoding": "text",
        "json": None,
    }
    exit_code = 0
    try:
        run(read_parameters(sys.stdin.buffer.read()), result)
    except Failure as failure:
        exit_code = failure.exit_code
        result.update(error=str(failure), error_code=failure.code)
        print("http_request: {}".format(failure).encode("ascii", "backslashreplace").decode(), file=sys.stderr)
    result["success"] = exit_code == 0
    result["elapsed_ms"] = round((time.monotonic() - started) * 1000)
    print(json.dumps(result))
    return exit_code


def run(params, result):
    request = build_request(params)
    timeout = number(params, "timeout", 30, 1, 300)
    limit = whole(params, "max_response_bytes", MEBIBYTE, 1, 64 * MEBIBYTE)
    redirects = whole(params, "max_redirects", 10, 0, 50) if flag(params, "follow_redirects", True) else None
    opener = build_opener(flag(params, "verify_ssl", True))

    # A socket's timeout starts anew with every byte; the alarm bounds the whole exchange.
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        exchange(opener, request, redirects, limit, timeout, result)
    except (OSError, http.client.HTTPException) as error:
        raise explain(error, timeout) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

    if result["status_code"] >= 400:
        reason = http.client.responses.get(result["status_code"], "")
        raise Failure(1, "http_status", "the server answered {} {}".format(result["status_code"], reason).rstrip())


# --- parameters ---------------------------------------------------------------------------------------------------


def read_parameters(raw):
    try:
        params = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Failure(2, "invalid_parameters", "expected JSON on stdin: {}".format(error)) from error
    if not isinstance(params, dict):
        raise Failure(2, "invalid_parameters", "expected a JSON object on stdin")
    return {name: value for name, value in params.items() if value is not None}


def wrong(name, expected):
    # The value stays out of the message: it may be a secret.
    return Failure(2, "invalid_parameters", "expected `{}` to be {}".format(name, expected))


def text(params, name, default=None):
    value = params.get(name, default)
    if value is not None and not isinstance(value, str):
        raise wrong(name, "a string")
    return value


def flag(params, name, default):
    value = params.get(name, default)
    if not isinstance(value, bool):
        raise wrong(name, "true or false")
    return value


def number(params, name, default, low, high):
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise wrong(name, "a number from {} to {}".format(low, high))
    return value


def whole(params, name, default, low, high):
    value = number(params, name, default, low, high)
    if value != math.floor(value):
        raise wrong(name, "a whole number from {} to {}".format(low, high))
    return int(value)


def choice(params, name, default, options):
    value = text(params, name, default)
    if value not in options:
        raise wrong(name, "one of {}".format(", ".join(options)))
    return value


def mapping(params, name):
    value = params.get(name, {})
    if not isinstance(value, dict):
        raise wrong(name, "an object")
    return value


def plain(value, name):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise wrong(name, "a string, a number or a boolean")


def encoded(value, name):
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise wrong(name, "well-formed Unicode") from error


# --- the request --------------------------------------------------------------------------------------------------


def build_request(params):
    method = choice(params, "method", "GET", METHODS)
    if not params.get("url"):
        raise Failure(2, "invalid_parameters", "the parameter `url` is required")
    try:
        url = checked_url(text(params, "url"))
    except ValueError as error:
        raise wrong("url", str(error)) from error

    headers = build_headers(params)
    names = {name.lower() for name in headers}
    body = text(params, "body")
    if body is not None:
        body = encoded(body, "body")
        default_type = "text/plain; charset=utf-8"
    if "json_body" in params:
        if body is not None:
            raise Failure(2, "invalid_parameters", "give `body` or `json_body`, not both")
        body = json.dumps(params["json_body"]).encode("ascii")
        default_type = "application/json"
    if body is not None and "content-type" not in names:
        headers["Content-Type"] = default_type
    return Request(with_query(url, mapping(params, "query_params")), data=body, headers=headers, method=method)


def checked_url(url):
    """The URL in the form that goes on the wire; ValueError says what was expected instead."""
    if CONTROL.search(url):
        raise ValueError("a URL without control characters")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError as error:
        raise ValueError("a URL with a well-formed host and port") from error
    if parts.scheme not in ("http", "https"):
        raise ValueError("a URL that starts with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("a URL without user and password; use `auth_type`")
    if not HOST.fullmatch(host):
        raise ValueError("a URL with a well-formed host and port")

    netloc = "[{}]".format(host) if ":" in host else host
    if port is not None:
        netloc += ":{}".format(port)
    try:
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
        query = quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    except UnicodeEncodeError as error:
        raise ValueError("a URL in well-formed Unicode") from error
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def with_query(url, query_params):
    pairs = []
    for name, value in query_params.items():
        for item in value if isinstance(value, list) else [value]:
            item = plain(item, "query_params.{}".format(name))
            pairs.append((encoded(name, "query_params"), encoded(item, "query_params")))
    if not pairs:
        return url
    return "{}{}{}".format(url, "&" if urlsplit(url).query else "?", urlencode(pairs))


def build_headers(params):
    headers = {"User-Agent": "attune-core-http-request/1.0"}
    for name, value in mapping(params, "headers").items():
        value = plain(value, "headers.{}".format(name)).strip()
        if not TOKEN.fullmatch(name) or name.lower() in FRAMING:
            raise wrong("headers", "names of headers other than {}".format(", ".join(FRAMING)))
        if CONTROL.search(value) or not latin1(value):
            raise wrong("headers.{}".format(name), "one line of Latin-1 text")
        if name.lower() == "user-agent":
            del headers["User-Agent"]
        headers[name] = value

    authorization = build_authorization(params)
    if authorization is not None:
        if any(name.lower() == "authorization" for name in headers):
            raise Failure(2, "invalid_parameters", "give `auth_type` or an Authorization header, not both")
        headers["Authorization"] = authorization
    return headers


def latin1(value):
    return all(ord(character) < 256 for character in value)


def build_authorization(params):
    kind = choice(params, "auth_type", "none", AUTH_TYPES)
    if kind == "basic":
        user = text(params, "auth_username", "")
        if not user or ":" in user:
            raise wrong("auth_username", "a name without `:`, for `auth_type: basic`")
        pair = "{}:{}".format(user, text(params, "auth_password", ""))
        return "Basic " + base64.b64encode(encoded(pair, "auth_password")).decode("ascii")
    if kind == "bearer":
        token = text(params, "auth_token", "")
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise wrong("auth_token", "a token of visible ASCII characters, for `auth_type: bearer`")
        return "Bearer " + token
    return None


# --- the exchange -------------------------------------------------------------------------------------------------


def build_opener(verify_ssl):
    context = ssl.create_default_context()
    if not verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # `urllib.request.build_opener` would add file:, ftp: and data:, and redirects that keep every header.
    opener = OpenerDirector()
    opener.addheaders = []
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(context=context)):
        opener.add_handler(handler)
    return opener


def exchange(opener, request, redirects, limit, timeout, result):
    followed = 0
    while True:
        result["url"] = request.full_url
        with opener.open(request, timeout=timeout) as response:
            location = response.headers.get("Location")
            if redirects is None or response.status not in (301, 302, 303, 307, 308) or location is None:
                read_response(response, limit, result)
                return
            if followed == redirects:
                raise Failure(3, "too_many_redirects", "gave up after {} redirects".format(redirects))
            request = redirected(request, response.status, location)
            followed += 1


def redirected(request, status, location):
    try:
        # Python reads headers as Latin-1; a Location with other text in it is UTF-8 in practice.
        location = location.encode("latin-1").decode("utf-8", "replace")
        url = checked_url(urljoin(request.full_url, location))
    except ValueError as error:
        raise Failure(3, "invalid_redirect", "expected the redirect to lead to {}".format(error)) from error

    method, body, headers = request.get_method(), request.data, request.headers
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body = "GET", None
        headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
    if origin(url) != origin(request.full_url):
        headers = {name: value for name, value in headers.items() if name.lower() in KEPT_ACROSS_ORIGINS}
    return Request(url, data=body, headers=headers, method=method)


def origin(url):
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]


def read_response(response, limit, result):
    result["status_code"] = response.status
    for name, value in response.headers.items():
        name = name.lower()
        known = result["headers"].get(name)
        result["headers"][name] = value if known is None else "{}, {}".format(known, value)

    data = response.read(limit + 1)
    if len(data) > limit:
        raise Failure(3, "response_too_large", "the answer is larger than `max_response_bytes` ({})".format(limit))
    if response.length:  # what Content-Length promised and did not come: `read(n)` does not complain
        raise http.client.IncompleteRead(data, response.length)

    try:
        result["body"] = data.decode(response.headers.get_content_charset() or "utf-8")
    except (LookupError, ValueError):
        result.update(body=base64.b64encode(data).decode("ascii"), body_encoding="base64")
        return
    kind = response.headers.get_content_type()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            value = json.loads(result["body"], parse_constant=not_json)
            json.dumps([[value]])  # what is nested so deeply that it reads but does not print would break the result
            result["json"] = value
        except (ValueError, RecursionError):
            pass  # `json` stays null; `body` has the text


def not_json(word):
    raise ValueError(word)


def on_alarm(_signal, _frame):
    raise TimeoutError(errno.ETIMEDOUT, "the exchange took too long")  # before 3.10, `socket` reads the number


def explain(error, timeout):
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, (TimeoutError, socket.timeout)):
        return Failure(3, "timeout", "no complete answer within {} s".format(timeout))
    if isinstance(reason, ssl.SSLError):
        return Failure(3, "tls", "TLS failed: {}".format(reason))
    if isinstance(reason, socket.gaierror):
        return Failure(3, "dns", "the host's name was not found: {}".format(reason.strerror))
    if isinstance(reason, http.client.HTTPException):
        return Failure(3, "protocol", "the answer is not whole, well-formed HTTP: {!r}".format(reason))
    return Failure(3, "connection", "the connection failed: {}".format(reason))


if __name__ == "__main__":
    sys.exit(main())

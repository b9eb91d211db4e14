"""Runs core.http_request for real, against servers of its own on the loopback interface."""

import base64
import importlib.util
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ACTION = Path(__file__).resolve().parent.parent / "actions" / "http_request.py"
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("http_request", ACTION)
action = importlib.util.module_from_spec(spec)
spec.loader.exec_module(action)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode("utf-8")
        path, _, query = self.path.partition("?")
        if path.startswith("/status/"):
            self.reply(int(path[8:]), b"no")
        elif path.startswith("/redirect/"):
            self.reply(int(path[10:]), b"", {"Location": query})
        elif path == "/loop":
            self.reply(302, b"", {"Location": "/loop"})
        elif path == "/large":
            self.reply(200, b"x" * 5000)
        elif path == "/binary":
            self.reply(200, b"\xff\xfe\x00", {"Content-Type": "application/octet-stream"})
        elif path == "/latin1":
            self.reply(200, "ü".encode("latin-1"), {"Content-Type": "text/plain; charset=iso-8859-1"})
        elif path == "/bad-json":
            self.reply(200, b"{", {"Content-Type": "application/json"})
        elif path == "/deep-json":
            self.reply(200, b"[" * 100000, {"Content-Type": "application/json"})
        elif path == "/cut":
            self.reply(200, b"short", {"Content-Length": "50"})
            self.close_connection = True
        elif path == "/drip":
            self.drip()
        else:
            seen = {"method": self.command, "path": self.path, "body": body, "headers": dict(self.headers.items())}
            seen["headers"] = {name.lower(): value for name, value in seen["headers"].items()}
            self.reply(200, json.dumps(seen).encode(), {"Content-Type": "application/json", "X-Two": "1"})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def reply(self, status, body, headers=()):
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), **dict(headers)}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def drip(self):
        # Never silent for long: only a bound on the whole exchange ends it.
        self.reply(200, b"", {"Content-Length": "1000"})
        try:
            for _ in range(100):
                self.wfile.write(b".")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    def log_message(self, *_args):
        pass


def serve():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server, "http://127.0.0.1:{}".format(server.server_address[1])


def run_raw(stdin, **environment):
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, str(ACTION)], input=stdin, capture_output=True, timeout=60, env={**env, **environment}
    )
    return done.returncode, json.loads(done.stdout), done.stderr.decode("utf-8")


def run(**params):
    return run_raw(json.dumps(params).encode())


class HttpRequest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server, cls.url = serve()
        cls.other_server, cls.other_url = serve()

    @classmethod
    def tearDownClass(cls):
        for server in (cls.server, cls.other_server):
            server.shutdown()
            server.server_close()

    def refuses(self, *mentions, **params):
        """In this process: starting one for each of so many cases would take seconds."""
        stdin = json.dumps({"url": self.url, **params}).encode()
        with self.assertRaises(action.Failure, msg=params) as caught:
            action.run(action.read_parameters(stdin), {})
        self.assertEqual((caught.exception.exit_code, caught.exception.code), (2, "invalid_parameters"), params)
        for mention in mentions:
            self.assertIn(mention, str(caught.exception))

    def breaks(self, code, **params):
        exit_code, result, _ = run(**params)
        self.assertEqual((exit_code, result["success"], result["error_code"]), (3, False, code), result)
        return result

    def test_get(self):
        exit_code, result, stderr = run(url=self.url + "/a b?c=ü#d")
        self.assertEqual((exit_code, stderr), (0, ""))
        self.assertEqual((result["success"], result["status_code"]), (True, 200))
        self.assertEqual(result["json"], json.loads(result["body"]))
        self.assertEqual(result["json"]["method"], "GET")
        self.assertEqual(result["json"]["path"], "/a%20b?c=%C3%BC")
        self.assertEqual(result["headers"]["x-two"], "1")
        self.assertIsInstance(result["elapsed_ms"], int)
        self.assertNotIn("error", result)

    def test_every_method(self):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            self.assertEqual(run(url=self.url, method=method)[1]["json"]["method"], method)
        exit_code, result, _ = run(url=self.url, method="HEAD")
        self.assertEqual((exit_code, result["body"]), (0, ""))

    def test_headers_and_query(self):
        _, result, _ = run(
            url=self.url + "/?a=1", headers={"X-A": 5, "user-agent": "me"}, query_params={"b": ["2", True], "c": "x&y"}
        )
        self.assertEqual(result["json"]["path"], "/?a=1&b=2&b=true&c=x%26y")
        self.assertEqual(result["json"]["headers"]["x-a"], "5")
        self.assertEqual(result["json"]["headers"]["user-agent"], "me")

    def test_text_body(self):
        text = "a\"; rm -rf $(x) 'ü'\n"
        _, result, _ = run(url=self.url, method="POST", body=text)
        self.assertEqual(result["json"]["body"], text)
        self.assertEqual(result["json"]["headers"]["content-type"], "text/plain; charset=utf-8")

    def test_json_body(self):
        _, result, _ = run(url=self.url, method="PUT", json_body={"a": ["ü", None]})
        self.assertEqual(json.loads(result["json"]["body"]), {"a": ["ü", None]})
        self.assertEqual(result["json"]["headers"]["content-type"], "application/json")
        _, result, _ = run(url=self.url, method="PUT", json_body={}, headers={"content-type": "application/x+json"})
        self.assertEqual(result["json"]["headers"]["content-type"], "application/x+json")

    def test_authentication(self):
        _, result, _ = run(url=self.url, auth_type="basic", auth_username="u", auth_password="pü")
        self.assertEqual(
            result["json"]["headers"]["authorization"], "Basic " + base64.b64encode("u:pü".encode()).decode()
        )
        _, result, _ = run(url=self.url, auth_type="bearer", auth_token="t.k")
        self.assertEqual(result["json"]["headers"]["authorization"], "Bearer t.k")

    def test_status_from_400_fails(self):
        for status in (400, 404, 500):
            exit_code, result, stderr = run(url="{}/status/{}".format(self.url, status))
            self.assertEqual((exit_code, result["status_code"], result["error_code"]), (1, status, "http_status"))
            self.assertEqual(result["body"], "no")
            self.assertIn(str(status), stderr)

    def test_bodies_that_are_not_utf8(self):
        _, result, _ = run(url=self.url + "/binary")
        self.assertEqual((result["body_encoding"], base64.b64decode(result["body"])), ("base64", b"\xff\xfe\x00"))
        self.assertEqual(run(url=self.url + "/latin1")[1]["body"], "ü")

    def test_json_that_is_none(self):
        for path in ("/bad-json", "/deep-json"):
            exit_code, result, _ = run(url=self.url + path)
            self.assertEqual((exit_code, result["json"], result["body"][0] in "[{"), (0, None, True))

    def test_redirects(self):
        exit_code, result, _ = run(url=self.url + "/redirect/302?/there", method="POST", body="x", headers={"X-A": "1"})
        self.assertEqual((exit_code, result["url"]), (0, self.url + "/there"))
        self.assertEqual((result["json"]["method"], result["json"]["body"]), ("GET", ""))
        self.assertEqual(result["json"]["headers"]["x-a"], "1")
        _, result, _ = run(url=self.url + "/redirect/307?/there", method="POST", body="x")
        self.assertEqual((result["json"]["method"], result["json"]["body"]), ("POST", "x"))
        exit_code, result, _ = run(url=self.url + "/redirect/301?/there", follow_redirects=False)
        self.assertEqual((exit_code, result["status_code"], result["headers"]["location"]), (0, 301, "/there"))
        self.breaks("too_many_redirects", url=self.url + "/loop", max_redirects=3)

    def test_redirects_keep_secrets_at_home(self):
        _, result, _ = run(
            url="{}/redirect/302?{}/".format(self.url, self.other_url),
            auth_type="bearer",
            auth_token="secret",
            headers={"X-Api-Key": "secret", "Cookie": "secret", "Accept": "text/x"},
        )
        self.assertTrue(result["url"].startswith(self.other_url))
        self.assertNotIn("secret", result["body"])
        self.assertEqual(result["json"]["headers"]["accept"], "text/x")

    def test_redirects_only_to_http(self):
        for target in ("file:///etc/passwd", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/"):
            self.breaks("invalid_redirect", url=self.url + "/redirect/302?" + target)

    def test_limits(self):
        self.assertEqual(run(url=self.url + "/large", max_response_bytes=5000)[0], 0)
        result = self.breaks("response_too_large", url=self.url + "/large", max_response_bytes=4999)
        self.assertEqual((result["status_code"], result["body"]), (200, None))
        started = time.monotonic()
        self.breaks("timeout", url=self.url + "/drip", timeout=1)
        self.assertLess(time.monotonic() - started, 5)

    def test_broken_exchanges(self):
        self.breaks("protocol", url=self.url + "/cut")
        self.breaks("tls", url=self.url.replace("http:", "https:"))
        gone, url = serve()
        gone.shutdown()
        gone.server_close()
        self.breaks("connection", url=url)

    def test_proxy_from_the_environment(self):
        exit_code, result, _ = run_raw(b'{"url": "http://somewhere.invalid/x"}', HTTP_PROXY=self.url, http_proxy=self.url)
        self.assertEqual((exit_code, result["json"]["path"]), (0, "http://somewhere.invalid/x"))

    def test_wrong_parameters(self):
        self.refuses("`url`", "required", url=None)
        for url in ("file:///etc/passwd", "ftp://h/", "data:,x", "/path", "http://", "http://h:99999/", "http://a..b/"):
            self.refuses("`url`", url=url)
        for url in ("http://h/\n", "http://h\r\nX: y", "http://[::1", "http://a b/", "http://\ud800/", "http://h/\ud800"):
            self.refuses("`url`", url=url)
        self.refuses("`auth_type`", url="http://u:p@127.0.0.1/")
        self.refuses("`method`", "PATCH", method="BREW")
        self.refuses("`headers", headers={"X": "a\r\nY: b"})
        self.refuses("`headers", headers={"X Y": "a"})
        self.refuses("`headers", headers={"Content-Length": "5"})
        self.refuses("`headers.X`", headers={"X": ["a"]})
        self.refuses("`headers`", headers="X: a")
        self.refuses("`body`", "`json_body`", body="a", json_body={})
        self.refuses("`body`", body={"a": 1})
        self.refuses("`body`", body="\ud800")
        self.refuses("`query_params.a`", query_params={"a": {}})
        self.refuses("`auth_username`", auth_type="basic")
        self.refuses("`auth_token`", auth_type="bearer", auth_token="a b")
        self.refuses("`auth_type`", auth_type="bearer", auth_token="t", headers={"authorization": "x"})
        for timeout in (0, 301, "5", True, float("nan")):
            self.refuses("`timeout`", timeout=timeout)
        self.refuses("`verify_ssl`", verify_ssl="no")
        self.refuses("`max_redirects`", max_redirects=1.5)
        self.refuses("`max_response_bytes`", max_response_bytes=0)

    def test_wrong_stdin(self):
        for stdin in (b"", b"[]", b"{", b"\xff", b"[" * 100000):
            exit_code, result, stderr = run_raw(stdin)
            self.assertEqual((exit_code, result["success"], result["error_code"]), (2, False, "invalid_parameters"))
            self.assertIn(result["error"], stderr)

    def test_messages_hide_values(self):
        exit_code, result, stderr = run(url=self.url, auth_type="bearer", auth_token="s3cret with spaces")
        self.assertEqual(exit_code, 2)
        self.assertNotIn("s3cret", json.dumps(result) + stderr)

    @unittest.skipUnless(shutil.which("openssl"), "needs openssl to make a certificate")
    def test_certificates(self):
        with tempfile.TemporaryDirectory() as directory:
            key, certificate = os.path.join(directory, "key"), os.path.join(directory, "certificate")
            make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1".split()
            subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = "https://127.0.0.1:{}/".format(server.server_address[1])
        self.breaks("tls", url=url)
        self.assertEqual(run(url=url, verify_ssl=False)[1]["status_code"], 200)


if __name__ == "__main__":
    unittest.main()

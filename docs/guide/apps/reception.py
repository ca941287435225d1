"""A reception: asks callers whom they want, connects them, and says so when nobody answers.

SIGNING_SECRET=whsec_… python3 reception.py
"""
import base64
import hashlib
import hmac
import json
import logging
import os
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "9000"))
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
SECRET = base64.b64decode(os.environ["SIGNING_SECRET"].removeprefix("whsec_"))
DESKS = {
    "1": os.environ.get("SALES", "user/10001"),
    "2": os.environ.get("SUPPORT", "user/10002"),
}
MENU = "'say:For sales, press 1. For support, press 2.' 'say:Pardon?'"
MAX_BODY = 64 * 1024


def is_signed(headers, body):
    timestamp = headers.get("webhook-timestamp", "")
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > 300:
        return False
    signed = f"{headers.get('webhook-id', '')}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    # Two signatures while a secret is being replaced; one that fits is enough.
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), signature.encode()) for signature in given)


def menu(call):
    return [
        {"application": "answer"},
        {"application": "set", "data": "tts_engine=flite"},
        {"application": "set", "data": "tts_voice=slt"},
        {"application": "play_and_get_digits", "data": f"1 1 2 4000 # {MENU} digits ^[12]$"},
        {"application": "cti_curl", "data": f"{PUBLIC_URL}/calls/choice"},
    ]


def choice(call):
    desk = DESKS.get(call["variables"].get("digits"), "user/operator")
    return [
        {"application": "bridge", "data": desk, "timeout_ms": 20000, "id": "desk"},
        {"application": "cti_curl", "data": f"{PUBLIC_URL}/calls/after"},
    ]


def after(call):
    if call["variables"].get("originate_disposition") == "SUCCESS":
        return [{"application": "hangup"}]
    return [
        {"application": "playback", "data": "say:Nobody is there. Please call again."},
        {"application": "hangup", "data": "NO_ANSWER"},
    ]


def log(event):
    # May come twice: whoever counts or charges remembers its "id".
    logging.info("%s %s %s", event["type"], event["call"]["uuid"], json.dumps(event["data"]))


ROUTES = {"/calls": menu, "/calls/choice": choice, "/calls/after": after, "/events": log}


class Reception(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open: no handshake per call
    timeout = 30

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BODY:
            self.close_connection = True  # the body is still to come
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_signed(self.headers, body):
            return self.answer(401)
        route = ROUTES.get(self.path)
        if route is None:
            return self.answer(404)
        try:
            asked = json.loads(body)
        except ValueError:
            return self.answer(400)
        actions = route(asked)
        if actions is None:
            return self.answer(204)
        self.answer(200, json.dumps(actions).encode())

    def answer(self, status, body=b""):
        self.send_response(status)
        if body:
            self.send_header("content-type", "application/json")
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# Not print(): there is a thread for each connection, and their lines would get mixed up.
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
ThreadingHTTPServer(("127.0.0.1", PORT), Reception).serve_forever()

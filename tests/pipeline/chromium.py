"""A page in headless Chromium, driven over its own debugging socket: what a reader sees, and what it was sent.

Belongs here: the browser. Does not belong here: what any page should show.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

PROGRAM = shutil.which("chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip


class Page:
    """One page. `requests` and `answers` are what it asked for and was given, in order.

    `blocked`: ids of requests that the page's own policy forbade.
    """

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        assert PROGRAM, "there is no Chromium here: on Debian, apt-get install chromium"
        self._process = subprocess.Popen(
            [PROGRAM, *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={folder}",
             f"--window-size={size[0]},{size[1]}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.requests: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.blocked: set[str] = set()
        self._number = 0
        port, path = self._address(folder / "DevToolsActivePort")
        self._socket = connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None)
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self._call(f"{domain}.enable")

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(30)

    def _address(self, file: Path) -> tuple[int, str]:
        """Port and path of the browser's socket, which it writes once it listens."""
        deadline = time.monotonic() + 60
        while not (file.is_file() and len(lines := file.read_text("ascii").splitlines()) == 2):
            assert time.monotonic() < deadline, "Chromium does not start"
            time.sleep(0.1)
        return int(lines[0]), lines[1]

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            said = json.loads(self._socket.recv(timeout=60))
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]
            self._note(said)

    def _note(self, said: dict[str, Any]) -> None:
        if said.get("method") == "Network.requestWillBeSent":
            self.requests.append(said["params"])
        elif said.get("method") == "Network.responseReceived":
            self.answers.append(said["params"])
        elif said.get("method") == "Network.loadingFailed" and said["params"].get("blockedReason") == "csp":
            self.blocked.add(said["params"]["requestId"])

    def open(self, address: str) -> None:
        """Go to an address."""
        self._call("Page.navigate", url=address)

    def ask(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        return self._call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait(self, script: str, seconds: float = 90) -> Any:
        """The expression's value once it is true."""
        return self._until(lambda: self.ask(script), seconds, script)

    def type(self, selector: str, text: str) -> None:
        """Type into the field that the selector finds, as a keyboard does."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        self.ask(f"document.querySelector({json.dumps(selector)}).focus()")
        self._call("Input.insertText", text=text)

    def body(self, answer: dict[str, Any]) -> bytes:
        """The body of an answer."""
        given = self._call("Network.getResponseBody", requestId=answer["requestId"])
        return base64.b64decode(given["body"]) if given["base64Encoded"] else given["body"].encode()

    def screenshot(self, path: Path) -> None:
        """Write what the page shows as PNG."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    @staticmethod
    def _until(ask: Callable[[], Any], seconds: float, what: str) -> Any:
        deadline = time.monotonic() + seconds
        while not (value := ask()):
            assert time.monotonic() < deadline, f"never true: {what}"
            time.sleep(0.2)
        return value

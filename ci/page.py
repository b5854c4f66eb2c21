"""Opens pages in headless Chromium: nothing may be logged or loaded, and none may be wider than its window.

Usage: page.py FOLDER PAGE...   Writes a picture of each page, wide and narrow, light and dark, into the folder.
"""

import base64
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

# How long the browser may take for an answer or an event, in seconds.
LIMIT = float(os.environ.get("VFCTL_PAGE_LIMIT", "60"))
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


class Browser:
    """Chromium, spoken to through two pipes (`--remote-debugging-pipe`)."""

    def __init__(self, profile):
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()
        # The browser reads from 3 and writes to 4.
        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        command += [f"--user-data-dir={profile}", "--disable-background-networking", "about:blank"]
        shell = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "bash", *command], pass_fds=(to_browser, from_browser), stderr=subprocess.DEVNULL
        )
        self.number, self.rest, self.events = 0, b"", []

    def message(self, what, until):
        """Returns the next message; ends the program if it does not come in time."""
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.read], [], [], max(0, until - time.monotonic()))
            if not ready:
                self.process.kill()
                sys.exit(f"{what}: chromium does not answer within {LIMIT:g} s")
            chunk = os.read(self.read, 1 << 16)
            if not chunk:
                sys.exit("chromium has ended")
            self.rest += chunk
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, session=None, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        request |= {"sessionId": session} if session else {}
        os.write(self.write, json.dumps(request).encode() + b"\0")
        until = time.monotonic() + LIMIT
        while True:
            message = self.message(method, until)
            if message.get("id") == self.number:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait_for(self, method):
        until = time.monotonic() + LIMIT
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.message(method, until))


def look(browser, page, width, scheme, picture):
    """Opens a page; returns what is wrong with it."""
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    ask = lambda method, **params: browser.ask(method, session, **params)
    phone = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    ask("Emulation.setDeviceMetricsOverride", **phone)
    ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    for domain in ("Page", "Runtime", "Log", "Network"):
        ask(f"{domain}.enable")
    browser.events = []
    url = page.resolve().as_uri()
    failure = ask("Page.navigate", url=url).get("errorText")
    if failure:
        browser.ask("Target.closeTarget", targetId=target)
        return [f"does not open: {failure}"]
    browser.wait_for("Page.loadEventFired")
    size = ask("Page.getLayoutMetrics")["cssContentSize"]
    shot = ask("Page.captureScreenshot", captureBeyondViewport=True, clip={"x": 0, "y": 0, "width": width, "height": min(size["height"], 6000), "scale": 1})
    picture.write_bytes(base64.b64decode(shot["data"]))
    faults = []
    for event in browser.events:
        method, params = event.get("method"), event.get("params", {})
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            faults.append(f"logged: {json.dumps(params)[:300]}")
        if method == "Network.requestWillBeSent" and params["request"]["url"] not in (url, "data:,"):
            faults.append(f"loads {params['request']['url']}")
    if size["width"] > width:
        faults.append(f"{size['width']} pixels wide")
    browser.ask("Target.closeTarget", targetId=target)
    return faults


def main():
    folder, pages = pathlib.Path(sys.argv[1]), [pathlib.Path(page) for page in sys.argv[2:]]
    folder.mkdir(parents=True, exist_ok=True)
    wrong = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        for page in pages:
            for width in WIDTHS:
                for scheme in SCHEMES:
                    name = f"{page.parent.name}-{page.stem}-{width}-{scheme}.png"
                    faults = look(browser, page, width, scheme, folder / name)
                    wrong += len(faults)
                    print(f"{page} at {width}, {scheme}: {'; '.join(faults) or 'as it should be'}")
        browser.ask("Browser.close")
        browser.process.wait(timeout=30)
    sys.exit(1 if wrong else 0)


main()

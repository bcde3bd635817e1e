"""Take the pictures of the documents from a fresh demo: python tools/take_pictures.py [FOLDER]. Needs Chromium.

They are written to docs/images and are the same each time but for what chance and the clock change.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.kit.browser import chromium_path  # noqa: E402

PICTURES = {
    "training": ("#job=spark:ft_05", "canvas"),
    "workers": ("#workers", "text=RUNNING"),
    "coordinator": ("#workers?tab=coordinator", "text=Active job"),
    "analytics": ("#workers?tab=analytics", "canvas"),
    "costs": ("#costs", "canvas"),
    "board": ("#", ".card"),
}
"""Name of the file: where it is taken, and what must be there before."""
AGED_S = 49.0
"""By then runs have ended, and the fine-tune's loss has jumped."""
SETTLED_S = 2.5
SIZE = {"width": 1440, "height": 900}


def main(folder: Path) -> None:
    """Start a demo, wait until there is something to see, and write every picture."""
    command = [sys.executable, "-m", "llm_service", "dashboard", "start", "--demo", "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as demo, sync_playwright() as playwright:
        assert demo.stdout is not None
        try:
            login = json.loads(demo.stdout.readline())["login_url"]
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE, color_scheme="dark")
            page.goto(login)
            start = page.url.partition("#")[0]
            time.sleep(AGED_S)
            for name, (place, sign) in PICTURES.items():
                page.goto(start + place)
                page.locator(sign).first.wait_for()
                time.sleep(SETTLED_S)
                page.screenshot(path=str(folder / f"{name}.png"))
            browser.close()
        finally:
            demo.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images")

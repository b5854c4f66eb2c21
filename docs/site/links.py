"""Checks the built site: each link leads to a file and a place that are there, and no page loads anything from elsewhere.

usage: links.py FOLDER
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# By these attributes a page names what the reader may follow, or what the browser loads.
NAMED = {"href", "src", "srcset", "action", "poster"}


class Page(HTMLParser):
    """The links and the places of one page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.places = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.places.add(value)
            elif name in NAMED and value:
                self.links.append((tag, value))


def flaws_of(path, page, pages, site):
    """Yields what is wrong with the links of a page."""
    for tag, link in page.links:
        parts = urlsplit(link)
        if parts.scheme in ("data", "mailto", "javascript"):
            continue
        if parts.scheme or parts.netloc:
            if tag != "a":
                yield f"<{tag}> loads {link}"
            continue
        # The page for what is not found may be shown anywhere.
        base = site if parts.path.startswith("/") else path.parent
        found = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
        if found.is_dir():
            found = found / "index.html"
        if not found.is_file():
            yield f"{link}: there is no such file"
        elif parts.fragment and found in pages and unquote(parts.fragment) not in pages[found].places:
            yield f"{link}: there is no such place"


def main(site):
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html"))}
    flaws = [(path, flaw) for path, page in pages.items() for flaw in flaws_of(path, page, pages, site.resolve())]
    for path, flaw in flaws:
        print(f"{path.relative_to(site.resolve())}: {flaw}")
    links = sum(len(page.links) for page in pages.values())
    print(f"{len(pages)} pages, {links} links, {len(flaws)} broken")
    # A site without pages has no broken links either.
    return 1 if flaws or len(pages) < 20 or links < 1000 else 0


sys.exit(main(Path(sys.argv[1])))

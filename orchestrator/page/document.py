"""A page as one file: the style and the scripts within, and a policy that lets nothing else in or out."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from orchestrator.page.html import Html, Part, join, tag


def page(title: str, *body: Part, library: str = "") -> str:
    """An HTML file. `library` is the script of Vega-Embed (it sets `window.vegaEmbed`), for a body with charts.

    The policy in its head names the scripts by their digests: no other one runs, whatever a foreign text says, and
    nothing is loaded from, or sent to, anywhere.
    """
    scripts = [_inline(text) for text in (library, _file("charts.js"))] if library else []
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", Html(_file("style.css"))),
    )
    content = tag(
        "body",
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag("main", *body, id="content", tabindex=-1),
        [tag("script", script, type="module") for script in scripts],
    )
    return f'<!doctype html>\n<html lang="en">\n{join(head, content)}\n</html>\n'


def _policy(scripts: list[Html]) -> str:
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _inline(script: str) -> Html:
    """A script that may stand between its tags: what would end it, or begin a comment, is written otherwise."""
    return Html(script.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


@cache
def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")

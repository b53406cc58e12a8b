"""The security headers of every response: nothing foreign runs, frames, caches or learns where a visitor came from."""

from __future__ import annotations

from flask import Flask, Response

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_FOR_SEARCHING = "noindex, nofollow"
"""What search engines are told, unless a page is made for everybody and says otherwise itself."""
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


OWN_SCRIPTS = "; script-src 'self'; connect-src 'self'"


def add_headers(app: Flask, *, https: bool, scripts: bool = False) -> None:
    """Set the headers on every response of ``app``; pages are never stored, static files say otherwise themselves.

    ``scripts`` allows scripts that this site serves itself, and what they fetch from it.
    """
    headers = HEADERS | ({"Strict-Transport-Security": STRICT_TRANSPORT} if https else {})
    if scripts:
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY + OWN_SCRIPTS

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.extend(headers)
        response.headers.setdefault("X-Robots-Tag", NOT_FOR_SEARCHING)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

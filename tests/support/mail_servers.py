"""Real mail servers for tests, on this machine only: one that takes letters, and ones that refuse, stall and die."""

from __future__ import annotations

import contextlib
import email
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from shared.config import MailServer
from tests.support.processes import free_port

HOST = "127.0.0.1"


@dataclass
class Postbox:
    """What the server has taken; ``answers`` are given to the next letters instead of taking them."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Replies to the next letters' data, in order; an empty one takes the letter and then ends the connection."""
    refused: dict[str, str] = field(default_factory=dict)
    """The reply to the recipients named here."""
    before_answer: Callable[[], None] = lambda: None
    """Called when a letter has been taken, before the server says so."""

    async def handle_RCPT(self, _server, _session, envelope, address: str, _options) -> str:  # noqa: N802  aiosmtpd's
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope) -> str:  # noqa: N802  aiosmtpd's
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "" or answer.startswith("250"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=default))
            self.recipients += envelope.rcpt_tos
            self.before_answer()
        if answer == "":
            server.transport.abort()
        return answer or "250 OK"

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what was taken, in order."""
        return [message["Message-ID"] for message in self.taken]


class _Controller(Controller):
    def __init__(self, postbox: Postbox, port: int, **options: Any) -> None:
        self._options = options
        super().__init__(postbox, hostname=HOST, port=port)

    def factory(self) -> SMTP:
        return SMTP(self.handler, **self._options)


@contextlib.contextmanager
def taking(
    postbox: Postbox, *, port: int = 0, certificate: Certificate | None = None, password: str = ""
) -> Iterator[MailServer]:
    """Run a mail server that puts letters into ``postbox``; a ``certificate`` makes it demand TLS, then a password."""
    options: dict[str, Any] = {"hostname": "mail.example.se"}  # it would ask the network for its name
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        options |= {"tls_context": context, "require_starttls": True}
    if password:
        options |= {
            "auth_required": True,
            "authenticator": lambda _server, _session, _envelope, _mechanism, given: AuthResult(
                success=given.password == password.encode()
            ),
        }
    controller = _Controller(postbox, port or free_port(), **options)
    controller.start()
    try:
        yield MailServer(HOST, controller.port, "", "", "starttls" if certificate else "none")
    finally:
        controller.stop()


@contextlib.contextmanager
def stalling() -> Iterator[MailServer]:
    """Run a server that takes connections and never says a word."""
    with socket.create_server((HOST, 0)) as listening:
        yield MailServer(HOST, listening.getsockname()[1], "", "", "none")


@contextlib.contextmanager
def talking(replies: dict[bytes, bytes], *, greeting: bytes = b"220 here") -> Iterator[MailServer]:
    """Run a server that answers each command by its first word, ``b""`` by ending the connection.

    ``b"."`` is the end of a letter; what is not named is answered with 250. Unlike a real server it may say anything.
    """
    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=_talk, args=(listening, greeting, replies), daemon=True)
        thread.start()
        yield MailServer(HOST, listening.getsockname()[1], "", "", "none")
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _talk(listening: socket.socket, greeting: bytes, replies: dict[bytes, bytes]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _address = listening.accept()
            with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
                connection.sendall(greeting + b"\r\n")
                _answer(connection, lines, replies)


def _answer(connection: socket.socket, lines: Any, replies: dict[bytes, bytes]) -> None:
    in_letter = False
    for line in lines:
        if in_letter and line != b".\r\n":
            continue
        word = line.split()[0].lower()
        in_letter = word == b"data" and replies.get(b"data", b"354").startswith(b"354")
        reply = replies.get(word, b"354 go on" if in_letter else b"250 fine")
        if not reply:
            return
        connection.sendall(reply + b"\r\n")


@dataclass(frozen=True)
class Certificate:
    """A certificate of ``127.0.0.1`` and its key, as files."""

    chain: Path
    key: Path

    def trusted(self) -> ssl.SSLContext:
        """Return a client's context that trusts this certificate and no other."""
        return ssl.create_default_context(cafile=str(self.chain))


def make_certificate(folder: Path, host: str = HOST) -> Certificate:
    """Return a certificate for ``host`` that nobody else has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    of_host = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = builder.add_extension(x509.SubjectAlternativeName([of_host]), critical=False).sign(key, SHA256())
    made = Certificate(folder / f"{host}.pem", folder / f"{host}.key")
    made.chain.write_bytes(signed.public_bytes(Encoding.PEM))
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made

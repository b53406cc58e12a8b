"""Hands letters to a mail server, and says of each whether it was taken, refused for good, or must be tried again."""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from shared.config import MailServer


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may take, in seconds: to be reached and greet, for each reply, and left alone after a fault."""

    connect: float = 10.0
    reply: float = 30.0
    rest: float = 30.0


STANDARD = Limits()
_TEMPORARY = range(400, 500)
_PERMANENT = range(500, 600)
_QUIT_SECONDS = 2.0
_LEAVING = 421
_ANSWERS: Mapping[type[Exception], str] = {
    smtplib.SMTPAuthenticationError: "sign-in",
    smtplib.SMTPSenderRefused: "sender",
    smtplib.SMTPResponseException: "answer",
}
_FAULTS: Mapping[type[Exception], str] = {
    smtplib.SMTPNotSupportedError: "unsupported",
    smtplib.SMTPException: "broken off",
    ssl.SSLError: "TLS",
    TimeoutError: "silent",
    ConnectionResetError: "broken off",
    BrokenPipeError: "broken off",
}
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")


class Unsent(Exception):
    """A letter was not taken, or nobody knows; ``reason`` is a short phrase: a word of ours, the server's status."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Rejected(Unsent):
    """The server will never take this letter for this recipient."""


class Busy(Unsent):
    """The server does not take this letter now (4xx); others it may."""


class Away(Unsent):
    """The server cannot be used at all now: refused, silent, without proper TLS, gone in mid-dialogue, not for us."""


class Transport:
    """The way to one mail server, shared by the threads of a process; a connection serves one letter.

    A process sends one letter at a time, so that its sudden end leaves at most one whose fate is unknown. A server that
    is away is left alone for a while, and then asked for one thread only: one that stalls must not hold up the threads
    that other work waits for.
    """

    def __init__(
        self, server: MailServer, sender: str, *, limits: Limits = STANDARD, tls: ssl.SSLContext | None = None
    ) -> None:
        self.sender = sender
        self._server = server
        self._limits = limits
        self._tls = tls or ssl.create_default_context()
        self._name: str | None = None
        """What this machine calls itself, as the first client has found out: asking anew may take a while."""
        self._one = threading.Lock()
        self._away = False
        self._rest_until = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Give this thread its turn to send, until the end of the block. Raises ``Away`` while the server rests."""
        if self._away and (self._one.locked() or self._rests()):
            raise Away("server away")
        with self._one:
            if self._rests():  # found away while this thread waited
                raise Away("server away")
            yield

    def _rests(self) -> bool:
        return self._away and time.monotonic() < self._rest_until

    def send(self, message: EmailMessage) -> None:
        """Hand ``message`` over to the server; afterwards it is the server's.

        Raises ``Rejected``, ``Busy`` or ``Away``. After ``Away`` the server may have taken it all the same: it died
        between the letter's last line and its answer. A second try has the same Message-ID.
        """
        away = True
        try:
            with self._client() as client:
                _hand_over(client, message)
            away = False
        except (Busy, Rejected):
            away = False
            raise
        finally:
            self._rest_until = time.monotonic() + self._limits.rest
            self._away = away

    def check(self) -> None:
        """Reach the server, greet it and sign in, sending nothing. Raises ``Away``."""
        with self._client():
            pass

    @contextmanager
    def _client(self) -> Iterator[smtplib.SMTP]:
        """Give a client that is connected, over TLS if it must be, and signed in if it can be."""
        with _naming_faults():
            client = self._connected()
            try:
                self._prepare(client)
                yield client
                with suppress(smtplib.SMTPException, OSError):
                    _set_timeout(client, _QUIT_SECONDS)
                    client.quit()  # whatever it answers, the letter is the server's
            finally:
                client.close()

    def _connected(self) -> smtplib.SMTP:
        host, port, seconds = self._server.host, self._server.port, self._limits.connect
        client: smtplib.SMTP
        if self._server.tls == "tls":
            client = smtplib.SMTP_SSL(host, port, self._name, timeout=seconds, context=self._tls)
        else:
            client = smtplib.SMTP(host, port, self._name, timeout=seconds)
        self._name = client.local_hostname
        return client

    def _prepare(self, client: smtplib.SMTP) -> None:
        server = self._server
        _set_timeout(client, self._limits.reply)
        client.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            client.starttls(context=self._tls)
            client.ehlo_or_helo_if_needed()
        if server.user:
            client.login(server.user, server.password)


def _set_timeout(client: smtplib.SMTP, seconds: float) -> None:
    if client.sock is not None:
        client.sock.settimeout(seconds)


def _hand_over(client: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        client.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _answer(code, text) from None
    except smtplib.SMTPDataError as error:
        raise _answer(error.smtp_code, error.smtp_error) from None


def _answer(code: int, text: bytes | str) -> Unsent:
    """Return what the server's answer to a letter means. Its words stay out: they repeat addresses."""
    if code in _PERMANENT:
        return Rejected(_status("rejected", code, text))
    if code in _TEMPORARY and code != _LEAVING:
        return Busy(_status("busy", code, text))
    return Away(_status("answer", code, text))


def _status(word: str, code: int, text: bytes | str) -> str:
    """Return ``word`` with the reply code and, where the server gives one, the enhanced code (RFC 3463)."""
    enhanced = _ENHANCED.match(text if isinstance(text, bytes) else text.encode("ascii", "replace"))
    return f"{word} {code}" + (f" {enhanced[1].decode()}" if enhanced else "")


@contextmanager
def _naming_faults() -> Iterator[None]:
    """Turn what the client raises into ``Away`` with a word for it. Not chained: the errors quote the dialogue."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        raise Away(_word_for(error)) from None


def _word_for(error: OSError | UnicodeError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        word = next(word for kind, word in _ANSWERS.items() if isinstance(error, kind))
        return _status(word, error.smtp_code, error.smtp_error)
    if isinstance(error.__context__, TimeoutError):  # the client says of a silent server that it has gone
        return "silent"
    return next((word for kind, word in _FAULTS.items() if isinstance(error, kind)), "unreachable")

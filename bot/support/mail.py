"""Mails to the company, and how a mail server is given them."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal, Protocol

import aiosmtplib

from bot.errors import Later, Undeliverable

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `reference` makes its Message-ID, so that a mail sent twice is known as one; `at`: when it was
    written, seconds since 1970; `reply_to`: "" where the customer left no address."""

    reference: str
    to: str
    subject: str
    body: str
    at: float
    reply_to: str = ""


class Mailer(Protocol):
    """Hands mails to somebody who delivers them."""

    async def send(self, mail: Mail) -> None:
        """Return when the mail was taken. The same mail may come again.

        Raises `errors.Later` when it should be tried again, `errors.Undeliverable` when it is refused for good.
        """


class SmtpMailer:
    """Mails by SMTP. `timeout` in seconds; an empty `username` means no sign-in."""

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        security: Security = "starttls",
        username: str = "",
        password: str = "",
        timeout: float = 10,
    ) -> None:
        self._sender = sender
        self._host, self._port, self._timeout = host, port, timeout
        self._security = security
        self._sign_in = (username, password) if username else (None, None)

    async def send(self, mail: Mail) -> None:
        """See `Mailer.send`."""
        username, password = self._sign_in
        try:
            message = self._message(mail)
        except ValueError:
            raise Undeliverable("it cannot be written as a mail") from None
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=username,
                password=password,
                use_tls=self._security == "tls",
                start_tls=self._security == "starttls",
                timeout=self._timeout,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            # The server's own words may quote an address, so only its number is passed on.
            raise _trouble(error) from None

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate(mail.at)
        message["Message-ID"] = f"<{mail.reference}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if mail.reply_to:
            message["Reply-To"] = mail.reply_to
        message.set_content(mail.body)
        return message


_REFUSALS = (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)


def _trouble(error: Exception) -> Later | Undeliverable:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    # A refused sign-in is 5xx too, but is cured by the operator, so that mail waits.
    if isinstance(error, _REFUSALS) and error.code >= 500:
        return Undeliverable(f"the mail server refuses it: {error.code}")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Later(f"the mail server answers {error.code}")
    return Later("the mail server does not answer")

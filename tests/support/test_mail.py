"""Mail by SMTP, against a real mail server on loopback."""

import pytest

from bot.errors import Later, Undeliverable
from bot.support.mail import Mail, SmtpMailer
from tests.support.conftest import MailServer

MAIL = Mail("T261124-7K3M", "support@tepai.example", "书面申请 T261124-7K3M", "订单 TP100\n请取消。", 1_800_000_000.0)


def mailer(server: MailServer, **parts) -> SmtpMailer:
    return SmtpMailer("127.0.0.1", server.port, "bot@tepai.example", **{"security": "none", "timeout": 5, **parts})


async def test_a_mail_arrives_whole(mail_server):
    await mailer(mail_server).send(MAIL)
    (found,) = mail_server.mails
    assert found["Message-ID"] == "<T261124-7K3M@tepai.example>"
    assert found["Subject"] == "书面申请 T261124-7K3M"
    assert (found["From"], found["To"]) == ("bot@tepai.example", "support@tepai.example")
    assert found["Reply-To"] is None
    assert found["Date"].datetime.timestamp() == MAIL.at
    assert found.get_content().splitlines() == ["订单 TP100", "请取消。"]


async def test_the_customers_address_is_answered_to(mail_server):
    await mailer(mail_server).send(Mail("T1", "support@tepai.example", "s", "b", 0, reply_to="wang@mail.example"))
    assert mail_server.mails[0]["Reply-To"] == "wang@mail.example"


async def test_a_server_that_is_down_is_tried_later(mail_server):
    await mail_server.stop()
    with pytest.raises(Later):
        await mailer(mail_server).send(MAIL)


@pytest.mark.parametrize(("answer", "error"), [("451 later", Later), ("554 never", Undeliverable)])
async def test_a_refused_mail(mail_server, answer, error):
    mail_server.refusal = answer
    with pytest.raises(error) as caught:
        await mailer(mail_server).send(MAIL)
    assert "later" not in str(caught.value).split()
    assert "never" not in str(caught.value)


@pytest.mark.parametrize(("answer", "error"), [("450 later", Later), ("550 nobody here", Undeliverable)])
async def test_a_refused_recipient(mail_server, answer, error):
    mail_server.refuses_recipients = answer
    with pytest.raises(error):
        await mailer(mail_server).send(MAIL)


@pytest.mark.parametrize(
    "parts", [{"security": "starttls"}, {"username": "bot", "password": "pw"}, {"security": "tls"}]
)
async def test_a_server_that_lacks_what_the_settings_want_is_the_operators_to_cure(mail_server, parts):
    with pytest.raises(Later):
        await mailer(mail_server, **parts).send(MAIL)
    assert mail_server.mails == []

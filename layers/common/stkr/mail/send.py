"""Sending a mail through SES."""

from stkr.infra import aws
from stkr.mail.message import Mail


def send(mail: Mail, sender: str, configuration_set: str) -> str:
    """Send a mail; what SES refuses is raised by the client, and no address is logged.

    :param sender: the verified address, or ``Name <address>``.
    :returns: the message id.
    """
    answer = aws.ses().send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [mail.to]},
        ConfigurationSetName=configuration_set,
        Content={
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {
                    "Html": {"Data": mail.html, "Charset": "UTF-8"},
                    "Text": {"Data": mail.text, "Charset": "UTF-8"},
                },
            }
        },
    )
    return answer["MessageId"]

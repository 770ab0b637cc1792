"""What SES is asked to send."""

import boto3
import pytest
from botocore.stub import Stubber

from stkr.infra import aws
from stkr.mail.message import Mail
from stkr.mail.send import send

pytestmark = pytest.mark.unit


def test_a_mail_goes_out_through_the_configuration_set(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("sesv2", region_name="eu-west-2", aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(aws, "ses", lambda: client)
    with Stubber(client) as ses:
        ses.add_response(
            "send_email",
            {"MessageId": "id-1"},
            {
                "FromEmailAddress": "Stock count <counts@example.com>",
                "Destination": {"ToAddresses": ["priya@example.com"]},
                "ConfigurationSetName": "stkr-mail",
                "Content": {
                    "Simple": {
                        "Subject": {"Data": "Short £1", "Charset": "UTF-8"},
                        "Body": {
                            "Html": {"Data": "<p>£1</p>", "Charset": "UTF-8"},
                            "Text": {"Data": "£1", "Charset": "UTF-8"},
                        },
                    }
                },
            },
        )
        mail = Mail("priya@example.com", "Short £1", "<p>£1</p>", "£1")
        assert send(mail, "Stock count <counts@example.com>", "stkr-mail") == "id-1"
        ses.assert_no_pending_responses()

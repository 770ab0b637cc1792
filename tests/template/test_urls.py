"""The three addresses that browsers reach: which function they lead to, and both permissions each needs."""

import pytest

from tests.template.stack import Stack

pytestmark = pytest.mark.template

URLS = {"SessionFunctionUrl": "shop-session", "ApproveUrl": "arn-of-ApproveAlias", "RejectUrl": "arn-of-RejectAlias"}


def test_there_are_three_urls_and_each_is_open_because_its_links_are_signed(stack: Stack) -> None:
    urls = stack.of_type("AWS::Lambda::Url")
    assert {name: url["TargetFunctionArn"] for name, url in urls.items()} == URLS
    assert {url["AuthType"] for url in urls.values()} == {"NONE"}


@pytest.mark.parametrize("target", URLS.values())
def test_a_url_has_both_permissions_on_the_very_target_it_belongs_to(stack: Stack, target: str) -> None:
    granted = [
        {key: value for key, value in permission.items() if key != "FunctionName"}
        for permission in stack.of_type("AWS::Lambda::Permission").values()
        if permission["FunctionName"] == target and permission["Principal"] == "*"
    ]
    assert sorted(granted, key=str) == [
        {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True, "Principal": "*"},
        {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE", "Principal": "*"},
    ]


def test_nobody_may_invoke_a_function_without_its_url(stack: Stack) -> None:
    for permission in stack.of_type("AWS::Lambda::Permission").values():
        if permission["Principal"] == "*" and permission["Action"] == "lambda:InvokeFunction":
            assert permission["InvokedViaFunctionUrl"] is True
        assert permission["FunctionName"] in {*URLS.values(), "shop-variance", "shop-sweep"}


def test_approve_and_reject_are_aliases_of_one_function_and_serve_what_was_deployed_last(stack: Stack) -> None:
    aliases = stack.of_type("AWS::Lambda::Alias")
    assert {name: alias["Name"] for name, alias in aliases.items()} == {
        "ApproveAlias": "approve",
        "RejectAlias": "reject",
    }
    for alias in aliases.values():
        assert alias["FunctionName"] == "shop-approve"
        # A published version would keep the layer, and so the code, that it was published with.
        assert alias["FunctionVersion"] == "$LATEST"


def test_mails_link_to_the_url_that_the_button_names(stack: Stack) -> None:
    variables = stack.function("sweep")["Environment"]["Variables"]
    assert variables["APPROVE_URL"] == "ApproveUrl.FunctionUrl"
    assert variables["REJECT_URL"] == "RejectUrl.FunctionUrl"
    assert variables["SESSION_URL"] == "SessionFunctionUrl.FunctionUrl"
    for name in ("approve", "summary"):
        assert stack.function(name)["Environment"]["Variables"]["SESSION_URL"] == "SessionFunctionUrl.FunctionUrl"

"""The mail of a report to operations."""

from collections.abc import Sequence

from stkr.mail.message import Mail, write_mail
from stkr.sweep.report import ReportTable


def report_mail(to: str, title: str, paragraphs: Sequence[str], tables: Sequence[ReportTable]) -> Mail:
    """A few paragraphs and figures under a title, the subject as well."""
    return write_mail(to, title, "sweep/report", title=title, paragraphs=paragraphs, tables=tables)

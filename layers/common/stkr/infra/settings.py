"""The settings that each function reads from its environment: one model per function, validated once.

The variables are declared in ``template.yaml``; a missing one fails the cold start, not the first write.
"""

from functools import cache
from os import environ
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

_Model = TypeVar("_Model", bound="Settings")


class Settings(BaseModel):
    """Base: field names are the variables' names in lower case."""

    model_config = ConfigDict(frozen=True, str_min_length=1)


class SessionSettings(Settings):
    """Of ``session``."""

    bucket: str
    inventory_table: str
    counts_table: str
    signing_secret: str


class CaptureSettings(Settings):
    """Of ``capture``."""

    bucket: str
    counts_table: str


class VarianceSettings(Settings):
    """Of ``variance``."""

    bucket: str
    counts_table: str
    adjustments_table: str
    capture_queue_url: str
    label_queue_url: str
    cause_function: str
    event_source: str


class CauseSettings(Settings):
    """Of ``cause``. ``model_id`` is the inference profile's id."""

    model_id: str


class ApproveSettings(Settings):
    """Of ``approve``."""

    bucket: str
    inventory_table: str
    counts_table: str
    adjustments_table: str
    signing_secret: str
    session_url: str
    event_source: str


class SyncSettings(Settings):
    """Of ``sync``."""

    bucket: str
    inventory_table: str
    sync_secret: str


class SweepSettings(Settings):
    """Of ``sweep``."""

    bucket: str
    counts_table: str
    inventory_table: str
    signing_secret: str
    approve_url: str
    reject_url: str
    session_url: str
    mail_from: str
    mail_configuration_set: str
    schedule_group: str
    schedule_role_arn: str
    sweep_arn: str


class SummarySettings(Settings):
    """Of ``summary``."""

    bucket: str
    counts_table: str
    inventory_table: str
    signing_secret: str
    session_url: str
    model_id: str
    mail_from: str
    mail_configuration_set: str


@cache
def load(model: type[_Model]) -> _Model:
    """The settings of one function from its environment.

    :raises pydantic.ValidationError: naming each variable that is missing or empty.
    """
    return model.model_validate({name: environ.get(name.upper()) for name in model.model_fields})

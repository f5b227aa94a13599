"""Where an alert is sent, and the record of what was sent."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.fields import Text, described

WebhookFormat = Literal["Webhook", "Alertmanager"]
WebhookKey = Annotated[str, StringConstraints(max_length=320)]
MOST_DELIVERIES = 32


def key_of(secret: str, form: WebhookFormat) -> WebhookKey:
    """What tells a webhook apart from others of its monitor: `<Secret>/<format>`."""
    return f"{secret}/{form}"


class Webhook(SpecModel):
    """A receiver of alerts, known by a Secret."""

    secret_ref: LocalReference = described(
        "Secret with the key url (http or https, within what the evaluator may send to); optional are signingKey (the"
        " HMAC key of the signature), token (sent as Authorization: Bearer) and ca.crt (PEM: https servers are verified"
        " by those certificates and by no others)."
    )
    format: WebhookFormat = described(
        "Webhook: a JSON document by the Standard Webhooks specification. Alertmanager: an alert to"
        " <url>/api/v2/alerts, sent again while the episode is open. Webhook when absent.",
        default="Webhook",
    )

    @property
    def key(self) -> WebhookKey:
        """What tells it apart from other webhooks of its monitor."""
        return key_of(self.secret_ref.name, self.format)


class Delivery(SpecModel):
    """What a webhook was told of one episode; written by the evaluator."""

    secret: str = described("Name of the webhook's Secret.", max_length=253)
    format: WebhookFormat = described("The webhook's format.")
    episode: str = described("Identity of the episode.", max_length=63)
    version: str = described("The champion that drifted.", max_length=253)
    started_at: datetime = described("When the episode began, as a time.")
    ended_at: datetime | None = described("When it ended, or another one took its place.", default=None)
    cause: Text = described("What moved most when drift was found.", default="")
    fired_at: datetime | None = described("When the webhook first took that the episode began.", default=None)
    sent_at: datetime | None = described("When the webhook last took anything of the episode.", default=None)
    resolved_at: datetime | None = described("When the webhook took that the episode ended.", default=None)
    attempts: int = described("Attempts in a row that failed, a count.", default=0, ge=0)
    attempted_at: datetime | None = described("When the last of them began.", default=None)
    http_status: int = described("HTTP status of the last answer; 0 where none came.", default=0, ge=0, le=999)
    reason: str = described("Why the last attempt failed, as one CamelCase word.", default="", max_length=128)
    message: Text = described("Why, for a person, with a hint at the fix.", default="")

    @property
    def webhook(self) -> WebhookKey:
        """The webhook's key."""
        return key_of(self.secret, self.format)

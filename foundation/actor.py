"""Who did a deed, as text that may stand in a record without naming a person outside the house."""

from typing import NewType

ActorId = NewType("ActorId", str)

WORKER = ActorId("worker")
SOURCE = ActorId("source")


ACCOUNT = "account:"


def officer_actor(account_id: str) -> ActorId:
    """The actor for somebody who is signed in at the desk."""
    return ActorId(f"{ACCOUNT}{account_id}")


def account_of(actor: str) -> str | None:
    """The account behind an actor; None for the worker, a source or a recipient."""
    return actor.removeprefix(ACCOUNT) if actor.startswith(ACCOUNT) else None


def recipient_actor(recipient_id: str) -> ActorId:
    """The actor for whoever holds the link to a letter addressed to this recipient."""
    return ActorId(f"recipient:{recipient_id}")

"""Who did a deed, as text that may stand in a record without naming a person outside the house."""

from typing import NewType

ActorId = NewType("ActorId", str)

WORKER = ActorId("worker")
SOURCE = ActorId("source")


def officer_actor(account_id: str) -> ActorId:
    """The actor for somebody who is signed in at the desk."""
    return ActorId(f"account:{account_id}")


def recipient_actor(recipient_id: str) -> ActorId:
    """The actor for whoever holds the link to a letter addressed to this recipient."""
    return ActorId(f"recipient:{recipient_id}")

"""What is remembered of those who sign in, and of each sign-in, so that it can be ended on the server."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Base, new_id

Id = String(32)


class Account(Base):
    """Somebody who may sign in at the desk. Never deleted, since records name it; it can be disabled.

    `email` is stored in the form that `access.email_key` gives it. `totp_last_step` is the time step of the last
    code that was accepted, so that no code counts twice. A `demo` account opens in demonstrations only. `seal` and
    `totp_digest` are made by accounts/binding.py: an account whose seal is not right is no account.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("role IN ('officer', 'mandate_holder', 'auditor', 'operator')", name="role"),
        CheckConstraint("language IN ('en', 'fr', 'es')", name="language"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_envelope: Mapped[bytes] = mapped_column(LargeBinary)
    totp_digest: Mapped[str] = mapped_column(String(64))
    totp_last_step: Mapped[int] = mapped_column(default=0)
    role: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    demo: Mapped[bool] = mapped_column(default=False)
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None] = mapped_column(String(80))
    seal: Mapped[str] = mapped_column(String(64))


class SignIn(Base):
    """One visit of an account. The database knows only a keyed hash of the token that the cookie holds."""

    __tablename__ = "sign_in"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    signed_in_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

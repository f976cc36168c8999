"""What the final submit is compared with: a Flask app that inserts one row with SQLAlchemy and redirects."""

import os

from flask import Flask, redirect, request
from sqlalchemy import LargeBinary
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.wrappers import Response

from foundation.db import Database


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "bare"

    id: Mapped[int] = mapped_column(primary_key=True)
    told: Mapped[bytes] = mapped_column(LargeBinary)


def create() -> Flask:
    """The app, on the database in BARE_URL."""
    database = Database(os.environ["BARE_URL"])
    Base.metadata.create_all(database.engine)
    app = Flask(__name__)

    @app.post("/insert")
    def insert() -> Response:
        with database.transaction() as session:
            session.add(Row(told=request.form["told"].encode()))
        return redirect("/", 303)

    return app

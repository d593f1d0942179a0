"""The table of wrapped data keys."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel


class WrappedKeyRow(SQLModel, table=True):
    """A data key, wrapped by the epoch key that `epoch` numbers."""

    __tablename__ = "wrapped_key"

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    owner: str = Field(sa_column=Column(Text, primary_key=True))
    epoch: int = Field(sa_column=Column(Integer, nullable=False, index=True))
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


WRAPPED_KEY: Table = SQLModel.metadata.tables["wrapped_key"]

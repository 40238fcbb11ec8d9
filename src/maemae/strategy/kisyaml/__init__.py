"""The broker's strategy file, `*.kis.yaml`: read, run and written (see `docs/strategy.md`)."""

from maemae.strategy.kisyaml.document import Document
from maemae.strategy.kisyaml.export import document_of
from maemae.strategy.kisyaml.reader import read, read_text
from maemae.strategy.kisyaml.writer import to_text

__all__ = ["Document", "document_of", "read", "read_text", "to_text"]

"""What the real days brought, and which of it was met with a position."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from maemae.proof.history.happenings import Happening


@dataclass(slots=True)
class Met:
    """How many events of each kind there were, and who held the name across them.

    Attributes:
        there: events, by kind.
        held: those of a name that was held, by kind.
        ways: the same by kind and book; a name may be in several.
    """

    there: Counter[Happening] = field(default_factory=Counter)
    held: Counter[Happening] = field(default_factory=Counter)
    ways: Counter[tuple[Happening, str]] = field(default_factory=Counter)

    def add(self, kind: Happening, books: Iterable[str]) -> None:
        """Count an event and the books that held its name."""
        holders = set(books)
        self.there[kind] += 1
        self.held[kind] += bool(holders)
        self.ways.update((kind, book) for book in holders)

    def update(self, other: "Met") -> None:
        """Add what another account met."""
        self.there.update(other.there)
        self.held.update(other.held)
        self.ways.update(other.ways)

    @property
    def missed(self) -> list[Happening]:
        """Kinds that there were and that nobody met: a proof of them proves nothing."""
        return [kind for kind in Happening if self.there[kind] and not self.held[kind]]

"""Where the profile of a venue's order server is kept, and how it is read."""

from pathlib import Path

from maemae.catalogue import Personality
from maemae.errors import DataError
from maemae.i18n import _
from maemae.profile.facts import Fact, How, Known
from maemae.profile.file import read_profile, write_profile
from maemae.profile.observed import read_observed
from maemae.profile.profile import Profile
from maemae.trader.settings import Settings, VenueName


def profile_path(folder: Path, venue: VenueName) -> Path:
    """Return the file in the data folder of what was probed and accepted."""
    return folder / f"profile-{venue}.toml"


def observed_path(folder: Path, venue: VenueName) -> Path:
    """Return the file in the data folder of what trading has shown."""
    return folder / f"observed-{venue}.json"


def personality_of(settings: Settings, venue: VenueName) -> Personality:
    """Return which server the orders of a venue go to."""
    virtual = venue == "paper" or (venue == "sim" and settings.sim.orders == "virtual")
    return "virtual" if virtual else "real"


def load_profile(folder: Path, venue: VenueName, personality: Personality) -> Profile:
    """Return what is known of the server of a venue.

    Raises:
        DataError: a file of it cannot be read, or is of another server.
    """
    facts = stored(folder, venue, personality)
    return Profile(
        personality,
        kept={fact: known for (fact, how), known in facts.items() if how is not How.ACCEPTED},
        accepted={fact: known for (fact, how), known in facts.items() if how is How.ACCEPTED},
        observed=read_observed(observed_path(folder, venue)).known(),
    )


def stored(
    folder: Path, venue: VenueName, personality: Personality
) -> dict[tuple[Fact, How], Known]:
    """Return what the file of a venue says; nothing where there is none.

    Raises:
        DataError: it cannot be read, or is of another server.
    """
    path = profile_path(folder, venue)
    if not path.exists():
        return {}
    of, facts = read_profile(path)
    if of != personality:
        said = _("{place}: not a profile of a server: {what}")
        raise DataError(said.format(place=path, what=of))
    return facts


def store(
    folder: Path, venue: VenueName, personality: Personality, found: dict[Fact, Known]
) -> None:
    """Write facts to the file of a venue; those of the same kind go over the earlier ones.

    Raises:
        DataError: the file cannot be read.
        OSError: it cannot be written.
    """
    facts = stored(folder, venue, personality)
    facts.update({(fact, known.how): known for fact, known in found.items()})
    write_profile(profile_path(folder, venue), personality, facts)

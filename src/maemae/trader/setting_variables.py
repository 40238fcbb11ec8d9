"""Settings from the environment: `MAEMAE_LIMITS__DAILY_LOSS=300000`, `MAEMAE_SIM='{"url": …}'`."""

import os
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as SourceError

from maemae.errors import DataError, SettingsError
from maemae.reading import parse_json
from maemae.trader.setting_keys import PREFIX


class Variables(EnvSettingsSource):
    """Reads the environment; what is no JSON where a table is wanted is refused by its name."""

    def __call__(self) -> dict[str, Any]:
        """Return what the environment says.

        Raises:
            SettingsError: a variable cannot be read; names it.
        """
        try:
            return super().__call__()
        except SourceError as error:
            raise SettingsError(str(error.__cause__ or error)) from None

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Read a variable that holds a table or a list, in time and memory that are bounded."""
        del field
        try:
            return parse_json(value, _variable(field_name, value))
        except DataError as error:
            raise ValueError(str(error)) from None


def _variable(field_name: str, value: Any) -> str:
    """Return the name of the variable that holds a field's value."""
    ending = field_name.upper()
    held = (name for name, found in os.environ.items() if found == value)
    fitting = (n for n in held if n.upper().startswith(PREFIX) and n.upper().endswith(ending))
    return next(fitting, field_name)

"""Settings: one documented TOML file, environment over it, flags over both."""

import tomllib
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from maemae.desk.desk import BookRules, DeskRules
from maemae.desk.entries import Entry
from maemae.desk.guard import Limits
from maemae.desk.records import Exits
from maemae.errors import SettingsError
from maemae.market.costs import CostRules
from maemae.strategy.scalper import ConditionScalper, Rate
from maemae.trader.face_settings import ApiSettings, DashboardSettings
from maemae.trader.messengers import ChannelSettings, NotifySettings, TelegramSettings

VenueName = Literal["sim", "paper", "live"]

FILE = Path("maemae.toml")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SimSettings(_Section):
    """Where the simulated exchange listens, and which of its two servers takes the orders."""

    url: str = Field("http://127.0.0.1:9443", description="address of `maemae exchange`")
    virtual_url: str = Field(
        "http://127.0.0.1:29443", description="address of its virtual (모의투자) server"
    )
    orders: Literal["real", "virtual"] = Field(
        "real", description="which server takes orders; data always comes from the real one"
    )


class KeySettings(_Section):
    """An account at KIS. Keys are no settings: they live in the keyring or the environment."""

    account: str = Field("", pattern=r"^(\d{8}-\d{2})?$", description="12345678-01")
    hts_id: str = Field("", description="HTS ID, for condition searches and execution notices")
    rest_url: str = Field("", description="another address than KIS's own")
    ws_url: str = Field("", description="another address than KIS's own")
    fee_rate: Decimal | None = Field(
        None, ge=0, le=Decimal("0.1"), description="commission per side, as a fraction"
    )


class LiveSettings(KeySettings):
    """The real account."""

    real_money: bool = Field(
        False, description="first of the two consents that real orders need; see --real-money"
    )


class LimitSettings(_Section):
    """Bounds of the risk guard, in won; a bound that is left out does not hold."""

    daily_loss: int | None = Field(None, gt=0, description="loss of a day at which entries stop")
    order_value: int | None = Field(None, gt=0, description="won per order")
    order_quantity: int | None = Field(None, gt=0, description="shares per order")
    name_exposure: int | None = Field(None, gt=0, description="won in one name")
    total_exposure: int | None = Field(None, gt=0, description="won in all names")
    orders_per_minute: int = Field(60, gt=0, description="orders in any minute")
    entries_per_name: int = Field(5, gt=0, description="entries into one name in a day")
    book_loss: int | None = Field(None, gt=0, description="the same, of one book")
    collar: Rate | None = Field(
        Decimal("0.05"), description="how far a limit price may lie beyond the last trade"
    )
    refusals_in_a_row: int = Field(5, gt=0, description="refused orders after which entries halt")
    quote_seconds: int = Field(60, gt=0, description="age of a price on which nothing is bought")


class BarSettings(_Section):
    """The store of price history."""

    folder: Path | None = Field(None, description="where bars are kept, if not in the usual place")
    record_minutes: bool = Field(
        False, description="store minute bars built from the live ticks of the names watched"
    )


class Settings(BaseSettings):
    """Everything a person can set. `MAEMAE_` environment variables go over the file."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="MAEMAE_", env_nested_delimiter="__"
    )

    language: Literal["ko", "en"] = Field("ko", description="language of messages")
    venue: VenueName = Field("sim", description="where orders go")
    data_dir: Path | None = Field(None, description="where ledgers and tokens are kept")
    log_dir: Path = Field(Path("logs"), description="where maemae.log is written")
    masters_url: str = Field(
        "",
        description="where master files (종목마스터) are fetched, if not at the venue's own place",
    )
    ledger: str | None = Field(None, description="database URL instead of a file of its own")
    sim: SimSettings = SimSettings()
    paper: KeySettings = KeySettings()
    live: LiveSettings = LiveSettings()
    limits: LimitSettings = LimitSettings()
    bars: BarSettings = BarSettings()
    scalper: ConditionScalper = ConditionScalper()
    notify: NotifySettings = NotifySettings()
    telegram: TelegramSettings = TelegramSettings()
    channel: tuple[ChannelSettings, ...] = ()
    api: ApiSettings = ApiSettings()
    dashboard: DashboardSettings = DashboardSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Rank the sources: flags first, then the environment, then the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(file: Path | None = None, **flags: Any) -> Settings:
    """Read the settings.

    Args:
        file: the settings file; without it, `maemae.toml` in the working folder if it is there.
        flags: values that go over the file, nested as the file is; None means not given.

    Raises:
        SettingsError: the file cannot be read, or a value of it cannot be used; names the key.
    """
    path = file if file is not None else (FILE if FILE.is_file() else None)
    if path is not None:
        _check_toml(path)

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    try:
        return FromFile(**_given(flags))
    except ValidationError as error:
        raise SettingsError(_explain(error, path)) from error


def desk_rules(settings: Settings, costs: CostRules) -> DeskRules:
    """Turn the settings into what the desk is told."""
    scalper, limits = settings.scalper, settings.limits
    entry = Entry(
        amount=scalper.amount,
        names=scalper.max_names,
        exits=Exits(take_profit=scalper.take_profit, stop_loss=scalper.stop_loss),
    )
    book = BookRules(
        entry=entry,
        search_every=timedelta(seconds=scalper.search_seconds),
        signal_every=timedelta(seconds=scalper.signal_seconds),
    )
    return DeskRules(
        books={"scalper": book},
        costs=costs,
        limits=Limits(
            daily_loss=limits.daily_loss,
            order_value=limits.order_value,
            order_quantity=limits.order_quantity,
            name_exposure=limits.name_exposure,
            total_exposure=limits.total_exposure,
            orders_per_minute=limits.orders_per_minute,
            entries_per_name=limits.entries_per_name,
            refusals_in_a_row=limits.refusals_in_a_row,
            book_loss=limits.book_loss,
            collar=limits.collar,
            quote_age=timedelta(seconds=limits.quote_seconds),
        ),
        balance_every=timedelta(seconds=scalper.balance_seconds),
    )


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    """Drop what was not given, at every depth."""
    kept = {}
    for key, value in flags.items():
        if isinstance(value, dict):
            value = _given(value)  # noqa: PLW2901 - the pruned value of the same key
        if value is not None and value != {}:
            kept[key] = value
    return kept


def _check_toml(path: Path) -> None:
    """Refuse a file that is not there or not TOML, with the place of the fault."""
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text: {error.reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error


def _explain(error: ValidationError, path: Path | None) -> str:
    where = f"{path}: " if path is not None else ""
    parts = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            parts.append(f"unknown setting {key}{_suggest(problem['loc'])}")
        else:
            parts.append(f"{key}: {problem['msg'].lower()}, not {problem['input']!r}")
    return where + "; ".join(parts)


def _suggest(loc: tuple[int | str, ...]) -> str:
    """Name the setting that was probably meant."""
    model: Any = Settings
    for part in loc[:-1]:
        field = model.model_fields.get(part)
        if field is None:
            return ""
        kinds = [field.annotation, *get_args(field.annotation)]
        model = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
        if model is None:
            return ""
    close = get_close_matches(str(loc[-1]), list(model.model_fields), n=1)
    return f" (did you mean {close[0]}?)" if close else ""

"""Settings: one documented TOML file, environment over it, flags over both."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from maemae.desk.guard import Limits
from maemae.desk.rules import BookRules, DeskRules
from maemae.errors import SettingsError
from maemae.exchange.fed.care import CareName
from maemae.i18n import _
from maemae.market.costs import CostRules
from maemae.reading import SETTINGS, parse_toml, read_text
from maemae.trader import addresses
from maemae.trader.books import AnyBook
from maemae.trader.books.common import Rate
from maemae.trader.books.condition import ConditionBook
from maemae.trader.cost_settings import CostSettings
from maemae.trader.face_settings import ApiSettings, DashboardSettings
from maemae.trader.keep_settings import KeepSettings
from maemae.trader.messengers import ChannelSettings, NotifySettings, TelegramSettings
from maemae.trader.setting_errors import wrong_settings
from maemae.trader.setting_origins import Origins
from maemae.trader.setting_variables import Variables

VenueName = Literal["sim", "dry", "paper", "live"]
VENUES: Final[tuple[VenueName, ...]] = get_args(VenueName)

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
    hashkey: bool = Field(
        False, description="sign each order's body (해시키): one more call per order"
    )


class DrySettings(_Section):
    """The dry run (모의 주문, 실시간 시세): live prices, orders that never leave this machine."""

    cash: int = Field(
        10_000_000, gt=0, description="won that the dry run's account begins with, once"
    )
    care: CareName = Field(
        "usual",
        description="how careful fills are reckoned: easy (no queue), usual, careful (half goes "
        "to others)",
    )


class KeySettings(_Section):
    """An account at KIS. Keys are no settings: they live in the keyring or the environment.

    Another address than KIS's own gets keys, account and orders: it must speak TLS.
    """

    account: str = Field(
        "", pattern=r"^(\d{8}-\d{2})?$", description="account number, as 12345678-01"
    )
    hts_id: str = Field("", description="HTS ID, for condition searches and execution notices")
    rest_url: Annotated[str, AfterValidator(addresses.rest)] = Field(
        "", description="another address than KIS's own; https, except on this machine"
    )
    ws_url: Annotated[str, AfterValidator(addresses.socket)] = Field(
        "", description="another address than KIS's own; wss, except on this machine"
    )
    fee_rate: Decimal | None = Field(
        None,
        ge=0,
        le=Decimal("0.1"),
        description="commission per side, as a fraction; goes over costs.fee_bp",
        examples=[Decimal("0.000142")],
    )
    hashkey: bool = Field(
        False, description="sign each order's body (해시키): one more call per order"
    )


class LiveSettings(KeySettings):
    """The real account."""

    real_money: bool = Field(
        False, description="first of the two consents that real orders need; see --real-money"
    )


class LimitSettings(_Section):
    """Bounds of the risk guard, in won; a bound that is left out does not hold."""

    daily_loss: int | None = Field(
        None,
        gt=0,
        description="loss of worth since the day's opening at which entries stop",
        examples=[300_000],
    )
    order_value: int | None = Field(None, gt=0, description="won per order", examples=[5_000_000])
    order_quantity: int | None = Field(
        None, gt=0, description="shares per order", examples=[10_000]
    )
    name_exposure: int | None = Field(
        None, gt=0, description="won in one name", examples=[2_000_000]
    )
    total_exposure: int | None = Field(
        None, gt=0, description="won in all names", examples=[10_000_000]
    )
    orders_per_minute: int = Field(60, gt=0, description="orders in any minute")
    entries_per_name: int = Field(5, gt=0, description="entries into one name in a day")
    book_loss: int | None = Field(
        None, gt=0, description="the same as daily_loss, of one book", examples=[300_000]
    )
    loss_warnings: tuple[Rate, ...] = Field(
        (Decimal("0.5"), Decimal("0.8")),
        description="shares of daily_loss and book_loss at which a loss is warned of",
    )
    collar: Rate | None = Field(
        Decimal("0.05"), description="how far a limit price may lie beyond the last trade"
    )
    refusals_in_a_row: int = Field(5, gt=0, description="refused orders after which entries halt")
    quote_seconds: int = Field(60, gt=0, description="age of a price on which nothing is bought")
    clock_seconds: int = Field(
        3, ge=1, description="how far the clock may be from the broker's without a report"
    )
    clock_halt_seconds: int = Field(
        5, ge=1, description="how far the clock may be from the broker's before entries halt"
    )


class BarSettings(_Section):
    """The store of price history."""

    folder: Path | None = Field(
        None, description="where bars are kept, if not in the usual place", examples=["bars"]
    )
    record_minutes: bool = Field(
        False, description="store minute bars built from the live ticks of the names watched"
    )
    memory_gigabytes: float = Field(
        4, ge=1, description="gigabytes of memory that import, check and panels of bars may take"
    )


class RecordSettings(_Section):
    """Recording of market days: what came in, to be played by the simulated exchange later."""

    enabled: bool = Field(
        False, description="record what the market sends and answers, without keys and accounts"
    )
    days: int = Field(20, ge=1, description="recorded days of a venue that are kept, the latest")
    megabytes: int = Field(
        2_000, ge=1, description="megabytes of all recordings; the earliest day makes room"
    )


class ShadowSettings(_Section):
    """Shadow: beside trading, each order is predicted by the fill model of the dry run."""

    enabled: bool = Field(
        False, description="predict each order with the fill model and write down how it went"
    )
    care: CareName = Field(
        "usual",
        description="how careful fills are reckoned: easy (no queue), usual, careful (half goes "
        "to others)",
    )


class Settings(BaseSettings):
    """Everything a person can set. `MAEMAE_` environment variables go over the file."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="MAEMAE_", env_nested_delimiter="__"
    )

    language: Literal["ko", "en"] = Field("ko", description="language of messages")
    venue: VenueName = Field("sim", description="where orders go")
    start: Literal["confirm", "armed"] = Field(
        "confirm",
        description="whether the very first run on an account buys at once (armed) or waits for "
        "`maemae confirm`",
    )
    data_dir: Path | None = Field(
        None, description="where ledgers and tokens are kept", examples=["data"]
    )
    log_dir: Path = Field(Path("logs"), description="where maemae.log is written")
    plans_dir: Path = Field(Path("plans"), description="where next-open plans are written")
    masters_url: str = Field(
        "",
        description="where master files (종목마스터) are fetched, if not at the venue's own place",
    )
    ledger: str | None = Field(
        None,
        description="database URL instead of a file of its own",
        examples=["sqlite:///ledger.sqlite"],
    )
    sim: SimSettings = SimSettings()
    dry: DrySettings = DrySettings()
    paper: KeySettings = KeySettings()
    live: LiveSettings = LiveSettings()
    costs: CostSettings = CostSettings()
    limits: LimitSettings = LimitSettings()
    bars: BarSettings = BarSettings()
    keep: KeepSettings = KeepSettings()
    record: RecordSettings = RecordSettings()
    shadow: ShadowSettings = ShadowSettings()
    balance_seconds: int = Field(30, ge=1, description="seconds between two balance inquiries")
    extended_hours: bool = Field(
        False,
        description="trade from the first session of the day (NXT, 08:00) to the last (20:00), "
        "for orders outside regular hours",
    )
    book: tuple[AnyBook, ...] = Field(
        (ConditionBook(),), description="the ways of trading, each with a book of its own"
    )
    notify: NotifySettings = NotifySettings()
    telegram: TelegramSettings = TelegramSettings()
    channel: tuple[ChannelSettings, ...] = ()
    api: ApiSettings = ApiSettings()
    dashboard: DashboardSettings = DashboardSettings()

    @field_validator("book")
    @classmethod
    def _named_once(cls, books: tuple[AnyBook, ...]) -> tuple[AnyBook, ...]:
        twice = [n for n, count in Counter(book.name for book in books).items() if count > 1]
        if twice:
            raise ValueError(
                _("two books are named {twice}: give each a `name` of its own").format(
                    twice=twice[0]
                )
            )
        return books

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
        del env_settings, dotenv_settings, file_secret_settings
        file = InitSettingsSource(settings_cls, cls._table())
        return init_settings, Variables(settings_cls), file

    @classmethod
    def _table(cls) -> dict[str, Any]:
        """Return what the settings file says."""
        return {}


def load_settings(
    file: Path | None = None, *, condition: Mapping[str, Any] | None = None, **flags: Any
) -> Settings:
    """Read the settings.

    Args:
        file: the settings file; without it, `maemae.toml` in the working folder if it is there.
        condition: values that go over those of the only condition book.
        flags: values that go over the file, nested as the file is; None means not given.

    Raises:
        SettingsError: the file cannot be read, or a value of it cannot be used; names the key
            and the line.
    """
    settings, _origins = read_settings(file, **flags)
    return _over_condition(settings, _given(condition or {}))


def read_settings(file: Path | None = None, **flags: Any) -> tuple[Settings, Origins]:
    """Read the settings as `load_settings` does, and say where each value comes from."""
    path = file if file is not None else (FILE if FILE.is_file() else None)
    text = read_text(path, SETTINGS, SettingsError) if path is not None else ""
    given = _given(flags)
    origins = Origins(path, text, parse_toml(text, str(path), SettingsError), given)

    class FromFile(Settings):
        @classmethod
        def _table(cls) -> dict[str, Any]:
            return dict(origins.data)

    try:
        return FromFile(**given), origins
    except ValidationError as error:
        raise wrong_settings(error, Settings, origins) from error


def _over_condition(settings: Settings, given: dict[str, Any]) -> Settings:
    """Put flags over the only condition book."""
    if not given:
        return settings
    found = [n for n, book in enumerate(settings.book) if isinstance(book, ConditionBook)]
    if len(found) != 1:
        flag = f"--{next(iter(given)).replace('_', '-')}"
        raise SettingsError(
            _(
                '{flag} goes over the only book with way = "condition", and the settings '
                "have {n} such books: set it there instead"
            ).format(flag=flag, n=len(found) or "no")
        )
    books = list(settings.book)
    old = books[found[0]]
    try:
        books[found[0]] = ConditionBook.model_validate(old.model_dump(by_alias=True) | given)
    except ValidationError as error:
        nowhere = Origins(None, "", {}, {})
        raise wrong_settings(error, ConditionBook, nowhere, f"book {old.name}") from error
    return settings.model_copy(update={"book": tuple(books)})


def desk_rules(
    settings: Settings, costs: CostRules, books: Mapping[str, BookRules] | None = None
) -> DeskRules:
    """Turn the settings into what the desk is told.

    Args:
        settings: all of them.
        costs: fees and taxes of the venue.
        books: how each book trades, where that was read already.

    Raises:
        SettingsError: a book's strategy is missing, or cannot be traded in its way.
    """
    limits = settings.limits
    return DeskRules(
        books=books or {book.name: book.rules() for book in settings.book},
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
            loss_warnings=limits.loss_warnings,
            collar=limits.collar,
            quote_age=timedelta(seconds=limits.quote_seconds),
            clock_off=timedelta(seconds=limits.clock_seconds),
            clock_halt=timedelta(seconds=limits.clock_halt_seconds),
        ),
        balance_every=timedelta(seconds=settings.balance_seconds),
        confirm_first=settings.venue not in ("sim", "dry") and settings.start == "confirm",
    )


def _given(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what was not given, at every depth."""
    kept = {}
    for key, value in flags.items():
        if isinstance(value, dict):
            value = _given(value)  # noqa: PLW2901 - the pruned value of the same key
        if value is not None and value != {}:
            kept[key] = value
    return kept

"""Settings of the control API and the dashboard. Tokens and passwords are not among them."""

from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from maemae.i18n import _


class Listening(BaseModel):
    """Where a server listens. Beyond this machine it needs TLS, or a proxy that brings it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(0, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    hosts: tuple[str, ...] = Field((), description="further host names it may be addressed by")
    tls_certificate: Path | None = Field(
        None, description="certificate chain, PEM", examples=["cert.pem"]
    )
    tls_key: Path | None = Field(None, description="private key, PEM", examples=["key.pem"])
    behind_proxy: bool = Field(False, description="a proxy in front brings TLS")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def names(self) -> frozenset[str]:
        """The host names by which it may be addressed."""
        return frozenset({self.host, "127.0.0.1", "localhost", "::1", *self.hosts})

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError(_("TLS needs both tls_certificate and tls_key"))
        if not (self.is_local or self.tls_certificate or self.behind_proxy):
            raise ValueError(
                _(
                    "listening beyond this machine needs tls_certificate and tls_key, or "
                    "behind_proxy = true where a proxy in front brings TLS"
                )
            )
        return self


class ApiSettings(Listening):
    """The trader's control API."""

    enabled: bool = Field(True, description="serve the control API while trading")
    file: Path | None = Field(
        None, description="token file instead of one in data_dir", examples=["api.json"]
    )


class DashboardSettings(Listening):
    """The web page. Its password is set with `maemae dashboard password`."""

    port: int = Field(8600, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    trader: str = Field(
        "", description="address of a trader elsewhere; its token is MAEMAE_DASHBOARD_TOKEN"
    )
    account: str = Field("", description="account in the ledger, where it holds several")
    session_minutes: int = Field(480, ge=1, description="minutes without use until logged out")

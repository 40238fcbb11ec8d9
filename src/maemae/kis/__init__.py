"""The KIS Open API client."""

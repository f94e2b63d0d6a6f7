"""What to send: conforming requests, requests that break one clause, and the edges at which a clause is kept."""

from strategies.breaking import breaking_variants
from strategies.conforming import conforming_values
from strategies.edges import edge_requests
from strategies.packing import Edge, Mark
from strategies.request import ABSENT, Request
from strategies.tenant import Tenant
from strategies.varied import conforming_requests

__all__ = [
    "ABSENT",
    "Edge",
    "Mark",
    "Request",
    "Tenant",
    "breaking_variants",
    "conforming_requests",
    "conforming_values",
    "edge_requests",
]

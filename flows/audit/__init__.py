"""The laws checked on their evidence; `livecam audit` prints what comes of it."""

from __future__ import annotations

from flows.audit.audit import audit
from flows.audit.findings import Finding, Law, broken, totals

__all__ = ["Finding", "Law", "audit", "broken", "totals"]

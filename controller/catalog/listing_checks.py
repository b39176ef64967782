"""What must hold of the listings a profile reads: none changes a device, each gives the fields it must."""

from __future__ import annotations

import re
import warnings

from controller.catalog.document import Document, Loc
from controller.catalog.findings import Findings, listed, shorten, suggest
from controller.catalog.profile_checks import near_template, template_columns
from controller.catalog.profile_shape import ListReadShape, ProfileShape
from controller.catalog.read_only import change_in
from controller.domain.profile.surroundings import LISTED, NEEDED, Listing
from controller.domain.template import Template


class ListingCheck:
    def __init__(self, document: Document, profile: ProfileShape, findings: Findings) -> None:
        self._document = document
        self._profile = profile
        self._findings = findings

    def run(self) -> None:
        for listing, shapes in self._profile.discover.given().items():
            for index, shape in enumerate(shapes):
                self._listing(("discover", listing.value, index), listing, shape)

    def _listing(self, loc: Loc, listing: Listing, shape: ListReadShape) -> None:
        self._send((*loc, "send"), shape.send)
        if (shape.rows is None) == (shape.textfsm is None):
            if not self._document.pruned(*loc):
                self._add(loc, "list-kind")
            return
        given = self._by_pattern(loc, shape.rows) if shape.rows is not None else self._by_table(loc, shape)
        if given is None:
            return
        at: Loc = (*loc, "rows" if shape.rows is not None else "fields")
        known = sorted(LISTED[listing])
        for name in sorted(given - LISTED[listing]):
            self._add(at, "unknown-field", name=name, known=listed(known), suggestion=suggest(name, known))
        for name in sorted(NEEDED[listing] - given):
            self._add(at, "list-field-missing", name=name)

    def _send(self, loc: Loc, text: str) -> None:
        known = sorted(self._document.keys("settings"))
        for name in sorted(Template.parse(text).names):
            if name not in known and not self._document.pruned("settings"):
                near = suggest(name, known)
                self._add(loc, "unknown-placeholder", name=name, known=listed(known), suggestion=near)
        if found := change_in(text):
            self._add(loc, "read-changes", found=found)

    def _by_pattern(self, loc: Loc, pattern: str) -> set[str] | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return set(re.compile(pattern, re.MULTILINE).groupindex)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            self._add((*loc, "rows"), "regex-invalid", detail=str(error))
            return None

    def _by_table(self, loc: Loc, shape: ListReadShape) -> set[str] | None:
        name = str(shape.textfsm)
        columns = template_columns(name)
        if columns is None:
            at: Loc = (*loc, "textfsm")
            self._add(at, "textfsm-unknown", name=shorten(name), suggestion=near_template(name))
            return None
        for field, column in shape.fields.items():
            if column not in columns:
                self._add(
                    (*loc, "fields", field),
                    "textfsm-column-unknown",
                    name=column,
                    template=name,
                    known=listed(columns),
                    suggestion=suggest(column, columns),
                )
        return set(shape.fields)

    def _add(self, loc: Loc, code: str, **data: object) -> None:
        self._findings.add(self._document.file, self._document.at(loc), code, **data)

"""What can be chosen: institutions by region, categories, the words for statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Institution:
    """An institution as a screen names it. `region` is empty where it serves the whole country."""

    code: str
    kind: str
    names: Mapping[str, str]
    region: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """A subject, and the kinds of institution that deal with it (`*`: all)."""

    code: str
    names: Mapping[str, str]
    applies_to: Sequence[str]


@dataclass(frozen=True, slots=True)
class World:
    """The reference data of one version, as the screens need it.

    `find` reads a code or a name as typed and answers the code of the one institution meant.
    `statuses`: status of a case to its words by language. `shortcode`: where SMS go.
    """

    institutions: Mapping[str, Institution]
    categories: Sequence[Category]
    statuses: Mapping[str, Mapping[str, str]]
    find: Callable[[str], str | None]
    shortcode: str
    _regions: dict[str, list[Institution]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        regions: dict[str, list[Institution]] = {}
        for each in self.institutions.values():
            if each.kind in ("council", "region") and each.region:
                regions.setdefault(each.region, []).append(each)
        for members in regions.values():
            # Councils first; the regional secretariat last.
            members.sort(key=lambda i: (i.kind == "region", i.names["sw"]))
        object.__setattr__(self, "_regions", dict(sorted(regions.items())))

    @property
    def regions(self) -> Sequence[str]:
        """The regions in alphabetical order."""
        return list(self._regions)

    def members(self, region: str) -> Sequence[Institution]:
        """The councils of a region and its secretariat."""
        return self._regions.get(region, [])

    def categories_for(self, institution: str) -> Sequence[Category]:
        """What an institution deals with; everything, where none was named."""
        known = self.institutions.get(institution)
        if known is None:
            return self.categories
        return [c for c in self.categories if "*" in c.applies_to or known.kind in c.applies_to]

    def category(self, code: str) -> Category | None:
        """The category of a code."""
        return next((c for c in self.categories if c.code == code), None)

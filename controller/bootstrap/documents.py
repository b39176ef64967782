"""What a site rests on, as the engine takes it: from the files as they are now, and as a run cited them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.catalog.site import Site
    from controller.domain.inventory import Inventory
    from controller.domain.profile import DeviceProfile
    from controller.engine.planning.kept import Sources
    from controller.engine.planning.plans import Documents


def documents_of(site: Site) -> Documents:
    from controller.catalog.playbooks import resolve
    from controller.engine.planning.plans import Documents

    texts = {playbook.digest: site.playbooks.text(name) for name, playbook in site.playbooks.items()}
    return Documents(
        inventory=site.inventory,
        profiles=site.profiles,
        profiles_digest=site.profiles.digest,
        playbooks=site.playbooks,
        stages={name: resolve(playbook, site.playbooks) for name, playbook in site.playbooks.items()},
        sources={
            **texts,
            site.inventory.digest: site.inventory_text,
            site.profiles.digest: site.profiles.text,
        },
    )


class StoredDocuments:
    """Reads the sources a run cites again."""

    def inventory(self, text: str, profiles: Mapping[str, DeviceProfile]) -> Inventory:
        from controller.catalog.inventory import inventory_from_text

        return inventory_from_text(text, "inventory", profiles)

    def profiles(self, text: str) -> Mapping[str, DeviceProfile]:
        from controller.catalog.profiles import profiles_from_text

        return profiles_from_text(text)

    def documents(self, sources: Sources) -> Documents:
        """Raises InvalidInput where this Cordon finds mistakes in them, KeyError where one is missing."""
        from controller.catalog.site import site_from_texts

        texts = sources.texts
        return documents_of(
            site_from_texts(
                texts[sources.inventory],
                texts[sources.profiles],
                [texts[playbook] for playbook in sources.playbooks.values()],
            )
        )


@cache
def program_digest() -> str:
    """Of the code itself: a version may be forgotten, and in development there is none."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for layer in ("domain", "engine", "catalog"):
        for path in sorted((package / layer).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()

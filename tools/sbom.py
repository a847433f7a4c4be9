"""`make sbom`: a CycloneDX list of what an installed gmailkit consists of, on standard output.

Read from the installed metadata; nothing is looked up on a network.
"""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, distribution

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Where a distribution names its licence in a field of old or by a classifier alone.
LICENCES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "BSD": "BSD-2-Clause",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "ISC License": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
}


def installed(root: str = "gmailkit") -> dict[str, Distribution]:
    """`root` and all it needs here, without extras, by canonical name."""
    found: dict[str, Distribution] = {}
    coming = [root]
    while coming:
        name = canonicalize_name(coming.pop())
        if name in found:
            continue
        found[name] = distribution(name)
        needs = map(Requirement, found[name].requires or ())
        coming += [need.name for need in needs if not need.marker or need.marker.evaluate()]
    return found


def licence(found: Distribution) -> str:
    """The SPDX expression of a distribution's licence, or "" when it does not say."""
    metadata = found.metadata
    for field in ("License-Expression", "License", "Classifier"):
        for said in metadata.get_all(field) or ():
            if field != "Classifier" or said.startswith("License ::"):
                return LICENCES.get(str(said), str(said))
    return ""


def bill() -> Bom:
    """One component for each distribution; gmailkit itself is what they are of."""
    spdx = LicenseFactory()
    components = {
        name: Component(
            name=name,
            version=found.version,
            type=ComponentType.APPLICATION if name == "gmailkit" else ComponentType.LIBRARY,
            purl=PackageURL("pypi", None, name, found.version),
            licenses=[spdx.make_from_string(licence(found))],
        )
        for name, found in sorted(installed().items())
    }
    bom = Bom(components=[each for name, each in components.items() if name != "gmailkit"])
    bom.metadata.component = components["gmailkit"]
    return bom


if __name__ == "__main__":
    sys.stdout.write(JsonV1Dot6(bill()).output_as_string(indent=2) + "\n")

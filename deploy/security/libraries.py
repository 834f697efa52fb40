#!/usr/bin/env python3
"""Holds the libraries of a CycloneDX list against deploy/security/licences.txt and asks OSV for their known vulnerabilities.

    mvn -ntp -Psbom org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom
    python3 deploy/security/libraries.py target/bom.json

OSV_URL is https://api.osv.dev unless set. Ends with 0 when every licence is allowed and no vulnerability is known; else with the sum of
1 (a licence is not allowed or not told), 2 (vulnerabilities are known) and 4 (OSV did not answer: nothing is known of them).
"""
import json
import os
import pathlib
import sys
import urllib.error
import urllib.request

OWN = "dev.fewstep"
BATCH = 500
MOST_BYTES = 32 << 20
SECONDS = 30


def libraries(path):
    """All components but fewstep's own, each once, by their package address."""
    components = json.loads(pathlib.Path(path).read_text(encoding="utf-8")).get("components", [])
    found = {one["purl"].split("?")[0]: one for one in components if one.get("group") != OWN}
    if not found:
        sys.exit(f"{path} lists no library")
    return dict(sorted(found.items()))


def licences(component):
    """The names under which a library may be used; any one of them will do."""
    named = []
    for entry in component.get("licenses", []):
        one = entry.get("license", {})
        named += [text for text in (one.get("id"), one.get("name"), entry.get("expression")) if text]
    return named


def refused(components):
    """Libraries of which no licence is allowed."""
    lines = (pathlib.Path(__file__).parent / "licences.txt").read_text(encoding="utf-8").splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    anywhere = {rule for rule in rules if " only " not in rule}
    single = {tuple(rule.split(" only ", 1)) for rule in rules if " only " in rule}
    return {
        purl: named
        for purl, one in components.items()
        for named in [licences(one)]
        if not any(name in anywhere or any(name == l and purl.startswith(p) for l, p in single) for name in named)
    }


def known(purls):
    """Ids of known vulnerabilities by package address, as OSV tells them page by page."""
    url = os.environ.get("OSV_URL", "https://api.osv.dev").rstrip("/") + "/v1/querybatch"
    found = {}
    waiting = [{"package": {"purl": purl}} for purl in purls]
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        request = urllib.request.Request(
            url, json.dumps({"queries": batch}).encode(), {"Content-Type": "application/json", "User-Agent": "fewstep"}
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            body = response.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise ValueError("its answer is longer than can be")
        results = json.loads(body)["results"]
        if len(results) != len(batch):
            raise ValueError(f"it answered {len(results)} of {len(batch)} questions")
        for query, result in zip(batch, results):
            for one in (result or {}).get("vulns", []):
                found.setdefault(query["package"]["purl"], set()).add(one["id"])
            if (result or {}).get("next_page_token"):
                waiting.append({**query, "page_token": result["next_page_token"]})
    return found


def main(path):
    components = libraries(path)
    status = 0
    for purl, named in refused(components).items():
        print(f"licence: {purl} is under {' or '.join(named) or 'none that it tells'}, which deploy/security/licences.txt does not allow")
        status |= 1
    try:
        for purl, ids in known(list(components)).items():
            print(f"vulnerability: {purl} {' '.join(sorted(ids))}")
            status |= 2
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"OSV did not answer ({error}): known vulnerabilities were NOT looked up")
        return status | 4
    if status == 0:
        print(f"{len(components)} libraries: every licence is allowed, and OSV knows of no vulnerability")
    return status


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))

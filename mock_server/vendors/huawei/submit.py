"""Huawei Cloud VOD: a request that submits URLs or an asset to preheat, and what SDKs ask of IAM before it.

Source: "CDN预热", support.huaweicloud.com/api-vod/vod_04_0166.html; of IAM, what the SDKs read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from mock_server.engine.submits import Values
from mock_server.http.message import Request
from mock_server.types import Json
from mock_server.vendors.submission import Illegal, Lookup, Submission, first, fits, is_url, present

MOST_URLS = 10
_LONGEST_ASSET = 128
TOO_MANY = "VOD.10109"
DEFAULT_PROJECT = "cn-north-4"
DOMAIN = "8f3c0a6d2b9e4f71a5c8d03e6b7f1924"

FIELDS: Mapping[str, str] = {
    "body": "a JSON object",
    "urls": f"1 to {MOST_URLS} absolute http or https URLs in a list, or an `asset_id` in its place",
    "asset_id": f"a text of 1 to {_LONGEST_ASSET} characters",
    "project_id": "the id of a project in place of the braces",
}
FACTS: Mapping[str, str] = {"asset_id": "The asset that was submitted."}


KEYS: Mapping[str, str] = {
    "project": "the project in the path",
    "asset_id": "the asset",
    "url": "any of the URLs",
}


def submission(request: Request) -> Submission | Illegal:
    """What a request submits. Its body is a JSON object, whatever its Content-Type says."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return Illegal("body")
    if not isinstance(body, dict):
        return Illegal("body")
    urls, asset = body.get("urls"), body.get("asset_id")
    if (urls is None) == (asset is None):
        return Illegal("urls")
    if urls is None:
        if not isinstance(asset, str) or not fits(asset, _LONGEST_ASSET):
            return Illegal("asset_id")
        values = _values(request, asset_id=[asset])
        return Submission("huawei", "preheating", facts={"asset_id": asset}, names=(asset,), values=values)
    # Of too many, no more are read than it takes to know that.
    if not isinstance(urls, list) or not urls or not all(map(_is_url, urls[: MOST_URLS + 1])):
        return Illegal("urls")
    if len(urls) > MOST_URLS:
        return Illegal("urls", TOO_MANY)
    items = tuple([{"url": url} for url in urls])
    return Submission("huawei", "preheating", items, names=tuple(urls), values=_values(request, url=urls))


def _values(request: Request, **said: Sequence[str]) -> Values:
    """The path is `/v1.0/<project_id>/…`."""
    return present({**dict.fromkeys(KEYS, ()), "project": [request.path.split("/")[2]], **said})


def _is_url(url: Json) -> bool:
    return isinstance(url, str) and is_url(url)


def projects(request: Request, project: str) -> Lookup:
    """IAM's list of projects: always exactly one, since the SDKs refuse two. Its name is the one that is asked for."""
    found = {
        "id": project,
        "name": first(request.query, "name") or DEFAULT_PROJECT,
        "domain_id": DOMAIN,
        "parent_id": DOMAIN,
        "is_domain": False,
        "enabled": True,
        "description": "",
        "links": {"self": f"https://iam.myhuaweicloud.com/v3/projects/{project}"},
    }
    return Lookup("huawei", _listed("projects", found), "iam")


def domains(request: Request) -> Lookup:
    """IAM's list of domains: the one that the project belongs to."""
    found = {
        "id": DOMAIN,
        "name": "mock-server",
        "enabled": True,
        "description": "",
        "links": {"self": f"https://iam.myhuaweicloud.com/v3/domains/{DOMAIN}"},
    }
    return Lookup("huawei", _listed("domains", found), "iam")


def _listed(name: str, found: Json) -> Json:
    return {name: [found], "links": {"self": f"https://iam.myhuaweicloud.com/v3/auth/{name}"}}

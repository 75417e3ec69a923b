"""One encode through the event hub, told on the terminal: what a person clicks, a program does here."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from encode_media.errors import failure
from encode_media.ftrack.client import ActionClient
from encode_media.ftrack.session import open_session
from encode_media.settings import Settings
from encode_media.timebase import counted, seconds_text, size_text

ARTIST = "artist"
VERSION = "sh010_comp"
"""The asset of the sandbox's project that is encoded: a movie with sound and timecode."""

DISCOVER_S = 30.0
"""The listener connects while we ask; asked again until then."""
RESULT_S = 600.0
MOST_PAGES = 3
"""Of a form that is submitted as it comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A version with what the form answered for it."""

    selection: list[dict[str, str]]
    item: dict[str, Any]
    values: dict[str, Any]


def show(settings: Settings, screen: Console, stop: threading.Event) -> None:
    """Discover, form, submit, progress and result, as the artist of the sandbox.

    Raises:
        ServerUnavailable: the listener did not answer. Any error the encode ended with.
    """
    session = open_session(settings, hub=True, as_user=ARTIST)
    try:
        client = ActionClient(session)
        try:
            asked = _ask(client, session, screen, stop)
            if asked is not None:
                _follow(client, asked, screen, stop)
        finally:
            client.close()
    finally:
        session.close()


def _ask(client: ActionClient, session: Any, screen: Console, stop: threading.Event) -> _Asked | None:
    version = session.query(f"AssetVersion where asset.name is {VERSION}").first()
    selection = [{"entityId": version["id"], "entityType": "assetversion"}]
    screen.print(f"\nRight-click on [bold]{VERSION}[/bold], as {ARTIST}: discover")
    item = _discover(client, selection, stop)
    if item is None:
        return None
    screen.print(f"  {item['label']}: {item.get('description', '')}", markup=False)

    screen.print("Click: the form")
    form = client.launch(item, selection)
    return _Asked(selection=selection, item=item, values=_show_form(form, screen))


def _show_form(form: Mapping[str, Any], screen: Console) -> dict[str, Any]:
    """Prints a form; gives what a browser sends when it is submitted as it came."""
    for field in form.get("items", ()):
        _show_field(field, screen)
    return {field["name"]: field.get("value") for field in form.get("items", ()) if "name" in field}


def _discover(
    client: ActionClient, selection: list[dict[str, str]], stop: threading.Event
) -> dict[str, Any] | None:
    waited = 0.0
    while waited < DISCOVER_S:
        items = client.discover(selection, timeout_s=1.0)
        if items:
            return dict(items[0])
        if stop.is_set():
            return None
        waited += 1.0
    raise failure("service.absent")


def _show_field(field: Mapping[str, Any], screen: Console) -> None:
    if field.get("type") == "label":
        for line in str(field.get("value", "")).replace("<br>", "\n").splitlines():
            if line.strip("-# "):
                screen.print(f"  {line.strip('#* ').replace('**', '')}", markup=False)
    elif field.get("type") == "enumerator":
        screen.print(f"  {field['label']}", markup=False)
        for choice in field["data"]:
            mark = "*" if choice["value"] == field.get("value") else " "
            screen.print(f"   {mark} {choice['label']}", markup=False)
    elif field.get("type") != "hidden":
        screen.print(f"  {field.get('label', field['name'])}: {_shown(field.get('value'))}", markup=False)


def _shown(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _follow(client: ActionClient, asked: _Asked, screen: Console, stop: threading.Event) -> None:
    screen.print("Submit")
    answer = client.launch(asked.item, asked.selection, values=asked.values)
    for _ in range(MOST_PAGES):
        if "items" not in answer:
            break
        screen.print("  The next page", markup=False)
        answer = client.launch(asked.item, asked.selection, values=_show_form(answer, screen))
    screen.print(f"  {answer.get('message', '')}", markup=False)
    if not answer.get("success"):
        raise failure("request.invalid", problem=str(answer.get("message", "the form was refused")))
    result: Mapping[str, Any] | None = None
    with _bar(screen) as bar:
        task = bar.add_task("waiting", total=100, detail="")
        for event in client.watch(timeout_s=RESULT_S):
            data = event["data"]
            if stop.is_set():
                return
            if event["topic"] == "encode-media.result":
                result = data
                break
            bar.update(task, completed=data["percent"], description=data["stage"], detail=_detail(data))
    if result is None:
        raise failure("service.absent")
    _show_result(result, screen)


def _bar(screen: Console) -> Progress:
    return Progress(
        TextColumn("  {task.description:<10}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[detail]}"),
        console=screen,
    )


def _detail(data: Mapping[str, Any]) -> str:
    frame = f"frame {data['frame']}/{data['frames']}" if data.get("frame") is not None else ""
    eta = f"{seconds_text(data['etaSeconds'])} left" if data.get("etaSeconds") is not None else ""
    return "  ".join(part for part in (frame, eta) if part)


def _show_result(result: Mapping[str, Any], screen: Console) -> None:
    error = result.get("error")
    if error:
        screen.print(f"  {error['message']} {error['hint']}", style="bold red", markup=False)
        return
    screen.print("Published, checked frame by frame:")
    for output in result["outputs"]:
        screen.print(
            f"  {output['name']:<20} {output['width']}x{output['height']}, {counted(output['frames'])}, "
            f"{size_text(output['sizeBytes'])}, in {output['location']}",
            markup=False,
        )

"""The words and people of a new server, as data."""

from __future__ import annotations

from typing import Any

LOCATIONS = {
    "ftrack.unmanaged": "cb268ecc-8809-11e3-a7e2-20c9d081909b",
    "ftrack.origin": "ce9b348f-8809-11e3-821c-20c9d081909b",
    "ftrack.review": "cd41be70-8809-11e3-b98a-20c9d081909b",
    "ftrack.server": "3a372bde-05bc-11e4-8908-20c9d081909b",
    "ftrack.connect": "07b82a97-8cf9-11e3-9383-20c9d081909b",
}
STATES = {"Not started": "NOT_STARTED", "In progress": "IN_PROGRESS", "Done": "DONE", "Blocked": "BLOCKED"}
STATUSES = {
    "Not started": ("#95a5a6", "NOT_STARTED"),
    "Ready to start": ("#f1c40f", "NOT_STARTED"),
    "In Progress": ("#3498db", "IN_PROGRESS"),
    "Pending Review": ("#9b59b6", "IN_PROGRESS"),
    "Revise": ("#e67e22", "IN_PROGRESS"),
    "On Hold": ("#7f8c8d", "BLOCKED"),
    "Approved": ("#2ecc71", "DONE"),
    "Completed": ("#27ae60", "DONE"),
    "Omitted": ("#2c3e50", "DONE"),
}
TASK_STATUSES = (
    "Not started", "Ready to start", "In Progress", "Pending Review", "Revise", "On Hold", "Completed", "Omitted",
)  # fmt: skip
VERSION_STATUSES = ("Pending Review", "Revise", "Approved", "Omitted")
TYPES = {
    "Generic": "#95a5a6", "Layout": "#1abc9c", "Animation": "#3498db", "FX": "#e67e22", "Lighting": "#f1c40f",
    "Compositing": "#9b59b6", "Editorial": "#34495e", "Concept": "#e84393",
}  # fmt: skip
PRIORITIES = {"None": "#95a5a6", "Low": "#1abc9c", "Medium": "#f1c40f", "High": "#e67e22", "Urgent": "#e74c3c"}
ASSET_TYPES = {
    "Upload": "upload", "Comp": "comp", "Render": "render", "Animation": "anim", "Image": "img",
    "Editorial": "edit",
}  # fmt: skip
OBJECT_TYPE_NAMES = {"AssetBuild": "Asset Build"}
ROLES = ("Administrator", "Project manager", "User", "Restricted user")
USERS = {
    "supervisor": ("Sam", "Supervisor", "Administrator", True),
    "artist": ("Alex", "Artist", "User", False),
}
"""username: first name, last name, role, whether the role covers private projects too"""
SHOTS = {"sh010": "The city at dawn", "sh020": "The courier runs", "sh030": "Through the gate"}
SHOT_TASKS = ("Animation", "Lighting", "Compositing")
TASK_STATES = {"Animation": "Completed", "Lighting": "In Progress", "Compositing": "Ready to start"}

VERSIONS: tuple[dict[str, Any], ...] = (
    {
        "name": "sh010_comp", "shot": "sh010", "task": "Compositing", "asset_type": "Comp",
        "file": "sh010_comp_v001.mov", "frames": (), "status": "Pending Review",
        "comment": "First comp with sound",
    },
    {
        "name": "sh010_beauty", "shot": "sh010", "task": "Lighting", "asset_type": "Render",
        "file": "sh010_beauty/sh010_beauty.%04d.exr", "frames": tuple(range(1001, 1049)),
        "status": "Pending Review", "comment": "Beauty render, scene-linear",
    },
    {
        "name": "sh020_anim", "shot": "sh020", "task": "Animation", "asset_type": "Animation",
        "file": "sh020_anim/sh020_anim.%04d.png",
        "frames": tuple(frame for frame in range(1001, 1025) if frame not in {1010, 1011, 1012}),
        "status": "Revise", "comment": "Blocking; three frames still missing",
    },
    {
        "name": "sh020_concept", "shot": "sh020", "task": "Lighting", "asset_type": "Image",
        "file": "sh020_concept.png", "frames": (), "status": "Approved", "comment": "Light and mood",
    },
    {
        "name": "sh030_notes", "shot": "sh030", "task": "Compositing", "asset_type": "Upload",
        "file": "sh030_notes.mov", "frames": (), "status": "Pending Review",
        "comment": "Published by mistake: a text file with a movie's name",
    },
)  # fmt: skip

PRIVATE_FILE = "sh020_concept.png"
"""The private project's version refers to the same picture as an open one."""

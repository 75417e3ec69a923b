"""Many connections on the sandbox's event hub: how many events a second it takes and delivers, and how late.

    python benchmarks/hub.py [--connections 200] [--rate 2000] [--seconds 10]

The server is a process of its own. Each connection subscribes as clients do: to replies, to a topic of its own, to
one of a group of ten and to a wildcard; every tenth to a nested expression. Events are published at the given
rate by 20 connections, each for the topic of another; every tenth is for a group.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

import requests
from websockets.asyncio.client import ClientConnection, connect

GROUP = 10


def packet(topic: str, data: dict[str, object], target: str = "") -> str:
    event = {"id": uuid.uuid4().hex, "topic": topic, "data": data, "target": target, "source": {"id": "bench"}}
    return "5:::" + json.dumps({"name": "ftrack.event", "args": [event]})


def subscription(identifier: str, expression: str) -> str:
    data = {"subscriber": {"id": identifier}, "subscription": expression}
    return packet("ftrack.meta.subscribe", data)


async def open_one(address: dict[str, str], number: int) -> ClientConnection:
    credentials = {"api_user": address["api_user"], "api_key": address["api_key"]}
    url = address["server_url"]
    shaken = await asyncio.to_thread(requests.get, f"{url}/socket.io/1/", params=credentials, timeout=30)
    sid = shaken.text.partition(":")[0]
    socket = await connect(
        f"{url.replace('http', 'ws', 1)}/socket.io/1/websocket/{sid}",
        ping_interval=None,
        compression=None,
        proxy=None,
    )
    nested = f"(topic=bench.seldom or data.kind=seldom) and not data.number!={number}"
    for name, expression in (
        ("reply", f"topic=ftrack.meta.reply and source.id=nobody{number}"),
        ("own", f"topic=bench.{number}"),
        ("group", f"topic=bench.group.{number // GROUP}"),
        ("wild", f"topic=other.{number}.*"),
        *((("nested", nested),) if number % GROUP == 0 else ()),
    ):
        await socket.send(subscription(f"{name}-{number}", expression))
    return socket


async def listen(socket: ClientConnection, delays: list[float]) -> None:
    async for text in socket:
        if str(text).startswith("5:::"):
            sent = json.loads(str(text)[4:])["args"][0]["data"]["at"]
            delays.append(time.monotonic() - sent)


async def publish(socket: ClientConnection, count: int, rate: float, connections: int, first: int) -> None:
    began = time.monotonic()
    for number in range(count):
        early = began + number / rate - time.monotonic()
        if early > 0:
            await asyncio.sleep(early)
        to_group = number % GROUP == 0
        whom = (first * 7 + number) % connections
        topic = f"bench.group.{whom // GROUP}" if to_group else f"bench.{whom}"
        await socket.send(packet(topic, {"at": time.monotonic(), "kind": "often", "number": number}))


async def measure(address: dict[str, str], connections: int, rate: int, seconds: int) -> None:
    sockets = [await open_one(address, number) for number in range(connections)]
    delays: list[float] = []
    listeners = [asyncio.create_task(listen(socket, delays)) for socket in sockets]
    await asyncio.sleep(1)  # subscriptions are not acknowledged to packets without a number
    senders = sockets[:: max(1, connections // 20)]
    each = rate * seconds // len(senders)
    expected = sum(GROUP if number % GROUP == 0 else 1 for number in range(each)) * len(senders)
    began = time.monotonic()
    await asyncio.gather(*(publish(s, each, rate / len(senders), connections, i) for i, s in enumerate(senders)))
    published = time.monotonic() - began
    limit = time.monotonic() + 60
    while len(delays) < expected and time.monotonic() < limit:  # noqa: ASYNC110 - many listeners, one count
        await asyncio.sleep(0.05)
    took = time.monotonic() - began
    for listener in listeners:
        listener.cancel()
    for socket in sockets:
        socket.transport.abort()
    sent = each * len(senders)
    ordered = sorted(delays)
    print(
        f"{connections} connections, {sent} events published in {published:.1f} s: {sent / published:.0f} a second"
    )
    print(f"{len(delays)} of {expected} deliveries in {took:.1f} s: {len(delays) / took:.0f} a second")
    print(
        f"from sending to arriving: p50 {statistics.median(ordered) * 1000:.1f} ms, "
        f"p95 {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms, longest {ordered[-1] * 1000:.0f} ms"
    )


def processor_s(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123 - Linux only, as this figure is
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "encode_media.sandbox", "--data", folder, "--seed", "empty"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None  # noqa: S101 - it was asked for above
        try:
            address = json.loads(server.stdout.readline())
            before = processor_s(server.pid)
            asyncio.run(measure(address, chosen.connections, chosen.rate, chosen.seconds))
            print(f"processor time of the server: {processor_s(server.pid) - before:.1f} s")
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()

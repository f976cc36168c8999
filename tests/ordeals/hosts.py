"""Hosts of a test's own: network namespaces that hang on one hub, each by a cable that can be pulled."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.servers import Network


@dataclass(frozen=True, slots=True)
class Hosts:
    """A hub, in which servers run, and the hosts around it."""

    hub: Network
    around: Sequence[Network]

    def unplug(self, host: Network) -> None:
        """Cut a host off. What runs on it goes on, and hears nothing any more."""
        _ip("-n", self.hub.namespace, "link", "set", _cable(host), "down")

    def plug_in(self, host: Network) -> None:
        """Let a host hear again."""
        _ip("-n", self.hub.namespace, "link", "set", _cable(host), "up")


@contextmanager
def hosts(number: int) -> Iterator[Hosts]:
    """A hub and so many hosts, which are gone at the end.

    Where this machine lets nobody make them, the test is skipped; it fails where HOSTS=required says that it may not.
    """
    name = f"t{os.getpid()}"
    made = Hosts(
        Network(f"{name}hub", "10.83.7.1"), [Network(f"{name}h{n}", f"10.83.7.{n + 1}") for n in (1, 2)[:number]]
    )
    try:
        _lay(made)
        yield made
    finally:
        for network in (made.hub, *made.around):
            subprocess.run(["ip", "netns", "delete", network.namespace], capture_output=True)


def _lay(made: Hosts) -> None:
    try:
        _ip("netns", "add", made.hub.namespace)
    except (OSError, subprocess.CalledProcessError) as error:
        if os.environ.get("HOSTS") == "required":
            raise
        pytest.skip(f"this machine makes no network namespaces: {error}")
    hub = ("-n", made.hub.namespace)
    _ip(*hub, "link", "set", "lo", "up")
    _ip(*hub, "link", "add", "hub", "type", "bridge")
    _ip(*hub, "address", "add", f"{made.hub.address}/24", "dev", "hub")
    _ip(*hub, "link", "set", "hub", "up")
    for host in made.around:
        _add(made.hub, host)


def _add(hub: Network, host: Network) -> None:
    of_hub, of_host = ("-n", hub.namespace), ("-n", host.namespace)
    _ip("netns", "add", host.namespace)
    _ip(*of_hub, "link", "add", _cable(host), "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    _ip(*of_hub, "link", "set", _cable(host), "master", "hub", "up")
    _ip(*of_host, "address", "add", f"{host.address}/24", "dev", "eth0")
    for link in ("lo", "eth0"):
        _ip(*of_host, "link", "set", link, "up")


def _cable(host: Network) -> str:
    return f"to-{host.address.rpartition('.')[2]}"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)

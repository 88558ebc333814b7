"""Where things are sold, as orders name it."""

from __future__ import annotations

from apps.platform.businesses.channels import Channel

CHANNELS = {channel.value: channel.label for channel in Channel}

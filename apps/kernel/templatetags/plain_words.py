"""What the product enters and tells, in words, for templates."""

from __future__ import annotations

from django import template

from apps.kernel.actors import say_actor
from apps.kernel.plain_words import say_action, say_event, say_receiver

register = template.Library()
register.filter("say_actor", say_actor)
register.filter("say_action", say_action)
register.filter("say_event", say_event)
register.filter("say_receiver", say_receiver)

"""Django's library `static` with the quick `{% static %}`."""

from __future__ import annotations

from django.template import Library, Node
from django.template.base import Parser, Token
from django.template.context import Context
from django.templatetags import static as django_static
from django.utils.html import conditional_escape

register = Library()
register.tags = dict(django_static.register.tags)


class StaticFile(Node):
    """The address of a fixed file, the same as long as the process runs."""

    child_nodelists = ()

    def __init__(self, path: str, name: str | None) -> None:
        self.path, self.name, self.address = path, name, ""

    def render(self, context: Context) -> str:
        if not self.address:
            self.address = conditional_escape(django_static.static(self.path))
        if self.name is None:
            return self.address
        context[self.name] = self.address
        return ""


@register.tag("static")
def static(parser: Parser, token: Token) -> Node:
    """A file named in the template; where a variable names it, it is Django's node."""
    node = django_static.StaticNode.handle_token(parser, token)
    if node.path.is_var or node.path.filters:
        return node
    return StaticFile(str(node.path.var), node.varname)

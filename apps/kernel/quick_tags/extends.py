"""Django's `{% extends %}`, which looks through the parent's nodes for its blocks once and not at each page."""

from __future__ import annotations

from django.template import Library, Node, NodeList, Template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.loader_tags import ExtendsNode, do_extends

register = Library()


class _KnownNodes(NodeList):
    """Nodes of a compiled template; they change no more, and so does what kinds are among them."""

    def __init__(self, nodes: NodeList) -> None:
        super().__init__(nodes)
        self.contains_nontext = nodes.contains_nontext
        self._by_type: dict[type[Node], list[Node]] = {}

    def get_nodes_by_type(self, nodetype: type[Node]) -> list[Node]:
        """As Django's, from the second time on without a walk."""
        found = self._by_type.get(nodetype)
        if found is None:
            found = self._by_type[nodetype] = super().get_nodes_by_type(nodetype)
        return found


class QuickExtendsNode(ExtendsNode):
    """Renders the parent with our blocks."""

    def get_parent(self, context: Context) -> Template:
        """The parent, whose blocks are kept with it: it lives as long as Django's loader keeps it."""
        parent: Template = super().get_parent(context)
        if type(parent.nodelist) is NodeList:
            parent.nodelist = _KnownNodes(parent.nodelist)
        return parent


@register.tag("extends")
def extends(parser: Parser, token: Token) -> ExtendsNode:
    """Django's tag with our node."""
    node = do_extends(parser, token)
    return QuickExtendsNode(node.nodelist, node.parent_name, node.template_dirs)

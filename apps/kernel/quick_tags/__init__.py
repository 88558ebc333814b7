"""What stands on every page a dozen times, worked out once: `{% translate %}` and `{% static %}` of what is fixed.

Django makes a lazy text of each word and looks each path up whenever a page is shown: an eighth of the work of a store
page; `{% extends %}` walked through its parent for blocks. The settings put these libraries under the
names of Django's own. Every other tag, and each use with a variable, a filter or a context, stays Django's.
"""

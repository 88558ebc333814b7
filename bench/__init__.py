"""Measuring MoniDesk beside the machine's own limits, in one run, because machines drift.

`make bench` starts a durable throw-away database and two web workers, loads a thousand products, measures the
limits (a bare page with one query; the least SQL that places an order) and then the product's own work, prints a
table and writes `var/bench.json`: rows of `{work, value, unit, limit, ratio, target, reached}`.
"""

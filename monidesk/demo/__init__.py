"""Demo businesses with a year of trade, made by the product's own services.

Every order here was quoted, placed, paid, shipped and sometimes refunded by the same services that a shop uses,
with the clock moved to its day, so stock, books and audit agree as they would in real trade. One seed gives one
year. `manage.py demo_data` makes it, `manage.py demo_data --remove` takes every row of it away again.
"""

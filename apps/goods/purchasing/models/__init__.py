"""Tables of purchasing, one aggregate a file."""

from .suppliers import Supplier, SupplierAddress, SupplierContact, SupplierItem, SupplierNote

__all__ = ["Supplier", "SupplierAddress", "SupplierContact", "SupplierItem", "SupplierNote"]

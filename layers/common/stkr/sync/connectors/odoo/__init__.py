"""Odoo 19 as a system of record, over its JSON-2 API with the key of a user of its own.

A *place* is what Odoo calls a location: a shelf, or everything that is inside a building. A *site* is a location of
ours, which is one of Odoo's places with everything inside it. Odoo keeps a quantity per product and place (and
package), in the product's own unit.
"""

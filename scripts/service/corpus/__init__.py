"""The service's own library: passages written from tables of facts and from formulas."""

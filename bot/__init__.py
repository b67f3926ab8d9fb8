"""Tepai: a customer-service chatbot for an on-demand courier. See README.md for a tour."""

__version__ = "0.1.0"

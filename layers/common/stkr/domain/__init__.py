"""The nouns of the field as plain values that every stage shares. Imports nothing but itself and pydantic."""

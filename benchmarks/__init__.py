"""Side-by-side measurements. Every published figure has a command here."""

"""The officer's side: organisation, batteries, cycles, codes and results, as use cases over files and the database."""

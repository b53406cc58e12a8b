"""What Sikte remembers: one file per aggregate, tables with their behaviour and rules."""

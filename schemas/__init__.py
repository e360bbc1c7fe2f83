"""Arrow schemas of every data level: names, types, units and meaning of each column."""

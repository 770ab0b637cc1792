"""A count file becomes clean lines: read, mapped to SKUs, converted to eaches; what is unclear is parked."""

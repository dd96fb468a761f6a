"""Other formats than delimited text: JSON, Parquet and Excel, and what is compressed or in an archive."""

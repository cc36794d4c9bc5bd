"""Raw rows to CSV and Parquet, and back."""

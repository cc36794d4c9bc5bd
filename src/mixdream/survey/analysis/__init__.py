"""What a listening test has shown: exclusions, intervals, tables, reports."""

"""Jobs: long work in processes of their own, and what each kind does."""

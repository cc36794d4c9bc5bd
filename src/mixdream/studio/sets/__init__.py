"""Sets as the page takes them in and shows them."""

"""What pages and mails share: layout, confining headers, figures in plain English, forms."""

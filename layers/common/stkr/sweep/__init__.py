"""Nothing ages out: the one place that mails approvers and counters, at once, after quiet hours, and daily."""

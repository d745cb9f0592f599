"""How moderators keep discussions in order: queues, verdicts, sanctions, rules, reports and appeals."""

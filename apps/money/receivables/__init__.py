"""What companies owe: open invoices, what pays them, reminders and statements.

Public: `services`, `selectors`, `statements`. Invoices come from `apps.money.invoicing`; an order on account learns of
its payments by `apps.selling.orders.services.note_settled`. The books post `receivables.paid` and what takes it back.
"""

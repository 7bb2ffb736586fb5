-- A mailbox that renaming INBOX has made is told under its old name to those who watch names (RFC 5465 section 5.4)
ALTER TABLE mailboxes ADD COLUMN was_inbox boolean NOT NULL DEFAULT false;

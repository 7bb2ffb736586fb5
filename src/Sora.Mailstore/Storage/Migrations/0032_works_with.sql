-- works with 0031
-- The newest step that a program must know to go on with the schema after a step; null when a program that does not know the step cannot
ALTER TABLE schema_migrations ADD COLUMN works_with integer;

using Npgsql;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Storage;

public sealed class MigratorTests : IAsyncLifetime
{
    private static readonly Migration One = new(1, "one", "CREATE TABLE one (id int); INSERT INTO one VALUES (1);");
    private static readonly Migration Two = new(2, "two", "-- it's; a 'comment\nINSERT INTO one VALUES (2);\nDO $$ BEGIN PERFORM 1; END $$;");
    private static readonly Migration Bad = new(3, "bad", "CREATE TABLE three (id int);\nINSERT INTO nowhere VALUES (1);");

    private PostgresAddress _address = null!;
    private Database _database = null!;

    public async Task InitializeAsync()
    {
        _address = await PostgresFixture.CreateEmptyAddressAsync();
        _database = PostgresFixture.Open(_address);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Steps_are_applied_once_and_in_order()
    {
        (await Migrator(One).UpAsync()).ShouldBe([One]);
        (await Migrator(One, Two).UpAsync()).ShouldBe([Two]);
        (await Migrator(One, Two).UpAsync()).ShouldBeEmpty();
        (await CountAsync("SELECT sum(id) FROM one")).ShouldBe(3);
    }

    [Fact]
    public async Task Status_tells_applied_and_pending_and_changes_nothing()
    {
        (await Migrator(One, Two).StatusAsync()).ShouldAllBe(status => status.AppliedAt == null);
        (await CountAsync("SELECT count(*) FROM pg_class WHERE relname = 'schema_migrations'")).ShouldBe(0);
        await Migrator(One).UpAsync();
        var status = await Migrator(One, Two).StatusAsync();
        status.Select(row => (row.Version, row.Name, row.AppliedAt is not null)).ShouldBe([(1, "one", true), (2, "two", false)]);
    }

    [Fact]
    public async Task Nodes_that_start_together_apply_each_step_once()
    {
        var slow = new Migration(1, "slow", "CREATE TABLE one (id int); INSERT INTO one VALUES (1); SELECT pg_sleep(0.2);");
        var databases = Enumerable.Range(0, 4).Select(_ => PostgresFixture.Open(_address)).ToArray();
        try
        {
            var applied = await Task.WhenAll(databases.Select(database => new Migrator(database, new DatabaseOptions(), [slow, Two]).UpAsync()));
            applied.Count(list => list.Count == 2).ShouldBe(1);
            applied.Count(list => list.Count == 0).ShouldBe(3);
            (await CountAsync("SELECT count(*) FROM one")).ShouldBe(2);
        }
        finally
        {
            foreach (var database in databases)
                await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task Waiting_for_another_node_has_a_limit()
    {
        await Migrator(One).UpAsync();
        var blocked = new Migration(2, "blocked", "INSERT INTO one VALUES (2);");
        await using var holder = await _database.OpenDedicatedAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("LOCK TABLE one", holder, transaction))
            await hold.ExecuteNonQueryAsync();
        var first = Migrator(One, blocked).UpAsync();
        await Eventually.WaitAsync(async () => await CountAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted") > 0);

        var options = new DatabaseOptions { MigrationTimeout = TimeSpan.FromMilliseconds(200) };
        var error = await Should.ThrowAsync<MigrationException>(() => new Migrator(_database, options, [One, blocked]).UpAsync());
        error.Message.ShouldContain("migration_timeout");

        await transaction.RollbackAsync();
        (await first).ShouldBe([blocked]);
    }

    [Fact]
    public async Task A_step_that_fails_leaves_nothing_behind_and_can_be_repeated()
    {
        var error = await Should.ThrowAsync<MigrationException>(() => Migrator(One, Two, Bad).UpAsync());
        error.Message.ShouldContain("0003_bad");
        error.Message.ShouldContain("nowhere");
        (await CountAsync("SELECT count(*) FROM pg_class WHERE relname = 'three'")).ShouldBe(0);
        (await CountAsync("SELECT max(version) FROM schema_migrations")).ShouldBe(2);
        (await Migrator(One, Two, Bad with { Sql = "CREATE TABLE three (id int)" }).UpAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_changed_step_is_refused()
    {
        await Migrator(One, Two).UpAsync();
        var error = await Should.ThrowAsync<MigrationException>(() => Migrator(new Migration(1, "one", "CREATE TABLE other (id int)"), Two).UpAsync());
        error.Message.ShouldContain("0001_one");
        error.Message.ShouldContain("checksum");
    }

    [Fact]
    public async Task Line_ends_are_no_change()
    {
        await Migrator(One, Two).UpAsync();
        (await Migrator(One, new Migration(2, "two", Two.Sql.ReplaceLineEndings("\r\n"))).UpAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_newer_database_is_refused()
    {
        await Migrator(One, Two).UpAsync();
        (await Should.ThrowAsync<MigrationException>(() => Migrator(One).UpAsync())).Message
            .ShouldBe("the database is at migration 2, this program knows 1 at most: run a newer Sora");
        await Should.ThrowAsync<MigrationException>(() => Migrator(One).RequireCurrentAsync());
    }

    [Fact]
    public async Task A_newer_database_whose_steps_say_so_is_gone_on_with()
    {
        var column = new Migration(2, "works_with", "ALTER TABLE schema_migrations ADD COLUMN works_with integer");
        var three = new Migration(3, "three", "-- works with 0002\nALTER TABLE one ADD COLUMN more int;");
        var four = new Migration(4, "four", "-- works with 0003\nALTER TABLE one ADD COLUMN even_more int;");
        await Migrator(One, column, three).UpAsync();
        (await Migrator(One, column).UpAsync()).ShouldBeEmpty();
        await Migrator(One, column).RequireCurrentAsync();
        (await Should.ThrowAsync<MigrationException>(() => Migrator(One).RequireCurrentAsync())).Message
            .ShouldBe("the database is at migration 3, this program knows 1 at most: run a newer Sora");

        // Each of the steps must allow it
        await Migrator(One, column, three, four).UpAsync();
        await Migrator(One, column, three).RequireCurrentAsync();
        (await Should.ThrowAsync<MigrationException>(() => Migrator(One, column).RequireCurrentAsync())).Message
            .ShouldBe("the database is at migration 4, this program knows 2 at most: run a newer Sora");
    }

    [Fact]
    public async Task A_step_that_waits_for_a_table_lets_those_who_use_it_pass()
    {
        await Migrator(One).UpAsync();
        var wide = new Migration(2, "wide", "ALTER TABLE one ADD COLUMN more int");
        await using var reader = await _database.OpenDedicatedAsync();
        await using var transaction = await reader.BeginTransactionAsync();
        await using (var read = new NpgsqlCommand("SELECT * FROM one", reader, transaction))
            await read.ExecuteNonQueryAsync();
        var migrating = new Migrator(_database, new DatabaseOptions { MigrationLockTimeout = TimeSpan.FromMilliseconds(50) }, [One, wide]).UpAsync();
        await Eventually.WaitAsync(async () => await CountAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted") > 0);

        // The reader goes on reading, and what the step would have to wait for does not have to wait for the step
        (await CountAsync("INSERT INTO one VALUES (2) RETURNING id")).ShouldBe(2);
        migrating.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync();
        (await migrating).ShouldBe([wide]);
    }

    [Fact]
    public async Task A_hole_in_the_steps_is_refused()
    {
        await Migrator(One, new Migration(3, "three", "SELECT 1")).UpAsync();
        (await Should.ThrowAsync<MigrationException>(() => Migrator(One, Two, new Migration(3, "three", "SELECT 1")).UpAsync()))
            .Message.ShouldContain("0002_two");
    }

    [Fact]
    public async Task Without_migrate_at_start_pending_steps_are_refused()
    {
        var options = new DatabaseOptions { MigrateAtStart = false };
        (await Should.ThrowAsync<MigrationException>(() => new Migrator(_database, options, [One]).PrepareAsync())).Message.ShouldContain("0001_one");
        await Migrator(One).PrepareAsync();
        await new Migrator(_database, options, [One]).PrepareAsync();
    }

    [Fact]
    public void Versions_ascend() => Should.Throw<ArgumentException>(() => Migrator(Two, One));

    [Fact]
    public async Task The_steps_of_this_program_make_a_current_database()
    {
        await new Migrator(_database, new DatabaseOptions()).UpAsync();
        await new Migrator(_database, new DatabaseOptions()).RequireCurrentAsync();
        (await CountAsync("SELECT count(*) FROM schema_migrations")).ShouldBe(Migration.Embedded.Count);
    }

    private Migrator Migrator(params Migration[] migrations) => new(_database, new DatabaseOptions(), migrations);

    private async Task<long> CountAsync(string sql)
    {
        await using var command = _database.Write.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }
}

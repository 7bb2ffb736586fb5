using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Storage;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly EmbeddedPostgresOptions _options = new() { Durable = false, SharedBuffers = Sora.Configuration.ByteSize.MiB(16) };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_starts_keeps_its_data_over_a_stop_and_leaves_no_process_and_no_socket()
    {
        int pid;
        PostgresAddress address;
        await using (var first = await StartAsync())
        {
            first.IsOwner.ShouldBeTrue();
            pid = first.ServerPid!.Value;
            address = first.Address;
            PostgresAddress.Read(_folder.Path).ShouldBe(address);
            await ExecuteAsync(address, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)");
        }

        Signals.IsAlive(pid).ShouldBeFalse();
        Directory.Exists(address.SocketFolder).ShouldBeFalse();
        PostgresAddress.Read(_folder.Path).ShouldBeNull();
        await using var second = await StartAsync();
        (await ExecuteAsync(second.Address, "SELECT id FROM kept")).ShouldBe(7);
    }

    [Fact]
    public async Task It_runs_without_roots_rights_in_a_session_of_its_own_and_only_on_its_socket()
    {
        await using var postgres = await StartAsync();
        var status = await File.ReadAllLinesAsync($"/proc/{postgres.ServerPid}/status");
        status.First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1].ShouldNotBe("0");
        status.First(line => line.StartsWith("CapEff:", StringComparison.Ordinal)).Split('\t')[1].Trim('0').ShouldBeEmpty();
        var stat = (await File.ReadAllTextAsync($"/proc/{postgres.ServerPid}/stat")).Split(' ');
        stat[5].ShouldBe(postgres.ServerPid!.Value.ToString(CultureInfo.InvariantCulture));
        (await ExecuteAsync(postgres.Address, "SELECT current_setting('listen_addresses')")).ShouldBe("");
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(postgres.Address.SocketFolder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Pools_are_filled_with_the_connections_that_they_keep()
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(_options, _folder.Path);
        var options = new DatabaseOptions { Write = new() { MinConnections = 3 }, Read = new() { MinConnections = 2 } };
        await using var database = new Database(options, postgres.Address);
        await database.FillPoolsAsync();
        await using var connection = await database.OpenDedicatedAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", connection);
        (await command.ExecuteScalarAsync()).ShouldBe(5L);
    }

    [Fact]
    public async Task A_killed_server_is_started_again_with_what_was_committed()
    {
        var options = new EmbeddedPostgresOptions { SharedBuffers = Sora.Configuration.ByteSize.MiB(16) };
        await using var postgres = await EmbeddedPostgres.StartAsync(options, _folder.Path);
        await using var database = new Database(new DatabaseOptions(), postgres.Address);
        for (var round = 1; round <= 2; round++)
        {
            await ExecuteAsync(postgres.Address, $"CREATE TABLE kept{round} (id int)");
            var killed = postgres.ServerPid!.Value;
            using (var server = Process.GetProcessById(killed))
                server.Kill();
            await Eventually.WaitAsync(() => postgres.ServerPid is { } pid && pid != killed);
            postgres.Restarts.ShouldBe(round);
            await database.WaitUntilReadyAsync(TimeSpan.FromSeconds(20));
            await ExecuteAsync(postgres.Address, $"INSERT INTO kept{round} VALUES (1)");
        }
    }

    [Fact]
    public async Task What_a_killed_program_left_behind_is_taken_over()
    {
        await using (var abandoned = await Abandoned.StartAsync(_options, _folder.Path))
        {
            await using var postgres = await StartAsync();
            postgres.ServerPid.ShouldBe(abandoned.Pid);
            await ExecuteAsync(postgres.Address, "SELECT 1");
            await postgres.StopAsync();
            await Eventually.WaitAsync(() => !Signals.IsAlive(abandoned.Pid));
        }
    }

    [Fact]
    public async Task What_a_killed_program_left_behind_is_started_anew_when_the_options_changed()
    {
        await using var abandoned = await Abandoned.StartAsync(_options, _folder.Path);
        _options.Settings = ["work_mem = 9MB"];
        await using var postgres = await StartAsync();
        postgres.ServerPid.ShouldNotBe(abandoned.Pid);
        await Eventually.WaitAsync(() => !Signals.IsAlive(abandoned.Pid));
        (await ExecuteAsync(postgres.Address, "SELECT current_setting('work_mem')")).ShouldBe("9MB");
    }

    [Fact]
    public async Task Both_killed_leave_nothing_that_hinders_the_next_start()
    {
        await using (var abandoned = await Abandoned.StartAsync(_options, _folder.Path))
        {
            using var server = Process.GetProcessById(abandoned.Pid);
            server.Kill();
            await Eventually.WaitAsync(() => !Signals.IsAlive(abandoned.Pid));
        }

        // As after a restart of the machine: the numbers in the lock files are somebody else's by now
        var stale = Path.Combine(_folder.Path, "postgres", "postmaster.pid");
        var lines = await File.ReadAllLinesAsync(stale);
        lines[0] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllLinesAsync(stale, lines);

        await using var postgres = await StartAsync();
        await ExecuteAsync(postgres.Address, "SELECT 1");
    }

    [Fact]
    public async Task A_second_user_joins_and_takes_the_watch_over_without_a_break()
    {
        var first = await StartAsync();
        await using var second = await StartAsync();
        second.IsOwner.ShouldBeFalse();
        second.Address.ShouldBe(first.Address);
        var pid = first.ServerPid!.Value;
        await using var connection = await new Database(new DatabaseOptions(), second.Address).OpenDedicatedAsync();

        await first.StopAsync();
        await Eventually.WaitAsync(() => second.ServerPid is not null);
        second.IsOwner.ShouldBeTrue();
        second.ServerPid.ShouldBe(pid);
        await using (var command = new NpgsqlCommand("SELECT 1", connection))
            await command.ExecuteScalarAsync();

        // Not a child of this program: what is left of it at its very end is a matter between it and the system
        await second.StopAsync();
        await Eventually.WaitAsync(() => !Signals.IsAlive(pid));
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Programs_that_start_together_share_one_server()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(StartAsync)));
        all.Count(postgres => postgres.IsOwner).ShouldBe(1);
        var pid = all.Single(postgres => postgres.IsOwner).ServerPid!.Value;
        await Task.WhenAll(all.Select(postgres => postgres.StopAsync()));
        await Eventually.WaitAsync(() => !Signals.IsAlive(pid));
    }

    [Fact]
    public async Task A_path_that_is_too_long_for_a_socket_has_it_elsewhere()
    {
        var data = _folder.File(new string('d', 100) + " with, comma");
        await using var postgres = await EmbeddedPostgres.StartAsync(_options, data);
        postgres.Address.SocketFolder.Length.ShouldBeLessThan(60);
        await ExecuteAsync(postgres.Address, "SELECT 1");
        var socket = postgres.Address.SocketFolder;
        await postgres.StopAsync();
        Directory.Exists(socket).ShouldBeFalse();
    }

    [Fact]
    public async Task A_folder_that_the_servers_user_can_reach_holds_the_socket_too()
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.Path, (UnixFileMode)Convert.ToInt32("755", 8));
        await using var postgres = await StartAsync();
        postgres.Address.SocketFolder.ShouldBe(_folder.File("postgres.socket"));
        (await ExecuteAsync(postgres.Address, "SHOW data_directory")).ShouldBe(_folder.File("postgres"));
    }

    [Fact]
    public async Task A_half_made_cluster_is_made_again()
    {
        Directory.CreateDirectory(_folder.File("postgres.new/base"));
        await using var postgres = await StartAsync();
        await ExecuteAsync(postgres.Address, "SELECT 1");
    }

    [Fact]
    public async Task A_bad_setting_is_named_in_the_error_and_nothing_is_left()
    {
        _options.Settings = ["no_such_setting = 1"];
        var error = await Should.ThrowAsync<DatabaseException>(StartAsync);
        error.Message.ShouldContain("FATAL");
        _options.Settings = [];
        await using var postgres = await StartAsync();
    }

    [Fact]
    public async Task Programs_that_are_not_there_are_named()
    {
        _options.PostgresBin = "/nowhere/bin";
        (await Should.ThrowAsync<DatabaseException>(StartAsync)).Message.ShouldContain("/nowhere/bin");
    }

    private Task<EmbeddedPostgres> StartAsync() => EmbeddedPostgres.StartAsync(_options, _folder.Path);

    private static async Task<object?> ExecuteAsync(PostgresAddress address, string sql)
    {
        await using var database = new Database(new DatabaseOptions(), address);
        await using var connection = await database.OpenDedicatedAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

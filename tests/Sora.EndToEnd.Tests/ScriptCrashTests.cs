using System.Text;
using Npgsql;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>What a script sends is in the queue before the message is stored: a process that dies in between does neither twice, and nothing never.</summary>
public sealed class ScriptCrashTests : IAsyncLifetime, IDisposable
{
    private const string User = "user@example.com";
    private const string Password = "secret";

    private static readonly byte[] Message = Encoding.ASCII.GetBytes(
        $"From: ada@example.org\r\nTo: {User}\r\nSubject: once\r\nMessage-ID: <once@example.org>\r\n\r\ntext\r\n");

    private readonly TempFolder _folder = new();
    private SoraProcess _sora = null!;

    public async Task InitializeAsync()
    {
        _sora = await SoraProcess.StartAsync("relay.hosts=[\"127.0.0.1:9\"]"); // nobody is there: what is queued stays
        await _sora.CreateAccountsAsync(Password, User);
    }

    private async Task UseAsync(string text)
    {
        var script = _folder.File("main.sieve");
        await File.WriteAllTextAsync(script, text);
        await _sora.AdminAsync("sieve", "put", "--email", User, "--name", "main", "--file", script, "--activate");
    }

    public async Task DisposeAsync() => await _sora.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kill_9_after_the_queue_and_before_the_commit()
    {
        await UseAsync("require [\"fileinto\", \"copy\", \"mailbox\"];\nredirect :copy \"else@example.org\";\nfileinto :copy :create \"Copies\";\n");
        await using var database = new Database(new DatabaseOptions(), PostgresAddress.Read(_sora.Data)!);
        await KillDeliveryAsync(database, "mailbox_log", "SELECT count(*) FROM relay_recipients");
        await DeliverTwiceAsync();
        (await CountAsync(database, "SELECT count(*) FROM relay_recipients")).ShouldBe(1);
        foreach (var mailbox in new[] { "INBOX", "Copies" })
            await ShouldHaveOneAsync(mailbox);
    }

    [Fact]
    public async Task Kill_9_after_an_answer_was_noted_and_before_it_was_queued()
    {
        await UseAsync("require \"vacation\";\nvacation \"away\";\n");
        await using var database = new Database(new DatabaseOptions(), PostgresAddress.Read(_sora.Data)!);
        await KillDeliveryAsync(database, "relay_operations", "SELECT count(*) FROM vacation_responses");
        (await CountAsync(database, "SELECT count(*) FROM relay_recipients")).ShouldBe(0);
        await DeliverTwiceAsync();
        (await CountAsync(database, "SELECT count(*) FROM relay_recipients")).ShouldBe(1);
        await ShouldHaveOneAsync("INBOX");
    }

    // Dies while nobody can write to the table, once something is counted
    private async Task KillDeliveryAsync(Database database, string table, string counted)
    {
        await using var connection = await database.OpenDedicatedAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand($"LOCK TABLE {table} IN SHARE MODE", connection, transaction))
            await command.ExecuteNonQueryAsync();
        using var client = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        var delivery = client.DeliverAsync("ada@example.org", [User], Message);
        await Eventually.WaitAsync(async () => await CountAsync(database, counted) == 1);
        delivery.IsCompleted.ShouldBeFalse("it waits for the table");
        await _sora.KillAsync();
        await Should.ThrowAsync<Exception>(() => delivery);
        await transaction.RollbackAsync();
        await _sora.StartAgainAsync();
    }

    private async Task DeliverTwiceAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            using var client = await LmtpClient.ConnectAsync(_sora.LmtpPort);
            await client.DeliverAsync("ada@example.org", [User], Message);
        }
    }

    private async Task ShouldHaveOneAsync(string mailbox)
    {
        using var imap = await ImapClient.LoginAsync(_sora.ImapPort, User, Password);
        await imap.SelectAsync(mailbox);
        imap.View.Uids.Count.ShouldBe(1, mailbox);
    }

    private static async Task<long> CountAsync(Database database, string query)
    {
        await using var command = database.Write.CreateCommand(query);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}

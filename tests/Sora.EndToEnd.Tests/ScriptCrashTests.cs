using System.Text;
using Npgsql;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>What a script sends is in the queue before the message is stored: a process that dies in between does neither twice.</summary>
public sealed class ScriptCrashTests : IAsyncLifetime, IDisposable
{
    private const string User = "user@example.com";
    private const string Password = "secret";

    private readonly TempFolder _folder = new();
    private SoraProcess _sora = null!;

    public async Task InitializeAsync()
    {
        _sora = await SoraProcess.StartAsync("relay.hosts=[\"127.0.0.1:9\"]"); // nobody is there: what is queued stays
        await _sora.CreateAccountsAsync(Password, User);
        var script = _folder.File("main.sieve");
        await File.WriteAllTextAsync(
            script, "require [\"fileinto\", \"copy\", \"mailbox\"];\nredirect :copy \"else@example.org\";\nfileinto :copy :create \"Copies\";\n");
        await _sora.AdminAsync("sieve", "put", "--email", User, "--name", "main", "--file", script, "--activate");
    }

    public async Task DisposeAsync() => await _sora.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kill_9_after_the_queue_and_before_the_commit()
    {
        await using var database = new Database(new DatabaseOptions(), PostgresAddress.Read(_sora.Data)!);
        var message = Encoding.ASCII.GetBytes("From: ada@example.org\r\nSubject: once\r\nMessage-ID: <once@example.org>\r\n\r\ntext\r\n");

        // No record can be committed while this lasts
        await using var connection = await database.OpenDedicatedAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("LOCK TABLE mailbox_log IN SHARE MODE", connection, transaction))
            await command.ExecuteNonQueryAsync();
        using var client = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        var delivery = client.DeliverAsync("ada@example.org", [User], message);
        await Eventually.WaitAsync(async () => await QueuedAsync(database) == 1, TimeSpan.FromSeconds(30), "The redirect is queued");
        delivery.IsCompleted.ShouldBeFalse("it cannot be stored yet");
        await _sora.KillAsync();
        await Should.ThrowAsync<Exception>(() => delivery);
        await transaction.RollbackAsync();

        await _sora.StartAgainAsync();
        for (var i = 0; i < 2; i++)
        {
            using var again = await LmtpClient.ConnectAsync(_sora.LmtpPort);
            await again.DeliverAsync(User, message);
        }

        (await QueuedAsync(database)).ShouldBe(1);
        foreach (var mailbox in new[] { "INBOX", "Copies" })
        {
            using var imap = await ImapClient.LoginAsync(_sora.ImapPort, User, Password);
            await imap.SelectAsync(mailbox);
            imap.View.Uids.Count.ShouldBe(1, mailbox);
        }
    }

    private static async Task<long> QueuedAsync(Database database)
    {
        await using var command = database.Write.CreateCommand("SELECT count(*) FROM relay_recipients");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}

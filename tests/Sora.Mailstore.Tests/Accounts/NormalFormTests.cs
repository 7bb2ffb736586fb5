using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts;

/// <summary>Names in Normalization Form C: PostgreSQL, whose tables are not ours, agrees; names from before are brought into it.</summary>
public sealed class NormalFormTests
{
    [Fact]
    public async Task PostgreSQL_composes_the_same()
    {
        await using var database = PostgresFixture.Open(await PostgresFixture.CreateEmptyAddressAsync());
        var texts = new List<string>();
        for (var character = 1; character < 0x110000; character++)
        {
            // The last script with marks is not in the tables of every PostgreSQL
            if (Rune.IsValid(character) && character is not (>= 0x1E4D0 and <= 0x1E4FF)
                && Rune.GetUnicodeCategory(new Rune(character)) is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse))
                texts.Add(new Rune(character) + (character % 2 == 0 ? "\u0301" : ""));
        }

        // Sequences of letters and marks that Unicode has had for long. PostgreSQL takes U+11A7, which is none, for the last sound of a syllable.
        var random = new Random(5198);
        for (var i = 0; i < 100_000; i++)
        {
            texts.Add(string.Concat(Enumerable.Range(0, random.Next(2, 7)).Select(_ => random.Next(6) switch
            {
                0 or 1 => (char)random.Next(0x300, 0x363),
                2 => random.Next(2) == 0 ? (char)random.Next(0x1100, 0x11A7) : (char)random.Next(0x11A8, 0x11FA),
                3 => (char)random.Next(0xAC00, 0xD7A4),
                4 => (char)random.Next(0x900, 0x980),
                _ => (char)random.Next('A', 0x250),
            })));
        }

        await using var command = database.Write.CreateCommand("SELECT normalize(t, NFC) FROM unnest($1) WITH ORDINALITY AS u (t, n) ORDER BY n");
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. texts], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync();
        var different = new List<string>();
        foreach (var text in texts)
        {
            (await reader.ReadAsync()).ShouldBeTrue();
            if (NormalForm.Compose(text) != reader.GetString(0))
                different.Add(string.Join(' ', text.EnumerateRunes().Select(static rune => $"{rune.Value:X4}")));
        }

        texts.Count.ShouldBeGreaterThan(200_000);
        different.ShouldBeEmpty();
    }

    [Fact]
    public async Task Names_from_before_are_brought_into_the_form_and_none_is_lost()
    {
        var address = await PostgresFixture.CreateEmptyAddressAsync();
        await using (var database = PostgresFixture.Open(address))
        {
            var before = Migration.Embedded.TakeWhile(static step => step.Name != "normal_form").ToList();
            before.Count.ShouldBeLessThan(Migration.Embedded.Count);
            await new Migrator(database, new DatabaseOptions(), before).UpAsync();
            await using var insert = database.Write.CreateCommand(
                """
                INSERT INTO accounts (id) OVERRIDING SYSTEM VALUE VALUES (1), (2);
                INSERT INTO mailboxes (id, account_id, name) OVERRIDING SYSTEM VALUE VALUES
                    (101, 1, 'INBOX'), (102, 1, U&'Cafe\0301'), (103, 1, U&'Caf\00E9'), (104, 1, U&'Cafe\0301/x'), (105, 1, U&'a\0302\0323'), (106, 1, U&'\00E2\0323'),
                    (107, 2, U&'Cafe\0301'), (108, 2, 'plain');
                INSERT INTO subscriptions VALUES (1, U&'Cafe\0301'), (1, U&'Caf\00E9'), (2, U&'Cafe\0301'), (2, 'plain');
                """);
            await insert.ExecuteNonQueryAsync();
            await new Migrator(database, new DatabaseOptions()).UpAsync();
        }

        await using var node = await MailstoreNode.StartAsync(address);
        var first = await node.Accounts.Get(new AccountId(1)).ListAsync(CancellationToken.None);
        first.Mailboxes.OrderBy(static entry => entry.Id.Value).Select(static entry => $"{entry.Id.Value} {entry.Name}")
            .ShouldBe(["101 INBOX", "102 Café (102)", "103 Café", "104 Café/x", "105 \u1EAD", "106 \u1EAD (106)"]);
        first.Subscriptions.ShouldBe([MailboxName.Parse("Café").Value]);
        first.Version.ShouldBe(2);
        var second = await node.Accounts.Get(new AccountId(2)).ListAsync(CancellationToken.None);
        second.Mailboxes.Select(static entry => entry.Name.Value).ShouldBe(["Café", "plain"]);
        second.Subscriptions.Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_name_that_another_version_has_put_there_is_found()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        await using (var insert = node.Database.Write.CreateCommand("INSERT INTO mailboxes (account_id, name) VALUES ($1, U&'Cafe\\0301')"))
        {
            insert.Parameters.AddWithValue(account.Id.Value);
            await insert.ExecuteNonQueryAsync();
        }

        (await account.CreateAsync(MailboxName.Parse("other").Value, SpecialUse.None, CancellationToken.None)).IsOk.ShouldBeTrue();
        var id = await MailstoreNode.IdAsync(account, "Café");
        (await account.RenameAsync(MailboxName.Parse("Cafe\u0301").Value, MailboxName.Parse("Thé").Value, CancellationToken.None)).IsOk.ShouldBeTrue();
        (await MailstoreNode.IdAsync(account, "The\u0301")).ShouldBe(id);
    }
}

using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>A search finds the same whether messages are read, indexed, or half of them one and half the other.</summary>
[Collection("imap")]
public sealed class SearchIndexTests(ImapFixture fixture)
{
    private static readonly string[] Words =
    [
        "apple", "Apfel", "grüße", "GRÜSSE", "Straße", "Привет", "мир", "日本語テキスト", "naïve", "nai\u0308ve", "x", "of", "report-2024", "a@example.com",
        "http://example.com/path?q=1", "100%", "under_score", "back\\slash", "😀smile", "ﬁne", "quick", "brown", "fox", "(paren)", "\"quoted\"",
    ];

    [Fact]
    public async Task The_index_finds_what_reading_finds()
    {
        var random = new Random(5);
        var user = await fixture.UserAsync();
        for (var i = 0; i < 18; i++)
            await DeliverAsync(user, Message(random, i));
        await fixture.Search.IndexDueAsync(CancellationToken.None);
        for (var i = 18; i < 36; i++)
            await DeliverAsync(user, Message(random, i));
        await DeliverAsync(user, "Subject: long\n\n" + new string('z', 2500) + "needle" + new string('y', 1200) + " end\n");
        await DeliverAsync(
            user,
            $"Subject: {string.Join(' ', Enumerable.Repeat("many words", 300))} last\nTo: {string.Join(", ", Enumerable.Range(0, 150).Select(i => $"u{i}@example.com"))}\n\nbody\n");
        await DeliverAsync(user, "From: Bob (the (nested) builder) <bob @ example.com>\nX-Empty:\n\n\n");
        await DeliverAsync(user, "no header field here\n\nbut a body\n");
        await using var gateway = await fixture.StartAsync(TimeProvider.System, withIndex: false);
        using var reading = new ImapClient(await gateway.ConnectAsync());
        using var indexed = await user.LogInAsync("SELECT INBOX");
        await reading.PlayAsync("S: * OK …");
        await reading.DoAsync($"LOGIN {user.Address} secret");
        await reading.DoAsync("SELECT INBOX");
        string[] searches = [.. Searches(random)];
        var expected = new List<string>();
        foreach (var search in searches)
            expected.Add(await SearchAsync(reading, search));
        expected.Count(static found => found.Length > 0).ShouldBeGreaterThan(searches.Length / 4);

        await CompareAsync("half of them");
        (await fixture.Search.IndexDueAsync(CancellationToken.None)).ShouldBeGreaterThanOrEqualTo(22);
        await CompareAsync("all of them");
        await using (var command = fixture.Node.Database.Write.CreateCommand("DELETE FROM content_text"))
            await command.ExecuteNonQueryAsync();
        await CompareAsync("without texts");

        async Task CompareAsync(string state)
        {
            for (var i = 0; i < searches.Length; i++)
                (await SearchAsync(indexed, searches[i])).ShouldBe(expected[i], $"{state}: {searches[i]}");
        }
    }

    [Fact]
    public async Task What_is_indexed_is_not_read_again()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 6; i++)
            await DeliverAsync(user, $"Subject: number {i}\nFrom: Ann <ann@example.com>\nDate: Tue, 4 Feb 2020 10:00:00 +0000\n\nsome words {i} and more\n");
        await fixture.Search.IndexDueAsync(CancellationToken.None);
        using var client = await user.LogInAsync("SELECT INBOX");
        fixture.Messages.IsBroken = true;
        try
        {
            await client.PlayAsync("""
                C: 1 SEARCH BODY "words 3 and"
                S: * SEARCH 4
                S: 1 OK SEARCH completed
                C: 2 SEARCH TEXT nowhere
                S: * SEARCH
                S: 2 OK SEARCH completed
                C: 3 SEARCH SUBJECT "BER 2"
                S: * SEARCH 3
                S: 3 OK SEARCH completed
                C: 4 SEARCH NOT FROM bob SENTON 4-Feb-2020
                S: * SEARCH 1 2 3 4 5 6
                S: 4 OK SEARCH completed
                C: 5 SEARCH NOT BODY e
                S: * SEARCH
                S: 5 OK SEARCH completed
                C: 6 SEARCH OR BODY "s 1" TEXT "5"
                S: * SEARCH 2 6
                S: 6 OK SEARCH completed
                """);
        }
        finally
        {
            fixture.Messages.IsBroken = false;
        }
    }

    private static Task DeliverAsync(TestUser user, string message) =>
        user.DeliverToAsync("INBOX", Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(message)), prefix: "Return-Path: <>\r\nDelivered-To: someone\r\n");

    private static async Task<string> SearchAsync(ImapClient client, string search)
    {
        var text = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(search));
        var lines = await client.DoAsync("SEARCH CHARSET UTF-8 " + text);
        return lines.First(static line => line.StartsWith("* SEARCH", StringComparison.Ordinal))["* SEARCH".Length..];
    }

    private static string Message(Random random, int number)
    {
        var body = Text(random, random.Next(1, 60), "\n");
        var header = $"Date: Tue, {1 + (number % 28)} Feb 2022 10:00:00 +0000\nFrom: {Words[random.Next(3)]} <{Words[random.Next(2)]}@example.com>\nTo: b{number}@example.com\n"
            + $"Subject: {Text(random, 5, " ")}\nX-Number: {number}\n";
        return (number % 3) switch
        {
            0 => $"{header}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n",
            1 => $"{header}MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
                + Convert.ToBase64String(Encoding.UTF8.GetBytes($"<p>{System.Net.WebUtility.HtmlEncode(body)}</p>"), Base64FormattingOptions.InsertLineBreaks) + "\n",
            _ => $"{header}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
                + $"--b\nContent-Type: message/rfc822\n\nSubject: inner {Words[random.Next(Words.Length)]}\n\n{Text(random, 4, " ")}\n--b--\n",
        };
    }

    private static string Text(Random random, int words, string newLine)
    {
        var text = new StringBuilder();
        for (var i = 0; i < words; i++)
            text.Append(Words[random.Next(Words.Length)]).Append(random.Next(6) == 0 ? newLine : random.Next(9) == 0 ? ", " : " ");
        return text.ToString().Trim();
    }

    private static IEnumerable<string> Searches(Random random)
    {
        string[] keys = ["BODY", "TEXT", "SUBJECT", "FROM", "TO", "HEADER X-Number", "HEADER Subject", "HEADER Delivered-To"];
        yield return "BODY needle";
        yield return "BODY zneedley";
        yield return $"BODY {new string('z', 600)}";
        yield return $"BODY {new string('z', 2501)}";
        yield return "BODY \"y end\"";
        yield return "SUBJECT \"many words last\"";
        yield return "TO u149@example";
        yield return "FROM \"<bob@example.com>\"";
        yield return "HEADER X-Empty \"\"";
        yield return "HEADER X-Nothing \"\"";
        yield return "TEXT \"no header field\"";
        yield return "TEXT \"subject: \"";
        yield return "BODY \" \"";
        yield return "BODY \"  \"";
        yield return "BODY {3+}\r\na\r\n";
        yield return "NOT BODY \"\"";
        for (var i = 0; i < 150; i++)
        {
            var key = keys[random.Next(keys.Length)];
            var words = Text(random, random.Next(1, 4), " ");
            var from = random.Next(words.Length / 2 + 1);
            var text = words.Substring(from, random.Next(1, words.Length - from + 1)).Replace("\ufffd", "", StringComparison.Ordinal);
            if (text.Any(char.IsSurrogate))
                continue;
            text = random.Next(3) == 0 ? text.ToUpperInvariant() : text;
            var quoted = $"{{{Encoding.UTF8.GetByteCount(text)}+}}\r\n{text}";
            yield return random.Next(8) switch
            {
                0 => $"NOT {key} {quoted}",
                1 => $"OR {key} {quoted} SENTSINCE 20-Feb-2022",
                2 => $"{key} {quoted} NOT BODY apple",
                _ => $"{key} {quoted}",
            };
        }
    }
}

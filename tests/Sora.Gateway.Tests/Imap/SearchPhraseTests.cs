using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// Texts of several common words: what is found before indexing, by the positions of words in the index, and by the plain reading of what was sent
/// must be the same. Nearly all messages have all words, so the index has to tell by their places, and may read neither messages nor texts.
/// </summary>
[Collection("imap")]
public sealed class SearchPhraseTests(ImapFixture fixture)
{
    private const int Messages = 150;
    private const int Searches = 250;

    private static readonly string[] Words = ["the", "meeting", "of", "bathe", "a", "theme", "The", "MEETINGS", "me"];
    private static readonly string[] Between = [" ", " ", " ", " ", " ", "  ", "   ", "\r\n", " \r\n", "\r\n\r\n", "\t", ", ", ". ", "-", " - ", ",", "\u000b", "\u0001", " \u0002"];

    [Fact]
    public async Task Phrases_of_common_words_are_found_exactly()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var user = await fixture.UserAsync();
        var mail = new Letter[Messages];
        for (var i = 0; i < Messages; i++)
        {
            mail[i] = new Letter(random);
            await user.DeliverToAsync("INBOX", mail[i].Source);
        }

        using var client = await user.LogInAsync("SELECT INBOX");
        var searches = new (string Command, string Expected)[Searches];
        for (var i = 0; i < Searches; i++)
            searches[i] = Search(random, mail);
        searches.Count(static search => search.Expected.Length is > 0 and < 3 * Messages).ShouldBeGreaterThan(Searches / 4);
        await CompareAsync("before indexing");
        await fixture.Search.IndexDueAsync(CancellationToken.None);
        await CompareAsync("with the index");

        async Task CompareAsync(string state)
        {
            foreach (var (command, expected) in searches)
                (await client.DoAsync("SEARCH " + command)).ShouldBe(["* SEARCH" + expected], $"{state}, seed {seed}: {command}");
        }
    }

    [Fact]
    public async Task Neither_messages_nor_texts_are_read_for_a_phrase_of_common_words()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < Messages; i++)
        {
            await user.DeliverToAsync(
                "INBOX",
                $"Subject: meeting about\r\n\tthe meeting\r\n\r\nmeeting the, of\r\nthe meetings {(i % 50 == 0 ? "of the" : "")} meeting the\r\nend");
        }

        await fixture.Search.IndexDueAsync(CancellationToken.None);
        await using (var command = fixture.Node.Database.Write.CreateCommand("DELETE FROM content_text"))
            await command.ExecuteNonQueryAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        fixture.Messages.IsBroken = true;
        try
        {
            await client.PlayAsync("""
                C: 1 SEARCH BODY "s of"
                S: * SEARCH 1 51 101
                S: 1 OK SEARCH completed
                C: 2 SEARCH TEXT "the of"
                S: * SEARCH
                S: 2 OK SEARCH completed
                C: 3 SEARCH NOT TEXT "about the"
                S: * SEARCH
                S: 3 OK SEARCH completed
                C: 4 SEARCH NOT BODY "ing the, of the meetings"
                S: * SEARCH
                S: 4 OK SEARCH completed
                C: 5 SEARCH NOT TEXT " the m" BODY "e"
                S: * SEARCH
                S: 5 OK SEARCH completed
                C: 6 SEARCH TEXT "subject: the"
                S: * SEARCH
                S: 6 OK SEARCH completed
                C: 7 SEARCH NOT BODY "the end"
                S: * SEARCH
                S: 7 OK SEARCH completed
                C: 8 SEARCH BODY "end "
                S: * SEARCH
                S: 8 OK SEARCH completed
                C: 9 SEARCH TEXT " subject"
                S: * SEARCH
                S: 9 OK SEARCH completed
                """);
        }
        finally
        {
            fixture.Messages.IsBroken = false;
        }
    }

    private static (string Command, string Expected) Search(Random random, Letter[] mail)
    {
        var source = mail[random.Next(mail.Length)];
        var from = random.Next(3) switch
        {
            0 => source.Subject,
            1 => source.Note,
            _ => source.Body,
        };
        var length = random.Next(2, 24);
        var at = random.Next(Math.Max(1, from.Length - length));
        var text = from.Substring(at, Math.Min(length, from.Length - at));
        var wanted = Fold(text);
        var key = random.Next(5) switch
        {
            0 => "BODY",
            1 => "SUBJECT",
            2 => "HEADER X-Note",
            _ => "TEXT",
        };
        bool Holds(Letter letter) => key switch
        {
            "BODY" => Is(letter.Body),
            "SUBJECT" => Is(letter.Subject),
            "HEADER X-Note" => Is(letter.Note),
            _ => Is(letter.Body) || Is("Subject: " + letter.Subject) || Is("X-Note: " + letter.Note),
        };
        bool Is(string where) => Fold(where).Contains(wanted, StringComparison.Ordinal);
        var isNot = random.Next(4) == 0;
        var numbers = Enumerable.Range(0, mail.Length).Where(i => Holds(mail[i]) != isNot);
        return ($"{(isNot ? "NOT " : "")}{key} {{{text.Length}+}}\r\n{text}", string.Concat(numbers.Select(static i => $" {i + 1}")));
    }

    private static string Fold(string text)
    {
        var folded = new StringBuilder();
        foreach (var c in text.ToUpperInvariant())
        {
            if (c is not (' ' or (>= '\t' and <= '\r')))
                folded.Append(c);
            else if (folded.Length == 0 || folded[^1] != ' ')
                folded.Append(' ');
        }

        return folded.ToString();
    }

    private sealed class Letter
    {
        public Letter(Random random)
        {
            // A field's value may be folded, and has no space at its ends
            Subject = Text(random, 8, [" ", " ", "  ", "\r\n ", "\r\n\t", ", ", "-"]);
            Note = Text(random, 12, [" ", " ", " ", "\t", "\r\n ", "; ", "."]);
            Body = (random.Next(3) == 0 ? " " : "") + Text(random, 60, Between) + (random.Next(3) == 0 ? "\r\n" : "");
        }

        public string Source => $"Subject: {Subject}\r\nX-Note: {Note}\r\n\r\n{Body}";

        public string Subject { get; }

        public string Note { get; }

        public string Body { get; }

        private static string Text(Random random, int words, string[] between)
        {
            var text = new StringBuilder();
            for (var i = random.Next(words / 2, words); i >= 0; i--)
                text.Append(Words[random.Next(Words.Length)]).Append(i > 0 ? between[random.Next(between.Length)] : "");
            return text.ToString();
        }
    }
}

using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// Random mail and random keys: what is found before indexing, after it, and by the plain reading of what the generator wrote must be the same.
/// The reference knows nothing of MIME: it looks into the texts that the messages were made of.
/// </summary>
[Collection("imap")]
public sealed class SearchDifferentialTests(ImapFixture fixture)
{
    private const int Messages = 40;
    private const int Searches = 250;

    // Charsets with words that they can write; the last ones are for all
    private static readonly (string Charset, string[] Words)[] Scripts =
    [
        ("koi8-r", ["Привет", "мир", "ёлка", "съезд"]),
        ("iso-2022-jp", ["日本", "東京タワー", "ひらがな"]),
        ("gb18030", ["中文", "漢字", "简体字"]),
        ("windows-1252", ["grüße", "Straße", "naïve", "ÀÉÎ"]),
        ("iso-8859-7", ["λόγος", "ΛΟΓΟΣ", "σοφία"]),
        ("utf-7", ["~tilde", "Ünïcode", "plus+minus"]),
        ("utf-8", ["İstanbul", "ﬁne", "😀smile", "e\u0301te\u0301", "ẛ̣", "ΛΌΓΟΣ"]),
    ];

    private static readonly string[] Latin = ["apple", "Apfel", "x", "of", "report-2024", "a@example.com", "100%", "under_score", "back\\slash", "\"quoted\"", "fox", "Quick"];

    // Tests run without the system's tables, as the program does
    private static readonly Dictionary<string, string> Decomposed = new(StringComparer.Ordinal)
    {
        ["À"] = "A\u0300",
        ["É"] = "E\u0301",
        ["Î"] = "I\u0302",
        ["Ï"] = "I\u0308",
        ["Ü"] = "U\u0308",
        ["İ"] = "I\u0307",
        ["Ё"] = "Е\u0308",
        ["Ό"] = "Ο\u0301",
        ["Ί"] = "Ι\u0301",
        ["ẛ"] = "S\u0307",
        ["Ṡ"] = "S\u0307",
        ["ﬁ"] = "FI",
        ["が"] = "か\u3099",
    };

    [Fact]
    public async Task The_index_reading_and_the_reference_agree()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
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
        {
            var (keys, matches) = Key(random, mail, depth: 0);
            searches[i] = (keys, string.Concat(Enumerable.Range(0, Messages).Where(n => matches(mail[n])).Select(static n => $" {n + 1}")));
        }

        searches.Count(static search => search.Expected.Length > 0).ShouldBeGreaterThan(Searches / 4);
        await CompareAsync("before indexing");
        while (await fixture.Search.IndexDueAsync(CancellationToken.None) > 0)
        {
        }

        await CompareAsync("with the index");

        async Task CompareAsync(string state)
        {
            foreach (var (command, expected) in searches)
            {
                var bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(command));
                (await client.DoAsync("SEARCH CHARSET UTF-8 " + bytes)).ShouldBe(["* SEARCH" + expected], $"{state}, seed {seed}: {command}");
            }
        }
    }

    private static (string Keys, Func<Letter, bool> Matches) Key(Random random, Letter[] mail, int depth)
    {
        if (depth < 3 && random.Next(3) == 0)
        {
            var (left, isLeft) = Key(random, mail, depth + 1);
            var (right, isRight) = Key(random, mail, depth + 1);
            return random.Next(3) switch
            {
                0 => ($"NOT ({left})", letter => !isLeft(letter)),
                1 => ($"OR ({left}) ({right})", letter => isLeft(letter) || isRight(letter)),
                _ => ($"({left} {right})", letter => isLeft(letter) && isRight(letter)),
            };
        }

        var source = mail[random.Next(mail.Length)];
        var (name, text) = random.Next(5) switch
        {
            0 => ("SUBJECT", source.Subject),
            1 => ("HEADER X-Note", source.Note),
            2 => ("FROM", source.Name),
            3 => ("TEXT", random.Next(2) == 0 ? source.Subject : source.Texts[random.Next(source.Texts.Count)]),
            _ => ("BODY", source.Texts[random.Next(source.Texts.Count)]),
        };
        var wanted = Piece(random, text);
        var folded = Fold(wanted);
        return ($"{name} {{{Encoding.UTF8.GetByteCount(wanted)}+}}\r\n{wanted}", name switch
        {
            "SUBJECT" => letter => Fold(letter.Subject).Contains(folded, StringComparison.Ordinal),
            "HEADER X-Note" => letter => Fold(letter.Note).Contains(folded, StringComparison.Ordinal),
            "FROM" => letter => Fold($"{letter.Name} <author@example.com>").Contains(folded, StringComparison.Ordinal),
            "BODY" => letter => letter.Texts.Exists(part => Fold(part).Contains(folded, StringComparison.Ordinal)),
            _ => letter => letter.Texts.Concat(letter.Lines).Any(part => Fold(part).Contains(folded, StringComparison.Ordinal)),
        });
    }

    // A piece of a text, not cut within a character, in another case and with other white space perhaps
    private static string Piece(Random random, string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        var length = random.Next(4) == 0 ? random.Next(1, 3) : random.Next(1, 30);
        var from = random.Next(Math.Max(1, runes.Length - length));
        var piece = string.Concat(runes.Skip(from).Take(length).Select(static rune => rune.ToString()));
        piece = random.Next(4) switch
        {
            0 => piece.ToUpperInvariant(),
            1 => piece.Replace(" ", "\r\n ", StringComparison.Ordinal),
            2 => Fold(piece),
            _ => piece,
        };
        return piece.Length == 0 ? "x" : piece;
    }

    // RFC 5051 for the letters that stand in the words above: titlecase, then decomposition
    private static string Fold(string text)
    {
        var result = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var upper = Rune.ToUpperInvariant(rune).ToString();
            result.Append(Decomposed.GetValueOrDefault(rune.ToString()) ?? Decomposed.GetValueOrDefault(upper) ?? upper);
        }

        return string.Join(' ', result.ToString().Split([' ', '\t', '\r', '\n']).Where(static (word, at) => word.Length > 0 || at == 0))
            + (result.Length > 0 && char.IsWhiteSpace(result[^1]) ? " " : "");
    }

    /// <summary>A message, and the texts that it was made of.</summary>
    private sealed class Letter
    {
        private readonly Random _random;
        private readonly List<string> _fieldsOfParts = [];

        public Letter(Random random)
        {
            _random = random;
            var (charset, words) = Scripts[random.Next(Scripts.Length)];
            var encoding = EncodingOf(charset);
            Subject = Text(words, 6);
            Name = Text(words, 1);
            Note = Text(Latin, 8);
            var header = $"From: {Encoded(Name, encoding)} <author@example.com>\r\nSubject: {Encoded(Subject, encoding)}\r\nX-Note: {Note.Replace(" ", "\r\n\t", StringComparison.Ordinal)}\r\n"
                + "MIME-Version: 1.0\r\n";
            Source = header + random.Next(3) switch
            {
                0 => Part(charset, words),
                1 => Several(Part(charset, words), Part("utf-8", Scripts[^1].Words), "Content-Type: application/octet-stream\r\n\r\nneedle not text\r\n"),
                _ => Several(Part(charset, words), "Content-Type: message/rfc822\r\n\r\nX-Inner: 1\r\n" + Part("utf-8", Latin)),
            };
            Lines = [$"From: {Name} <author@example.com>", $"Subject: {Subject}", $"X-Note: {Note}", "MIME-Version: 1.0", .. FieldsOf(Source[header.Length..]), .. _fieldsOfParts];
        }

        public string Source { get; }

        public string Subject { get; }

        public string Name { get; }

        public string Note { get; }

        public List<string> Texts { get; } = [];

        public IReadOnlyList<string> Lines { get; }

        private static string[] FieldsOf(string part) => part[..part.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");

        // Without a line end behind the text, which would be white space that a key could find
        private string Part(string charset, string[] words)
        {
            var text = Text(words, _random.Next(3, 80));
            Texts.Add(text);
            var encoding = EncodingOf(charset);
            var type = $"Content-Type: text/plain; charset={charset}";
            switch (_random.Next(4))
            {
                case 0:
                    var escaped = System.Net.WebUtility.HtmlEncode(text).Replace(" ", " \r\n<i></i>", StringComparison.Ordinal);
                    return $"Content-Type: text/html; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n{Base64(encoding.GetBytes($"<p>{escaped}</p>"))}\r\n";
                case 1:
                    return $"{type}\r\nContent-Transfer-Encoding: base64\r\n\r\n{Base64(encoding.GetBytes(Broken(text, "\r\n")))}\r\n";
                case 2:
                    return $"{type}; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{Quoted(encoding.GetBytes(Broken(text, " \r\n")))}";
                default:
                    return $"{type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{Quoted(encoding.GetBytes(Broken(text, "\r\n")))}";
            }
        }

        private string Broken(string text, string lineEnd) =>
            string.Concat(text.Select(c => c == ' ' && _random.Next(4) == 0 ? lineEnd : c.ToString()));

        private string Several(params string[] parts)
        {
            foreach (var part in parts)
            {
                _fieldsOfParts.AddRange(FieldsOf(part));
                if (part.StartsWith("Content-Type: message/rfc822", StringComparison.Ordinal))
                    _fieldsOfParts.AddRange(FieldsOf(part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]));
            }

            return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(parts.Select(static part => $"--b\r\n{part}\r\n")) + "--b--\r\n";
        }

        private string Text(string[] words, int count) =>
            string.Join(' ', Enumerable.Range(0, count).Select(_ => _random.Next(2) == 0 ? words[_random.Next(words.Length)] : Latin[_random.Next(Latin.Length)]));

        // Encoded words that are cut anywhere, within characters too where the charset has no state
        private string Encoded(string text, Encoding encoding)
        {
            var bytes = encoding.CodePage is 50220 or 65000 ? null : encoding.GetBytes(text);
            if (bytes is null)
                return $"=?{encoding.WebName}?B?{Convert.ToBase64String(encoding.GetBytes(text))}?=";
            var result = new StringBuilder();
            for (var at = 0; at < bytes.Length;)
            {
                var take = Math.Min(_random.Next(1, 30), bytes.Length - at);
                result.Append(at > 0 ? "\r\n " : "");
                result.Append(_random.Next(2) == 0
                    ? $"=?{encoding.WebName}?B?{Convert.ToBase64String(bytes, at, take)}?="
                    : $"=?{encoding.WebName}?Q?{string.Concat(bytes.Skip(at).Take(take).Select(static b => $"={b:X2}"))}?=");
                at += take;
            }

            return result.ToString();
        }

        private static string Base64(byte[] bytes) => Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks);

        // With soft breaks anywhere
        private string Quoted(byte[] bytes)
        {
            var result = new StringBuilder();
            for (var i = 0; i < bytes.Length; i++)
            {
                if (bytes[i] is (byte)'\r' or (byte)'\n')
                {
                    result.Append((char)bytes[i]);
                    continue;
                }

                result.Append(char.IsAsciiLetterOrDigit((char)bytes[i]) ? ((char)bytes[i]).ToString() : $"={bytes[i]:X2}");
                if (_random.Next(12) == 0)
                    result.Append("=\r\n");
            }

            return result.ToString();
        }

        private static Encoding EncodingOf(string charset) => charset switch
        {
#pragma warning disable SYSLIB0001 // Old mail is read, so it is written here
            "utf-7" => Encoding.UTF7,
#pragma warning restore SYSLIB0001
            "utf-8" => new UTF8Encoding(false),
            _ => Encoding.GetEncoding(charset),
        };
    }
}

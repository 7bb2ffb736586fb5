using System.Text;

namespace Sora.Bench.Load;

/// <summary>
/// What messages are cut from: text in lines, base64 in lines, subjects and senders. Made once from a seed and shared by all
/// sessions, so that writing a message costs little more than copying it.
/// </summary>
internal sealed class Corpus
{
    private const int TextSize = 1 << 20;
    private const int LineLength = 72;
    private const int Subjects = 4000;
    private const int Senders = 500;

    private readonly int[] _lineStarts;

    public Corpus(int seed)
    {
        var random = new Random(seed);
        var vocabulary = new Vocabulary(random);
        (Text, _lineStarts) = MakeText(vocabulary, random);
        Base64 = MakeBase64(random, 2 << 20);
        SubjectLines = MakeSubjects(vocabulary, random);
        SenderNames = MakeSenders(vocabulary, random);
    }

    /// <summary>Lines of words, each ended by CRLF.</summary>
    public byte[] Text { get; }

    /// <summary>Lines of base64, 76 octets and CRLF each.</summary>
    public byte[] Base64 { get; }

    public string[] SubjectLines { get; }

    /// <summary>First name and last name; the address is made of them.</summary>
    public string[] SenderNames { get; }

    /// <summary>Whole lines of text, at most <paramref name="size"/> octets, from a random place.</summary>
    public ReadOnlySpan<byte> Lines(Random random, int size)
    {
        size = Math.Min(size, TextSize / 2);
        var start = _lineStarts[random.Next(_lineStarts.Length / 2)];
        var length = Text.AsSpan(start, size).LastIndexOf((byte)'\n') + 1;
        return Text.AsSpan(start, length);
    }

    private static (byte[] Text, int[] LineStarts) MakeText(Vocabulary vocabulary, Random random)
    {
        var text = new byte[TextSize];
        var starts = new List<int> { 0 };
        var at = 0;
        while (at < TextSize - LineLength - 4)
        {
            var line = 0;
            while (line < LineLength - 16)
            {
                var word = vocabulary.Next(random);
                word.CopyTo(text.AsSpan(at));
                at += word.Length;
                text[at++] = (byte)' ';
                line += word.Length + 1;
            }

            text[at - 1] = (byte)'\r';
            text[at++] = (byte)'\n';
            starts.Add(at);
        }

        starts.RemoveAt(starts.Count - 1);
        return (text[..at], [.. starts]);
    }

    private static byte[] MakeBase64(Random random, int size)
    {
        var lines = new byte[size / 78 * 78];
        Span<byte> octets = stackalloc byte[57];
        for (var at = 0; at < lines.Length; at += 78)
        {
            random.NextBytes(octets);
            _ = System.Buffers.Text.Base64.EncodeToUtf8(octets, lines.AsSpan(at), out _, out _);
            "\r\n"u8.CopyTo(lines.AsSpan(at + 76));
        }

        return lines;
    }

    private static string[] MakeSubjects(Vocabulary vocabulary, Random random)
    {
        var subjects = new string[Subjects];
        for (var i = 0; i < Subjects; i++)
        {
            var words = new StringBuilder();
            for (var n = random.Next(2, 8); n > 0; n--)
            {
                words.Append(Encoding.ASCII.GetString(vocabulary.Next(random))).Append(n > 1 ? " " : "");
            }

            subjects[i] = words.ToString();
        }

        return subjects;
    }

    private static string[] MakeSenders(Vocabulary vocabulary, Random random)
    {
        var names = new string[Senders];
        for (var i = 0; i < Senders; i++)
        {
            names[i] = Name() + ' ' + Name();
        }

        return names;

        string Name()
        {
            var word = Encoding.ASCII.GetString(vocabulary.Next(random));
            return char.ToUpperInvariant(word[0]) + word[1..];
        }
    }
}

using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Append;

/// <summary>
/// Parses the messages of APPEND and REPLACE piece by piece: a piece ends with a literal of a message or with the command (RFC 9051 section 6.3.12,
/// RFC 3502, RFC 4469, RFC 6855).
/// </summary>
/// <param name="isSingle">REPLACE takes one message (RFC 8508).</param>
internal sealed class AppendParser(bool isSingle = false)
{
    private const int MaxSteps = 1000;

    private Place _place = Place.BeforeMessage;

    private enum Place
    {
        BeforeMessage,
        AfterMessage,
        InUtf8,
        InCatenate,
        InCatenatedUtf8,
    }

    /// <summary>What was parsed last is a part of CATENATE, and not a whole message.</summary>
    public bool IsInCatenate => _place is Place.InCatenate or Place.InCatenatedUtf8;

    /// <summary>A message or a part of one came as <c>UTF8 (literal8)</c>: its header may have UTF-8 in it.</summary>
    public bool HasUtf8 { get; private set; }

    /// <summary>The steps up to the literal that ends this piece, or to the end of the command.</summary>
    /// <param name="literal">The literal that the piece ends with; its length is 0 and it is not looked at when the command ends here.</param>
    public List<AppendStep> Parse(ref ImapParser parser, MessageLiteral literal)
    {
        var steps = new List<AppendStep>();
        while (true)
        {
            if (steps.Count > MaxSteps)
                throw parser.Error("fewer parts without a literal between them");
            switch (_place)
            {
                case Place.BeforeMessage:
                    if (ParseMessage(ref parser, literal, steps))
                        return steps;
                    break;
                case Place.InCatenate:
                    if (parser.TryByte((byte)')'))
                        _place = Place.AfterMessage;
                    else if (ParsePart(ref parser, literal, steps, isFirst: false))
                        return steps;
                    break;
                case Place.InUtf8:
                    parser.Close();
                    _place = Place.AfterMessage;
                    break;
                case Place.InCatenatedUtf8:
                    parser.Close();
                    _place = Place.InCatenate;
                    break;
                default:
                    steps.Add(new MessageEnd());
                    if (parser.AtEnd)
                        return steps;
                    if (isSingle)
                        throw parser.Error("the end of the command");
                    _place = Place.BeforeMessage;
                    break;
            }
        }
    }

    // append-message = append-opts SP append-data; true when the piece ends with it
    private bool ParseMessage(ref ImapParser parser, MessageLiteral literal, List<AppendStep> steps)
    {
        parser.Space();
        var flags = FlagSet.Empty;
        if (parser.Peek((byte)'('))
        {
            flags = parser.FlagList();
            parser.Space();
        }

        DateTimeOffset? date = null;
        if (parser.Peek((byte)'"'))
        {
            date = parser.DateTime();
            parser.Space();
        }

        steps.Add(new MessageStart(flags, date));
        if (parser.TryKeyword("CATENATE"u8))
        {
            parser.Space();
            parser.Open();
            return ParsePart(ref parser, literal, steps, isFirst: true);
        }

        if (TryUtf8(ref parser, literal, steps))
            _place = Place.InUtf8;
        else
            ParseLiteral(ref parser, literal, steps, Place.AfterMessage);
        return true;
    }

    // cat-part = text-literal / url / utf8-literal
    private bool ParsePart(ref ImapParser parser, MessageLiteral literal, List<AppendStep> steps, bool isFirst)
    {
        if (!isFirst)
            parser.Space();
        if (TryUtf8(ref parser, literal, steps))
        {
            _place = Place.InCatenatedUtf8;
            return true;
        }

        if (parser.TryKeyword("TEXT"u8))
        {
            parser.Space();
            ParseLiteral(ref parser, literal, steps, Place.InCatenate);
            return true;
        }

        if (!parser.TryKeyword("URL"u8))
            throw parser.Error("TEXT or URL");
        parser.Space();
        steps.Add(new UrlPart(System.Text.Encoding.UTF8.GetString(parser.AString())));
        _place = Place.InCatenate;
        return false;
    }

    // utf8-literal = "UTF8" SP "(" literal8 ")"
    private bool TryUtf8(ref ImapParser parser, MessageLiteral literal, List<AppendStep> steps)
    {
        if (!parser.TryKeyword("UTF8"u8))
            return false;
        HasUtf8 = true;
        parser.Space();
        parser.Open();
        if (!parser.Peek((byte)'~'))
            throw parser.Error("a literal8");
        TakeLiteral(ref parser, literal, steps);
        return true;
    }

    private void ParseLiteral(ref ImapParser parser, MessageLiteral literal, List<AppendStep> steps, Place next)
    {
        TakeLiteral(ref parser, literal, steps);
        _place = next;
    }

    // The reader has seen the literal already; here it only has to stand in the right place.
    private static void TakeLiteral(ref ImapParser parser, MessageLiteral literal, List<AppendStep> steps)
    {
        parser.TryByte((byte)'~');
        if (!parser.TryByte((byte)'{'))
            throw parser.Error("a literal");
        var length = parser.Number64();
        parser.TryByte((byte)'+');
        if (!parser.TryByte((byte)'}') || !parser.AtEnd || length != literal.Length)
            throw parser.Error("a literal at the end of the line");
        steps.Add(new LiteralPart(literal));
    }
}

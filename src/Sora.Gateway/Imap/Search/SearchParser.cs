using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Search;

/// <summary>search-program without its options (RFC 9051 section 6.4.4).</summary>
internal static class SearchParser
{
    private const int MaxKeys = 1000;

    /// <summary>Parses keys up to the end of the command; all must match.</summary>
    /// <param name="usesModSeq">A MODSEQ key was met.</param>
    public static SearchKey Parse(ref ImapParser parser, string? charset, out bool usesModSeq)
    {
        var context = new Context(charset is null ? Encoding.UTF8 : EncodingOf(charset));
        var key = And(ref parser, context, depth: 0);
        usesModSeq = context.UsesModSeq;
        return key;
    }

    private static Encoding EncodingOf(string charset) => Charsets.TryGet(charset, out var encoding)
        ? encoding
        : throw new ImapSyntaxException(new MailError(MailErrorCode.BadCharset, "Charset is not known"));

    private static SearchKey And(ref ImapParser parser, Context context, int depth)
    {
        var keys = new List<SearchKey>();
        do
            keys.Add(Key(ref parser, context, depth));
        while (parser.TrySpace());
        return keys.Count == 1 ? keys[0] : new AndKey(keys);
    }

    private static SearchKey Key(ref ImapParser parser, Context context, int depth)
    {
        if (depth > ImapParser.MaxDepth)
            throw parser.Error("less nesting");
        if (++context.Keys > MaxKeys)
            throw parser.Error($"at most {MaxKeys} search keys");
        if (parser.AtSequenceSet)
            return new SetKey(parser.MessageNumbers(), byUid: false);
        if (parser.TryByte((byte)'('))
        {
            var inner = And(ref parser, context, depth + 1);
            parser.Close();
            return inner;
        }

        var start = parser.Position;
        switch (parser.Atom("a search key"))
        {
            case "ALL":
                return new AllKey();
            case "ANSWERED":
                return new FlagKey(FlagMask.Answered, 0);
            case "UNANSWERED":
                return new FlagKey(0, FlagMask.Answered);
            case "DELETED":
                return new FlagKey(FlagMask.Deleted, 0);
            case "UNDELETED":
                return new FlagKey(0, FlagMask.Deleted);
            case "DRAFT":
                return new FlagKey(FlagMask.Draft, 0);
            case "UNDRAFT":
                return new FlagKey(0, FlagMask.Draft);
            case "FLAGGED":
                return new FlagKey(FlagMask.Flagged, 0);
            case "UNFLAGGED":
                return new FlagKey(0, FlagMask.Flagged);
            case "SEEN":
                return new FlagKey(FlagMask.Seen, 0);
            case "UNSEEN":
                return new FlagKey(0, FlagMask.Seen);
            case "RECENT":
                return new RecentKey();
            case "OLD":
                return new NotKey(new RecentKey());
            case "NEW":
                return new AndKey([new RecentKey(), new FlagKey(0, FlagMask.Seen)]);
            case "KEYWORD":
                return new KeywordKey(Keyword(ref parser));
            case "UNKEYWORD":
                return new NotKey(new KeywordKey(Keyword(ref parser)));
            case "BEFORE":
                return new InternalDateKey(DateComparison.Before, Date(ref parser));
            case "ON":
                return new InternalDateKey(DateComparison.On, Date(ref parser));
            case "SINCE":
                return new InternalDateKey(DateComparison.Since, Date(ref parser));
            case "SENTBEFORE":
                return new SentDateKey(DateComparison.Before, Date(ref parser));
            case "SENTON":
                return new SentDateKey(DateComparison.On, Date(ref parser));
            case "SENTSINCE":
                return new SentDateKey(DateComparison.Since, Date(ref parser));
            case "LARGER":
                return new SizeKey(isLarger: true, Number(ref parser));
            case "SMALLER":
                return new SizeKey(isLarger: false, Number(ref parser));
            case "FROM":
                return new AddressKey("From"u8.ToArray(), Text(ref parser, context));
            case "TO":
                return new AddressKey("To"u8.ToArray(), Text(ref parser, context));
            case "CC":
                return new AddressKey("Cc"u8.ToArray(), Text(ref parser, context));
            case "BCC":
                return new AddressKey("Bcc"u8.ToArray(), Text(ref parser, context));
            case "SUBJECT":
                return new HeaderKey("Subject"u8.ToArray(), Text(ref parser, context));
            case "HEADER":
                parser.Space();
                return new HeaderKey(parser.AString(), Text(ref parser, context));
            case "BODY":
                return new TextKey(Text(ref parser, context), withHeader: false);
            case "TEXT":
                return new TextKey(Text(ref parser, context), withHeader: true);
            case "UID":
                parser.Space();
                return new SetKey(parser.SequenceSet(), byUid: true);
            case "UIDAFTER": // RFC 9738 section 3.2
                return UidRange(Uid(ref parser) + 1L, uint.MaxValue);
            case "UIDBEFORE":
                return UidRange(1, Uid(ref parser) - 1L);
            case "MODSEQ":
                context.UsesModSeq = true;
                return ModSeq(ref parser);
            case "NOT":
                parser.Space();
                return new NotKey(Key(ref parser, context, depth + 1));
            case "OR":
                parser.Space();
                var left = Key(ref parser, context, depth + 1);
                parser.Space();
                return new OrKey(left, Key(ref parser, context, depth + 1));
            default:
                parser.Position = start;
                throw parser.Error("a search key");
        }
    }

    // search-modsequence: the flags of one entry have no mod-sequence of their own, so the entry is only checked (RFC 7162 section 3.1.5)
    private static ModSeqKey ModSeq(ref ImapParser parser)
    {
        parser.Space();
        if (parser.TryString(out _))
        {
            parser.Space();
            if (parser.Atom("priv, shared or all") is not ("PRIV" or "SHARED" or "ALL"))
                throw parser.Error("priv, shared or all");
            parser.Space();
        }

        return new ModSeqKey(parser.ModSequence());
    }

    private static uint Uid(ref ImapParser parser)
    {
        parser.Space();
        return parser.NzNumber();
    }

    private static SearchKey UidRange(long first, long last) => first <= last && first <= uint.MaxValue
        ? new UidRangeKey((uint)first, (uint)last)
        : new NotKey(new AllKey());

    private static string Keyword(ref ImapParser parser)
    {
        parser.Space();
        return Encoding.ASCII.GetString(parser.AtomSpan("a keyword"));
    }

    private static DateOnly Date(ref ImapParser parser)
    {
        parser.Space();
        return parser.Date();
    }

    private static long Number(ref ImapParser parser)
    {
        parser.Space();
        return parser.Number64();
    }

    private static string Text(ref ImapParser parser, Context context)
    {
        parser.Space();
        return context.Encoding.GetString(parser.AString());
    }

    private sealed class Context(Encoding encoding)
    {
        public Encoding Encoding => encoding;

        public int Keys { get; set; }

        public bool UsesModSeq { get; set; }
    }
}

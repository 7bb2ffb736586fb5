using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Search;

/// <summary>search-program without its options (RFC 9051 section 6.4.4).</summary>
internal static class SearchParser
{
    // What is read of a command; the options draw the line that clients meet
    private const int MostKeys = 20_000;

    /// <summary>search-program of SEARCH: <c>[CHARSET charset SP] search-key *(SP search-key)</c>, up to the end of the command.</summary>
    public static SearchProgram ParseProgram(ref ImapParser parser)
    {
        string? charset = null;
        if (parser.TryKeyword("CHARSET"u8))
        {
            parser.Space();
            charset = Encoding.Latin1.GetString(parser.AString());
            parser.Space();
        }

        return Parse(ref parser, charset, isLabelled: charset is not null);
    }

    /// <summary>
    /// search-criteria of SORT and THREAD (RFC 5256 section 5): a charset always stands before the keys. With UTF8=ACCEPT it is to be UTF-8 (RFC 9755
    /// section 3); US-ASCII contradicts it in nothing, and is what clients name when all keys are ASCII.
    /// </summary>
    public static SearchProgram ParseCriteria(ref ImapParser parser)
    {
        var charset = Encoding.Latin1.GetString(parser.AString());
        parser.Space();
        var isUtf8 = charset.Equals("UTF-8", StringComparison.OrdinalIgnoreCase) || charset.Equals("US-ASCII", StringComparison.OrdinalIgnoreCase);
        return Parse(ref parser, charset, isLabelled: !isUtf8);
    }

    private static SearchProgram Parse(ref ImapParser parser, string? charset, bool isLabelled)
    {
        // An unknown charset must not hide that the command is wrong: BAD goes before NO
        var isKnown = Charsets.TryGet(charset, out var encoding);
        var context = new Context(encoding);
        SearchKey key;
        MailError? refusal = null;
        try
        {
            key = And(ref parser, context, depth: 0);
            parser.End();
        }
        catch (ImapSyntaxException e) when (e.Refusal is not null)
        {
            // The command is refused when it runs, so that it can leave an empty result behind (RFC 5182 section 2.1)
            refusal = e.Refusal;
            parser.Position += parser.Rest.Length;
            key = new AllKey();
        }

        if (charset is not null && !isKnown)
            refusal ??= new MailError(MailErrorCode.BadCharset, "Charset is not known");
        return new SearchProgram(key, context.Sets, context.Within, context.Fuzzy)
        {
            Refusal = refusal,
            UsesModSeq = context.UsesModSeq,
            UsesRecent = context.UsesRecent,
            IsFuzzy = context.IsFuzzy,
            HasOwnCharset = isLabelled,
            Keys = context.Keys,
            Texts = context.Texts,
            Depth = context.Depth + 1,
        };
    }

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
            throw new ImapSyntaxException(SearchProgram.TooDeep);
        if (++context.Keys > MostKeys)
            throw new ImapSyntaxException(SearchProgram.TooManyKeys);
        context.Depth = Math.Max(context.Depth, depth);
        if (parser.AtSequenceSet)
            return Set(parser.MessageNumbers(), context, byUid: false);
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
                return Recent(context);
            case "OLD":
                return new NotKey(Recent(context));
            case "NEW":
                return new AndKey([Recent(context), new FlagKey(0, FlagMask.Seen)]);
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
            case "SAVEDBEFORE":
                return new SaveDateKey(DateComparison.Before, Date(ref parser));
            case "SAVEDON":
                return new SaveDateKey(DateComparison.On, Date(ref parser));
            case "SAVEDSINCE":
                return new SaveDateKey(DateComparison.Since, Date(ref parser));
            case "SAVEDATESUPPORTED":
                return new AllKey();
            case "EMAILID":
                parser.Space();
                return new EmailIdKey(ObjectIds.ContentOf(parser.ObjectId()));
            case "THREADID":
                parser.Space();
                return new ThreadIdKey(parser.ObjectId());
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
                return Text(ref parser, context, static text => new AddressKey("From"u8.ToArray(), text));
            case "TO":
                return Text(ref parser, context, static text => new AddressKey("To"u8.ToArray(), text));
            case "CC":
                return Text(ref parser, context, static text => new AddressKey("Cc"u8.ToArray(), text));
            case "BCC":
                return Text(ref parser, context, static text => new AddressKey("Bcc"u8.ToArray(), text));
            case "SUBJECT":
                return Text(ref parser, context, static text => new HeaderKey("Subject"u8.ToArray(), text));
            case "HEADER":
                parser.Space();
                var name = parser.AString();
                return Text(ref parser, context, text => new HeaderKey(name, text));
            case "BODY":
                return Text(ref parser, context, static text => new TextKey(text, withHeader: false));
            case "TEXT":
                return Text(ref parser, context, static text => new TextKey(text, withHeader: true));
            case "UID":
                parser.Space();
                return Set(parser.SequenceSet(), context, byUid: true);
            case "UIDAFTER": // RFC 9738 section 3.2
                return UidRange(Uid(ref parser) + 1L, uint.MaxValue);
            case "UIDBEFORE":
                return UidRange(1, Uid(ref parser) - 1L);
            case "OLDER":
                return Within(ref parser, context, isYounger: false);
            case "YOUNGER":
                return Within(ref parser, context, isYounger: true);
            case "FUZZY":
                return Fuzzy(ref parser, context, depth);
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

    private static RecentKey Recent(Context context)
    {
        context.UsesRecent = true;
        return new RecentKey();
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

    private static SetKey Set(SequenceSet set, Context context, bool byUid)
    {
        var key = new SetKey(set, byUid);
        context.Sets.Add(key);
        return key;
    }

    private static WithinKey Within(ref ImapParser parser, Context context, bool isYounger)
    {
        parser.Space();
        var key = new WithinKey(isYounger, parser.NzNumber());
        context.Within.Add(key);
        return key;
    }

    // Fuzziness has a meaning for texts only; all other keys below match as they do without it (RFC 6203 section 5)
    private static SearchKey Fuzzy(ref ImapParser parser, Context context, int depth)
    {
        parser.Space();
        context.IsFuzzy = true;
        var outside = context.InFuzzy;
        context.InFuzzy = true;
        var key = Key(ref parser, context, depth + 1);
        context.InFuzzy = outside;
        return key;
    }

    private static SearchKey Text(ref ImapParser parser, Context context, Func<string, SearchKey> create)
    {
        parser.Space();
        var text = context.Decode(parser.AString());
        context.Texts++;
        if (!context.InFuzzy)
            return create(text);
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        context.Texts += words.Length;
        var exact = create(text);
        var key = new FuzzyKey(exact, words.Length < 2 ? exact : new AndKey(Array.ConvertAll(words, word => create(word))));
        context.Fuzzy.Add(key);
        return key;
    }

    private sealed class Context(Encoding? encoding)
    {
        /// <summary>Without a charset, what is no UTF-8 is read as it is in messages that name none.</summary>
        public string Decode(byte[] text) => encoding is null ? Charsets.DecodeUnlabelled(text) : encoding.GetString(text);

        public int Keys { get; set; }

        public int Texts { get; set; }

        public int Depth { get; set; }

        public bool UsesModSeq { get; set; }

        public bool UsesRecent { get; set; }

        public bool IsFuzzy { get; set; }

        /// <summary>The key that comes is below FUZZY.</summary>
        public bool InFuzzy { get; set; }

        public List<SetKey> Sets { get; } = [];

        public List<WithinKey> Within { get; } = [];

        public List<FuzzyKey> Fuzzy { get; } = [];
    }
}
